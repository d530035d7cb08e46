"""The worker's errands for deliveries: into the object store under lock and read back, and viewing copies; what keeping
asks for is `delivered_keeping`.

All of it is read from the rows each time and done before it is noted: after a kill it is done again.
"""

import asyncio
import logging
import time
from pathlib import Path

from sqlalchemy import select

from recorder import delivered_copies as copies
from recorder.delivered_keeping import DeliveredKeeping, note_stored
from storage.database import Database
from storage.errors import ObjectsAway, StorageError
from storage.objects import Objects
from storage.tables import Delivery

log = logging.getLogger(__name__)

LOOK_S = 2.0
KEEP_S = 60.0
MAX_PAUSE_S = 60.0


class Deliveries:
    def __init__(self, database: Database, objects: Objects, spool: Path, derived: Path) -> None:
        self._database = database
        self._objects = objects
        self._spool = spool
        self._derived = derived
        self.keeping = DeliveredKeeping(database, objects, spool, derived)
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
                    await self.keeping.turn(time.time_ns())
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
                await note_stored(session, own, found)
        if refused is not None:
            raise refused

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
