"""Agenda items: added, changed, started, ended. Starting one ends the running one."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.decision_entries import add_entry, attach_item, create_decision, named_decision
from api.acts.meeting_access import Access, access_to
from api.acts.recording_notes import end_mark, mark
from api.acts.sittings import begin_sittings
from api.domain.meeting import RUNNING
from api.domain.rights import Place
from api.errors.meetings import ItemState, WrongState
from api.errors.recordings import RestrictedPart
from api.errors.request import BadRequest, Forbidden, NotFound
from api.records.meetings import ItemChange, NewItem
from storage.database import Database
from storage.ids import new_id
from storage.tables import AgendaItem, Decision, DecisionItem, Meeting

CLOSING = frozenset({"restricted", "file"})  # classes that part and record share; `award` is the part's alone


async def create_item(database: Database, actor: Actor, meeting_id: str, new: NewItem) -> str:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.minute")
        if access.meeting.state in ("ended", "cancelled"):
            raise WrongState(access.meeting.state, state=access.meeting.state)
        last = await session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting_id))
        return await add_item(session, actor, access.meeting, new, (last or 0) + 1)


async def add_item(session: AsyncSession, actor: Actor, meeting: Meeting, new: NewItem, position: int) -> str:
    """Title, matter and access class that are left out come from the record."""
    await _require_part(session, actor, meeting, new.matter, "open")
    named = new.decision not in (None, "new")
    row = await named_decision(session, actor, meeting, new.decision or "") if named else None
    key = new.matter or (row.matter if row is not None else None)
    # A record may be of a matter that the catalogue has no longer.
    matter = actor.catalogue.matter(new.matter) if new.matter else actor.catalogue.matters.get(key or "")
    title = new.title or (row.title if row is not None else None)
    if title is None:
        raise BadRequest(fields=[{"field": "title", "code": "missing", "message": "needed without a record"}])
    usual = row.access_class if row is not None and row.access_class != "open" else None
    item = AgendaItem(
        id=new_id("itm"),
        meeting_id=meeting.id,
        position=position,
        title=title,
        matter=key,
        access_class=new.access_class or usual or (matter.item_class if matter else "open"),
    )
    session.add(item)
    await session.flush()
    if new.decision is not None:
        await _link(session, actor, meeting, item, new.decision)
    return item.id


async def _link(session: AsyncSession, actor: Actor, meeting: Meeting, item: AgendaItem, decision: str) -> None:
    """`new` makes a record for the item's matter; an id joins the item to a record of the same unit. A part that deals
    with a restricted record is restricted."""
    if decision == "new":
        await _require_part(session, actor, meeting, item.matter, item.access_class)
        await decision_of_item(session, actor, meeting, item)
        return
    row = await named_decision(session, actor, meeting, decision)
    item.matter = item.matter or row.matter
    if item.access_class == "open" and row.access_class in CLOSING:
        item.access_class = row.access_class
    await attach_item(session, row, item)


async def _require_part(
    session: AsyncSession, actor: Actor, meeting: Meeting, matter: str | None, access_class: str
) -> None:
    """A part of another category than his is nobody's to make, nor a record that he could not see. Raises Forbidden."""
    found = actor.catalogue.matters.get(matter or "")
    path = await tree.path_of(session, meeting.unit_id)
    actor.require("meeting.minute", Place(path, found.category if found else None, access_class))


async def decision_of_item(session: AsyncSession, actor: Actor, meeting: Meeting, item: AgendaItem) -> Decision | None:
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
        session, actor.user_id, meeting.unit_id, item.matter, item.title, item.access_class, on=meeting.opened_on
    )
    await attach_item(session, decision, item)
    return decision


async def change_item(database: Database, actor: Actor, meeting_id: str, item_id: str, change: ItemChange) -> None:
    async with database.writing() as session:
        meeting, item = await _item(session, actor, meeting_id, item_id)
        if item.end_ns is not None:
            raise ItemState("ended")
        if change.title is not None:
            item.title = change.title
        if change.matter is not None:
            matter = actor.catalogue.matter(change.matter)
            await _require_part(session, actor, meeting, matter.key, "open")
            item.matter = matter.key
            item.access_class = change.access_class or matter.item_class
        if change.access_class is not None:
            item.access_class = change.access_class
        if change.position is not None:
            item.position = change.position
        await session.flush()
        if change.decision is not None:
            await _link(session, actor, meeting, item, change.decision)
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
        meeting, item = await _item(session, actor, meeting_id, item_id)
        if meeting.state != "open":
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is not None:
            raise ItemState("started")
        now = meeting.origin().meeting_now()
        await end_running_items(session, meeting_id, now)
        item.start_ns = now
        await session.flush()
        decision = await session.scalar(
            select(DecisionItem.decision_id).where(DecisionItem.agenda_item_id == item_id).limit(1)
        )
        place = Place(await tree.path_of(session, meeting.unit_id), None, meeting.access_class)
        by = actor.by("meeting.minute", place)
        await mark(session, meeting_id, "item", item.title, now, by, item=item_id, decision=decision)
        await begin_sittings(session, actor, meeting, item)


async def end_item(database: Database, actor: Actor, meeting_id: str, item_id: str) -> None:
    async with database.writing() as session:
        meeting, item = await _item(session, actor, meeting_id, item_id)
        if meeting.state not in RUNNING:
            raise WrongState(meeting.state, state=meeting.state)
        if item.start_ns is None or item.end_ns is not None:
            raise ItemState("not running")
        item.end_ns = meeting.origin().meeting_now()
        await session.flush()
        await end_mark(session, meeting_id, "item", item_id, item.end_ns)


async def end_running_items(session: AsyncSession, meeting_id: str, at_ns: int) -> None:
    running = await session.scalars(
        select(AgendaItem).where(
            AgendaItem.meeting_id == meeting_id, AgendaItem.start_ns.is_not(None), AgendaItem.end_ns.is_(None)
        )
    )
    for item in running.all():
        item.end_ns = max(item.start_ns or 0, at_ns)
        await session.flush()
        await end_mark(session, meeting_id, "item", item.id, item.end_ns)


async def _item(session: AsyncSession, actor: Actor, meeting_id: str, item_id: str) -> tuple[Meeting, AgendaItem]:
    access = await access_to(session, actor, meeting_id, lock=True)
    access.require(actor, "meeting.minute")
    return access.meeting, await named_item(session, actor, access, item_id)


async def named_item(session: AsyncSession, actor: Actor, access: Access, item_id: str) -> AgendaItem:
    """The meeting's item, for whoever takes its minutes: a restricted part, or another category than his, is not his to
    start, to open to all, or to vote on. Raises NotFound, RestrictedPart, Forbidden."""
    item = await session.get(AgendaItem, item_id)
    if item is None or item.meeting_id != access.meeting.id:
        raise NotFound(f"item {item_id}")
    matter = actor.catalogue.matters.get(item.matter or "")
    if not actor.may("meeting.minute", Place(access.path, matter.category if matter else None, item.access_class)):
        raise Forbidden("meeting.minute") if item.access_class == "open" else RestrictedPart(item_id)
    return item
