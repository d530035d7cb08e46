"""Bids are opened (T 36): how many there are, said once, when their seals were looked at; fewer than three, and it is
called again (T 28)."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import access_to, named_item
from api.acts.parts import Part
from api.acts.roster import counted
from api.acts.sittings import opens_bids, records_of, sit
from api.domain.meeting import RUNNING
from api.errors.meetings import ItemState, WrongState
from storage.database import Database
from storage.tables import AgendaItem, Decision


async def open_bids(database: Database, actor: Actor, meeting_id: str, item_id: str, bidders: int) -> None:
    """Raises WrongState, ItemState where no bids are opened in this item or their number was said already."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        meeting = access.meeting
        item = await named_item(session, actor, access, item_id)
        part = access.part_of(item)
        if meeting.state not in RUNNING:
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is None:
            raise ItemState("not started")
        rows = await opening(session, part, item)
        if not rows:
            raise ItemState("no bids to open")
        due, present = await counted(session, actor.catalogue, part)
        by = actor.by("meeting.minute", part.place())
        for row in rows:
            await sit(session, row, part, item, due or 0, present or 0, bidders=bidders, by=by)


async def opening(session: AsyncSession, part: Part, item: AgendaItem) -> list[Decision]:
    """The records whose bids this item opens, as far as their number wasn't said."""
    return [row for row in await records_of(session, item) if await opens_bids(session, row, part)]
