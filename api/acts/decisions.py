"""Decision records: listed, read with their spans of recording, ended without a vote, judged at the close."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.coverage_of import coverage_of_recording
from api.acts.decision_entries import MS, add_entry, create_decision, folded, place_of
from api.acts.meeting_views import HIDDEN_TITLE, briefs, sees_item, vote_view
from api.domain.catalogue import catalogue
from api.domain.day import utc_text
from api.domain.meeting import RUNNING
from api.domain.proper import Sitting, VoteNote, judge
from api.domain.rights import Place
from api.errors import NotFound, WrongState
from api.records.base import Sentence
from api.records.decisions import DecisionBrief, DecisionView, EntryView, MatterRef, NewDecision, SpanView
from storage.chained import PRINTED, RESTS_ON
from storage.database import Database
from storage.ledger import checkpoints, entries, open_chain
from storage.statements import rests_on
from storage.tables import AgendaItem, Break, Decision, DecisionItem, Meeting, Recording, Vote

OUTCOMES = {
    "passed": ("通过", "passed"),
    "rejected": ("未通过", "not passed"),
    "no_quorum": ("流会（未达法定人数）", "no quorum"),
    "withdrawn": ("撤回", "withdrawn"),
    "ended": ("终止", "ended"),
}
HIDDEN = (HIDDEN_TITLE, "a restricted part")
WAYS = {"hands": ("举手表决", "a show of hands"), "named": ("唱名表决", "a vote by name"),
        "secret": ("无记名投票", "a secret vote")}  # fmt: skip


async def list_decisions(
    database: Database, actor: Actor, unit: str | None, query: str, matter: str | None
) -> list[DecisionBrief]:
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("decision.look"))
        found = select(Decision).where(Decision.unit_id.in_(allowed))
        if unit is not None:
            found = found.where(Decision.unit_id.in_(await tree.subtree(session, [unit])))
        if query:
            found = found.where(Decision.title.contains(query, autoescape=True))
        if matter:
            keys = [m.key for m in actor.catalogue.matters.values() if matter in (m.key, m.category)]
            found = found.where(or_(Decision.matter == matter, Decision.matter.in_(keys)))
        rows = (await session.scalars(found.order_by(Decision.created_wall.desc()).limit(500))).all()
        return [await _brief(session, actor, row) for row in rows if await _may(session, actor, row, "decision.look")]


async def decision(database: Database, actor: Actor, decision_id: str) -> DecisionView:
    async with database.reading() as session:
        return await view_of(session, actor, await seen_decision(session, actor, decision_id))


async def view_of(session: AsyncSession, actor: Actor, row: Decision) -> DecisionView:
    """What the actor may see of it; of a restricted part only that it is there."""
    brief = await _brief(session, actor, row)
    votes = await session.scalars(select(Vote).where(Vote.decision_id == row.id).order_by(Vote.recorded_wall))
    hidden = await _hidden_items(session, actor, row.id)
    chain_id = await open_chain(session, "decision", row.id)
    texts: list[EntryView] = []
    async for record, _, payload in entries(session, chain_id):
        closed = payload is not None and payload.get("agenda_item") in hidden
        zh, en = HIDDEN if closed else sentence(record.kind, payload)
        texts.append(EntryView(seq=record.seq, kind=record.kind, at=record.at, text_zh=zh, text_en=en))
    return DecisionView(
        **brief.model_dump(),
        improper_reasons=[Sentence(**reason) for reason in row.improper_reasons],
        spans=await _spans(session, actor, row.id, hidden),
        votes=[vote_view(vote) for vote in votes if vote.agenda_item_id not in hidden],
        entries=texts,
    )


async def start_decision(database: Database, actor: Actor, new: NewDecision) -> str:
    async with database.writing() as session:
        matter = actor.catalogue.matter(new.matter)
        path = await tree.path_of(session, new.unit)
        actor.require("decision.write", Place(path, matter.category, matter.item_class))
        row = await create_decision(session, actor.user_id, new.unit, matter.key, new.title, matter.item_class)
        return row.id


async def end_decision(database: Database, actor: Actor, decision_id: str, outcome: str) -> None:
    """撤回 or 终止, without a vote."""
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id)
        place = await place_of(session, actor, row)
        actor.require("decision.write", place)
        if row.state != "open":
            raise WrongState(row.state, state=row.state)
        await add_entry(session, row, "outcome", {"outcome": outcome, **actor.by("decision.write", place)})


async def seen_decision(session: AsyncSession, actor: Actor, decision_id: str) -> Decision:
    row = await session.get(Decision, decision_id)
    if row is None or not await _may(session, actor, row, "decision.look"):
        raise NotFound(f"decision {decision_id}")
    return row


async def _may(session: AsyncSession, actor: Actor, row: Decision, act: str) -> bool:
    return actor.may(act, await place_of(session, actor, row))


async def _brief(session: AsyncSession, actor: Actor, row: Decision) -> DecisionBrief:
    matter = actor.catalogue.matters.get(row.matter)
    category = actor.catalogue.categories.get(matter.category) if matter else None
    return DecisionBrief(
        id=row.id,
        title=row.title,
        unit=await tree.ref(session, row.unit_id, None),
        matter=MatterRef(
            key=row.matter,
            name=matter.name if matter else row.matter,
            category=category.key if category else "",
            category_name=category.name if category else "",
        ),
        state=row.state,
        outcome=row.outcome,  # type: ignore[arg-type]  # the fold's own words
        proper=row.proper,
        created_wall=utc_text(row.created_wall),
    )


async def _hidden_items(session: AsyncSession, actor: Actor, decision_id: str) -> set[str]:
    """Restricted parts of meetings in which an otherwise visible matter was dealt with."""
    items = await session.scalars(
        select(AgendaItem)
        .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
        .where(DecisionItem.decision_id == decision_id, AgendaItem.access_class != "open")
    )
    hidden = set()
    for item in items.all():
        meeting = (await session.scalars(select(Meeting).where(Meeting.id == item.meeting_id))).one()
        path = await tree.path_of(session, meeting.unit_id)
        if not sees_item(actor, path, item):
            hidden.add(item.id)
    return hidden


async def _spans(session: AsyncSession, actor: Actor, decision_id: str, hidden: Collection[str]) -> list[SpanView]:
    rows = (
        await session.execute(
            select(AgendaItem, Meeting)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(DecisionItem.decision_id == decision_id, AgendaItem.start_ns.is_not(None))
            .order_by(Meeting.opened_wall, AgendaItem.start_ns)
        )
    ).all()
    spans = []
    for item, meeting in rows:
        brief = (await briefs(session, actor, [meeting]))[0]
        spans.append(
            SpanView(
                item=item.id,
                item_title=HIDDEN_TITLE if item.id in hidden else item.title,
                meeting=brief,
                recording=await _recording_at(session, meeting.id, item.start_ns or 0),
                start_ms=(item.start_ns or 0) // MS,
                end_ms=None if item.end_ns is None else item.end_ns // MS,
            )
        )
    return spans


async def _recording_at(session: AsyncSession, meeting_id: str, at_ns: int) -> str | None:
    """The part of the meeting's recording in which a moment lies."""
    found: str | None = await session.scalar(
        select(Recording.id)
        .where(Recording.meeting_id == meeting_id, Recording.start_ns <= at_ns)
        .order_by(Recording.start_ns.desc())
        .limit(1)
    )
    return found


