"""Who was at a branch's meetings over the year, and why not: the branch's own business.

The town sees counts of meetings. Nobody is ranked: members stand in the order of the roster, and no share is reckoned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.branch_facts import BranchFacts, facts_of
from api.acts.branch_plans import ATTENDANCE, branch_of
from api.acts.part_presence import here, parts_by_meeting, ran, spans_at
from api.acts.parts import parts_of
from api.acts.people import person_ref
from api.acts.roster import due, reasons_of
from api.domain.party.branch import Sat
from api.domain.party.quarters import Quarter
from api.records.branches import AbsenceView, AttendanceView, MemberAttendance
from storage.tables import Body, Meeting, Person, Post


@dataclass
class _Member:
    person: Person
    post: Post
    due: int = 0
    present: int = 0
    absent: list[AbsenceView] = field(default_factory=list)


async def of_branch(session: AsyncSession, actor: Actor, branch_id: str, year: int) -> AttendanceView:
    """Raises NotFound, Forbidden."""
    body, _ = await branch_of(session, actor, branch_id, ATTENDANCE)
    return await _attendance(session, actor, body, year)


async def _attendance(session: AsyncSession, actor: Actor, body: Body, year: int) -> AttendanceView:
    (facts,) = await facts_of(session, actor.catalogue, [body], Quarter(year, 1))
    held = _held(facts)
    ids = {sat.meeting for sat in held}
    spans, rows, reasons = (
        await spans_at(session, ids),
        await parts_by_meeting(session, ids),
        await reasons_of(session, [*ids]),
    )
    members: dict[str, _Member] = {}
    for sat in held:
        meeting = facts.meetings[sat.meeting]
        part = next(each for each in await parts_of(session, meeting) if each.number == sat.part)
        during = ran(meeting, rows[meeting.id], sat.part)
        there = here(spans.get(meeting.id, {}), during) if during is not None else set()
        for post, person in await due(session, actor.catalogue, part):
            of = members.setdefault(person.id, _Member(person, post))
            of.due += 1
            if person.id in there:
                of.present += 1
                continue
            of.absent.append(
                AbsenceView(
                    meeting=meeting.id, title=title_of(actor, meeting, sat.kind),
                    kind_name=actor.catalogue.kind(sat.kind).name, on=meeting.opened_on or "",
                    reason=reasons.get((meeting.id, person.id)),
                )
            )  # fmt: skip
    return AttendanceView(
        branch=body.id, name=body.name, year=year, meetings=len(held),
        members=[
            MemberAttendance(
                person=person_ref(each.person), title=each.post.title, votes=each.post.votes, due=each.due,
                present=each.present, absent=each.absent,
            )
            for each in sorted(members.values(), key=lambda each: each.post.id)
        ],
    )  # fmt: skip


def _held(facts: BranchFacts) -> Sequence[Sat]:
    ended = [sat for sat in facts.sats if sat.state == "ended"]
    return sorted(ended, key=lambda sat: (sat.on, sat.meeting, sat.part))


def title_of(actor: Actor, meeting: Meeting, kind: str) -> str:
    return meeting.title if meeting.access_class == "open" else actor.catalogue.kind(kind).name
