"""Settle until when each closed recording is to be kept, by the rules of the meeting's day and of today.

Anew each day: a rule that was made longer, or a matter that was entered later, makes the term longer. With the first
term, and with a longer one, the locks of its objects are due. It never becomes shorter, for what is locked can't be
unlocked.
"""

from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.parts import rows_of
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from api.domain.retention import Kept, kept
from storage.database import Database, insert_if_absent
from storage.tables import AgendaItem, Lock, Meeting, Recording, Term

BATCH = 200


async def settle(database: Database, now_wall: int) -> int:
    """A batch of those that were not settled today; gives how many there were."""
    today = day_of(now_wall)
    unsettled = (
        select(Recording.id)
        .outerjoin(Term, Term.recording_id == Recording.id)
        .where(Recording.state == "closed", or_(Term.settled_on.is_(None), Term.settled_on < today))
        .order_by(Recording.id)
        .limit(BATCH)
    )
    async with database.reading() as session:
        waiting = list(await session.scalars(unsettled))
    if not waiting:
        return 0
    async with database.writing() as session:
        for recording_id in waiting:
            await _settle_one(session, recording_id, now_wall, today)
    return len(waiting)


async def _settle_one(session: AsyncSession, recording_id: str, now_wall: int, today: str) -> None:
    meeting = (
        await session.scalars(
            select(Meeting).join(Recording, Recording.meeting_id == Meeting.id).where(Recording.id == recording_id)
        )
    ).one()
    matters = await session.scalar(
        select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id, AgendaItem.matter.is_not(None)).limit(1)
    )
    opened_on = meeting.opened_on or day_of(meeting.opened_wall or meeting.created_wall)
    first = await session.get(Term, recording_id) is None
    kinds = {meeting.kind, *(row.kind for row in await rows_of(session, meeting.id))}
    found = longest(
        [kept(kind, matters is not None, opened_on, catalogue(opened_on), catalogue(today)) for kind in sorted(kinds)]
    )
    await insert_if_absent(
        session,
        Term,
        recording_id=recording_id,
        retention=found.retention,
        until_wall=found.until_wall,
        settled_on=today,
    )
    known = (await session.scalars(select(Term).where(Term.recording_id == recording_id))).one()
    known.settled_on = today
    if first or longer(found, known.until_wall):
        known.retention, known.until_wall = found.retention, found.until_wall
        await session.execute(
            update(Lock)
            .where(Lock.recording_id == recording_id, Lock.due_wall.is_(None), Lock.removing_wall.is_(None))
            .values(due_wall=now_wall)
        )
    await session.flush()


def longest(found: Sequence[Kept]) -> Kept:
    """Of a meeting's parts."""
    return max(found, key=lambda each: (each.until_wall is None, each.until_wall or 0))


def longer(found: Kept, until_wall: int | None) -> bool:
    return until_wall is not None and (found.until_wall is None or found.until_wall > until_wall)
