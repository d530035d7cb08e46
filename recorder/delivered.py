"""The worker's errands for deliveries: into the object store under lock and read back, locks that follow the
recording's term and holds, viewing copies, and what goes with a recording that is deleted.

All of it is read from the rows each time and done before it is noted: after a kill it is done again.
"""

import asyncio
import logging
import time
from pathlib import Path

from sqlalchemy import or_, select

from recorder import delivered_copies as copies
from storage import locks
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import ObjectsAway, StorageError
from storage.ledger import append, open_chain
from storage.objects import Objects
from storage.sealing import remove_sealed
from storage.tables import Deletion, Delivery, Hold, Recording, Term

log = logging.getLogger(__name__)

LOOK_S = 2.0
KEEP_S = 60.0
MAX_PAUSE_S = 60.0
# The store acknowledges before it has synced (MEDIA.md, "Object store").
SPOOL_NS = 24 * 3600 * 10**9


class Deliveries:
    def __init__(self, database: Database, objects: Objects, spool: Path, derived: Path) -> None:
        self._database = database
        self._objects = objects
        self._spool = spool
        self._derived = derived
        self._bucket = False
        self._failed = 0

    async def keep(self) -> None:
        """Never ends by itself: upload, and now and then what keeping asks."""
        kept = -KEEP_S
        while True:
            try:
                await self.upload()
                if time.monotonic() - kept >= KEEP_S:
                    kept = time.monotonic()
                    await self.hold_and_prolong(time.time_ns())
                self._failed = 0
            except (StorageError, OSError) as error:
                self._failed += 1
                log.warning("deliveries wait: %s", error)
            await asyncio.sleep(min(LOOK_S * 2 ** min(self._failed, 10), MAX_PAUSE_S))

    async def copy(self) -> None:
        """Never ends by itself: viewing copies, one at a time, the shortest first."""
        while True:
            try:
                done = await self.copy_one()
            except (StorageError, OSError) as error:
                log.warning("viewing copies of deliveries wait: %s", error)
                done = False
            await asyncio.sleep(0.0 if done else LOOK_S)

    async def upload(self) -> None:
        """All that is sealed. Raises what the store or the database says; what went before is noted."""
        async with self._database.reading() as session:
            rows = list(await session.scalars(select(Delivery).where(Delivery.state == "sealed").order_by(Delivery.id)))
        if rows and not self._bucket:
            await self._objects.ensure_bucket()
            self._bucket = True
        refused: StorageError | OSError | None = None
        for row in rows:
            name, sha256 = row.name or "", row.sha256 or ""
            try:
                found = await self._objects.put_locked(name, self._spool / name, sha256)
            except ObjectsAway:
                raise
            except (StorageError, OSError) as error:  # one that fails keeps none of the others
                refused = error
                continue
            async with self._database.writing() as session:
                own = await session.get(Delivery, row.id)
                if own is None or own.state != "sealed":
                    continue
                own.state, own.bucket, own.version = "stored", found.bucket, found.version
                own.locked_until_wall, own.confirmed_wall = found.locked_until_wall, time.time_ns()
                await session.flush()
                stored = {
                    "delivery": row.id, "sha256": row.sha256, "bucket": found.bucket, "key": found.key,
                    "version": found.version, "locked_until": rfc3339(found.locked_until_wall),
                }  # fmt: skip
                await append(session, await open_chain(session, "delivered", row.recording_id), "stored", stored)
        if refused is not None:
            raise refused

    async def hold_and_prolong(self, now_wall: int) -> None:
        """Holds first: they win over everything."""
        async with self._database.reading() as session:
            rows = list(
                await session.scalars(
                    select(Delivery).where(Delivery.state == "stored", Delivery.removed_wall.is_(None))
                )
            )
            held = set(await session.scalars(select(Hold.recording_id).where(Hold.lifted_wall.is_(None))))
            terms = {row.recording_id: row.until_wall for row in await session.scalars(select(Term))}
            deleted = set(await session.scalars(select(Deletion.recording_id)))
        for row in rows:
            wish = row.recording_id in held
            if row.held is not wish:
                await self._objects.hold(row.name or "", row.version or "", wish)
                await self._note(row.id, held=wish)
            if row.recording_id in deleted:
                if not wish and (row.locked_until_wall or 0) <= now_wall:
                    await self._remove(row)
            elif row.recording_id in terms:
                until, _ = locks.wanted(now_wall, terms[row.recording_id])
                # Asked for once in eleven months, as segments are.
                if (row.locked_until_wall or 0) < min(until, now_wall + locks.LEFT):
                    until = await self._objects.extend(row.name or "", row.version or "", until)
                    await self._note(row.id, locked_until_wall=until)
            if row.confirmed_wall is not None and row.confirmed_wall < now_wall - SPOOL_NS and row.copy is not None:
                await asyncio.to_thread(remove_sealed, self._spool, row.name or "")

    async def _remove(self, row: Delivery) -> None:
        """With its recording, by order of two persons, once its lock has run out."""
        async with self._database.writing() as session:
            # As who places a hold locks it; what is under one, or secluded, stays.
            await session.get(Recording, row.recording_id, with_for_update=True)
            if await session.scalar(select(or_(locks.held(row.recording_id), locks.secluded(row.recording_id)))):
                return
        await self._objects.remove(row.name or "")
        await asyncio.to_thread(remove_sealed, self._spool, row.name or "")
        for suffix in (".mp4", ".m3u8"):
            (self._derived / copies.name(row)).with_suffix(suffix).unlink(missing_ok=True)
        async with self._database.writing() as session:
            own = await session.get(Delivery, row.id)
            if own is not None and own.removed_wall is None:
                own.removed_wall = time.time_ns()
                await session.flush()
                chain = await open_chain(session, "delivered", row.recording_id)
                await append(session, chain, "deleted", {"delivery": row.id, "sha256": row.sha256})

    async def _note(self, delivery: str, **values: int | bool) -> None:
        async with self._database.writing() as session:
            own = await session.get(Delivery, delivery)
            for name, value in values.items():
                setattr(own, name, value)

    async def copy_one(self) -> bool:
        """Whether there was one to make."""
        async with self._database.reading() as session:
            row = await session.scalar(
                select(Delivery)
                .where(Delivery.state != "receiving", Delivery.copy.is_(None), Delivery.removed_wall.is_(None))
                .order_by(Delivery.bytes)
                .limit(1)
            )
        if row is None:
            return False
        source = self._spool / (row.name or "")
        if not source.exists():  # the spool was lost: from the store
            await self._fetch(row, source)
        try:
            made = await asyncio.to_thread(copies.make, source, row, self._derived, row.end_ns - row.start_ns)
        except copies.NotAFilm as error:
            log.error("delivery %s has no viewing copy: %s", row.id, error)
            made = None
        async with self._database.writing() as session:
            own = await session.get(Delivery, row.id)
            if own is not None:
                own.copy = "failed" if made is None else made.kind
                own.picture, own.sound = (False, False) if made is None else (made.picture, made.sound)
                own.length_ns = 0 if made is None else made.length_ns
        return True

    async def _fetch(self, row: Delivery, target: Path) -> None:
        part = target.with_suffix(".fetched")
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("wb") as file:
            async for chunk in self._objects.stream(row.name or "", row.version or ""):
                file.write(chunk)
        part.rename(target)
