"""A branch's quarter as its own page shows it, and many branches with their counts as the township sees them."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.branch_facts import BRANCH, BranchFacts, entries_of, facts_of, on_of
from api.acts.branch_plans import ATTENDANCE, LOOK, REVIEW, WRITE, branch_of
from api.domain.catalogue import catalogue
from api.domain.entries import Duty
from api.domain.party.branch import Sat
from api.domain.party.clock import filed_late, plan_state, report_due
from api.domain.party.quarters import Quarter
from api.domain.party.standing import Line, Standing
from api.domain.rights import Place
from api.errors.request import Forbidden
from api.records.branches import (
    BranchMeetingView,
    BranchRow,
    BranchView,
    DutyCounts,
    EntryView,
    GroupView,
    LineView,
    MayOnBranch,
    PlanBrief,
    PlanView,
    ReportCounts,
    UnclaimedView,
)
from storage.tables import Body, BranchPlan

MOST = 1000  # branches in one answer
URGENCY = ("overdue", "open", "planned", "ahead", "held")


async def list_branches(session: AsyncSession, actor: Actor, unit: str | None, quarter: Quarter) -> list[BranchRow]:
    """What the actor may look at, below a unit; by unit's name. Raises NotFound, Forbidden."""
    allowed = await tree.subtree(session, actor.subtrees(LOOK))
    if not allowed:
        raise Forbidden(LOOK)
    if unit is not None:
        await tree.current(session, unit)
        allowed &= await tree.subtree(session, [unit])
    rows = select(Body).where(Body.unit_id.in_(allowed), Body.kind == BRANCH).order_by(Body.unit_id, Body.id)
    bodies = list(await session.scalars(rows.limit(MOST)))
    facts = await facts_of(session, actor.catalogue, bodies, quarter)
    units = await tree.refs(session, {body.unit_id for body in bodies})
    towns = await tree.above(session, set(units))
    found = [
        BranchRow(**_brief(actor, of, of.standing(actor.on)), unit=units[of.body.unit_id],
                  town=towns.get(of.body.unit_id))
        for of in facts
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.town or "", row.unit.name, row.name))


async def branch(session: AsyncSession, actor: Actor, branch_id: str, quarter: Quarter) -> BranchView:
    """Raises NotFound."""
    body, place = await branch_of(session, actor, branch_id, LOOK)
    (of,) = await facts_of(session, actor.catalogue, [body], quarter)
    stands = of.standing(actor.on)
    names = {group.id: group.name for group in of.groups}
    plans = await session.scalars(
        select(BranchPlan)
        .where(BranchPlan.branch_id == body.id, BranchPlan.quarter == str(quarter))
        .order_by(BranchPlan.version.desc())
    )
    return BranchView(
        **_brief(actor, of, stands),
        unit=await tree.ref(session, body.unit_id),
        town=(await tree.above(session, [body.unit_id])).get(body.unit_id),
        quarter=str(quarter),
        today=actor.on,
        first_on=quarter.whole.first_on,
        last_on=quarter.whole.last_on,
        groups=[GroupView(id=group.id, name=group.name) for group in of.groups],
        lines=[_line(line, names) for line in stands.lines],
        versions=[_plan(actor, of, stands, row, names) for row in plans],
        meetings=_meetings(actor, of, stands, names),
        unclaimed=[
            UnclaimedView(
                id=each.id, part=part.number, title=each.title, kind=part.kind,
                kind_name=actor.catalogue.kind(part.kind).name, on=on_of(each) or "",
            )
            for each, part in of.unclaimed
        ],
        may=_may(actor, place),
    )  # fmt: skip


def _may(actor: Actor, place: Place) -> MayOnBranch:
    return MayOnBranch(
        write=actor.may(WRITE, place), review=actor.may(REVIEW, place), attendance=actor.may(ATTENDANCE, place)
    )


def _brief(actor: Actor, of: BranchFacts, stands: Standing) -> dict[str, Any]:
    filing = catalogue(of.quarter.whole.first_on).filing
    states = [of.report(sat, actor.on) for sat in of.held()]
    first = of.quarter.whole.first_on
    size_on = actor.on if of.quarter.whole.holds(actor.on) else first
    return {
        "id": of.body.id,
        "name": of.body.name,
        "full_members": of.known.full_members(size_on),
        "duties": [*_duties(stands)],
        "plan": PlanBrief(
            state=plan_state(filing, of.quarter, of.filed, actor.on),
            late=of.filed is not None and filed_late(filing, of.quarter, of.filed),
            due_on=of.quarter.plan_due(filing.plan_day),
        ),
        "reports": ReportCounts(
            due=states.count("due"),
            late=states.count("late"),
            checked=states.count("checked") + states.count("checked_late"),
        ),
    }


