"""What keeping asks of the object store for delivered files, as `keeping` does for segments: holds on and off, locks
prolonged, taken away by order of two persons, and let out of the spool when the store was asked once more.

There are few: all are looked at each time. One that the store refuses or doesn't have is told and holds up no other.
"""

import asyncio
import logging
import time
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from recorder import delivered_copies as copies
from recorder.freeing import KEEP_NS, ask_or_put
from storage import locks
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import LockedObjectGone, NoSuchObject, ObjectsRefused, ReadBackDiffers
from storage.ledger import append, open_chain
from storage.objects import Objects, StoredObject
from storage.sealing import remove_sealed
from storage.tables import Deletion, Delivery, Hold, Recording, Term

log = logging.getLogger(__name__)


async def note_stored(session: AsyncSession, row: Delivery, found: StoredObject) -> None:
    """What the store has of it, in its row and on the recording's chain of deliveries."""
    row.state, row.bucket, row.version, row.held = "stored", found.bucket, found.version, False
    row.locked_until_wall, row.confirmed_wall = found.locked_until_wall, time.time_ns()
    await session.flush()
    stored = {
        "delivery": row.id, "sha256": row.sha256, "bucket": found.bucket, "key": found.key, "version": found.version,
        "locked_until": rfc3339(found.locked_until_wall),
    }  # fmt: skip
    await append(session, await open_chain(session, "delivered", row.recording_id), "stored", stored)


class DeliveredKeeping:
    def __init__(self, database: Database, objects: Objects, spool: Path, derived: Path) -> None:
        self._database = database
        self._objects = objects
        self._spool = spool
        self._derived = derived
        self._gone: set[str] = set()

    @property
    def alarm(self) -> LockedObjectGone | None:
        """Locks that are late are told with those of segments (`storage.locks.lateness`)."""
        return LockedObjectGone(f"{len(self._gone)} delivered files") if self._gone else None

    async def turn(self, now_wall: int) -> None:
        """Raises ObjectsAway, DatabaseAway, DatabaseBusy, OSError."""
        async with self._database.reading() as session:
            kept = select(Delivery).where(Delivery.state == "stored", Delivery.removed_wall.is_(None))
            rows = list(await session.scalars(kept.order_by(Delivery.id)))
            held = set(await session.scalars(select(Hold.recording_id).where(Hold.lifted_wall.is_(None))))
            terms = {row.recording_id: row.until_wall for row in await session.scalars(select(Term))}
            deleted = set(await session.scalars(select(Deletion.recording_id)))
        for row in rows:
            try:
                # Holds first: they win over everything.
                await self._hold(row, row.recording_id in held)
                if row.recording_id in deleted:
                    await self._remove(row, now_wall)
                    continue
                if row.recording_id in terms:
                    await self._prolong(row, now_wall, terms[row.recording_id])
                await self._free(row, now_wall)
                self._gone.discard(row.id)
            except (NoSuchObject, ObjectsRefused, ReadBackDiffers) as error:
                log.error("delivery %s: %s", row.id, error)
                if not isinstance(error, ObjectsRefused):
                    self._gone.add(row.id)

    async def _hold(self, row: Delivery, wish: bool) -> None:
        if row.held is not wish:
            await self._objects.hold(row.name or "", row.version or "", wish)
            await self._note(row.id, held=wish)

    async def _prolong(self, row: Delivery, now_wall: int, term_wall: int | None) -> None:
        """Asked for once in eleven months, as segments are."""
        until, _ = locks.wanted(now_wall, term_wall)
        if (row.locked_until_wall or 0) < min(until, now_wall + locks.LEFT):
            until = await self._objects.extend(row.name or "", row.version or "", until)
            await self._note(row.id, locked_until_wall=until)

    async def _free(self, row: Delivery, now_wall: int) -> None:
        """Out of the spool, a day after it was confirmed and when its viewing copy is there."""
        path = self._spool / (row.name or "")
        if row.copy is None or (row.confirmed_wall or now_wall) >= now_wall - KEEP_NS or not path.exists():
            return
        found = await ask_or_put(
            self._objects, row.name or "", row.version or "", row.bytes, path, row.sha256 or "", row.locked_until_wall
        )
        if found is None:
            await asyncio.to_thread(remove_sealed, self._spool, row.name or "")
            return
        async with self._database.writing() as session:
            own = await session.get_one(Delivery, row.id)
            await note_stored(session, own, found)

    async def _remove(self, row: Delivery, now_wall: int) -> None:
        """With its recording, by order of two persons, once its lock has run out."""
        if (row.locked_until_wall or 0) > now_wall:
            return
        async with self._database.writing() as session:
            # As who places a hold locks it: he knows what was too late for it. What is secluded stays as well.
            await session.get(Recording, row.recording_id, with_for_update=True)
            if await session.scalar(select(or_(locks.held(row.recording_id), locks.secluded(row.recording_id)))):
                return
            own = await session.get_one(Delivery, row.id)
            own.removing_wall = own.removing_wall or now_wall
        await self._objects.remove(row.name or "")
        await asyncio.to_thread(remove_sealed, self._spool, row.name or "")
        for suffix in (".mp4", ".m3u8"):
            (self._derived / copies.name(row)).with_suffix(suffix).unlink(missing_ok=True)
        async with self._database.writing() as session:
            own = await session.get_one(Delivery, row.id)
            if own.removed_wall is None:
                own.removed_wall = time.time_ns()
                await session.flush()
                chain = await open_chain(session, "delivered", row.recording_id)
                await append(session, chain, "deleted", {"delivery": row.id, "sha256": row.sha256})
        self._gone.discard(row.id)

    async def _note(self, delivery: str, **values: int | bool) -> None:
        async with self._database.writing() as session:
            own = await session.get(Delivery, delivery)
            for name, value in values.items():
                setattr(own, name, value)
