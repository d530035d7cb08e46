"""What leaves the spool: a segment that the store was asked for once more, ten minutes after it had confirmed it.

A store acknowledges before it has synced (MEDIA.md, "Object store"). When its machine loses power, what came in the
last half minute is gone, or its name is there without its bytes: a HEAD says then that all is well. Ten minutes later
it has been written, or its last byte can't be read; what can't is put again, and asked for again.
"""

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path

from prometheus_client import Counter

from recorder.spool import Spool
from recorder.stored import StoredRows, Unsettled
from storage.errors import ObjectsAway, StorageError
from storage.objects import Objects, StoredObject
from storage.tables import Segment, Stored

log = logging.getLogger(__name__)

SETTLE_NS = 600 * 10**9  # a system writes what it was given after half a minute
KEEP_NS = 24 * 3600 * 10**9
BATCH = 64
AT_ONCE = 2  # of the store's threads: SeaweedFS looks for lost bytes for 13 s, and uploads go on meanwhile
FREED_AT_ONCE = 1000
AGAIN_S = 600.0
AGAIN = Counter("huilu_recorder_stored_again", "Segments that the object store had confirmed and lost, put again")


class Freeing:
    def __init__(self, rows: StoredRows, spool: Spool, objects: Objects) -> None:
        self._rows = rows
        self._spool = spool
        self._objects = objects
        self._put_off: dict[str, float] = {}  # segments, not before (monotonic, s)
        self._away: ObjectsAway | None = None

    async def turn(self, now_wall: int, away: bool = False) -> None:
        """`away`: whether the store isn't to be asked. Raises ObjectsAway, DatabaseAway, DatabaseBusy, OSError; the
        next turn goes on where this one was."""
        await self._free(now_wall - KEEP_NS)
        if self._spool.full:  # a day's comfort gives way
            await self._free(now_wall, enough=self._spool.limit_bytes // 10)
        if away:
            return
        await self._settle(now_wall - SETTLE_NS)
        if self._spool.full:  # else nothing more could be recorded at all
            await self._settle(now_wall)
            await self._free(now_wall, enough=self._spool.limit_bytes // 10)

    async def _free(self, before_wall: int, enough: int | None = None) -> None:
        """Take out what was confirmed before, oldest first, until there is `enough` room (bytes)."""
        while names := await self._rows.removable(before_wall, FREED_AT_ONCE):
            gone = []
            for segment, name in names:
                if enough is not None and self._spool.room_bytes > enough:
                    break
                self._spool.remove(name)
                gone.append(segment)
            await self._rows.freed(gone)
            if len(gone) < len(names):
                return

    async def _settle(self, before_wall: int) -> None:
        self._put_off = {each: until for each, until in self._put_off.items() if until > time.monotonic()}
        turns, self._away = asyncio.Semaphore(AT_ONCE), None
        while batch := await self._rows.unsettled(before_wall, BATCH, set(self._put_off)):
            results = await asyncio.gather(*(self._one(turns, each) for each in batch), return_exceptions=True)
            settled: list[str] = []
            again: list[tuple[Segment, str, Stored]] = []
            for each, result in zip(batch, results, strict=True):
                if result is None:
                    settled.append(each.segment.id)
                elif isinstance(result, Stored):
                    again.append((each.segment, each.chain, result))
                elif isinstance(result, StorageError | OSError) and result is not self._away:
                    log.error("segment %s is not in the store and can't be put again: %s", each.segment.id, result)
                    self._put_off[each.segment.id] = time.monotonic() + AGAIN_S
                elif result is not self._away:
                    raise result
            await self._rows.settled(settled, again)
            AGAIN.inc(len(again))
            if self._away is not None:
                raise self._away

    async def _one(self, turns: asyncio.Semaphore, each: Unsettled) -> Stored | None:
        """None where the store has it, or may not have it any more; else what was read back of it after a new put."""
        segment, lock = each.segment, each.lock
        if lock is not None and lock.removing_wall is not None:
            return None
        async with turns:
            if self._away is not None:
                raise self._away
            path = self._spool.folder / segment.name
            try:
                found = await ask_or_put(
                    self._objects, each.stored.key, each.stored.version, segment.bytes, path, segment.sha256,
                    None if lock is None else lock.until_wall,
                )  # fmt: skip
            except ObjectsAway as error:
                self._away = error
                raise
        if found is None:
            return None
        return Stored(
            segment_id=segment.id, bucket=found.bucket, key=found.key, version=found.version,
            locked_until_wall=found.locked_until_wall, confirmed_wall=time.time_ns(),
        )  # fmt: skip


async def ask_or_put(
    objects: Objects, key: str, version: str, size: int, path: Path, sha256: str, until_wall: int | None
) -> StoredObject | None:
    """None where the store has this version; else what was read back of it after a new put, locked for as long as the
    one that was lost. Raises what a put raises."""
    try:
        await objects.ask(key, version, size)
        return None
    except StorageError as error:
        # A store that lost the bytes of one object says the same of it as one that is away says of all.
        lost = error
    found = await objects.put_locked(key, path, sha256)
    log.error("the store had confirmed %s and lost it; it was put again: %s", key, lost)
    if until_wall is not None and until_wall > found.locked_until_wall:
        found = replace(found, locked_until_wall=await objects.extend(key, found.version, until_wall))
    return found
