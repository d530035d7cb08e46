"""Before a meeting: which records wait for it, and what will fail when it is held as it is planned."""

import time
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import roster, tree
from api.acts.actor import Actor
from api.acts.decision_entries import folded, place_of
from api.acts.decision_words import finding_view
from api.acts.decisions import matter_ref
from api.acts.meeting_access import access_to
from api.acts.meeting_views import sees_item
from api.acts.parts import Part
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from api.domain.entries import WITH_MATTERS, Kind
from api.domain.procedure.foresight import PLANNED, Foresight, Planned, foresee, held
from api.domain.procedure.record import Record
from api.domain.procedure.serving import awaited
from api.records.decisions import ForeseenItem, WaitingDecision
from storage.database import Database
from storage.tables import AgendaItem, Decision, DecisionItem

Way = Literal["adults", "households"]
MOST = 200  # records of one unit that are looked through, the newest first


async def waiting(
    database: Database, actor: Actor, unit_id: str, kind_key: str, on: str | None, called_on: str | None,
    way: Way | None, after: Sequence[str] = (),
) -> list[WaitingDecision]:  # fmt: skip
    """Of the unit, for whoever takes its minutes; what was not called yet is called today. `after`: the kinds of the
    unit's parts of the same meeting that come before."""
    async with database.reading() as session:
        await tree.current(session, unit_id)
        kind = actor.catalogue.kind(kind_key)
        if kind.group not in WITH_MATTERS:
            return []
        today = day_of(time.time_ns())
        on = max(on or today, today)
        called = called_on or today
        planned = await _as_planned(session, actor, unit_id, kind, way, on, called)
        kinds = [actor.catalogue.kind(each) for each in after]
        before = [await _as_planned(session, actor, unit_id, each, None, on, called) for each in kinds]
        rows = await session.scalars(
            select(Decision)
            .where(Decision.unit_id == unit_id, Decision.state == "open")
            .order_by(Decision.created_wall.desc())
            .limit(MOST)
        )
        found = []
        for row in rows.all():
            place = await place_of(session, actor, row)
            if not (actor.may("decision.look", place) and actor.may("meeting.minute", place)):
                continue
            record = (await folded(session, row.id)).record
            if record is None:
                continue
            for at, part in enumerate(before, 1):
                if awaited(record, part.body, on) is not None:
                    record = held(record, part, f"{PLANNED}-{at}")
            if awaited(record, kind.body, on) is None:
                continue
            matter = matter_ref(actor, row)
            said = _said(row, foresee(record, planned))
            found.append(WaitingDecision(**said, matter=matter, access_class=row.access_class))
        return found


async def of_meeting(database: Database, actor: Actor, meeting_id: str) -> list[ForeseenItem]:
    """Of its items that deal with a record which the asker may see; nothing once it has opened."""
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        meeting = access.meeting
        if meeting.state != "planned":
            return []
        rows = await session.execute(
            select(AgendaItem, Decision)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Decision, Decision.id == DecisionItem.decision_id)
            .where(AgendaItem.meeting_id == meeting_id)
            .order_by(AgendaItem.position, AgendaItem.id, Decision.id)
        )
        every = rows.all()
        found: dict[tuple[str, str], ForeseenItem] = {}
        records: dict[str, Record] = {}  # as the parts before leave them, if all goes well in these
        for part in access.parts:
            planned = await _planned(session, actor, part)
            mine = [(item, row) for item, row in every if item.part == part.number]
            for item, row in mine:
                place = await place_of(session, actor, row)
                if not (sees_item(actor, part.path, item) and actor.may("decision.look", place)):
                    continue
                record = records.get(row.id) or (await folded(session, row.id)).record
                if record is None:
                    continue
                records[row.id] = record
                said = _said(row, foresee(record, planned, part.name))
                found[item.id, row.id] = ForeseenItem(**said, item=item.id)
            for key in {row.id for _, row in mine} & records.keys():
                records[key] = held(records[key], planned, part.name)
        return [found[item.id, row.id] for item, row in every if (item.id, row.id) in found]


async def _planned(session: AsyncSession, actor: Actor, part: Part) -> Planned:
    meeting = part.meeting
    today = day_of(time.time_ns())
    on = max(today, day_of(meeting.planned_wall)) if meeting.planned_wall is not None else today
    kind = catalogue(on).kinds.get(part.kind)
    voters, here = await roster.counted(session, actor.catalogue, part)
    return Planned(
        kind.body if kind else None, on, meeting.called_on, part.way,  # type: ignore[arg-type]  # the table's words
        (voters or 0) if kind is not None and kind.body is not None else None, here, meeting.recorded,
    )  # fmt: skip


async def _as_planned(
    session: AsyncSession, actor: Actor, unit_id: str, kind: Kind, way: Way | None, on: str, called_on: str
) -> Planned:
    due = await _roster(session, actor, unit_id, kind, way, on)
    return Planned(kind.body, on, called_on, way, due, None, kind.recording != "never")


async def _roster(
    session: AsyncSession, actor: Actor, unit_id: str, kind: Kind, way: Way | None, on: str
) -> int | None:
    if kind.body is None:
        return None
    rows = await roster.due_on(session, actor.catalogue, unit_id, kind.key, way, on)
    return len({person.id for post, person in rows if post.votes})


def _said(row: Decision, seen: Foresight) -> dict[str, Any]:
    """What both views say."""
    step = seen.step
    return {
        "decision": row.id,
        "title": row.title,
        "step": step.key if step else None,
        "step_name": step.name if step else "",
        "step_name_en": step.name_en if step else "",
        "foreseen": [finding_view(each) for each in seen.findings],
    }
