"""A meeting's life, one verb a transaction: plan, open, break, resume, end, reopen, cancel; notice and picture.

Opening writes the recording's row and the first entry of its chain in the same transaction, so the recorder, which
follows the rows, starts with the meeting; the bus only nudges it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.agenda import add_item
from api.acts.meeting_access import Access, access_to
from api.acts.moments import read_moment
from api.acts.part_turns import begin, check_alike, end_running_items, plan_part
from api.acts.parts import parts_of
from api.acts.questions import drop_at_end, open_question
from api.acts.recording_notes import MS, end_mark, mark, note
from api.acts.sessions import all_come
from api.acts.tell import tell_of_opening
from api.domain.day import day_of
from api.domain.entries import Kind
from api.domain.meeting import ABSENCE, after, check_reopening
from api.domain.rights import Place
from api.errors.county import UnitClosed
from api.errors.decisions import OnAFutureDay
from api.errors.meetings import BreakWithoutReason, NeverRecorded, NoSite, RecordedAlways, StillClosing, VoteOpen
from api.errors.request import BadRequest
from api.records.meetings import NewMeeting, NewPart
from storage.clock import Origin, rfc3339
from storage.database import Database
from storage.ids import new_id
from storage.ledger import append, open_chain
from storage.tables import Break, Meeting, Person, Presence, Recording, Site, UnitAttributes

SECOND = 1_000_000_000
CLOSING_WAIT_S = 10  # the recorder's own limit for the last seal


@dataclass(frozen=True, slots=True)
class Turned:
    """A meeting after a verb, and the recording that began or is closing by it."""

    meeting_id: str
    recording_id: str | None


async def plan(database: Database, actor: Actor, new: NewMeeting) -> str:
    async with database.writing() as session:
        return await plan_in(session, actor, new)


async def plan_in(session: AsyncSession, actor: Actor, new: NewMeeting) -> str:
    """Inside of the transaction of what it is planned for."""
    now = time.time_ns()
    kind = actor.catalogue.kind(new.kind)
    actor.require("meeting.plan", Place(await tree.path_of(session, new.unit), None, kind.access_class))
    if (await tree.current(session, new.unit)).unit.closed_on:
        raise UnitClosed(new.unit)
    parts = new.parts or [NewPart(kind=new.kind, unit=new.unit, way=new.way)]
    if new.parts and new.way is not None:
        raise BadRequest(fields=[{"field": "way", "code": "foreign", "message": "each part says its own"}])
    kinds = [kind, *(actor.catalogue.kind(part.kind) for part in parts)]
    check_alike(kinds)
    planned_wall = _wall(new.planned_wall)
    today = day_of(now)
    called_on = new.called_on or (today if planned_wall is not None else None)
    if called_on is not None and called_on > today:
        raise OnAFutureDay(called_on)
    meeting = Meeting(
        id=new_id("mtg"),
        title=new.title,
        kind=kind.key,
        unit_id=new.unit,
        state="planned",
        access_class=kind.access_class,
        recorded=_recorded(kinds, new.recorded),
        planned_wall=planned_wall,
        called_on=called_on,
        created_wall=now,
        created_by=actor.user_id,
    )
    session.add(meeting)
    await session.flush()
    rows = [await plan_part(session, actor.catalogue, meeting, at, part) for at, part in enumerate(parts, 1)]
    meeting.way = rows[0].way
    for unit_id in dict.fromkeys([new.unit, *new.sites]):
        if unit_id in {row.unit_id for row in rows}:
            continue
        await tree.current(session, unit_id)
        session.add(Site(id=new_id("sit"), meeting_id=meeting.id, unit_id=unit_id, main=unit_id == new.unit))
    await session.flush()
    planned = {part.number: part for part in await parts_of(session, meeting)}
    for position, item in enumerate(new.items, 1):
        part = planned.get(item.part or 1)
        if part is None:
            raise BadRequest(fields=[{"field": "part", "code": "unknown", "message": "the meeting has no such part"}])
        await add_item(session, actor, part, item, position)
    return meeting.id


def _recorded(kinds: Sequence[Kind], wish: bool | None) -> bool:
    """By the strictest of its parts."""
    for kind in kinds:
        if kind.recording == "always" and wish is False:
            raise RecordedAlways(kind.key)
        if kind.recording == "never" and wish is True:
            raise NeverRecorded(kind.key)
    return all(kind.recording != "never" for kind in kinds) and wish is not False


def _wall(text: str | None) -> int | None:
    moment = read_moment(text, "planned_wall")
    return None if moment is None else int(moment.astimezone(UTC).timestamp() * 1000) * MS


async def open_meeting(database: Database, actor: Actor, meeting_id: str) -> Turned:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        meeting = access.meeting
        meeting.state = after(meeting.state, "open")
        origin = Origin.here_and_now()
        meeting.opened_wall, meeting.opened_monotonic = origin.wall_ns, origin.monotonic_ns
        meeting.opened_boot, meeting.opened_on = origin.boot, day_of(origin.wall_ns)
        meeting.opened_by = actor.user_id
        recording = await _begin_recording(session, actor, access, 1, 0)
        for presence, person in (
            await session.execute(
                select(Presence, Person)
                .join(Person, Person.id == Presence.person_id)
                .where(Presence.meeting_id == meeting_id, Presence.end_ns.is_(None))
            )
        ).all():
            await note(
                session,
                meeting_id,
                "person-in",
                {"person": person.id, "name": person.name, "at_ms": 0, "known_by": presence.known_by},
            )
        await begin(session, actor.catalogue, access.parts[0], 0, access.by(actor, "meeting.chair"))
        await all_come(session, meeting)
        await tell_of_opening(session, actor.catalogue, meeting)
        return Turned(meeting_id, recording)


async def _begin_recording(session: AsyncSession, actor: Actor, access: Access, part: int, start_ns: int) -> str | None:
    meeting = access.meeting
    if not meeting.recorded:
        return None
    recording_id = new_id("rec")
    chain_id = await open_chain(session, "recording", recording_id)
    kind = actor.catalogue.kinds.get(meeting.kind)
    pictures_up_to = kind.pictures_up_to_sites if kind else None
    session.add(
        Recording(
            id=recording_id,
            meeting_id=meeting.id,
            part=part,
            chain_id=chain_id,
            state="recording",
            start_ns=start_ns,
            pictures_up_to=pictures_up_to,
        )
    )
    await session.flush()
    unit = await session.scalar(
        select(UnitAttributes).where(UnitAttributes.unit_id == meeting.unit_id, UnitAttributes.until_on.is_(None))
    )
    await append(
        session,
        chain_id,
        "opened",
        {
            "recording": recording_id,
            "meeting": meeting.id,
            "part": part,
            "title": meeting.title,
            "kind": meeting.kind,
            "kind_name": kind.name if kind else meeting.kind,
            "unit": meeting.unit_id,
            "unit_name": unit.name if unit else "",
            "unit_code": unit.code if unit else None,
            "opened_wall": rfc3339(meeting.opened_wall or 0),
            "opened_on": meeting.opened_on,
            "start_ms": start_ns // MS,
            **access.by(actor, "meeting.chair"),
            "by_name": access.signs(actor, "meeting.chair"),
            "access_class": meeting.access_class,
            "notice_version": meeting.notice_version,
            "pictures_up_to_sites": pictures_up_to,
        },
    )
    by = access.by(actor, "meeting.chair")
    await mark(session, meeting.id, "opening", "开会" if part == 1 else "重新开会", start_ns, by)
    return recording_id


async def take_break(database: Database, actor: Actor, meeting_id: str, reason: str) -> None:
    """Raises BreakWithoutReason, and VoteOpen between a question and its answer."""
    if not reason:
        raise BreakWithoutReason
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        meeting = access.meeting
        meeting.state = after(meeting.state, "break")
        if await open_question(session, meeting_id) is not None:
            raise VoteOpen
        now = meeting.origin().meeting_now()
        session.add(Break(id=new_id("brk"), meeting_id=meeting_id, reason=reason, start_ns=now))
        await session.flush()
        await mark(session, meeting_id, "break", reason, now, access.by(actor, "meeting.chair"))


async def resume(database: Database, actor: Actor, meeting_id: str) -> None:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        access.meeting.state = after(access.meeting.state, "resume")
        await _end_break(session, meeting_id, access.meeting.origin().meeting_now())


async def _end_break(session: AsyncSession, meeting_id: str, at_ns: int) -> None:
    for row in (
        await session.scalars(select(Break).where(Break.meeting_id == meeting_id, Break.end_ns.is_(None)))
    ).all():
        row.end_ns = max(row.start_ns, at_ns)
        await session.flush()
        await end_mark(session, meeting_id, "break", None, at_ns)


async def end_meeting(database: Database, actor: Actor, meeting_id: str) -> Turned:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        after(access.meeting.state, "end")  # one that never began has no time
        return await _end(
            session, access.meeting, access.meeting.origin().meeting_now(), access.by(actor, "meeting.chair")
        )


async def end_by_absence(database: Database, meeting_id: str, at_ns: int) -> Turned | None:
    """The end is the last moment with media; None when somebody was quicker."""
    async with database.writing() as session:
        meeting = await session.get(Meeting, meeting_id, with_for_update=True)
        if meeting is None or meeting.state not in ("open", "break"):
            return None
        return await _end(session, meeting, at_ns, {"by": ABSENCE})


async def _end(session: AsyncSession, meeting: Meeting, at_ns: int, by: dict[str, str]) -> Turned:
    meeting.state = after(meeting.state, "end")
    meeting.end_ns, meeting.ended_by = at_ns, by["by"]
    await drop_at_end(session, meeting, at_ns, by)
    await end_running_items(session, meeting.id, at_ns)
    await _end_break(session, meeting.id, at_ns)
    for presence in (
        await session.scalars(select(Presence).where(Presence.meeting_id == meeting.id, Presence.end_ns.is_(None)))
    ).all():
        presence.end_ns = max(presence.start_ns, at_ns)
    await mark(session, meeting.id, "end", "散会" if by["by"] != ABSENCE else "无人在场，自动散会", at_ns, by)
    recording = await session.scalar(
        select(Recording).where(Recording.meeting_id == meeting.id, Recording.state == "recording")
    )
    if recording is None:
        return Turned(meeting.id, None)
    recording.end_ns, recording.state = max(at_ns, recording.start_ns), "closing"
    return Turned(meeting.id, recording.id)


async def reopen(database: Database, actor: Actor, meeting_id: str) -> Turned:
    """A further part of the recording with a chain of its own; meeting time runs on."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        meeting = access.meeting
        state = after(meeting.state, "reopen")
        origin = meeting.origin()
        ended_on = day_of(origin.wall_ns + (meeting.end_ns or 0))
        check_reopening(meeting.opened_on or "", ended_on, day_of(time.time_ns()))
        now = origin.meeting_now()
        last = await session.scalar(
            select(Recording).where(Recording.meeting_id == meeting_id).order_by(Recording.part.desc()).limit(1)
        )
        # A recorder that is away must not keep a village from going on.
        just_ended = now - (meeting.end_ns or 0) < CLOSING_WAIT_S * SECOND
        if last is not None and last.state != "closed" and just_ended:
            raise StillClosing
        meeting.state, meeting.reopened_ns, meeting.end_ns, meeting.ended_by = state, now, None, None
        parts = await session.scalar(
            select(func.count()).select_from(Recording).where(Recording.meeting_id == meeting_id)
        )
        return Turned(meeting_id, await _begin_recording(session, actor, access, (parts or 0) + 1, now))


