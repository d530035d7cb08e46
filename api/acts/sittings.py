"""From a meeting to a step, without typing twice: an item that begins is a sitting of its record; when the recording is
closed, what it shows goes onto the record."""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import roster
from api.acts.actor import Actor
from api.acts.coverage_of import coverage_of_recording
from api.acts.decision_entries import MS, add_act, add_entry, folded
from api.acts.parts import Part, parts_of
from api.acts.supervision import supervised
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from api.domain.entries import Step
from api.domain.procedure.record import Record, Sitting
from api.domain.procedure.serving import step_of, takes
from api.domain.procedure.walk import begin
from api.domain.shown import Held, Span, shown, within
from storage.chained import RESTS_ON
from storage.clock import wall_ns
from storage.database import Database
from storage.ledger import checkpoints
from storage.statements import rests_on
from storage.tables import (
    AgendaItem,
    Break,
    Decision,
    DecisionItem,
    Meeting,
    Recording,
    Vote,
)

NOBODY: Mapping[str, str] = MappingProxyType({})  # what the system reads from a recording by itself


async def begin_sittings(session: AsyncSession, actor: Actor, part: Part, item: AgendaItem) -> None:
    """An item begins: of each record that it deals with, the step that its part of the meeting takes up. Not yet where
    nobody has been counted, nor where bids are opened: the vote's own count begins it, how many bid (`open_bids`), or
    the end."""
    due, present = await roster.counted(session, actor.catalogue, part)
    if due is None or present is None:
        return
    for row in await records_of(session, item):
        await sit(session, row, part, item, due, present, by={"by": actor.user_id})


async def sit(
    session: AsyncSession,
    row: Decision,
    part: Part,
    item: AgendaItem,
    due: int,
    present: int,
    *,
    vote: bool = False,
    bidders: int | None = None,
    by: Mapping[str, str] = NOBODY,
) -> str | None:
    """The step's key; none where the record was over or closed before this part took it up, and where the step asks
    for bidders and nobody has said how many there are."""
    state = await folded(session, row.id)
    record, on = state.record, _day(part.meeting, state.begun_on)
    body = _body(part, on)
    step = step_of(record, part.name, body, on, vote=vote) if record is not None else None
    if record is None or step is None:
        return None
    if record.steps[step.key].sitting(part.name) is None:
        if not takes(record, step, on):
            return None
        if step.bidders is not None and bidders is None:
            return None
        asks = record.rules.bodies.get(body or "")
        called = part.meeting.called_on
        act = {
            "act": "sitting", "step": step.key, "meeting": part.name, "on": on,
            "called_on": min(called, on) if called else None, "body": body, "due": max(due, 1), "present": present,
            "way": (part.way or "adults") if asks is not None and asks.quorum_of_households is not None else None,
            "plan": record.newest_on(on) or None,
            "bidders": bidders if step.bidders is not None else None,
        }  # fmt: skip
        await add_act(session, row, act, {"agenda_item": item.id, **by})
    link = await session.get(DecisionItem, (row.id, item.id))
    if link is not None:
        link.step = step.key
        await session.flush()
    return step.key


async def opens_bids(session: AsyncSession, row: Decision, part: Part) -> bool:
    """This part takes up a step that asks how many bid, and nobody has said it."""
    state = await folded(session, row.id)
    record, on = state.record, _day(part.meeting, state.begun_on)
    step = step_of(record, part.name, _body(part, on), on) if record is not None else None
    if record is None or step is None or step.bidders is None:
        return False
    return takes(record, step, on) and record.steps[step.key].sitting(part.name) is None


async def votes_in(session: AsyncSession, row: Decision, part: Part) -> Step | None:
    """The step with a vote in which this part sits, or that it takes up."""
    state = await folded(session, row.id)
    record, on = state.record, _day(part.meeting, state.begun_on)
    step = step_of(record, part.name, _body(part, on), on, vote=True) if record is not None else None
    if record is None or step is None:
        return None
    return step if record.steps[step.key].sitting(part.name) is not None or takes(record, step, on) else None


