"""Who was at a branch's meetings over the year, and why not: the branch's own business, and each member's.

The town sees counts of meetings. Nobody is ranked: members stand in the order of the roster, and no share is reckoned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.branch_facts import BRANCH, BranchFacts, facts_of, present_at
from api.acts.branch_plans import ATTENDANCE, branch_of
from api.acts.parts import first_part
from api.acts.people import person_ref
from api.acts.roster import due, reasons_of
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
    return await _attendance(session, actor, body, year, None)


async def of_oneself(session: AsyncSession, actor: Actor, year: int) -> list[AttendanceView]:
    """Of each branch in whose roster the person behind the account stands."""
    if actor.person_id is None:
        return []
    bodies = await session.scalars(
        select(Body)
        .where(Body.kind == BRANCH, Body.id.in_(select(Post.body_id).where(Post.person_id == actor.person_id)))
        .order_by(Body.id)
    )
    return [await _attendance(session, actor, body, year, actor.person_id) for body in bodies]


async def _attendance(session: AsyncSession, actor: Actor, body: Body, year: int, only: str | None) -> AttendanceView:
    (facts,) = await facts_of(session, actor.catalogue, [body], Quarter(year, 1))
    held = _held(facts)
    here = await present_at(session, [meeting.id for meeting in held])
    reasons = await reasons_of(session, [meeting.id for meeting in held])
    members: dict[str, _Member] = {}
    for meeting in held:
        for post, person in await due(session, actor.catalogue, await first_part(session, meeting)):
            if only is not None and person.id != only:
                continue
            of = members.setdefault(person.id, _Member(person, post))
            of.due += 1
            if person.id in here.get(meeting.id, ()):
                of.present += 1
                continue
            of.absent.append(
                AbsenceView(
                    meeting=meeting.id, title=_title(actor, meeting),
                    kind_name=actor.catalogue.kind(meeting.kind).name, on=meeting.opened_on or "",
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


def _held(facts: BranchFacts) -> Sequence[Meeting]:
    ended = sorted((sat for sat in facts.sats if sat.state == "ended"), key=lambda sat: (sat.on, sat.meeting))
    return [facts.meetings[sat.meeting] for sat in ended]


def _title(actor: Actor, meeting: Meeting) -> str:
    return meeting.title if meeting.access_class == "open" else actor.catalogue.kind(meeting.kind).name
