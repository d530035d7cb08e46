"""The facts of a meeting as one document: what an export says beside the chains, read from the rows in one view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.chained import PERSON_IN
from storage.clock import rfc3339
from storage.corrected import corrections
from storage.errors import NeverRecorded, NothingToExport, NotOpened
from storage.filed_said import Line, Said, of_meeting, plans, signed, tables
from storage.filings import filing
from storage.minutes_said import KINDS, objections
from storage.statements import countersigned_statement, delivery_statement, explanation_statement
from storage.tables import (
    AgendaItem,
    Break,
    Chain,
    Countersignature,
    Decision,
    DecisionItem,
    Delivery,
    Entry,
    ExplainedGap,
    Explanation,
    Filing,
    Gap,
    Mark,
    Meeting,
    MeetingPart,
    Payload,
    Person,
    Presence,
    Recording,
    Segment,
    Site,
    Stored,
    Track,
    UnitAttributes,
    User,
    Vote,
)

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A meeting and everything of it that an export holds."""

    meeting: Facts
    recordings: list[Recording]
    segments: list[tuple[Segment, Stored | None]]
    decisions: list[Facts]
    deliveries: list[Delivery]  # that are sealed, and were not taken away with their recording
    filed: list[tuple[Line, Filing | None]]  # what entries say of files, and where these lie


async def gather(session: AsyncSession, meeting_id: str) -> Gathered:
    """Raises NothingToExport when there is no such meeting, NotOpened when it has no recording yet, NeverRecorded when
    it has none by its kind or by choice, and no chain speaks of it."""
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None:
        raise NothingToExport(meeting_id)
    recordings = list(
        await session.scalars(select(Recording).where(Recording.meeting_id == meeting_id).order_by(Recording.part))
    )
    if not recordings and meeting.recorded:
        raise NotOpened(meeting_id)
    units = Units(session, meeting.opened_on or _day(meeting.opened_wall or meeting.created_wall))
    ids = [recording.id for recording in recordings]
    segments: list[tuple[Segment, Stored | None]] = [
        (segment, stored)
        for segment, stored in await session.execute(
            select(Segment, Stored)
            .outerjoin(Stored, Stored.segment_id == Segment.id)
            .where(Segment.recording_id.in_(ids))
            .order_by(Segment.track_id, Segment.number)
        )
    ]
    items = list(
        await session.scalars(
            select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
        )
    )
    parts = await session.scalars(
        select(MeetingPart).where(MeetingPart.meeting_id == meeting_id).order_by(MeetingPart.number)
    )
    deliveries = list(
        await session.scalars(
            select(Delivery)
            .where(Delivery.recording_id.in_(ids), Delivery.sha256.is_not(None))
            .order_by(Delivery.recording_id, Delivery.start_ns, Delivery.id)
        )
    )
    facts = {
        "id": meeting.id,
        "title": meeting.title,
        "kind": meeting.kind,
        "unit": await units.of(meeting.unit_id),
        "state": meeting.state,
        "access_class": meeting.access_class,
        "planned": _wall(meeting.planned_wall),
        "opened": _wall(meeting.opened_wall),
        "opened_on": meeting.opened_on,
        "end_ns": meeting.end_ns,
        "notice": {"version": meeting.notice_version, "at": _wall(meeting.notice_wall)},
        "sites": [
            {"id": site.id, "unit": await units.of(site.unit_id), "main": site.main}
            for site in await _all(session, Site, meeting_id)
        ],
        "parts": [
            _fields(part, "number kind way begun_ns due present") | {"unit": await units.of(part.unit_id)}
            for part in parts
        ],
        "items": [_fields(item, "id part position title matter access_class start_ns end_ns") for item in items],
        "breaks": [
            _fields(each, "id reason start_ns end_ns")
            for each in sorted(await _all(session, Break, meeting_id), key=lambda each: each.start_ns)
        ],
        "presences": await _presences(session, meeting_id, [each.chain_id for each in recordings]),
        "recordings": [await _recording(session, each, segments, deliveries) for each in recordings],
    }
    decisions = await _decisions(session, units, meeting_id, [item.id for item in items])
    facts["decisions"] = [each["id"] for each in decisions]
    facts["objections"] = objections(await _said(session, "delivered", meeting_id))
    own = of_meeting(await _entries(session, "delivered", meeting_id))
    facts["signed"] = own
    if not recordings and not decisions and not facts["objections"] and not own:
        raise NeverRecorded(meeting_id)
    kept = [each for each in deliveries if each.removed_wall is None]
    return Gathered(facts, recordings, segments, decisions, kept, await _filed(session, own, decisions))


