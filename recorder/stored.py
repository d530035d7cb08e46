"""What the object store has: segments that it lacks, rows with their entries for what it confirmed, and which of them
may leave the spool."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from storage.clock import rfc3339
from storage.database import Database
from storage.ledger import append_all, lock
from storage.tables import Lock, Recording, Segment, Spooled, Stored

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unsettled:
    segment: Segment
    chain: str
    stored: Stored
    lock: Lock | None


class StoredRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def missing(self, limit: int, skip: set[str]) -> list[tuple[Segment, str]]:
        """Segments that aren't in the object store yet, oldest first, with their chains."""
        query = (
            select(Segment, Recording.chain_id)
            .join(Spooled, Spooled.segment_id == Segment.id)
            .join(Recording, Recording.id == Segment.recording_id)
            .where(Spooled.confirmed_wall.is_(None))
            .order_by(Spooled.sealed_wall)
            .limit(limit + len(skip))
        )
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        return [(segment, chain) for segment, chain in rows if segment.id not in skip][:limit]

    async def lacks(self, recording: str) -> bool:
        query = (
            select(Segment.id)
            .join(Spooled, Spooled.segment_id == Segment.id)
            .where(Segment.recording_id == recording, Spooled.confirmed_wall.is_(None))
            .limit(1)
        )
        async with self._database.reading() as session:
            return (await session.scalar(query)) is not None

    async def lacking_bytes(self) -> int:
        """Of all segments that the object store has not confirmed."""
        query = select(func.sum(Spooled.bytes)).where(Spooled.confirmed_wall.is_(None))
        async with self._database.reading() as session:
            return int(await session.scalar(query) or 0)

    async def confirmed(self, rows: list[tuple[Segment, str, Stored]]) -> None:
        """Rows and entries of what was confirmed, in one transaction."""
        async with self._database.writing() as session:
            ids = [segment.id for segment, _, _ in rows]
            # Shared, so that none is closed, and its term settled, between this answer and the row that rests on it.
            states = select(Recording.id, Recording.state).where(
                Recording.id.in_({segment.recording_id for segment, _, _ in rows})
            )
            closed = {each for each, state in await session.execute(states.with_for_update(read=True))
                      if state == "closed"}  # fmt: skip
            known = set((await session.scalars(select(Stored.segment_id).where(Stored.segment_id.in_(ids)))).all())
            fresh = [(segment, chain, row) for segment, chain, row in rows if segment.id not in known]
            # The meeting may have ended before the store was back: the row says it, a closed chain takes no more.
            still_open = {each.id for each in await lock(session, {chain for _, chain, _ in fresh}) if not each.closed}
            session.add_all(row for _, _, row in fresh)
            await session.flush()
            await session.execute(
                update(Spooled).where(Spooled.segment_id.in_(ids)).values(confirmed_wall=time.time_ns())
            )
            # It is to be made longer when the recording is closed and its term is settled (api.acts.terms).
            session.add_all(
                Lock(
                    segment_id=segment.id, recording_id=segment.recording_id, until_wall=row.locked_until_wall,
                    due_wall=row.confirmed_wall if segment.recording_id in closed else None,
                )
                for segment, _, row in fresh
            )  # fmt: skip
            await session.flush()
            await append_all(
                session,
                [(chain, "stored", _statement(segment, row)) for segment, chain, row in fresh if chain in still_open],
            )
        for segment, chain, _ in fresh:
            if chain not in still_open:
                log.warning("segment %s was stored after its recording was closed", segment.id)

    async def unsettled(self, before_wall: int, limit: int, skip: set[str]) -> list[Unsettled]:
        """Segments in the spool that were confirmed before this moment and not asked for since, oldest first."""
        query = (
            select(Segment, Recording.chain_id, Stored, Lock)
            .join(Spooled, Spooled.segment_id == Segment.id)
            .join(Recording, Recording.id == Segment.recording_id)
            .join(Stored, Stored.segment_id == Segment.id)
            .outerjoin(Lock, Lock.segment_id == Segment.id)
            .where(Spooled.settled_wall.is_(None), Spooled.confirmed_wall < before_wall)
            .order_by(Spooled.confirmed_wall)
            .limit(limit + len(skip))
        )
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        return [Unsettled(*row) for row in rows if row[0].id not in skip][:limit]

    async def settled(self, ids: list[str], again: list[tuple[Segment, str, Stored]]) -> None:
        """What the store still had, and what was put again: that has another version, and is asked for again."""
        now_wall = time.time_ns()
        async with self._database.writing() as session:
            heads = await lock(session, {chain for _, chain, _ in again})
            still_open = {each.id for each in heads if not each.closed}
            await session.execute(update(Spooled).where(Spooled.segment_id.in_(ids)).values(settled_wall=now_wall))
            for segment, _, row in again:
                await session.merge(row)
                # The worker puts the hold on the new version, and prolongs its lock with the others'.
                await session.execute(update(Lock).where(Lock.segment_id == segment.id).values(held=False))
                await session.execute(
                    update(Spooled)
                    .where(Spooled.segment_id == segment.id)
                    .values(confirmed_wall=row.confirmed_wall, settled_wall=None)
                )
            await append_all(
                session,
                [(chain, "stored", _statement(segment, row)) for segment, chain, row in again if chain in still_open],
            )

    async def removable(self, before_wall: int, limit: int) -> list[tuple[str, str]]:
        """Ids and names of segments in the spool that the store has for good, confirmed before this moment, oldest
        first. The newest of each track stays while it is being recorded: a recorder that begins without a database
        knows by it how far the numbers have come."""
        newer = aliased(Segment)
        query = (
            select(Segment.id, Segment.name)
            .join(Spooled, Spooled.segment_id == Segment.id)
            .join(Recording, Recording.id == Segment.recording_id)
            .where(
                Spooled.settled_wall.is_not(None),
                Spooled.confirmed_wall < before_wall,
                or_(
                    Recording.state == "closed",
                    exists().where(newer.track_id == Segment.track_id, newer.number > Segment.number),
                ),
            )
            .order_by(Spooled.confirmed_wall)
            .limit(limit)
        )
        async with self._database.reading() as session:
            return [(segment, name) for segment, name in (await session.execute(query)).all()]

    async def freed(self, ids: list[str]) -> None:
        """Their files are gone."""
        async with self._database.writing() as session:
            await session.execute(delete(Spooled).where(Spooled.segment_id.in_(ids)))


def _statement(segment: Segment, row: Stored) -> dict[str, Any]:
    return {
        "segment": segment.id, "sha256": segment.sha256, "bucket": row.bucket, "key": row.key, "version": row.version,
        "locked_until": rfc3339(row.locked_until_wall),
    }  # fmt: skip
