"""What people do to a decision record outside of meetings: plans, opinions, postings, objections, signatures, its end.

Who may is asked here, what it comes to by the procedure engine. Sittings and votes come from meetings
(`api.acts.sittings`, `api.acts.votes`).
"""

import time

from sqlalchemy import or_, select

from api.acts import notice_record
from api.acts.actor import Actor
from api.acts.decision_entries import add_act, add_entry, folded, look_again, place_of
from api.acts.decisions import seen_decision
from api.acts.meeting_access import access_to
from api.acts.persons import same_person
from api.domain.day import day_of
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, right_of
from api.errors.decisions import Erased, OnAFutureDay, OwnProposal
from api.errors.meetings import ItemState
from api.errors.papers import NoticesOwn
from api.errors.request import NotFound
from api.records.decisions import NewAct
from storage.clock import wall_ns
from storage.database import Database
from storage.tables import AgendaItem, Decision, DecisionItem

CONFIRM = "decision.confirm"


async def take(database: Database, actor: Actor, decision_id: str, new: NewAct) -> None:
    """Raises Forbidden, OwnProposal, NoticesOwn, OnAFutureDay, Erased, and what the engine refuses."""
    today = day_of(time.time_ns())
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id, lock=True)
        record = (await folded(session, row.id)).record
        if record is None:
            raise Erased(row.id)
        right = right_of(record, new.act, new.step)
        place = await place_of(session, actor, row)
        actor.require(right, place)
        if right in (REVIEW, COUNTERSIGN) and await same_person(session, actor, row.created_by, row.created_wall):
            raise OwnProposal(row.id)
        if await notice_record.its_own(session, row.id, new.act, new.step, new.number):
            raise NoticesOwn(row.id)
        act = new.model_dump(exclude_none=True)
        if act.setdefault("on", today) > today:
            raise OnAFutureDay(act["on"])
        if new.act == "object":
            act["number"] = len(record.objections) + 1
        if new.act == "sign" and right == COUNTERSIGN:
            act["person"] = actor.person_id or actor.user_id  # the one who may stand among the signatures too
        await add_act(session, row, act, actor.by(right, place))


async def confirm(database: Database, actor: Actor, meeting_id: str, item_id: str) -> None:
    """The supervisor's own word at the end of an item, on each record that it dealt with; once. Raises Forbidden,
    OwnProposal, ItemState."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        item = await session.get(AgendaItem, item_id)
        if item is None or item.meeting_id != meeting_id:
            raise NotFound(f"item {item_id}")
        matter = actor.catalogue.matters.get(item.matter or "")
        place = access.part_of(item).place(matter.category if matter else None, item.access_class)
        actor.require(CONFIRM, place)
        if item.end_ns is None:
            raise ItemState("running" if item.start_ns is not None else "not started")
        links = await session.scalars(
            select(DecisionItem)
            .where(DecisionItem.agenda_item_id == item_id, DecisionItem.confirmed_wall.is_(None))
            .order_by(DecisionItem.decision_id)
        )
        for link in links.all():
            row = await session.get_one(Decision, link.decision_id, with_for_update=True)
            if await same_person(session, actor, row.created_by, row.created_wall):
                raise OwnProposal(row.id)
            if link.sealed_wall is not None:
                raise ItemState("sealed")
            said = {"agenda_item": item_id, "meeting": meeting_id, **actor.by(CONFIRM, place)}
            link.confirmed_wall = wall_ns((await add_entry(session, row, "confirmed", said)).at)


async def waiting_records(database: Database) -> list[str]:
    """Records in which something is due that weren't looked at today, the longest waiting first."""
    today = day_of(time.time_ns())
    async with database.reading() as session:
        running = or_(Decision.proper.is_(None), Decision.due_until.is_(None))
        due = select(Decision.id).where(running, Decision.looked_on < today)
        return list(await session.scalars(due.order_by(Decision.looked_on, Decision.id).limit(500)))


async def look_at(database: Database, decision_id: str) -> None:
    """What became of it by waiting. One of which parts were erased is looked at as well, and stays as it is."""
    async with database.writing() as session:
        row = await session.get_one(Decision, decision_id, with_for_update=True)
        await look_again(session, row)
        row.looked_on = day_of(time.time_ns())