def sentence(kind: str, payload: dict[str, Any] | None) -> tuple[str, str]:
    """What an entry says, for people; an erased one says that."""
    if payload is None:
        return "内容已依法删除", "erased"
    if kind == "created":
        return f"建立议事记录：{payload['title']}", f"record made: {payload['title']}"
    if kind == "item":
        return f"在会议中讨论：{payload['title']}", f"discussed: {payload['title']}"
    if kind == "vote":
        zh, en = WAYS.get(payload["way"], ("表决", "a vote"))
        result_zh, result_en = OUTCOMES[payload["outcome"]]
        figures = f"{payload['in_favour']} / {payload['against']} / {payload['abstained']}"
        return (
            f"{zh}：赞成 {payload['in_favour']}，反对 {payload['against']}，弃权 {payload['abstained']}，{result_zh}",
            f"{en}: for / against / abstained {figures}, {result_en}",
        )
    if kind == "class":
        return "改为限制查看", "made restricted"
    if kind == "outcome":
        zh, en = OUTCOMES[payload["outcome"]]
        return zh, en
    if kind == "recording":
        return f"所依据的录音录像已归档，指纹 {payload['root'][:16]}", f"rests on recording {payload['root'][:16]}"
    if kind == "judged":
        return ("程序规范", "done properly") if payload["proper"] else ("程序不规范", "not done properly")
    if kind == PRINTED:
        code, name = payload["codes"][0]["code"], payload["by_name"]
        return f"{name}打印了纸质记录，校验码 {code}", f"printed on paper by {name}, code {code}"
    return kind, kind


# --- judging, when a recording was closed

VOTED = ("passed", "rejected", "no_quorum")  # what was withdrawn or ended without a vote is not judged by one


