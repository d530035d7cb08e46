"""The report, for the provincial system, of what a branch did in a meeting: each of the party's parts has its own.

It is written from the meeting, checked by the branch with one press, kept with who and when. Who checks it again makes
a further version; the first one says whether it came in time.
"""

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.branch_facts import BRANCH, only_branch, party_kinds
from api.acts.branch_plans import ATTENDANCE, LOOK, WRITE
from api.acts.hub_log import log_to_hub
from api.acts.meeting_views import ended_wall
from api.acts.part_presence import Ran, here, parts_by_meeting, ran, spans_at
from api.acts.parts import Part, parts_of
from api.acts.roster import ROSTER, VIDEO, due, reasons_of, video_counts
from api.acts.spoken import spoken_at
from api.domain.catalogue import catalogue
from api.domain.day import SHANGHAI
from api.domain.entries import ReportColumn
from api.domain.meeting import named_part
from api.domain.party import report as words
from api.domain.party.clock import report_due, report_state
from api.errors.meetings import WrongState
from api.errors.request import NotFound
from api.records.branches import NewReport, ReportCheck, ReportFields, ReportView
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.ids import new_id
from storage.tables import (
    AgendaItem,
    Body,
    BranchMeeting,
    BranchReport,
    Meeting,
    Person,
    Presence,
    Site,
    User,
    Vote,
)

PLACES_NAMED = 12
BY_VIDEO = "视频参加"  # of whom the body's rule says that he isn't present


async def view(session: AsyncSession, actor: Actor, meeting_id: str, number: int | None) -> ReportView:
    """Of one part; none named: of the first that the party held. Raises NotFound, Forbidden, WrongState."""
    part, during, branch = await _party_part(session, actor, meeting_id, number, ATTENDANCE)
    meeting = part.meeting
    versions = await _versions(session, part)
    facts, without = await _facts(session, actor, part, during, branch)
    fields = versions[0].fields if versions else words.written(facts)
    filing, on = catalogue(meeting.opened_on or actor.on).filing, meeting.opened_on or actor.on
    first = versions[-1].checked_on if versions else None
    return ReportView(
        meeting=meeting.id,
        part=part.number,
        branch=branch.id,
        fields=ReportFields(**fields),
        text=words.text(fields),
        state=report_state(filing, on, first, actor.on),
        due_on=report_due(filing, on),
        checks=[ReportCheck(version=row.version, by=row.checked_as, on=row.checked_on) for row in versions],
        without_reason=without,
        may_check=actor.may(WRITE, part.place()),
    )


async def check(
    database: Database, hub_id: str, actor: Actor, meeting_id: str, number: int | None, said: NewReport
) -> None:
    """Its next version, by whom and when. What was changed of the last version is changed from that one on; counts come
    from the roster of now. Raises NotFound, Forbidden, WrongState."""
    async with database.writing() as session:
        part, during, branch = await _party_part(session, actor, meeting_id, number, WRITE)
        versions = await _versions(session, part)
        facts, _ = await _facts(session, actor, part, during, branch)
        fields = words.written(facts)
        fields = words.changed(fields, versions[0].fields) if versions else fields
        fields = words.changed(fields, {key: value for key, value in said.model_dump().items() if value is not None})
        row = BranchReport(
            id=new_id("rpt"), meeting_id=meeting_id, part=part.number, version=len(versions) + 1, fields=fields,
            checked_by=actor.user_id, checked_as=await spoken_at(session, actor, WRITE, part.place()),
            checked_on=actor.on, checked_wall=time.time_ns(),
        )  # fmt: skip
        session.add(row)
        await session.flush()
        entry = {"meeting": meeting_id, "part": part.number, "branch": branch.id, "version": row.version,
                 "as": row.checked_as, "says": hashlib.sha256(canonical_bytes(fields)).hexdigest()}  # fmt: skip
        await log_to_hub(session, hub_id, "branch-report-checked", entry)


async def table(
    session: AsyncSession, actor: Actor, names: Sequence[str]
) -> tuple[list[ReportColumn], list[list[str | int]]]:
    """A row a part, in the order of their names (`part_name`); a meeting's own id stands for the first that the party
    held. Raises NotFound, Forbidden, WrongState."""
    columns = list(actor.catalogue.report_columns.values())
    rows = []
    for name in names:
        meeting_id, number = named_part(name)
        fields = (await view(session, actor, meeting_id, None if name == meeting_id else number)).fields
        rows.append(words.row(columns, fields.model_dump()))
    return columns, rows


async def _party_part(
    session: AsyncSession, actor: Actor, meeting_id: str, number: int | None, act: str
) -> tuple[Part, Ran, Body]:
    """Who may do it is asked at the part: its unit, and what it is open to."""
    meeting = await session.get(Meeting, meeting_id, with_for_update=(act == WRITE) or None)
    if meeting is None:
        raise NotFound(f"meeting {meeting_id}")
    kinds, rows = party_kinds(actor.catalogue), (await parts_by_meeting(session, [meeting_id]))[meeting_id]
    parts = [
        (part, ran(meeting, rows, part.number))
        for part in await parts_of(session, meeting)
        if part.kind in kinds and number in (None, part.number)
    ]
    if not parts:
        raise NotFound(f"meeting {meeting_id}")
    part, during = next((each for each in parts if each[1] is not None), parts[0])
    if not actor.may(LOOK, part.place()):
        raise NotFound(f"meeting {meeting_id}")
    actor.require(act, part.place())
    branch = await _branch(session, part)
    if branch is None:
        raise NotFound(f"branch of {meeting_id}")
    if meeting.state != "ended":
        raise WrongState(meeting.state, state=meeting.state)
    if during is None:
        raise NotFound(f"part {part.number} of {meeting_id}")  # planned, and never begun
    return part, during, branch


