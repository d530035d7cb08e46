"""A vote from the reading of its question to the announcement of its result: one of a meeting is open at a time, and
while it is no break is taken. It is taken again, or given up, by one press; its figures close it (api.acts.votes)."""

from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import access_to, named_item
from api.acts.recording_notes import MS, mark, note
from api.errors.meetings import ItemState, VoteOpen, WrongState
from storage.database import Database
from storage.ids import new_id
from storage.tables import AgendaItem, Meeting, Question


async def open_question(session: AsyncSession, meeting_id: str) -> Question | None:
    found = await session.scalars(
        select(Question).where(Question.meeting_id == meeting_id, Question.closed_ns.is_(None)).limit(1)
    )
    return found.first()


async def ask(database: Database, actor: Actor, meeting_id: str, item_id: str, again: bool) -> None:
    """The question is read. Asked twice it is asked once, unless the vote is taken `again`. Raises VoteOpen where that
    of another item is open, WrongState, ItemState."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        meeting = access.meeting
        item = await named_item(session, actor, access, item_id)
        if meeting.state != "open":
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is None:
            raise ItemState("not started")
        now, by = meeting.origin().meeting_now(), actor.by("meeting.minute", access.part_of(item).place())
        before = await open_question(session, meeting_id)
        if before is not None and before.agenda_item_id != item_id:
            raise VoteOpen
        if before is not None and not again:
            return
        if before is not None:
            await _close_unannounced(session, before, "again", now, by)
        row = Question(
            id=new_id("qst"), meeting_id=meeting_id, agenda_item_id=item_id, asked_ns=now, asked_by=actor.user_id
        )
        session.add(row)
        await session.flush()
        said = {"question": row.id, "agenda_item": item_id, "at_ms": now // MS}
        await note(session, meeting_id, "question", said | by)


async def drop(database: Database, actor: Actor, meeting_id: str, item_id: str) -> None:
    """There is no vote after all. Raises ItemState when none of the item is open."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        item = await named_item(session, actor, access, item_id)
        row = await open_question(session, meeting_id)
        if row is None or row.agenda_item_id != item_id:
            raise ItemState("no vote is open")
        now = access.meeting.origin().meeting_now()
        await _close_unannounced(session, row, "dropped", now, actor.by("meeting.minute", access.part_of(item).place()))


async def drop_at_end(session: AsyncSession, meeting: Meeting, at_ns: int, by: dict[str, str]) -> None:
    row = await open_question(session, meeting.id)
    if row is not None:
        await _close_unannounced(session, row, "dropped", at_ns, by)


async def announced(session: AsyncSession, meeting_id: str, item_id: str, at_ns: int) -> int | None:
    """Its figures are there: closes the item's open vote, and gives when its question was read."""
    row = await open_question(session, meeting_id)
    if row is None or row.agenda_item_id != item_id:
        return None
    row.closed_ns, row.closed_as = max(row.asked_ns, at_ns), "announced"
    await session.flush()
    return row.asked_ns


async def _close_unannounced(
    session: AsyncSession, row: Question, how: Literal["again", "dropped"], at_ns: int, by: dict[str, str]
) -> None:
    row.closed_ns, row.closed_as = max(row.asked_ns, at_ns), how
    await session.flush()
    item = await session.get_one(AgendaItem, row.agenda_item_id)
    said = {"question": row.id, "agenda_item": item.id, "closed_as": how, "at_ms": row.closed_ns // MS}
    await note(session, row.meeting_id, "question-closed", said | by)
    await mark(session, row.meeting_id, f"vote-{how}", item.title, row.asked_ns, by, end_ns=row.closed_ns, item=item.id)