async def cancel(database: Database, actor: Actor, meeting_id: str) -> None:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        access.meeting.state = after(access.meeting.state, "cancel")


async def show_notice(database: Database, actor: Actor, meeting_id: str, version: str) -> None:
    """The notice was shown or read aloud: its version and the time are kept; a notice, not a consent."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        if not access.may(actor, "meeting.chair") and not access.may_take_part(actor, "meeting.publish"):
            access.require(actor, "meeting.chair")
        meeting = access.meeting
        notices = actor.catalogue.notices
        if version != notices["recording" if meeting.recorded else "not-recorded"].version:
            field = {"field": "version", "code": "unknown", "message": "not the notice in force"}
            raise BadRequest(fields=[field])
        meeting.notice_version, meeting.notice_wall = version, time.time_ns()
        at_ms = meeting.origin().meeting_now() // MS if meeting.state in ("open", "break") else None
        await note(session, meeting_id, "notice", {"version": version, "at_ms": at_ms, "by": actor.user_id})


async def choose_picture(database: Database, actor: Actor, meeting_id: str, publisher: str | None) -> None:
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        after(access.meeting.state, "end")  # only while it runs
        if publisher is not None:
            site = await session.get(Site, publisher.rpartition(".")[0])
            if site is None or site.meeting_id != meeting_id:
                raise NoSite(publisher)
        access.meeting.picture = publisher
