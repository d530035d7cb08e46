"""What is known of branches in a quarter, read for many at once: rosters, plans, meetings of the year, reports.

A part of a meeting is of the only branch of its unit, or of the one that somebody named (`branch_meetings`); each of
the party's counts, and is reported, by itself. Who was due is the roster of the day on which it opened; who was there,
whoever was ticked at any time of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.part_presence import Ran, here, parts_by_meeting, ran, spans_at
from api.acts.roster import video_counts
from api.domain.catalogue import Catalogue, catalogue
from api.domain.day import day_of, holds
from api.domain.meeting import RUNNING
from api.domain.party.branch import Branch, Entry, Member, Sat
from api.domain.party.clock import Filed, ReportState, report_state
from api.domain.party.quarters import Quarter, year_of
from api.domain.party.standing import Standing, standing
from storage.tables import (
    Body,
    BranchMeeting,
    BranchPlan,
    BranchReport,
    Meeting,
    MeetingPart,
    PartyOrganisationAttributes,
    Post,
)

BRANCH, COMMITTEE, GROUP = "branch", "branch_committee", "party_group"
DAY_NS = 86_400_000_000_000


@dataclass
class BranchFacts:
    body: Body
    quarter: Quarter
    known: Branch
    groups: list[Body]
    committee: Body | None
    plan: BranchPlan | None = None  # the newest version
    filed: Filed | None = None
    sats: list[Sat] = field(default_factory=list)  # of the year
    meetings: dict[str, Meeting] = field(default_factory=dict)
    # Meeting and part → the day on which its report was checked first.
    checked: dict[tuple[str, int], str] = field(default_factory=dict)
    # Of the unit in the quarter, of which nobody said whose.
    unclaimed: list[tuple[Meeting, MeetingPart]] = field(default_factory=list)

    def standing(self, today: str) -> Standing:
        return standing(catalogue, self.known, entries_of(self.plan), self.sats, self.quarter, today)

    def held(self) -> list[Sat]:
        """Of the quarter, in order."""
        ended = [sat for sat in self.sats if sat.state == "ended" and self.quarter.whole.holds(sat.on)]
        return sorted(ended, key=lambda sat: (sat.on, sat.meeting, sat.part))

    def report(self, sat: Sat, today: str) -> ReportState:
        return report_state(catalogue(sat.on).filing, sat.on, self.checked.get((sat.meeting, sat.part)), today)


def entries_of(plan: BranchPlan | None) -> tuple[Entry, ...]:
    return tuple(Entry(**each) for each in plan.entries) if plan else ()


def party_kinds(rules: Catalogue) -> set[str]:
    return {key for key, kind in rules.kinds.items() if kind.group == "party"}


async def facts_of(
    session: AsyncSession, rules: Catalogue, branches: Sequence[Body], quarter: Quarter
) -> list[BranchFacts]:
    """In the order of `branches`."""
    units = {body.unit_id for body in branches}
    bodies = (
        await session.scalars(
            select(Body).where(Body.unit_id.in_(units), Body.kind.in_((BRANCH, COMMITTEE, GROUP))).order_by(Body.id)
        )
    ).all()
    by_unit: dict[str, list[Body]] = defaultdict(list)
    for body in bodies:
        by_unit[body.unit_id].append(body)
    posts = await _posts(session, bodies)
    parents = await _parents(session, bodies)
    found: dict[str, BranchFacts] = {}
    for body in branches:
        own = _own(body, by_unit[body.unit_id], parents)
        groups = [each for each in own if each.kind == GROUP]
        known = Branch(
            [Member(post.person_id, post.votes, post.from_on, post.until_on) for post in posts[body.id]],
            [group.id for group in groups],
        )
        committee = next((each for each in own if each.kind == COMMITTEE), None)
        found[body.id] = BranchFacts(body, quarter, known, groups, committee)
    await _plans(session, found, quarter)
    await _meetings(session, rules, found, by_unit, posts, quarter)
    await _reports(session, found)
    return [found[body.id] for body in branches]


def only_branch(bodies: Iterable[Body]) -> str | None:
    branches = [each.id for each in bodies if each.kind == BRANCH]
    return branches[0] if len(branches) == 1 else None


def _own(branch: Body, bodies: Sequence[Body], parents: dict[str, str | None]) -> list[Body]:
    """Its committee and groups: all of the unit where it is the only branch, else by the party's own tree."""
    if only_branch(bodies) == branch.id:
        return [each for each in bodies if each.kind != BRANCH]
    mine = branch.party_organisation_id
    return [
        each for each in bodies
        if each.kind != BRANCH and mine is not None
        and mine in (each.party_organisation_id, parents.get(each.party_organisation_id or ""))
    ]  # fmt: skip


async def _parents(session: AsyncSession, bodies: Iterable[Body]) -> dict[str, str | None]:
    ids = {each.party_organisation_id for each in bodies if each.party_organisation_id}
    rows = await session.execute(
        select(PartyOrganisationAttributes.party_organisation_id, PartyOrganisationAttributes.parent_id).where(
            PartyOrganisationAttributes.party_organisation_id.in_(ids), PartyOrganisationAttributes.until_on.is_(None)
        )
    )
    return {party: parent for party, parent in rows}


async def _posts(session: AsyncSession, bodies: Iterable[Body]) -> dict[str, list[Post]]:
    found: dict[str, list[Post]] = defaultdict(list)
    rows = select(Post).where(Post.body_id.in_([each.id for each in bodies])).order_by(Post.id)
    for post in await session.scalars(rows):
        found[post.body_id].append(post)
    return found


