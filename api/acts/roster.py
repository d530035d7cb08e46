"""Who is due at a meeting, by the roster of its body on the day, and who was ticked as present."""

import time
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import Access, access_to
from api.acts.people import person_ref, roster_rows
from api.acts.recording_notes import MS, note
from api.acts.supervision import supervisors
from api.domain.catalogue import Catalogue
from api.domain.day import day_of
from api.domain.meeting import RUNNING
from api.errors.meetings import NotOnRoster, WrongState
from api.records.meetings import RosterPresence
from storage.database import Database
from storage.ids import new_id
from storage.tables import AbsenceReason, Body, BranchMeeting, Meeting, Person, Post, Presence

HOUSEHOLDS = "households"  # the body of those who stand for a household each, where it is households that are counted


async def due(session: AsyncSession, rules: Catalogue, meeting: Meeting) -> list[tuple[Post, Person]]:
    on = meeting.opened_on or day_of(time.time_ns())
    whose = await session.get(BranchMeeting, meeting.id)
    if whose is not None and whose.body_id is not None:
        return await roster_rows(session, [whose.body_id], on)
    return await due_on(session, rules, meeting.unit_id, meeting.kind, meeting.way, on)


async def due_on(
    session: AsyncSession, rules: Catalogue, unit_id: str, kind_key: str, way: str | None, on: str
) -> list[tuple[Post, Person]]:
    kind = rules.kinds.get(kind_key)
    if kind is None or kind.body is None:
        return []
    counted = HOUSEHOLDS if way == HOUSEHOLDS else kind.body
    bodies = await session.scalars(
        select(Body.id).where(Body.unit_id == unit_id, Body.kind == counted).order_by(Body.id)
    )
    return await roster_rows(session, list(bodies), on)


async def due_with_vote(session: AsyncSession, rules: Catalogue, meeting: Meeting) -> set[str]:
    return {person.id for post, person in await due(session, rules, meeting) if post.votes}


def require_roster(actor: Actor, access: Access) -> None:
    """Who may read who was due and who came: who keeps the minutes, and who looks after people. Raises Forbidden."""
    if not access.may(actor, "meeting.minute"):
        kind = actor.catalogue.kinds.get(access.meeting.kind)
        # Who was at a branch's meeting is the branch's own business; the town sees counts.
        access.require(actor, "branch.attendance" if kind and kind.group == "party" else "people.look")


async def meeting_roster(database: Database, actor: Actor, meeting_id: str) -> list[RosterPresence]:
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        require_roster(actor, access)
        query = select(Presence.person_id).where(Presence.meeting_id == meeting_id)
        if access.meeting.state != "ended":
            query = query.where(Presence.end_ns.is_(None))
        here = set(await session.scalars(query))
        rows = await due(session, actor.catalogue, access.meeting)
        reasons = await reasons_of(session, [meeting_id])
        return [
            RosterPresence(
                person=person_ref(person), title=post.title, votes=post.votes, supervises=False,
                present=person.id in here, reason=reasons.get((meeting_id, person.id)),
            )
            for post, person in rows
        ] + [
            RosterPresence(
                person=person_ref(person), title=post.title, votes=False, supervises=True, present=person.id in here
            )
            for post, person in await beside(session, actor.catalogue, access.meeting, rows)
        ]  # fmt: skip


async def beside(
    session: AsyncSession, rules: Catalogue, meeting: Meeting, rows: Sequence[tuple[Post, Person]]
) -> list[tuple[Post, Person]]:
    """Who sits in to supervise and isn't due anyway; in a village's meeting also where nobody is due (bids are
    opened)."""
    kind = rules.kinds.get(meeting.kind)
    if not rows and (kind is None or kind.group != "village"):
        return []
    known = {person.id for _, person in rows}
    return [(post, person) for post, person in await supervisors(session, meeting) if person.id not in known]


async def reasons_of(session: AsyncSession, meetings: Sequence[str]) -> dict[tuple[str, str], str]:
    """Why people weren't there, by meeting and person (`acts/excuses`)."""
    rows = await session.scalars(select(AbsenceReason).where(AbsenceReason.meeting_id.in_(meetings)))
    return {(row.meeting_id, row.person_id): row.reason for row in rows}


async def tick(database: Database, actor: Actor, meeting_id: str, person_id: str, present: bool) -> None:
    """Before the opening too: then the presence begins with the meeting. Ticking twice changes nothing."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.minute")
        meeting = access.meeting
        running = meeting.state in RUNNING
        if not running and meeting.state != "planned":
            raise WrongState(meeting.state, state=meeting.state)
        rows = await due(session, actor.catalogue, meeting)
        rows += await beside(session, actor.catalogue, meeting, rows)
        person = next((each for _, each in rows if each.id == person_id), None)
        if person is None:
            raise NotOnRoster(person_id)
        here = await session.scalar(
            select(Presence).where(
                Presence.meeting_id == meeting_id, Presence.person_id == person_id, Presence.end_ns.is_(None)
            )
        )
        if present == (here is not None):
            return
        now = meeting.origin().meeting_now() if running else 0
        if here is None:
            session.add(
                Presence(
                    id=new_id("prs"),
                    meeting_id=meeting_id,
                    person_id=person_id,
                    user_id=actor.user_id,
                    known_by="roster",
                    start_ns=now,
                )
            )
        elif running:
            here.end_ns = max(here.start_ns, now)
        else:
            await session.delete(here)
        await session.flush()
        if running:
            statement = {"person": person_id, "name": person.name, "at_ms": now // MS, "known_by": "roster"}
            await note(session, meeting_id, "person-in" if present else "person-out", statement)