async def waiting_for_judgement(database: Database) -> list[str]:
    """Meetings that hold an item of a decision to be judged."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(AgendaItem.meeting_id)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Decision, Decision.id == DecisionItem.decision_id)
            .where(*_ripe())
            .distinct()
            .limit(50)
        )
        return list(rows)


def _ripe() -> tuple[ColumnElement[bool], ...]:
    """Decided, not judged yet, and every meeting that dealt with it has ended with all its recordings closed: a matter
    that was discussed in one meeting and voted on in the next rests on both."""
    unfinished = (
        select(DecisionItem.decision_id)
        .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .outerjoin(Recording, and_(Recording.meeting_id == Meeting.id, Recording.state != "closed"))
        .where(or_(Meeting.state.in_(tuple(RUNNING)), Recording.id.is_not(None)))
    )
    ended = (
        select(DecisionItem.decision_id)
        .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Meeting.state == "ended")
    )
    return (
        Decision.state == "decided",
        Decision.outcome.in_(VOTED),
        Decision.proper.is_(None),
        Decision.id.in_(ended),
        Decision.id.not_in(unfinished),
    )


async def judge_meeting(database: Database, meeting_id: str) -> list[str]:
    """Judge the decided records of an ended meeting: the ids that were judged now."""
    async with database.writing() as session:
        dealt_with = (
            select(DecisionItem.decision_id)
            .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
            .where(AgendaItem.meeting_id == meeting_id)
        )
        rows = await session.scalars(
            select(Decision).where(Decision.id.in_(dealt_with), *_ripe()).order_by(Decision.id)
        )
        judged = []
        for row in rows.all():
            await _judge(session, row)
            judged.append(row.id)
        return judged


async def _judge(session: AsyncSession, row: Decision) -> None:
    """By the rules of the day and the body of the meeting that decided it: the one of the last vote."""
    meetings = (
        await session.scalars(
            select(Meeting)
            .where(
                Meeting.id.in_(
                    select(AgendaItem.meeting_id)
                    .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
                    .where(DecisionItem.decision_id == row.id)
                ),
                Meeting.state == "ended",
            )
            .order_by(Meeting.opened_wall, Meeting.id)
        )
    ).all()
    voted_in = await session.scalar(
        select(AgendaItem.meeting_id)
        .join(Vote, Vote.agenda_item_id == AgendaItem.id)
        .where(Vote.decision_id == row.id)
        .order_by(Vote.recorded_wall.desc())
        .limit(1)
    )
    last = next((meeting for meeting in meetings if meeting.id == voted_in), meetings[-1])
    rules = catalogue(last.opened_on or "")
    state = await folded(session, row.id)
    # The entry carries the hash of each closed recording that the decision rests on.
    for meeting in meetings:
        await _rest_on_recordings(session, row, meeting, state.recordings)
    sittings = await _sittings(session, row.id)
    votes = [VoteNote(vote["due"], vote["present"]) for vote in state.votes]
    matter = rules.matters.get(row.matter)
    reasons = judge(sittings, votes, rules.body_of(last.kind), rules.judging, matter.body if matter else None)
    await add_entry(session, row, "judged", {"proper": not reasons, "reasons": reasons, "on": last.opened_on})


async def _rest_on_recordings(session: AsyncSession, row: Decision, meeting: Meeting, known: Collection[str]) -> None:
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


async def _sittings(session: AsyncSession, decision_id: str) -> list[Sitting]:
    rows = (
        await session.execute(
            select(AgendaItem, Meeting)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(DecisionItem.decision_id == decision_id, Meeting.state == "ended")
        )
    ).all()
    return [await _sitting(session, decision_id, item, meeting) for item, meeting in rows]


async def _sitting(session: AsyncSession, decision_id: str, item: AgendaItem, meeting: Meeting) -> Sitting:
    parts = (await session.scalars(select(Recording).where(Recording.meeting_id == meeting.id))).all()
    figures = [await coverage_of_recording(session, meeting, part) for part in parts]
    breaks = (await session.scalars(select(Break).where(Break.meeting_id == meeting.id))).all()
    votes = await session.scalars(
        select(Vote.at_ns).where(Vote.agenda_item_id == item.id, Vote.decision_id == decision_id)
    )
    kind = catalogue(meeting.opened_on or "").kinds.get(meeting.kind)
    return Sitting(
        item=None if item.start_ns is None else (item.start_ns // MS, (item.end_ns or item.start_ns) // MS),
        recorded=bool(parts),
        holes=[(hole.start_ns // MS, hole.end_ns // MS) for each in figures for hole in each.holes],
        meeting_sealed_ms=sum(each.sealed_ns for each in figures) // MS,
        meeting_due_ms=sum(each.due_ns for each in figures) // MS,
        breaks=[(b.start_ns // MS, (b.end_ns or b.start_ns) // MS) for b in breaks],
        notice_given=meeting.notice_version is not None,
        votes_at_ms=[at // MS for at in votes],
        body=kind.body if kind else None,
    )