async def _plans(session: AsyncSession, found: dict[str, BranchFacts], quarter: Quarter) -> None:
    rows = select(BranchPlan).where(BranchPlan.branch_id.in_(list(found)), BranchPlan.quarter == str(quarter))
    for plan in await session.scalars(rows.order_by(BranchPlan.version)):
        of = found[plan.branch_id]
        of.plan = plan
        of.filed = Filed(of.filed.first_on if of.filed else plan.filed_on, plan.opinion)


async def _meetings(
    session: AsyncSession, rules: Catalogue, found: dict[str, BranchFacts], by_unit: dict[str, list[Body]],
    posts: dict[str, list[Post]], quarter: Quarter,
) -> None:  # fmt: skip
    year = year_of(quarter.year)
    rows = await session.execute(
        select(Meeting, MeetingPart, BranchMeeting)
        .join(MeetingPart, MeetingPart.meeting_id == Meeting.id)
        .outerjoin(
            BranchMeeting,
            and_(BranchMeeting.meeting_id == Meeting.id, BranchMeeting.part == MeetingPart.number),
        )
        .where(
            MeetingPart.unit_id.in_(list(by_unit)),
            MeetingPart.kind.in_(party_kinds(rules)),
            or_(
                and_(Meeting.opened_on >= year.first_on, Meeting.opened_on <= year.last_on),
                and_(Meeting.state == "planned", Meeting.planned_wall.is_not(None)),
            ),
        )
        .order_by(Meeting.created_wall, Meeting.id, MeetingPart.number)
    )
    found_parts: list[tuple[Meeting, MeetingPart, BranchMeeting | None]] = [(*row,) for row in rows]
    parts = await parts_by_meeting(session, {meeting.id for meeting, _, _ in found_parts})
    mine: list[_Mine] = []
    for meeting, part, link in found_parts:
        on = on_of(meeting)
        if on is None or not year.holds(on):
            continue
        during = ran(meeting, parts[meeting.id], part.number) if meeting.state == "ended" else None
        if meeting.state == "ended" and during is None:
            continue  # planned, and never begun
        branches = [body.id for body in by_unit[part.unit_id] if body.kind == BRANCH]
        named = link.branch_id if link and link.branch_id in branches else None
        whose = named or only_branch(by_unit[part.unit_id])
        if whose is None:
            for body in by_unit[part.unit_id]:
                if body.id in found and quarter.whole.holds(on):
                    found[body.id].unclaimed.append((meeting, part))
        elif whose in found:
            mine.append(_Mine(found[whose], meeting, part, link if named else None, during))
    counted = {duty.kind for duty in rules.duties.values() if duty.quorum}
    asked = {each.meeting.id for each in mine if each.part.kind in counted and each.during is not None}
    anyhow, in_room = await spans_at(session, asked), await spans_at(session, asked, asked)
    for each in mine:
        of, kind = each.of, rules.kinds[each.part.kind]
        spans = anyhow if video_counts(rules, kind.key) else in_room
        there = here(spans.get(each.meeting.id, {}), each.during) if each.during is not None else set()
        sat = _sat(rules, each, by_unit[each.part.unit_id], posts, there)
        of.meetings[each.meeting.id] = each.meeting
        of.sats.append(sat)
        if kind.body == GROUP and sat.group is None and of.groups and quarter.whole.holds(sat.on):
            of.unclaimed.append((each.meeting, each.part))


@dataclass(frozen=True, slots=True)
class _Mine:
    """What a branch did in a part of a meeting."""

    of: BranchFacts
    meeting: Meeting
    part: MeetingPart
    link: BranchMeeting | None
    during: Ran | None  # None: it has not ended


def on_of(meeting: Meeting) -> str | None:
    """The day to which it belongs; while it is planned, the planned one."""
    if meeting.opened_on is not None:
        return meeting.opened_on
    return day_of(meeting.planned_wall) if meeting.state == "planned" and meeting.planned_wall is not None else None


def _sat(rules: Catalogue, each: _Mine, bodies: Sequence[Body], posts: dict[str, list[Post]], there: set[str]) -> Sat:
    of, meeting, link = each.of, each.meeting, each.link
    kind = rules.kinds[each.part.kind]
    on = on_of(meeting) or ""
    fitting = [body.id for body in bodies if body.kind == kind.body]
    named = link.body_id if link and link.body_id in fitting else None
    group = None
    if kind.body == GROUP:
        group = named or (of.groups[0].id if len(of.groups) == 1 else None)
    due = {
        post.person_id
        for body in ([named] if named else fitting)
        for post in posts.get(body, ())
        if post.votes and holds(post.from_on, post.until_on, on)
    }
    state = "ended" if meeting.state == "ended" else "running" if meeting.state in RUNNING else "planned"
    return Sat(
        meeting.id, each.part.kind, on, state, group, link.entry if link else None,  # type: ignore[arg-type]
        bool(link and link.by_secretary), len(due), len(due & there), each.part.number,
    )  # fmt: skip


async def _reports(session: AsyncSession, found: dict[str, BranchFacts]) -> None:
    whose = {(sat.meeting, sat.part): of for of in found.values() for sat in of.sats}
    rows = await session.execute(
        select(BranchReport.meeting_id, BranchReport.part, func.min(BranchReport.checked_on))
        .where(BranchReport.meeting_id.in_({meeting for meeting, _ in whose}))
        .group_by(BranchReport.meeting_id, BranchReport.part)
    )
    for meeting, part, on in rows:
        if (meeting, part) in whose:  # else another branch's
            whose[meeting, part].checked[meeting, part] = on