def would_vote_in(matter: str, part: Part) -> Step | None:
    """The same of a record of this matter that began with this meeting."""
    on = _day(part.meeting, "")
    if matter not in catalogue(on).matters:
        return None
    record = begin({"act": "begin", "matter": matter, "on": on})
    return step_of(record, part.name, _body(part, on), on, vote=True)


def _body(part: Part, on: str) -> str | None:
    kind = catalogue(on).kinds.get(part.kind)
    return kind.body if kind else None


def _day(meeting: Meeting, begun_on: str) -> str:
    """The day to which the meeting belongs; a record that was made after midnight begins with what it is made for."""
    return max(meeting.opened_on or day_of(time.time_ns()), begun_on)


async def records_of(session: AsyncSession, item: AgendaItem) -> Sequence[Decision]:
    rows = await session.scalars(
        select(Decision)
        .join(DecisionItem, DecisionItem.decision_id == Decision.id)
        .where(DecisionItem.agenda_item_id == item.id)
        .order_by(Decision.id)
    )
    return rows.all()


# --- what a closed recording shows


def _ripe() -> tuple[ColumnElement[bool], ...]:
    """An item that was held and is not sealed, of a meeting that has ended with all its recordings closed."""
    unfinished = select(Recording.meeting_id).where(Recording.state != "closed")
    return (
        DecisionItem.sealed_wall.is_(None),
        AgendaItem.start_ns.is_not(None),
        Meeting.state == "ended",
        Meeting.id.not_in(unfinished),
    )


async def meetings_to_seal(database: Database) -> list[str]:
    async with database.reading() as session:
        rows = await session.scalars(
            select(AgendaItem.meeting_id)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(*_ripe())
            .distinct()
            .limit(50)
        )
        return list(rows)


async def seal_sittings(database: Database, meeting_id: str) -> list[str]:
    """What the meeting's recordings show, onto each record that it dealt with: the ids of those."""
    async with database.writing() as session:
        rows = await session.scalars(
            select(Decision)
            .where(
                Decision.id.in_(
                    select(DecisionItem.decision_id)
                    .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
                    .join(Meeting, Meeting.id == AgendaItem.meeting_id)
                    .where(AgendaItem.meeting_id == meeting_id, *_ripe())
                )
            )
            .order_by(Decision.id)
        )
        sealed = []
        for row in rows.all():
            # Of two api processes at once the second one finds nothing left to seal.
            await session.refresh(row, with_for_update=True)
            meeting = await session.get_one(Meeting, meeting_id)
            if not await session.scalar(select(_open_links(row.id, meeting_id).exists())):
                continue
            await _seal(session, row, meeting)
            sealed.append(row.id)
        return sealed


def _open_links(decision_id: str, meeting_id: str) -> Select[str]:
    return (
        select(DecisionItem.agenda_item_id)
        .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
        .where(DecisionItem.decision_id == decision_id, AgendaItem.meeting_id == meeting_id,
               AgendaItem.start_ns.is_not(None), DecisionItem.sealed_wall.is_(None))
    )  # fmt: skip


