"""The town's desk: what waits for review, meetings to attend, overdue steps, villages out of step."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.desk_due import due_page
from api.acts.desk_scope import PAGE, Scope, scope
from api.acts.desk_words import calendar_notes, out_of_step
from api.domain.day import SHANGHAI, utc_text
from api.domain.meeting import RUNNING
from api.domain.procedure.awaited import TOWN
from api.domain.rights import Place
from api.records.desks import Attending, OutOfStep, OutOfStepPage, TownDesk
from storage.tables import AwaitedStep, BrokenRule, Decision, Meeting, MeetingPart

A, B, D, M = AwaitedStep, BrokenRule, Decision, Meeting
AHEAD = timedelta(days=14)  # meetings that are to be attended


async def town_desk(session: AsyncSession, actor: Actor, unit: str | None) -> TownDesk:
    """Raises Forbidden, NotFound."""
    seen = await scope(session, actor, unit)
    late = (A.late_on <= actor.on, A.who.not_in(TOWN))
    villages, overdue = await _out_of_step(session, seen)
    return TownDesk(
        on=actor.on,
        reviews=await due_page(session, seen, A.act == "opinion", order=(A.due_on.is_(None), A.due_on, A.since)),
        meetings=await _meetings(session, seen),
        overdue=await due_page(session, seen, *late, order=(A.late_on,), total=overdue),
        villages=villages,
        notes=calendar_notes(actor.on),
    )


async def _meetings(session: AsyncSession, seen: Scope) -> list[Attending]:
    """Of villages: those that run, and those planned from today on."""
    actor, book = seen.actor, seen.book
    kinds = {key: kind for key, kind in actor.catalogue.kinds.items() if kind.group == "village"}
    today = datetime.fromtimestamp(time.time(), SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = (int(day.timestamp()) * 10**9 for day in (today, today + AHEAD))
    units = set().union(*(book.subtree(root) for root in actor.subtrees("meeting.look")))
    if seen.unit is not None:
        units &= book.subtree(seen.unit)
    wanted = select(M).where(
        or_(M.state.in_(RUNNING), (M.state == "planned") & M.planned_wall.between(first, last)), M.kind.in_(kinds)
    )
    if not book.whole(units):
        part_of = select(MeetingPart.meeting_id).where(MeetingPart.unit_id.in_(units))
        wanted = wanted.where(or_(M.unit_id.in_(units), M.id.in_(part_of)))
    query = wanted.order_by(M.state.not_in(RUNNING), M.planned_wall, M.id).limit(4 * PAGE)
    rows = (await session.scalars(query)).all()
    parts = await _units_of_parts(session, rows)
    found: list[Attending] = []
    for row in rows:
        place = Place({unit for each in parts[row.id] for unit in book.path(each)}, None, row.access_class)
        if actor.may("meeting.look", place) and len(found) < PAGE:
            kind = kinds[row.kind]
            # Of several villages the asker's own, or the one that called it.
            at, town = seen.place(next((each for each in parts[row.id] if each in units), row.unit_id))
            found.append(Attending(
                unit=at, town=town, meeting=row.id, title=row.title, kind=row.kind, kind_name=kind.name,
                kind_name_en=kind.name_en, state=row.state, by_video=actor.may("meeting.join", place),
                planned_wall=utc_text(row.planned_wall) if row.planned_wall is not None else None,
                opened_wall=utc_text(row.opened_wall) if row.opened_wall is not None else None,
            ))  # fmt: skip
    return found


async def _units_of_parts(session: AsyncSession, meetings: Sequence[Meeting]) -> dict[str, list[str]]:
    """By meeting; the one that called it first."""
    found = {meeting.id: [meeting.unit_id] for meeting in meetings}
    rows = await session.execute(
        select(MeetingPart.meeting_id, MeetingPart.unit_id)
        .where(MeetingPart.meeting_id.in_(found))
        .order_by(MeetingPart.meeting_id, MeetingPart.number)
    )
    for meeting, unit in rows:
        if unit not in found[meeting]:
            found[meeting].append(unit)
    return found


async def _out_of_step(session: AsyncSession, seen: Scope) -> tuple[OutOfStepPage, int]:
    """Villages in which something of their own is overdue, or a step was left out in what is under way; and how much
    is overdue in all of them."""
    late = await session.execute(
        select(D.unit_id, func.count(), func.min(A.late_on))
        .join(D, D.id == A.decision_id)
        .where(seen.on(D), A.late_on <= seen.actor.on, A.who.not_in(TOWN))
        .group_by(D.unit_id)
    )
    overdue = {unit: (count, since) for unit, count, since in late}
    left_out = await session.execute(
        select(D.unit_id, func.count())
        .join(B, B.decision_id == D.id)
        .where(seen.on(D), B.first, B.rule == "order", D.due_until.is_(None))
        .group_by(D.unit_id)
    )
    skipped = {unit: count for unit, count in left_out}
    units = sorted({*overdue, *skipped}, key=lambda unit: (-overdue.get(unit, (0, ""))[0], -skipped.get(unit, 0), unit))
    items = []
    for unit in units[:PAGE]:
        count, since = overdue.get(unit, (0, None))
        zh, en = out_of_step(count, skipped.get(unit, 0))
        at, town = seen.place(unit)
        items.append(OutOfStep(unit=at, town=town, overdue=count, since=since, skipped=skipped.get(unit, 0),
                               zh=zh, en=en))  # fmt: skip
    return OutOfStepPage(total=len(units), items=items), sum(count for count, _ in overdue.values())
