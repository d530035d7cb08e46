"""The worker's errand to the object store for what is kept: prolong locks, put holds on and off, take away what two
persons ordered to be deleted.

What is to be done is read from the rows each time, a bounded batch at once, and done before it is noted: after a kill
the same is done again, which changes nothing. A store that is away is asked again after a pause that doubles.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select

from storage import locks
from storage.chained import DELETED
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import (
    LockedObjectGone,
    LocksOverdue,
    NoSuchObject,
    ObjectsAway,
    ObjectsRefused,
    ReadBackDiffers,
    StorageError,
)
from storage.ledger import append
from storage.objects import Objects
from storage.tables import Deletion, Lock, Segment, Stored

log = logging.getLogger(__name__)

BATCH = 200
AT_ONCE = 4  # of the store's threads; the others belong to uploads and replays
LOOK_S = 30.0
HOLDS_S = 3.0  # whoever puts a hold on waits to see it on every object
MAX_PAUSE_S = 600.0
REST_S = 0.05  # between full batches: there is no hurry
AGAIN_S = 3600.0  # what the store refused, or doesn't have
MAX_PUT_OFF = 10_000
SAY_AGAIN_S = 3600.0

PROLONGED = Counter(
    "huilu_locks_prolonged", "Locks on stored objects that were prolonged, by what came of it", ["outcome"]
)
WAITING = Gauge("huilu_locks_waiting", "Locks on stored objects that are due to be prolonged")
LATE = Gauge("huilu_locks_late", "Locks that are 30 days late, or have 15 days left")
ENDS = Gauge("huilu_locks_first_end_seconds", "Time until the first of the locks that wait runs out")
GONE = Gauge("huilu_locks_gone", "Locked objects that the store doesn't have, or has without a lock")
HELD = Counter("huilu_objects_held", "Legal holds on stored objects that were put on or off", ["state"])
REMOVED = Counter("huilu_objects_removed", "Stored objects taken away after their term, by order of two persons")

Work = Callable[[Lock, Stored], Awaitable[None]]


class Keeping:
    def __init__(self, database: Database, objects: Objects, spool: Path, derived: Path) -> None:
        self._database = database
        self._objects = objects
        self._folders = (spool, derived)
        self._failed = 0  # turns in a row in which the store was away
        self._put_off: dict[str, float] = {}  # segments, not before (monotonic, s)
        self._gone: set[str] = set()
        self._said = -SAY_AGAIN_S
        self.alarm: StorageError | None = None

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            more = False
            try:
                more = await self.turn(time.time_ns())
            except StorageError as error:  # the database: its rows will be there
                log.info("keeping: %s", error.detail or error)
            if more:
                await asyncio.sleep(REST_S)
            else:
                await self._rest()

    async def _rest(self) -> None:
        """Until the next turn, which tells what goes wrong; holds are looked for meanwhile."""
        until = time.monotonic() + self.pause_s()
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(left if self._failed else min(left, HOLDS_S))
            try:
                if not self._failed and await self._hold():
                    return
            except StorageError:
                return

    def pause_s(self) -> float:
        return float(min(LOOK_S * 2 ** min(self._failed, 10), MAX_PAUSE_S))

    async def turn(self, now_wall: int) -> bool:
        """One batch of each; whether there may be more. Raises StorageError of the database's kind."""
        self._put_off = {each: until for each, until in self._put_off.items() if until > time.monotonic()}
        more = False
        try:
            # Holds first: they win over everything.
            more = await self._hold()
            more = await self._prolong(now_wall) or more
            more = await self._remove(now_wall) or more
            self._failed = 0
        except ObjectsAway as error:
            self._failed += 1
            log.warning("locks, holds and deletions wait for the object store: %s", error.detail)
        await self._finish(now_wall)
        await self._tell(now_wall)
        return more and not self._failed

    async def _hold(self) -> bool:
        async with self._database.reading() as session:
            batch = await locks.to_hold(session, set(self._put_off), BATCH)
        for wish in (True, False):
            own = [(lock, stored) for lock, stored in batch if lock.held is not wish]

            async def set_hold(_: Lock, stored: Stored, wish: bool = wish) -> None:
                await self._objects.hold(stored.key, stored.version, wish)

            done, away = await self._each(own, set_hold)
            if done:
                async with self._database.writing() as session:
                    await locks.noted_held(session, done, wish)
                HELD.labels("on" if wish else "off").inc(len(done))
            if away:
                raise away
        return len(batch) == BATCH

    async def _prolong(self, now_wall: int) -> bool:
        async with self._database.reading() as session:
            due = await locks.due(session, now_wall, set(self._put_off), BATCH)
        found = {each.lock.segment_id: each for each in due}
        until: dict[str, int] = {}

        async def prolong(lock: Lock, stored: Stored) -> None:
            wish = found[lock.segment_id].until_wall
            if wish <= lock.until_wall:
                until[lock.segment_id] = lock.until_wall
                return
            try:
                until[lock.segment_id] = await self._objects.extend(stored.key, stored.version, wish)
            except ObjectsRefused:
                # Perhaps it is locked longer already, by a worker that was killed before it could say so.
                known = await self._objects.locked_until(stored.key, stored.version)
                if known < wish:
                    raise
                until[lock.segment_id] = known

        done, away = await self._each([(each.lock, each.stored) for each in due], prolong)
        if done:
            async with self._database.writing() as session:
                await locks.prolonged(session, [(each, until[each], found[each].due_wall) for each in done])
            PROLONGED.labels("done").inc(len(done))
        if away:
            raise away
        return len(due) == BATCH

    async def _remove(self, now_wall: int) -> bool:
        async with self._database.writing() as session:
            batch = await locks.claim(session, now_wall, BATCH)

        async def remove(_: Lock, stored: Stored) -> None:
            await self._objects.remove(stored.key)

        done, away = await self._each([each for each in batch if each[0].segment_id not in self._put_off], remove)
        if done:
            async with self._database.writing() as session:
                await locks.noted_removed(session, done, now_wall)
            REMOVED.inc(len(done))
        if away:
            raise away
        return len(batch) == BATCH

    async def _each(self, batch: list[tuple[Lock, Stored]], work: Work) -> tuple[list[str], ObjectsAway | None]:
        """Segments for which it was done, and why the store could not be asked for the others."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(lock: Lock, stored: Stored) -> None:
            async with turns:
                await work(lock, stored)

        results = await asyncio.gather(*(one(*each) for each in batch), return_exceptions=True)
        done: list[str] = []
        away: ObjectsAway | None = None
        for (lock, stored), result in zip(batch, results, strict=True):
            if result is None:
                done.append(lock.segment_id)
                self._gone.discard(lock.segment_id)
            elif isinstance(result, ObjectsAway):
                away = result
            elif isinstance(result, StorageError):
                self._refused(lock, stored, result)
            else:
                raise result
        return done, away

    def _refused(self, lock: Lock, stored: Stored, error: StorageError) -> None:
        """One that the store doesn't have, or doesn't lock, is told and holds up no other."""
        log.error("object %s of segment %s: %s", stored.key, lock.segment_id, error)
        PROLONGED.labels("refused").inc()
        if len(self._put_off) < MAX_PUT_OFF:
            self._put_off[lock.segment_id] = time.monotonic() + AGAIN_S
        if isinstance(error, NoSuchObject | ReadBackDiffers):
            self._gone.add(lock.segment_id)

    async def _finish(self, now_wall: int) -> None:
        """Recordings of which no object is left: the files beside it go, and the ledger says that it is done."""
        async with self._database.reading() as session:
            recordings = await locks.finished(session)
        for recording in recordings:
            for folder in self._folders:
                await asyncio.to_thread(shutil.rmtree, folder / recording, ignore_errors=True)
            async with self._database.writing() as session:
                deletion = await session.get(Deletion, recording, with_for_update=True)
                if deletion is None or deletion.done_wall is not None:
                    continue
                count, size = (
                    await session.execute(
                        select(func.count(), func.sum(Segment.bytes)).where(Segment.recording_id == recording)
                    )
                ).one()
                entry = await append(
                    session,
                    deletion.chain_id,
                    DELETED,
                    {
                        "recording": recording, "ordered_seq": deletion.seq, "segments": count, "bytes": int(size or 0),
                        "done": rfc3339(now_wall),
                    },
                )  # fmt: skip
                deletion.done_wall, deletion.done_seq = now_wall, entry.seq
            log.info("recording %s was deleted: %d segments", recording, count)

    async def _tell(self, now_wall: int) -> None:
        async with self._database.reading() as session:
            found = await locks.lateness(session, now_wall)
        WAITING.set(found.waiting)
        LATE.set(found.late)
        GONE.set(len(self._gone))
        ENDS.set((found.ends_wall - now_wall) / 1e9 if found.ends_wall is not None else 0)
        before = self.alarm
        if self._gone:
            self.alarm = LockedObjectGone(f"{len(self._gone)} objects, among them {min(self._gone)}")
        elif found.late:
            self.alarm = LocksOverdue(f"{found.late} objects, {found.waiting} wait")
        else:
            self.alarm = None
        if self.alarm is None:
            if before is not None:
                log.info("locks are in order again")
        elif type(before) is not type(self.alarm) or time.monotonic() - self._said >= SAY_AGAIN_S:
            self._said = time.monotonic()
            log.error("%s: %s (%s)", self.alarm.code, self.alarm.en, self.alarm.detail)