async def _branch(session: AsyncSession, part: Part) -> Body | None:
    link = await session.get(BranchMeeting, (part.meeting.id, part.number))
    bodies = await session.scalars(select(Body).where(Body.unit_id == part.unit_id, Body.kind == BRANCH))
    branches = {body.id: body for body in bodies}
    return branches.get((link.branch_id if link else only_branch(branches.values())) or "")


async def _versions(session: AsyncSession, part: Part) -> list[BranchReport]:
    """The newest first."""
    rows = select(BranchReport).where(
        BranchReport.meeting_id == part.meeting.id, BranchReport.part == part.number
    )  # fmt: skip
    return list(await session.scalars(rows.order_by(BranchReport.version.desc())))


async def _facts(session: AsyncSession, actor: Actor, part: Part, during: Ran, branch: Body) -> tuple[words.Facts, int]:
    """And of how many absent ones no reason is known."""
    meeting = part.meeting
    apart = [] if video_counts(actor.catalogue, part.kind) else [meeting.id]
    anyhow = here((await spans_at(session, [meeting.id])).get(meeting.id, {}), during)
    in_room = (await spans_at(session, [meeting.id], apart)).get(meeting.id, {})
    there = here(in_room, during)
    reasons = await reasons_of(session, [meeting.id])
    rows = await due(session, actor.catalogue, part)
    absent = [
        words.Absent(person.name, BY_VIDEO if person.id in anyhow else reasons.get((meeting.id, person.id)))
        for _, person in rows
        if person.id not in there
    ]
    items = list(
        await session.scalars(
            select(AgendaItem)
            .where(AgendaItem.meeting_id == meeting.id, AgendaItem.part == part.number)
            .order_by(AgendaItem.position)
        )
    )
    link = await session.get(BranchMeeting, (meeting.id, part.number))
    unit = await tree.ref(session, part.unit_id, meeting.opened_on)
    chair = await _person(session, meeting.opened_by)
    taker = await _taker(session, meeting, {person.id for _, person in rows}) or chair
    facts = words.Facts(
        branch=branch.name, unit=unit.name, kind=actor.catalogue.kind(part.kind).name, title=meeting.title,
        begin=_moment(_at(meeting, during.begins_ns)), end=_moment(_ended(meeting, during)),
        place=await _place(session, meeting), chair=chair, taker=taker, due=len(rows),
        present=len(rows) - len(absent), absent=absent,
        items=[words.Item(item.title, await _votes(session, item)) for item in items if item.access_class == "open"],
        closed_items=sum(item.access_class != "open" for item in items),
        by_secretary=bool(link and link.by_secretary),
    )  # fmt: skip
    return facts, sum(each.reason is None for each in absent)


def _at(meeting: Meeting, ns: int | None) -> int | None:
    return None if meeting.opened_wall is None or ns is None else meeting.opened_wall + ns


def _ended(meeting: Meeting, during: Ran) -> int | None:
    return ended_wall(meeting) if during.ends_ns == meeting.end_ns else _at(meeting, during.ends_ns)


def _moment(wall_ns: int | None) -> str:
    return "" if wall_ns is None else f"{datetime.fromtimestamp(wall_ns // 1_000_000_000, SHANGHAI):%Y-%m-%d %H:%M}"


async def _place(session: AsyncSession, meeting: Meeting) -> str:
    sites = await session.scalars(
        select(Site.unit_id).where(Site.meeting_id == meeting.id).order_by(Site.main.desc(), Site.id)
    )
    units = list(sites)
    names = await tree.refs(session, units[:PLACES_NAMED], meeting.opened_on)
    named = "、".join(names[unit].name for unit in units[:PLACES_NAMED])
    return named + (f"等 {len(units)} 处" if len(units) > PLACES_NAMED else "")


async def _taker(session: AsyncSession, meeting: Meeting, people: set[str]) -> str | None:
    """Who kept these people's roster last."""
    user = await session.scalar(
        select(Presence.user_id)
        .where(
            Presence.meeting_id == meeting.id,
            Presence.person_id.in_(people),
            Presence.known_by.in_((ROSTER, VIDEO)),
            Presence.user_id.is_not(None),
        )
        .order_by(Presence.start_ns.desc(), Presence.id.desc())
        .limit(1)
    )
    return await _person(session, user) if user else None


async def _person(session: AsyncSession, user_id: str | None) -> str:
    """By the name of the person behind the account."""
    row = (
        await session.execute(
            select(User.name, Person.name).outerjoin(Person, Person.id == User.person_id).where(User.id == user_id)
        )
    ).first()
    return "" if row is None else str(row[1] or row[0])


async def _votes(session: AsyncSession, item: AgendaItem) -> list[words.Voted]:
    rows = await session.scalars(select(Vote).where(Vote.agenda_item_id == item.id).order_by(Vote.at_ns, Vote.id))
    return [
        words.Voted(row.way, row.due, row.present, row.in_favour, row.against, row.abstained, row.written_in_favour,
                    row.passed)
        for row in rows
    ]  # fmt: skip