def _duties(stands: Standing) -> Iterable[DutyCounts]:
    lines: dict[str, list[Line]] = {}
    for line in stands.lines:
        lines.setdefault(line.duty.key, []).append(line)
    for mine in lines.values():
        yield _counts(mine[0].duty, mine)
    for each in stands.exempt:
        duty = each.duty
        yield DutyCounts(
            duty=duty.key, name=duty.name, name_en=duty.name_en, kind=duty.kind, required=0, held=0, planned=0,
            overdue=0, state=None, exempt=each.why,
        )  # fmt: skip


def _counts(duty: Duty, lines: Sequence[Line]) -> DutyCounts:
    return DutyCounts(
        duty=duty.key, name=duty.name, name_en=duty.name_en, kind=duty.kind,
        required=sum(line.required for line in lines),
        held=sum(min(len(line.held), line.required) for line in lines),
        planned=sum(line.planned for line in lines),
        overdue=sum(line.missing for line in lines if line.state == "overdue"),
        state=min((line.state for line in lines), key=URGENCY.index),
        exempt=None,
    )  # fmt: skip


def _line(line: Line, names: dict[str, str]) -> LineView:
    duty = line.duty
    return LineView(
        duty=duty.key, name=duty.name, name_en=duty.name_en, kind=duty.kind, first_on=line.period.first_on,
        last_on=line.period.last_on, group=line.group, group_name=names.get(line.group or ""), required=line.required,
        held=len(line.held), planned=line.planned, short=len(line.short), state=line.state, source=duty.source,
    )  # fmt: skip


def _plan(actor: Actor, of: BranchFacts, stands: Standing, row: BranchPlan, names: dict[str, str]) -> PlanView:
    sats = {sat.meeting: sat for sat in of.sats}
    views = []
    for entry in entries_of(row):
        kind = actor.catalogue.kind(entry.kind)
        meeting = stands.done.get(entry.key)
        state: Literal["open", "passed", "planned", "running", "ended"]
        state = sats[meeting].state if meeting else "open" if entry.on >= actor.on else "passed"
        views.append(
            EntryView(
                key=entry.key, kind=entry.kind, kind_name=kind.name, kind_name_en=kind.name_en, on=entry.on,
                topic=entry.topic, group=entry.group, group_name=names.get(entry.group or ""),
                by_secretary=entry.by_secretary, meeting=meeting, state=state,
            )
        )  # fmt: skip
    return PlanView(
        id=row.id, version=row.version, entries=views, fixed_day=row.fixed_day, filed_as=row.filed_as,
        filed_on=row.filed_on, opinion=row.opinion, reasons=row.reasons,  # type: ignore[arg-type]  # its own words
        reviewed_as=row.reviewed_as, reviewed_on=row.reviewed_on,
    )  # fmt: skip


def _meetings(actor: Actor, of: BranchFacts, stands: Standing, names: dict[str, str]) -> list[BranchMeetingView]:
    counted = {(sat.meeting, sat.part) for line in stands.lines for sat in line.held}
    fixed = {duty.kind for duty in actor.catalogue.duties.values() if duty.fixed_day}
    day = of.plan.fixed_day if of.plan else None

    def view(sat: Sat) -> BranchMeetingView:
        kind, ended = actor.catalogue.kind(sat.kind), sat.state == "ended"
        return BranchMeetingView(
            id=sat.meeting, part=sat.part, title=of.meetings[sat.meeting].title, kind=sat.kind, kind_name=kind.name,
            kind_name_en=kind.name_en, on=sat.on, state=sat.state, group_name=names.get(sat.group or ""),
            by_secretary=sat.by_secretary, counted=(sat.meeting, sat.part) in counted,
            off_day=ended and day is not None and sat.kind in fixed and int(sat.on[8:]) != day,
            report=of.report(sat, actor.on) if ended else None,
            report_due_on=report_due(catalogue(sat.on).filing, sat.on) if ended else None,
            checked_on=of.checked.get((sat.meeting, sat.part)),
        )  # fmt: skip

    mine = [sat for sat in of.sats if of.quarter.whole.holds(sat.on)]
    return [view(sat) for sat in sorted(mine, key=lambda sat: (sat.on, sat.meeting, sat.part))]
