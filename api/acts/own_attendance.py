"""One's own attendance over a year, by quarter: of every body in whose roster the person behind the account stood.

Nobody else reads it here. It says when he came and went, as the roster was ticked, and why he wasn't there; no share.
"""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.branch_attendance import title_of
from api.acts.part_presence import Spans, parts_by_meeting, ran, spans_at
from api.acts.parts import Part, parts_from
from api.acts.roster import HOUSEHOLDS, due, reasons_of
from api.domain.attended import attended
from api.domain.day import utc_text
from api.domain.party.quarters import Quarter, year_of
from api.records.attendance import OwnAttendance, OwnMeeting, OwnQuarter
from api.records.base import UnitRef
from storage.tables import Body, Meeting, MeetingPart, Post


@dataclass(frozen=True, slots=True)
class _Told:
    spans: Spans
    reasons: dict[tuple[str, str], str]
    units: dict[str, UnitRef]
    rows: dict[str, list[MeetingPart]]


async def stands_somewhere(session: AsyncSession, person: str | None) -> bool:
    """Whether there is anything to look at, now or of former years."""
    return (
        person is not None
        and await session.scalar(select(Post.id).where(Post.person_id == person).limit(1)) is not None
    )


async def of_oneself(session: AsyncSession, actor: Actor, year: int) -> OwnAttendance:
    if actor.person_id is None:
        return OwnAttendance(year=year, quarters=[])
    parts = await _due_in(session, actor, actor.person_id, year)
    ids = {part.meeting.id for part in parts}
    told = _Told(
        await spans_at(session, ids), await reasons_of(session, [*ids]),
        await tree.refs(session, {part.unit_id for part in parts}), await parts_by_meeting(session, ids),
    )  # fmt: skip
    quarters: dict[str, list[OwnMeeting]] = defaultdict(list)
    for part in parts:
        line = _line(actor, actor.person_id, part, told)
        if line is not None:
            quarters[str(Quarter.of(line.on))].append(line)
    return OwnAttendance(year=year, quarters=[_quarter(key, quarters[key]) for key in sorted(quarters, reverse=True)])


async def _due_in(session: AsyncSession, actor: Actor, person: str, year: int) -> list[Part]:
    """Parts of ended meetings of the year at which he was due, the newest first."""
    bodies = await session.execute(
        select(Body.unit_id, Body.kind).join(Post, Post.body_id == Body.id).where(Post.person_id == person).distinct()
    )
    his = {(unit, kind) for unit, kind in bodies}
    period = year_of(year)
    rows = await session.execute(
        select(Meeting, MeetingPart)
        .join(MeetingPart, MeetingPart.meeting_id == Meeting.id)
        .where(MeetingPart.unit_id.in_({unit for unit, _ in his}), Meeting.state == "ended")
        .where(Meeting.opened_on >= period.first_on, Meeting.opened_on <= period.last_on)
        .order_by(Meeting.opened_wall.desc(), MeetingPart.number.desc())
    )
    found = []
    asked = [(meeting, row) for meeting, row in rows if (row.unit_id, _body(actor, row)) in his]
    paths = await tree.paths_of(session, {row.unit_id for _, row in asked})
    for meeting, row in asked:
        part = parts_from(meeting, [row], paths)[0]
        if any(each.id == person for _, each in await due(session, actor.catalogue, part)):
            found.append(part)
    return found


def _body(actor: Actor, row: MeetingPart) -> str | None:
    kind = actor.catalogue.kinds.get(row.kind)
    return None if kind is None else HOUSEHOLDS if row.way == HOUSEHOLDS else kind.body


def _line(actor: Actor, person: str, part: Part, told: _Told) -> OwnMeeting | None:
    meeting = part.meeting
    during = ran(meeting, told.rows[meeting.id], part.number)
    if during is None:
        return None  # planned, and never begun
    how = attended(told.spans.get(meeting.id, {}).get(person, ()), during.begins_ns, during.ends_ns or 0)
    kind = actor.catalogue.kind(part.kind)
    return OwnMeeting(
        meeting=meeting.id, part=part.number, title=title_of(actor, meeting, part.kind), kind_name=kind.name,
        kind_name_en=kind.name_en, unit=told.units[part.unit_id], on=meeting.opened_on or "",
        begun_at=_at(meeting, during.begins_ns), present=how.present, late=how.late, left_early=how.left_early,
        came_at=_at(meeting, how.came_ns), left_at=_at(meeting, how.left_ns),
        reason=told.reasons.get((meeting.id, person)),
    )  # fmt: skip


def _at(meeting: Meeting, ns: int | None) -> str | None:
    return None if ns is None or meeting.opened_wall is None else utc_text(meeting.opened_wall + ns)


def _quarter(key: str, meetings: list[OwnMeeting]) -> OwnQuarter:
    present = sum(each.present for each in meetings)
    return OwnQuarter(
        quarter=key, due=len(meetings), present=present, late=sum(each.late for each in meetings),
        left_early=sum(each.left_early for each in meetings), absent=len(meetings) - present, meetings=meetings,
    )  # fmt: skip
