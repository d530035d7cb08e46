"""The end of a recording: last seals, rows and gaps, its chain closed; again and again while the database is away."""

import asyncio
import contextlib
import logging
import time

from media_server.bus import Bus
from recorder import fillers
from recorder.book import AWAY, Book
from recorder.jobs import order
from recorder.room import Room
from recorder.rows import Rows
from recorder.spool import Spool
from storage.errors import BadKey, ChainBroken, KeyUnknown

log = logging.getLogger(__name__)

# The chain takes `stored` entries until it is closed; a store that answers has the last segments within this time.
STORED_WAIT_S = 2.5
BROKEN_S = 60.0


class Closing:
    def __init__(self, rows: Rows, spool: Spool, bus: Bus) -> None:
        self._rows = rows
        self._spool = spool
        self._bus = bus
        self._closed = asyncio.Condition()

    async def close(self, room: Room) -> None:
        """Until the chain of a room that is finished is closed."""
        while True:
            try:
                if await self._try(room):
                    break
            except (ChainBroken, BadKey, KeyUnknown) as error:  # not signed over: a person has to look
                log.error("recording %s stays open: %s: %s %s", room.recording.id, error.code, error.en, error.detail)
                await asyncio.sleep(BROKEN_S)
            await asyncio.sleep(1.0)
        log.info("recording %s is closed", room.recording.id)

    async def tell(self, recording: str) -> None:
        """Those who wait for it, and the worker."""
        async with self._closed:
            self._closed.notify_all()
        await self._order_poster(recording)

    async def wait(self, seconds: float) -> None:
        """For a recording to be closed, whichever it is."""
        async with self._closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closed.wait()

    async def _try(self, room: Room) -> bool:
        book = self._rows.book
        if book is None:
            return False
        try:
            await book.work_off()
            if not book.whole(room.recording.id):
                return False
            await self._wait_stored(book, room)
            holes = await book.ending.close(room.recording, room.last_gaps())
            for track, start, end in holes:
                size = room.size_of(track.id)
                for note in await asyncio.to_thread(fillers.write_all, self._spool.folder, track, start, end, size):
                    book.add_filler(note)
            await book.work_off()
        except (*AWAY, OSError) as error:
            log.warning("recording %s is not closed yet: %s", room.recording.id, error)
            return False
        return True

    async def _wait_stored(self, book: Book, room: Room) -> None:
        """Let the last `stored` entries into the chain, but wait for no store that is away."""
        uploads = self._rows.uploads
        if uploads is None:
            return
        until = time.monotonic() + STORED_WAIT_S
        uploads.wake()
        while not uploads.away and time.monotonic() < until:
            if not await book.stored.lacks(room.recording.id):
                return
            await asyncio.sleep(0.05)

    async def _order_poster(self, recording: str) -> None:
        try:
            async with asyncio.timeout(2.0):
                await order(self._bus, {"job": "poster", "recording": recording})
        except Exception as error:  # noqa: BLE001  # a poster is a comfort; the worker makes missing ones by itself
            log.warning("no poster ordered for %s: %s", recording, error or type(error).__name__)
