"""A part of a meeting is planned, put on to a meeting, and begins: who is due and present is counted at that moment."""

import time
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.meeting_access import access_to
from api.acts.parts import Part
from api.acts.questions import open_question
from api.acts.recording_notes import MS, end_mark, mark, note
from api.acts.roster import counted
from api.domain.catalogue import Catalogue
from api.domain.day import day_of
from api.domain.entries import Kind
from api.errors.county import UnitClosed
from api.errors.meetings import PartsMany, PartsUnlike, VoteOpen, WrongState
from api.errors.request import BadRequest
from api.records.meetings import MOST_PARTS, NewPart
from storage.database import Database
from storage.ids import new_id
from storage.tables import AgendaItem, Meeting, MeetingPart, Site


def check_alike(kinds: Iterable[Kind]) -> None:
    """One recording and one right to look can't be two. Raises PartsUnlike."""
    found = list(kinds)
    if {"always", "never"} <= {kind.recording for kind in found} or len({kind.access_class for kind in found}) > 1:
        raise PartsUnlike(" ".join(kind.key for kind in found))


async def plan_part(
    session: AsyncSession, rules: Catalogue, meeting: Meeting, number: int, new: NewPart
) -> MeetingPart:
    """Of whatever unit: to be asked to sit together binds it to nothing, and nobody but it takes its minutes. Raises
    NotFound, UnitClosed, BadRequest."""
    unit_id = new.unit or meeting.unit_id
    if (await tree.current(session, unit_id)).unit.closed_on:
        raise UnitClosed(unit_id)
    kind = rules.kind(new.kind)
    row = MeetingPart(
        meeting_id=meeting.id, number=number, unit_id=unit_id, kind=kind.key, way=way_of(rules, kind, new.way)
    )
    session.add(row)
    await session.flush()
    await _seat(session, meeting, unit_id)
    return row


def way_of(rules: Catalogue, kind: Kind, wish: str | None) -> str | None:
    body = rules.body_of(kind.key)
    if body is None or body.quorum_of_households is None:
        if wish is not None:
            raise BadRequest(fields=[{"field": "way", "code": "foreign", "message": "this body has one way only"}])
        return None
    return wish or "adults"


async def _seat(session: AsyncSession, meeting: Meeting, unit_id: str) -> None:
    """Who sits in it finds the meeting, and may join from a place of his own."""
    there = await session.scalar(select(Site.id).where(Site.meeting_id == meeting.id, Site.unit_id == unit_id))
    if there is None:
        main = unit_id == meeting.unit_id
        session.add(Site(id=new_id("sit"), meeting_id=meeting.id, unit_id=unit_id, main=main))
        await session.flush()


async def add_part(database: Database, actor: Actor, meeting_id: str, new: NewPart) -> int:
    """Also while it runs: the two committees go over into the representatives' meeting. Its number. Raises Forbidden,
    WrongState, PartsMany, PartsUnlike, and what `plan_part` refuses."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.chair")
        meeting = access.meeting
        if meeting.state in ("ended", "cancelled"):
            raise WrongState(meeting.state, state=meeting.state)
        if len(access.parts) >= MOST_PARTS:
            raise PartsMany(str(MOST_PARTS))
        rules = actor.catalogue
        kinds = [rules.kinds[part.kind] for part in access.parts if part.kind in rules.kinds]
        check_alike([*kinds, rules.kind(new.kind)])
        number = max(part.number for part in access.parts) + 1
        await plan_part(session, rules, meeting, number, new)
        return number


async def begin_part(database: Database, actor: Actor, meeting_id: str, number: int) -> None:
    """Told by who takes its minutes; told twice it has begun once. Raises NotFound, Forbidden, WrongState, VoteOpen."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        part = access.part(number)
        actor.require("meeting.minute", part.place())
        meeting = access.meeting
        if meeting.state != "open":
            raise WrongState(meeting.state, state=meeting.state)
        if await open_question(session, meeting_id) is not None:
            raise VoteOpen
        now = meeting.origin().meeting_now()
        # Who goes over from one body into the next is through with its item; another village isn't.
        ended = [each.number for each in access.parts if each.unit_id == part.unit_id and each.number != number]
        if part.begun_ns is None:
            await end_running_items(session, meeting_id, now, ended)
        await begin(session, actor.catalogue, part, now, actor.by("meeting.minute", part.place()))


async def begin(session: AsyncSession, rules: Catalogue, part: Part, now: int, by: Mapping[str, str]) -> None:
    """Once; with its first item at the latest."""
    if part.begun_ns is not None:
        return
    row = await session.get_one(MeetingPart, (part.meeting.id, part.number))
    row.begun_ns, (row.due, row.present) = now, await counted(session, rules, part)
    await session.flush()
    if part.alone:
        return
    unit = await tree.ref(session, part.unit_id, part.meeting.opened_on or day_of(time.time_ns()))
    kind = rules.kinds.get(part.kind)
    name = kind.name if kind else part.kind
    said = {
        "part": part.number, "unit": part.unit_id, "unit_name": unit.name, "kind": part.kind, "kind_name": name,
        "due": row.due, "present": row.present, "at_ms": now // MS,
    }  # fmt: skip
    await note(session, part.meeting.id, "part", said | dict(by))
    label = name if part.unit_id == part.meeting.unit_id else f"{unit.name}：{name}"
    await mark(session, part.meeting.id, "part", label, now, dict(by))


async def end_running_items(
    session: AsyncSession, meeting_id: str, at_ns: int, parts: Sequence[int] | None = None
) -> None:
    """Of these parts; of all, where none are named."""
    running = select(AgendaItem).where(
        AgendaItem.meeting_id == meeting_id, AgendaItem.start_ns.is_not(None), AgendaItem.end_ns.is_(None)
    )
    if parts is not None:
        running = running.where(AgendaItem.part.in_(parts))
    for item in (await session.scalars(running)).all():
        item.end_ns = max(item.start_ns or 0, at_ns)
        await session.flush()
        await end_mark(session, meeting_id, "item", item.id, item.end_ns)
