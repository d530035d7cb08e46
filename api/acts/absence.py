"""Which running meetings nobody attends any more, and the moment at which each of them ended."""

import time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.meeting import RUNNING, Patience, absent_since
from storage.database import Database
from storage.tables import MediaSession, Meeting, Recording, Segment

# Of these nobody said that he goes.
LOST = ("silent", "relay")


async def absent_meetings(database: Database, patience: Patience) -> list[tuple[str, int]]:
    """(meeting, end in meeting time) of those whose last device went so long ago."""
    found: list[tuple[str, int]] = []
    async with database.reading() as session:
        meetings = await session.scalars(select(Meeting).where(Meeting.state.in_(tuple(RUNNING))))
        for meeting in meetings.all():
            went = await _went(session, meeting.id)
            if went is None:
                continue
            part = await session.scalar(
                select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part.desc()).limit(1)
            )
            opened_ns = max(meeting.reopened_ns or 0, part.start_ns if part else 0)
            origin = meeting.origin()
            now_ns = origin.meeting_now()
            before_ns = now_ns - time.time_ns()
            last_ns = max((before_ns + wall for wall, _ in went), default=None)
            lost_ns = max((before_ns + wall for wall, cause in went if cause in LOST), default=None)
            at = absent_since(last_ns, now_ns, patience, opened_ns, lost_ns)
            if at is None:
                continue
            # A silent device is noticed half a minute late: the last sealed moment is the last one with media.
            sealed = (
                await session.scalar(select(func.max(Segment.end_ns)).where(Segment.recording_id == part.id))
                if part
                else None
            )
            found.append((meeting.id, max(opened_ns, min(at, sealed)) if sealed else at))
    return found


async def _went(session: AsyncSession, meeting_id: str) -> list[tuple[int, str | None]] | None:
    """When each device went last, and how; None while one is there."""
    rows = await session.execute(
        select(MediaSession.publisher, MediaSession.ended_wall, MediaSession.ended_cause)
        .where(MediaSession.meeting_id == meeting_id, MediaSession.mode != "whep")
        .order_by(MediaSession.started_wall)
    )
    found: dict[str, tuple[int, str | None]] = {}
    for publisher, ended_wall, cause in rows:
        if ended_wall is None:
            return None
        found[publisher] = (ended_wall, cause)
    return list(found.values())
