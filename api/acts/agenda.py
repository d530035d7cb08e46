"""Agenda items: added, changed, started, ended. Starting one ends the running one."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import add_entry, attach_item, create_decision, named_decision
from api.acts.meeting_access import Access, access_to, named_item
from api.acts.part_turns import begin, end_running_items
from api.acts.parts import Part
from api.acts.questions import open_question
from api.acts.recording_notes import end_mark, mark
from api.acts.sittings import begin_sittings
from api.domain.meeting import RUNNING
from api.errors.meetings import ItemState, VoteOpen, WrongState
from api.errors.request import BadRequest
from api.records.meetings import ItemChange, NewItem
from storage.database import Database
from storage.ids import new_id
from storage.tables import AgendaItem, Decision, DecisionItem

CLOSING = frozenset({"restricted", "file"})  # classes that part and record share; `award` is the part's alone


async def create_item(database: Database, actor: Actor, meeting_id: str, new: NewItem) -> str:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        if access.meeting.state in ("ended", "cancelled"):
            raise WrongState(access.meeting.state, state=access.meeting.state)
        part = access.part(new.part) if new.part is not None else _own_part(access, actor)
        last = await session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting_id))
        return await add_item(session, actor, part, new, (last or 0) + 1)


def _own_part(access: Access, actor: Actor) -> Part:
    """The one of which he takes the minutes; of several the last that has begun."""
    own = access.own_parts(actor, "meeting.minute")
    begun = [part for part in own if part.begun_ns is not None]
    return max(begun, key=lambda part: part.begun_ns or 0) if begun else own[0]


async def add_item(session: AsyncSession, actor: Actor, part: Part, new: NewItem, position: int) -> str:
    """Title, matter and access class that are left out come from the record."""
    _require_category(actor, part, new.matter, "open")
    named = new.decision not in (None, "new")
    row = await named_decision(session, actor, part, new.decision or "") if named else None
    key = new.matter or (row.matter if row is not None else None)
    # A record may be of a matter that the catalogue has no longer.
    matter = actor.catalogue.matter(new.matter) if new.matter else actor.catalogue.matters.get(key or "")
    title = new.title or (row.title if row is not None else None)
    if title is None:
        raise BadRequest(fields=[{"field": "title", "code": "missing", "message": "needed without a record"}])
    usual = row.access_class if row is not None and row.access_class != "open" else None
    item = AgendaItem(
        id=new_id("itm"),
        meeting_id=part.meeting.id,
        part=part.number,
        position=position,
        title=title,
        matter=key,
        access_class=new.access_class or usual or (matter.item_class if matter else "open"),
    )
    session.add(item)
    await session.flush()
    if new.decision is not None:
        await _link(session, actor, part, item, new.decision)
    return item.id


async def _link(session: AsyncSession, actor: Actor, part: Part, item: AgendaItem, decision: str) -> None:
    """`new` makes a record for the item's matter; an id joins the item to a record of the same unit. A part that deals
    with a restricted record is restricted."""
    if decision == "new":
        _require_category(actor, part, item.matter, item.access_class)
        await decision_of_item(session, actor, part, item)
        return
    row = await named_decision(session, actor, part, decision)
    item.matter = item.matter or row.matter
    if item.access_class == "open" and row.access_class in CLOSING:
        item.access_class = row.access_class
    await attach_item(session, row, item)


def _require_category(actor: Actor, part: Part, matter: str | None, access_class: str) -> None:
    """An item of another category than his is nobody's to make, nor a record that he could not see. Raises
    Forbidden."""
    found = actor.catalogue.matters.get(matter or "")
    actor.require("meeting.minute", part.place(found.category if found else None, access_class))


async def decision_of_item(session: AsyncSession, actor: Actor, part: Part, item: AgendaItem) -> Decision | None:
    """The item's record; made now when it has a matter and none yet; None without a matter."""
    found = await session.scalar(
        select(Decision)
        .join(DecisionItem, DecisionItem.decision_id == Decision.id)
        .where(DecisionItem.agenda_item_id == item.id)
        .limit(1)
    )
    if found is not None or item.matter is None:
        return found
    decision = await create_decision(
        session, actor.user_id, part.unit_id, item.matter, item.title, item.access_class, on=part.meeting.opened_on
    )
    await attach_item(session, decision, item)
    return decision


