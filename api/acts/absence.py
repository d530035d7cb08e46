"""Which running meetings nobody attends any more, and the moment at which each of them ended."""

import time

from sqlalchemy import func, select

from api.domain.meeting import RUNNING, absent_since
from storage.database import Database
from storage.tables import MediaSession, Meeting, Recording, Segment


async def absent_meetings(database: Database, limit_ns: int) -> list[tuple[str, int]]:
    """(meeting, end in meeting time) of those whose last device went `limit_ns` ago."""
    found: list[tuple[str, int]] = []
    async with database.reading() as session:
        meetings = await session.scalars(select(Meeting).where(Meeting.state.in_(tuple(RUNNING))))
        for meeting in meetings.all():
            mine = (MediaSession.meeting_id == meeting.id, MediaSession.mode != "whep")
            if await session.scalar(select(MediaSession.id).where(*mine, MediaSession.ended_wall.is_(None)).limit(1)):
                continue
            ended = await session.scalar(select(func.max(MediaSession.ended_wall)).where(*mine))
            part = await session.scalar(
                select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part.desc()).limit(1)
            )
            opened_ns = max(meeting.reopened_ns or 0, part.start_ns if part else 0)
            origin = meeting.origin()
            now_ns = origin.meeting_now()
            last_ns = None if ended is None else now_ns - (time.time_ns() - ended)
            at = absent_since(last_ns, now_ns, limit_ns, opened_ns)
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
