"""Sealed segments into the object store: put, read back, noted; what becomes of the spool's copies: `freeing`.

One failed upload doesn't make later ones pass silently, nor stop them: it is tried again with the others, after a
pause that doubles from 1 to 30 s while the store is away. Nothing that isn't confirmed is ever deleted.
"""

import asyncio
import contextlib
import logging
import time

from prometheus_client import Gauge

from recorder.book import AWAY, Book
from recorder.freeing import Freeing
from recorder.spool import Spool
from storage.errors import ObjectsAway, StorageError
from storage.objects import Objects
from storage.tables import Segment, Stored

log = logging.getLogger(__name__)

UNCONFIRMED = Gauge("huilu_recorder_unconfirmed_bytes", "Bytes of segments that the object store has not confirmed")
REFUSED = Gauge("huilu_recorder_refused_uploads", "Segments that the object store refused, tried again every 30 s")
# After ten minutes of twenty rooms 8,000 segments wait: with 16 at a time and 4 at once a busy machine took 28 a
# second, while 15 came new.
BATCH = 64
PROBES = 4  # while it is away: enough to find out whether it is back, also where one of them alone is the trouble
AT_ONCE = 8  # as many as storage.objects has threads
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
IDLE_S = 5.0
CLEAN_S = 60.0
FULL_S = 1.0


class Uploads:
    def __init__(self, book: Book, spool: Spool, objects: Objects) -> None:
        self._book = book
        self._spool = spool
        self._objects = objects
        self._freeing = Freeing(book.stored, spool, objects)
        self._wake = asyncio.Event()
        self._pause_s = 0.0
        self._bucket = False
        # Segments whose upload was refused, by the time of the next try (now, in s).
        self._refused: dict[str, float] = {}
        self.away = False

    @property
    def refused(self) -> bool:
        """Whether the store answers, and takes some segment not."""
        return bool(self._refused)

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            self._wake.clear()
            more = await self._round()
            if not more or self._pause_s:
                await self._rest()

    async def free(self) -> None:
        """Never ends by itself. Beside the uploads: the store takes its time to say that it has lost something."""
        while True:
            await self._clean()
            await asyncio.sleep(FULL_S if self._spool.full else CLEAN_S)

    async def _rest(self) -> None:
        """While the store is away nothing new makes it come back."""
        if self._pause_s:
            await asyncio.sleep(self._pause_s)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_S):
                await self._wake.wait()

    async def _round(self) -> bool:
        """One batch; whether there may be more."""
        now = time.monotonic()
        skip = {segment for segment, until in self._refused.items() if until > now}
        try:
            limit = PROBES if self.away else BATCH
            batch = await self._book.stored.missing(limit, skip)
            if batch and not self._bucket:
                await self._objects.ensure_bucket()
                self._bucket = True
            turns = asyncio.Semaphore(AT_ONCE)
            results = await asyncio.gather(*(self._one(turns, each) for each, _ in batch), return_exceptions=True)
        except AWAY:
            self._pause_s = FIRST_PAUSE_S
            return False
        except StorageError as error:
            self._gone(error)
            return False
        found = [(*each, result) for each, result in zip(batch, results, strict=True) if isinstance(result, Stored)]
        try:
            if found:
                await self._book.stored.confirmed(found)
        except AWAY:
            self._pause_s = FIRST_PAUSE_S
            return False
        for (segment, _), result in zip(batch, results, strict=True):
            if isinstance(result, ObjectsAway | TimeoutError) and not found:
                self._gone(result)
                return False
            if isinstance(result, StorageError | OSError):  # TimeoutError is one
                log.error("segment %s is not stored: %s", segment.id, result)
                self._refused[segment.id] = now + LONGEST_PAUSE_S
            elif isinstance(result, BaseException):
                raise result
            else:
                self._refused.pop(segment.id, None)
        if batch and self.away:
            log.info("the object store is back")
        REFUSED.set(len(self._refused))
        self._pause_s, self.away = 0.0, False
        return len(batch) == limit

    def _gone(self, error: BaseException) -> None:
        if not self.away:
            log.warning("segments wait for the object store: %s", error)
        self.away = True
        self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)

    async def _one(self, turns: asyncio.Semaphore, segment: Segment) -> Stored:
        async with turns:
            found = await self._objects.put_locked(segment.name, self._spool.folder / segment.name, segment.sha256)
            return Stored(
                segment_id=segment.id, bucket=found.bucket, key=found.key, version=found.version,
                locked_until_wall=found.locked_until_wall, confirmed_wall=time.time_ns(),
            )  # fmt: skip

    async def _clean(self) -> None:
        """Nothing that isn't confirmed is ever deleted."""
        try:
            self._spool.unconfirmed_bytes = await self._book.stored.lacking_bytes()
            UNCONFIRMED.set(self._spool.unconfirmed_bytes)
            await self._freeing.turn(time.time_ns(), self.away)
        except AWAY:
            pass
        except ObjectsAway as error:
            if not self.away:
                log.warning("what is stored is not asked for again yet: %s", error.detail)
        except OSError as error:
            log.error("stored segments stay in the spool: %s", error)