async def change_item(database: Database, actor: Actor, meeting_id: str, item_id: str, change: ItemChange) -> None:
    async with database.writing() as session:
        part, item = await _item(session, actor, meeting_id, item_id)
        if item.end_ns is not None:
            raise ItemState("ended")
        if change.title is not None:
            item.title = change.title
        if change.matter is not None:
            matter = actor.catalogue.matter(change.matter)
            _require_category(actor, part, matter.key, "open")
            item.matter = matter.key
            item.access_class = change.access_class or matter.item_class
        if change.access_class is not None:
            item.access_class = change.access_class
        if change.position is not None:
            item.position = change.position
        await session.flush()
        if change.decision is not None:
            await _link(session, actor, part, item, change.decision)
        await _close_decisions(session, item)


async def _close_decisions(session: AsyncSession, item: AgendaItem) -> None:
    """A part that was made restricted takes the open records of its matter with it. `award` ends by itself and hides
    the part alone (T 37, 38)."""
    if item.access_class not in CLOSING:
        return
    rows = await session.scalars(
        select(Decision)
        .join(DecisionItem, DecisionItem.decision_id == Decision.id)
        .where(DecisionItem.agenda_item_id == item.id, Decision.access_class == "open")
        .order_by(Decision.id)
    )
    for row in rows.all():
        await add_entry(session, row, "class", {"access_class": item.access_class, "agenda_item": item.id})


async def start_item(database: Database, actor: Actor, meeting_id: str, item_id: str) -> None:
    async with database.writing() as session:
        part, item = await _item(session, actor, meeting_id, item_id)
        meeting = part.meeting
        if meeting.state != "open":
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is not None:
            raise ItemState("started")
        now = meeting.origin().meeting_now()
        running = await open_question(session, meeting_id)
        if running is not None and running.agenda_item_id in await _items_elsewhere(session, part):
            raise VoteOpen
        await end_running_items(session, meeting_id, now)
        by = actor.by("meeting.minute", part.place())
        await begin(session, actor.catalogue, part, now, by)
        item.start_ns = now
        await session.flush()
        decision = await session.scalar(
            select(DecisionItem.decision_id).where(DecisionItem.agenda_item_id == item_id).limit(1)
        )
        await mark(session, meeting_id, "item", item.title, now, by, item=item_id, decision=decision)
        await begin_sittings(session, actor, part, item)


async def _items_elsewhere(session: AsyncSession, part: Part) -> set[str]:
    """Of the meeting's other parts."""
    found = select(AgendaItem.id).where(AgendaItem.meeting_id == part.meeting.id, AgendaItem.part != part.number)
    return set(await session.scalars(found))


async def end_item(database: Database, actor: Actor, meeting_id: str, item_id: str) -> None:
    async with database.writing() as session:
        part, item = await _item(session, actor, meeting_id, item_id)
        meeting = part.meeting
        if meeting.state not in RUNNING:
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is None or item.end_ns is not None:
            raise ItemState("not running")
        item.end_ns = meeting.origin().meeting_now()
        await session.flush()
        await end_mark(session, meeting_id, "item", item_id, item.end_ns)


async def _item(session: AsyncSession, actor: Actor, meeting_id: str, item_id: str) -> tuple[Part, AgendaItem]:
    access = await access_to(session, actor, meeting_id, lock=True)
    access.require_in_one(actor, "meeting.minute")
    item = await named_item(session, actor, access, item_id)
    return access.part_of(item), item