class Units:
    """Units under the names that they had on a day."""

    def __init__(self, session: AsyncSession, day: str) -> None:
        self._session, self._day = session, day

    async def of(self, unit_id: str) -> Facts:
        rows = list(
            await self._session.scalars(
                select(UnitAttributes).where(UnitAttributes.unit_id == unit_id).order_by(UnitAttributes.from_on)
            )
        )
        then = [row for row in rows if row.from_on <= self._day and (row.until_on is None or self._day < row.until_on)]
        named = (then or rows)[-1:]
        return {"id": unit_id, "name": named[0].name if named else "", "code": named[0].code if named else None}


async def _recording(
    session: AsyncSession,
    recording: Recording,
    segments: Sequence[tuple[Segment, Stored | None]],
    deliveries: Sequence[Delivery],
) -> Facts:
    tracks = await session.scalars(select(Track).where(Track.recording_id == recording.id).order_by(Track.id))
    gaps = await session.scalars(select(Gap).where(Gap.recording_id == recording.id).order_by(Gap.start_ns, Gap.id))
    marks = await session.scalars(
        select(Mark).where(Mark.recording_id == recording.id).order_by(Mark.start_ns, Mark.id)
    )
    return {
        "id": recording.id,
        "part": recording.part,
        "chain": recording.chain_id,
        "start_ns": recording.start_ns,
        "end_ns": recording.end_ns,
        "closed": _wall(recording.closed_wall),
        "tracks": [
            {
                **_fields(track, "id publisher kind codec site_id name"),
                "segments": [
                    _fields(segment, "id number name start_ns end_ns frames bytes width height sha256 sm3")
                    for segment, _ in segments
                    if segment.track_id == track.id
                ],
            }
            for track in tracks
        ],
        "gaps": [_fields(gap, "id track_id start_ns end_ns cause packets") for gap in gaps],
        "marks": [_fields(mark, "id kind label start_ns end_ns agenda_item_id decision_id") for mark in marks],
        "deliveries": [
            {"id": each.id, **delivery_statement(each)} for each in deliveries if each.recording_id == recording.id
        ],
        "explanations": await _explanations(session, recording.id),
        "objections": objections(await _said(session, "delivered", recording.id)),
    }


async def _said(session: AsyncSession, kind: str, subject: str) -> list[tuple[str, Facts]]:
    """What a chain says of minutes; it has no rows beside it."""
    rows = await session.execute(
        select(Entry.kind, Payload.payload)
        .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
        .join(Chain, Chain.id == Entry.chain_id)
        .where(Chain.kind == kind, Chain.subject == subject, Entry.kind.in_(KINDS))
        .order_by(Entry.seq)
    )
    return [(each, payload) for each, payload in rows]


async def _explanations(session: AsyncSession, recording_id: str) -> list[Facts]:
    rows = await session.execute(
        select(Explanation, Countersignature)
        .outerjoin(Countersignature, Countersignature.explanation_id == Explanation.id)
        .where(Explanation.recording_id == recording_id)
        .order_by(Explanation.explained_wall, Explanation.id)
    )
    out = []
    for row, countersigned in rows.all():
        gaps = await session.scalars(
            select(Gap).join(ExplainedGap, ExplainedGap.gap_id == Gap.id).where(ExplainedGap.explanation_id == row.id)
        )
        said = explanation_statement(row, gaps.all())
        out.append(
            {"id": row.id, **said, "countersigned": countersigned_statement(countersigned) if countersigned else None}
        )
    return out


