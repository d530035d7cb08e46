"""Legal holds of inspectors: placed and lifted with a reason, an entry on the hub's chain for each. The worker puts
them on the objects in the store; holds win over everything."""

import time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.recording_access import open_recording
from api.acts.spoken import spoken_as
from api.errors.recordings import AlreadyHeld
from api.errors.request import NotFound
from storage.clock import rfc3339
from storage.database import Database
from storage.ids import new_id
from storage.tables import Delivery, Hold, Lock, Recording


async def place(database: Database, hub_id: str, actor: Actor, recording_id: str, reason: str) -> None:
    """Raises AlreadyHeld. What the worker has begun to take away by then is named in the entry."""
    now = time.time_ns()
    async with database.writing() as session:
        _, access = await open_recording(session, actor, recording_id)
        said = await spoken_as(session, actor, "recording.hold", access)
        # Who takes objects away locks this row too (storage.locks.claim).
        await session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        if await active(session, recording_id) is not None:
            raise AlreadyHeld(recording_id)
        too_late = await session.scalar(
            select(func.count()).where(Lock.recording_id == recording_id, Lock.removing_wall.is_not(None))
        )
        files_too_late = await session.scalar(
            select(func.count()).where(Delivery.recording_id == recording_id, Delivery.removing_wall.is_not(None))
        )
        row = Hold(
            id=new_id("hld"),
            recording_id=recording_id,
            reason=reason,
            placed_by=actor.user_id,
            placed_as=said,
            placed_wall=now,
        )
        session.add(row)
        await session.flush()
        await log_to_hub(
            session,
            hub_id,
            "hold",
            {
                "hold": row.id,
                "recording": recording_id,
                "reason": reason,
                "by": actor.user_id,
                "as": said,
                "at": rfc3339(now),
                "too_late_for": (too_late or 0) + (files_too_late or 0),
            },
        )


async def lift(database: Database, hub_id: str, actor: Actor, recording_id: str, reason: str) -> None:
    now = time.time_ns()
    async with database.writing() as session:
        _, access = await open_recording(session, actor, recording_id)
        said = await spoken_as(session, actor, "recording.hold", access)
        await session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        row = await active(session, recording_id)
        if row is None:
            raise NotFound(f"hold on {recording_id}")
        row.lifted_by, row.lifted_as, row.lifted_reason, row.lifted_wall = actor.user_id, said, reason, now
        await session.flush()
        await log_to_hub(
            session,
            hub_id,
            "hold-lifted",
            {
                "hold": row.id,
                "recording": recording_id,
                "reason": reason,
                "by": actor.user_id,
                "as": said,
                "at": rfc3339(now),
            },
        )


async def active(session: AsyncSession, recording_id: str) -> Hold | None:
    found = await session.scalars(
        select(Hold).where(Hold.recording_id == recording_id, Hold.lifted_wall.is_(None)).limit(1)
    )
    return found.first()
