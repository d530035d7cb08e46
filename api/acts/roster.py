"""Who is due at a part of a meeting, by the roster of its body on the day, and who was ticked as present.

Somebody is at the meeting, or isn't: of two rosters on which he stands each counts him. Who is there by video stands on
it as well, and counts where the body's rule says so (`online`: the collective's, not the village's).
"""

import time
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import Access, access_to
from api.acts.parts import Part
from api.acts.people import person_ref, roster_rows
from api.acts.recording_notes import MS, note
from api.acts.supervision import supervisors
from api.domain.catalogue import Catalogue
from api.domain.day import day_of
from api.domain.meeting import RUNNING
from api.errors.meetings import NotOnRoster, WrongState
from api.errors.request import Forbidden
from api.records.meetings import RosterPresence
from storage.database import Database
from storage.ids import new_id
from storage.tables import AbsenceReason, Body, BranchMeeting, Person, Post, Presence

ROSTER, VIDEO = "roster", "video"  # how it is known that somebody is there
HOUSEHOLDS = "households"  # the body of those who stand for a household each, where it is households that are counted


async def due(session: AsyncSession, rules: Catalogue, part: Part) -> list[tuple[Post, Person]]:
    on = part.meeting.opened_on or day_of(time.time_ns())
    whose = await session.get(BranchMeeting, (part.meeting.id, part.number))
    if whose is not None and whose.body_id is not None:
        body, kind = await session.get_one(Body, whose.body_id), rules.kinds.get(part.kind)
        if kind is not None and (body.kind, body.unit_id) == (kind.body, part.unit_id):
            return await roster_rows(session, [body.id], on)
    return await due_on(session, rules, part.unit_id, part.kind, part.way, on)


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


async def due_with_vote(session: AsyncSession, rules: Catalogue, part: Part) -> set[str]:
    return {person.id for post, person in await due(session, rules, part) if post.votes}


async def counted(session: AsyncSession, rules: Catalogue, part: Part) -> tuple[int | None, int | None]:
    """Due and present with a vote, by the roster; none where it wasn't kept."""
    voters = await due_with_vote(session, rules, part)
    if not voters:
        return None, None
    query = select(func.count(func.distinct(Presence.person_id))).where(
        Presence.meeting_id == part.meeting.id, Presence.end_ns.is_(None), Presence.person_id.in_(voters)
    )
    if not video_counts(rules, part.kind):
        query = query.where(Presence.known_by != VIDEO)
    return len(voters), await session.scalar(query) or None


def video_counts(rules: Catalogue, kind_key: str) -> bool:
    """Whether who is there by video is present, in the body that meets in this kind."""
    body = rules.body_of(kind_key)
    return body is not None and body.online


def require_roster(actor: Actor, part: Part) -> None:
    """Raises Forbidden."""
    if not may_read_roster(actor, part):
        raise Forbidden(_reading(actor, part))


def may_read_roster(actor: Actor, part: Part) -> bool:
    """Who was due and who came: for who keeps the minutes, and who looks after people."""
    return any(actor.may(act, part.place()) for act in ("meeting.minute", _reading(actor, part)))


def _reading(actor: Actor, part: Part) -> str:
    """Who was at a branch's meeting is the branch's own business; the town sees counts."""
    kind = actor.catalogue.kinds.get(part.kind)
    return "branch.attendance" if kind and kind.group == "party" else "people.look"


async def roster_of(database: Database, actor: Actor, meeting_id: str, number: int) -> list[RosterPresence]:
    """Of one part. Raises NotFound, Forbidden."""
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        part = access.part(number)
        require_roster(actor, part)
        query = select(Presence.person_id, Presence.known_by).where(Presence.meeting_id == meeting_id)
        if access.meeting.state != "ended":
            query = query.where(Presence.end_ns.is_(None))
        here = await ways_of(session, query)
        rows = await due(session, actor.catalogue, part)
        reasons = await reasons_of(session, [meeting_id])
        return [
            RosterPresence(
                person=person_ref(person), title=post.title, votes=post.votes, supervises=False,
                present=person.id in here, by_video=here.get(person.id) == {VIDEO},
                reason=reasons.get((meeting_id, person.id)),
            )
            for post, person in rows
        ] + [
            RosterPresence(
                person=person_ref(person), title=post.title, votes=False, supervises=True, present=person.id in here,
                by_video=here.get(person.id) == {VIDEO},
            )
            for post, person in await beside(session, actor.catalogue, part, rows)
        ]  # fmt: skip


async def ways_of(session: AsyncSession, presences: Select[str | None, str]) -> dict[str, set[str]]:
    """Of each person how it is known that he was there: by video alone, or in the room at some time."""
    ways: dict[str, set[str]] = {}
    for person, known_by in await session.execute(presences):
        if person is not None:
            ways.setdefault(person, set()).add(known_by)
    return ways


async def beside(
    session: AsyncSession, rules: Catalogue, part: Part, rows: Sequence[tuple[Post, Person]]
) -> list[tuple[Post, Person]]:
    """Who sits in to supervise and isn't due anyway; in a village's meeting also where nobody is due (bids are
    opened)."""
    kind = rules.kinds.get(part.kind)
    if not rows and (kind is None or kind.group != "village"):
        return []
    known = {person.id for _, person in rows}
    return [(post, person) for post, person in await supervisors(session, part) if person.id not in known]


async def reasons_of(session: AsyncSession, meetings: Sequence[str]) -> dict[tuple[str, str], str]:
    """Why people weren't there, by meeting and person (`acts/excuses`)."""
    rows = await session.scalars(select(AbsenceReason).where(AbsenceReason.meeting_id.in_(meetings)))
    return {(row.meeting_id, row.person_id): row.reason for row in rows}


async def tick(
    database: Database, actor: Actor, meeting_id: str, person_id: str, present: bool, by_video: bool = False
) -> None:
    """On the roster of a part whose minutes he takes. Before the opening too: then the presence begins with the
    meeting. Ticking twice changes nothing; who comes into the room after having been there by video is there in two
    spans. Raises NotFound, Forbidden, WrongState, NotOnRoster."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        meeting = access.meeting
        running = meeting.state in RUNNING
        if not running and meeting.state != "planned":
            raise WrongState(meeting.state, state=meeting.state)
        person = await _on_roster(session, actor, access, person_id)
        here = await session.scalar(
            select(Presence).where(
                Presence.meeting_id == meeting_id, Presence.person_id == person_id, Presence.end_ns.is_(None)
            )
        )
        if present == (here is not None) and (here is None or by_video == (here.known_by == VIDEO)):
            return
        now = meeting.origin().meeting_now() if running else 0
        said = {"person": person_id, "name": person.name, "at_ms": now // MS}
        if here is not None:
            if running:
                here.end_ns = max(here.start_ns, now)
                await note(session, meeting_id, "person-out", said | {"known_by": here.known_by})
            else:
                await session.delete(here)
            await session.flush()
        if present:
            known_by = VIDEO if by_video else ROSTER
            session.add(Presence(id=new_id("prs"), meeting_id=meeting_id, person_id=person_id, user_id=actor.user_id,
                                 known_by=known_by, start_ns=now))  # fmt: skip
            await session.flush()
            if running:
                await note(session, meeting_id, "person-in", said | {"known_by": known_by})


async def _on_roster(session: AsyncSession, actor: Actor, access: Access, person_id: str) -> Person:
    for part in access.own_parts(actor, "meeting.minute"):
        rows = await due(session, actor.catalogue, part)
        rows += await beside(session, actor.catalogue, part, rows)
        for _, person in rows:
            if person.id == person_id:
                return person
    raise NotOnRoster(person_id)