async def _presences(session: AsyncSession, meeting_id: str, chains: list[str]) -> list[Facts]:
    """People under the names that they had when they came, as the chains say; else under today's."""
    came = await session.scalars(
        select(Payload.payload)
        .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
        .where(Entry.chain_id.in_(chains), Entry.kind == PERSON_IN)
        .order_by(Entry.at, Entry.seq)
    )
    then = {each.get("person") or each.get("user"): each.get("name") for each in came}
    rows = await session.execute(
        select(Presence, Person.name, User.name)
        .outerjoin(Person, Person.id == Presence.person_id)
        .outerjoin(User, User.id == Presence.user_id)
        .where(Presence.meeting_id == meeting_id)
        .order_by(Presence.start_ns, Presence.id)
    )
    return [
        {
            **_fields(presence, "id site_id known_by start_ns end_ns"),
            "name": then.get(presence.person_id or presence.user_id) or person or user,
        }
        for presence, person, user in rows
    ]


async def _decisions(session: AsyncSession, units: Units, meeting_id: str, items: list[str]) -> list[Facts]:
    discussed = select(DecisionItem.decision_id).where(DecisionItem.agenda_item_id.in_(items))
    voted = select(Vote.decision_id).where(Vote.agenda_item_id.in_(items))
    decisions = await session.scalars(
        select(Decision).where(Decision.id.in_(discussed.union(voted))).order_by(Decision.id)
    )
    out = []
    for decision in decisions:
        spans = await session.scalars(
            select(DecisionItem.agenda_item_id)
            .where(DecisionItem.decision_id == decision.id)
            .order_by(DecisionItem.agenda_item_id)
        )
        votes = await session.scalars(select(Vote).where(Vote.decision_id == decision.id).order_by(Vote.at_ns, Vote.id))
        said = await _entries(session, "decision", decision.id)
        out.append(
            {
                **_fields(decision, "id matter title access_class state outcome proper improper_reasons"),
                "unit": await units.of(decision.unit_id),
                "created": _wall(decision.created_wall),
                "items": list(spans),
                "plans": plans(said),
                "tables": tables(said),
                "signed": signed(said, meeting_id),
                "votes": [
                    _fields(vote, "id agenda_item_id way due present in_favour against abstained passed asked_ns at_ns")
                    for vote in votes
                ],
                "objections": objections((kind, payload) for _, kind, _, payload in said),
                "corrections": corrections((seq, kind, payload) for seq, kind, _, payload in said),
            }
        )
    return out


async def _entries(session: AsyncSession, kind: str, subject: str) -> list[Said]:
    rows = await session.execute(
        select(Entry.seq, Entry.kind, Entry.at, Payload.payload)
        .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
        .join(Chain, Chain.id == Entry.chain_id)
        .where(Chain.kind == kind, Chain.subject == subject)
        .order_by(Entry.seq)
    )
    return [(seq, of, at, payload) for seq, of, at, payload in rows]


async def _filed(
    session: AsyncSession, own: Sequence[Line], decisions: Sequence[Facts]
) -> list[tuple[Line, Filing | None]]:
    """Files that go along; one paper may be of several decisions."""
    of_decisions = [each for one in decisions for each in (*one["plans"], *one["tables"], *one["signed"])]
    lines = {each["file"]: each for each in (*own, *of_decisions) if each["path"]}
    return [(lines[name], await filing(session, name)) for name in sorted(lines)]


async def _all(session: AsyncSession, table: Any, meeting_id: str) -> list[Any]:
    return list(await session.scalars(select(table).where(table.meeting_id == meeting_id).order_by(table.id)))


def _fields(row: Any, names: str) -> Facts:
    return {name: getattr(row, name) for name in names.split()}


def _wall(ns: int | None) -> str | None:
    return None if ns is None else rfc3339(ns)


def _day(wall_ns: int) -> str:
    return datetime.fromtimestamp(wall_ns // 1_000_000_000, SHANGHAI).date().isoformat()