async def _seal(session: AsyncSession, row: Decision, meeting: Meeting) -> None:
    rules = catalogue(meeting.opened_on or "")
    links = (
        await session.execute(
            select(DecisionItem, AgendaItem)
            .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
            .where(DecisionItem.decision_id == row.id, AgendaItem.meeting_id == meeting.id,
                   AgendaItem.start_ns.is_not(None))
            .order_by(AgendaItem.start_ns)
        )
    ).all()  # fmt: skip
    parts = {part.number: part for part in await parts_of(session, meeting)}
    for _, item in links:
        # Where nobody was counted at the opening nor in a vote, or no bid was.
        voters = await roster.due_with_vote(session, rules, parts[item.part])
        await sit(session, row, parts[item.part], item, len(voters), 0, bidders=0)
    state = await folded(session, row.id)
    await _rest_on_recordings(session, row, meeting, state.recordings)
    for part in parts.values():
        mine, sealed_wall = [(link, item) for link, item in links if item.part == part.number], time.time_ns()
        for step, sitting in _unsealed(state.record, part.name):
            # An item that two steps share says the later one's name.
            own = [item for link, item in mine if link.step == step.key]
            held = await _held(session, row, part, own or [item for _, item in mine], sitting)
            act = {"act": "sealed", "step": step.key, "meeting": part.name, **shown(held, rules.judging)}
            sealed_wall = wall_ns((await add_act(session, row, act, {})).at)
        for link, _ in mine:
            link.sealed_wall = sealed_wall
    await session.flush()


def _unsealed(record: Record | None, name: str) -> Iterator[tuple[Step, Sitting]]:
    for step in record.procedure.step if record is not None else ():
        sitting = record.steps[step.key].sitting(name) if record is not None else None
        if sitting is not None and sitting.seal is None:
            yield step, sitting


async def _rest_on_recordings(session: AsyncSession, row: Decision, meeting: Meeting, known: Sequence[str]) -> None:
    """The entry carries the hash of each closed recording that the decision rests on."""
    parts = await session.scalars(select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part))
    for part in parts.all():
        final = [record for record in await checkpoints(session, part.chain_id) if record.final]
        if final and part.id not in known:
            await add_entry(
                session,
                row,
                "recording",
                {
                    "recording": part.id,
                    "meeting": meeting.id,
                    "root": final[-1].root,
                    "seq": final[-1].seq,
                    "key_id": final[-1].key_id,
                    RESTS_ON: [rests_on(final[-1])],
                },
            )


async def _held(
    session: AsyncSession, row: Decision, part: Part, items: Sequence[AgendaItem], sitting: Sitting
) -> Held:
    meeting = part.meeting
    recordings = (await session.scalars(select(Recording).where(Recording.meeting_id == meeting.id))).all()
    figures = [await coverage_of_recording(session, meeting, each) for each in recordings]
    breaks = (await session.scalars(select(Break).where(Break.meeting_id == meeting.id))).all()
    votes = await session.execute(
        select(Vote.asked_ns, Vote.at_ns)
        .where(Vote.agenda_item_id.in_([item.id for item in items]), Vote.decision_id == row.id)
        .order_by(Vote.recorded_wall, Vote.id)
    )
    links = [await session.get(DecisionItem, (row.id, item.id)) for item in items]
    spans = [(None if asked is None else asked // MS, at // MS) for asked, at in votes][: len(sitting.votes)]
    held = Held(
        items=[((item.start_ns or 0) // MS, (item.end_ns or item.start_ns or 0) // MS) for item in items],
        recorded=bool(recordings),
        holes=[(hole.start_ns // MS, hole.end_ns // MS) for each in figures for hole in each.holes],
        sealed_ms=sum(each.sealed_ns for each in figures) // MS,
        due_ms=sum(each.due_ns for each in figures) // MS,
        breaks=[(b.start_ns // MS, (b.end_ns or b.start_ns) // MS) for b in breaks],
        votes=spans,
        supervised=await supervised(session, part, meeting.end_ns),
        confirmed=bool(links) and all(link is not None and link.confirmed_wall is not None for link in links),
    )
    return held if part.alone else within(held, await _span(session, part))


async def _span(session: AsyncSession, part: Part) -> Span:
    """From its beginning to the end of its last item."""
    first, last = (
        await session.execute(
            select(func.min(AgendaItem.start_ns), func.max(AgendaItem.end_ns)).where(
                AgendaItem.meeting_id == part.meeting.id, AgendaItem.part == part.number
            )
        )
    ).one()
    begun = part.begun_ns if part.begun_ns is not None else first or 0
    return begun // MS, max(begun, last or 0) // MS
