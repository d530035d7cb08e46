"""Which running meetings nobody attends any more, and the moment at which each of them ended."""

import time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.meeting import RUNNING, Patience, absent_since
from storage.database import Database
from storage.tables import MediaSession, Meeting, Presence, Recording, Segment

# Of these nobody said that he goes.
LOST = ("silent", "relay")


async def absent_meetings(database: Database, patience: Patience) -> list[tuple[str, int]]:
    """(meeting, end in meeting time) of those whose last device went so long ago."""
    found: list[tuple[str, int]] = []
    async with database.reading() as session:
        meetings = await session.scalars(select(Meeting).where(Meeting.state.in_(tuple(RUNNING))))
        for meeting in meetings.all():
            went = await _went(session, meeting)
            if went is None:
                continue
            part = await session.scalar(
                select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part.desc()).limit(1)
            )
            opened_ns = max(meeting.reopened_ns or 0, part.start_ns if part else 0)
            origin = meeting.origin()
            now_ns = origin.meeting_now()
            last_ns = max((at_ns for at_ns, _ in went), default=None)
            lost_ns = max((at_ns for at_ns, cause in went if cause in LOST), default=None)
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


async def _went(session: AsyncSession, meeting: Meeting) -> list[tuple[int, str | None]] | None:
    """When each device went last (meeting time), and how; None while one is there."""
    rows = await session.execute(
        select(MediaSession.publisher, MediaSession.ended_wall, MediaSession.ended_cause, Presence.end_ns)
        .outerjoin(Presence, Presence.id == "prs_" + func.substr(MediaSession.id, 5))
        .where(MediaSession.meeting_id == meeting.id, MediaSession.mode != "whep")
        .order_by(MediaSession.started_wall)
    )
    # Who went before the opening was never present: his wall clock is all there is. A presence's end does not move when
    # that clock is stepped.
    before_ns = meeting.origin().meeting_now() - time.time_ns()
    found: dict[str, tuple[int, str | None]] = {}
    for publisher, ended_wall, cause, end_ns in rows:
        if ended_wall is None:
            return None
        at_ns = before_ns + ended_wall if end_ns is None else end_ns
        if publisher not in found or at_ns >= found[publisher][0]:
            found[publisher] = (at_ns, cause)
    return list(found.values())
