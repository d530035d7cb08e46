"""Decision records: listed, read with their standing and their spans of recording, begun."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.decision_entries import MS, create_decision, place_of
from api.acts.decision_words import HIDDEN, standing_view
from api.acts.desk_scope import Scope
from api.acts.entry_views import entry_views, minutes_views, seqs_of, waiting_corrections
from api.acts.meeting_views import HIDDEN_TITLE, briefs, sees_item, vote_view
from api.acts.parts import part_of
from api.acts.persons import same_person
from api.acts.plan_views import may_plan, plan_views
from api.acts.unit_book import unit_book
from api.domain.day import utc_text
from api.domain.fold import fold
from api.domain.meeting import part_name
from api.domain.rights import Place
from api.errors.request import NotFound
from api.records.base import Sentence
from api.records.decisions import DecisionBrief, DecisionView, MatterRef, NewDecision, SpanView, StandingView
from storage.database import Database
from storage.ledger import entries, open_chain
from storage.tables import AgendaItem, Decision, DecisionItem, Meeting, Recording, Vote

MOST_LISTED = 500


async def list_decisions(
    database: Database, actor: Actor, unit: str | None, query: str, matter: str | None
) -> list[DecisionBrief]:
    """The newest ones that the actor may see."""
    async with database.reading() as session:
        found = select(Decision).where(Scope(actor, await unit_book(session), None, None).on(Decision))
        if unit is not None:
            found = found.where(Decision.unit_id.in_(await tree.subtree(session, [unit])))
        if query:
            found = found.where(Decision.title.contains(query, autoescape=True))
        if matter:
            keys = [m.key for m in actor.catalogue.matters.values() if matter in (m.key, m.category)]
            found = found.where(or_(Decision.matter == matter, Decision.matter.in_(keys)))
        rows = await session.scalars(found.order_by(Decision.created_wall.desc()).limit(MOST_LISTED))
        return [await _brief(session, actor, row) for row in rows.all()]


async def decision(database: Database, actor: Actor, decision_id: str) -> DecisionView:
    async with database.reading() as session:
        return await view_of(session, actor, await seen_decision(session, actor, decision_id))


async def view_of(session: AsyncSession, actor: Actor, row: Decision) -> DecisionView:
    """What the actor may see of it; of a restricted part only that it is there."""
    brief = await _brief(session, actor, row)
    votes = await session.scalars(select(Vote).where(Vote.decision_id == row.id).order_by(Vote.recorded_wall))
    hidden = await hidden_items(session, actor, row.id)
    chain_id = await open_chain(session, "decision", row.id)
    written = [(entry, payload) async for entry, _, payload in entries(session, chain_id)]
    state = fold((entry.kind, payload) for entry, payload in written)
    place = await place_of(session, actor, row)
    own = await same_person(session, actor, row.created_by, row.created_wall)
    closed = await hidden_parts(session, hidden)
    standing = standing_view(actor, place, own, state, seqs_of(written), closed)
    return DecisionView(
        **brief.model_dump(),
        begun_on=row.begun_on,
        improper_reasons=_reasons(row, standing, closed),
        spans=await _spans(session, actor, row.id, hidden),
        votes=[vote_view(vote) for vote in votes if vote.agenda_item_id not in hidden],
        entries=entry_views(actor, place, state.record, written, hidden),
        standing=standing,
        corrections=waiting_corrections(actor, place, own, state, written, hidden),
        minutes=minutes_views(actor, place, state.second_words, hidden, row.id),
        plans=await plan_views(session, row.id, state.record),
        may_plan=may_plan(actor, place, state.record),
    )


def _reasons(row: Decision, standing: StandingView | None, closed: Collection[str]) -> list[Sentence]:
    """As its findings have them: of a restricted part no figure."""
    told = {each.zh for each in standing.findings} if standing is not None else set()
    return [
        Sentence(code=each["code"], zh=HIDDEN[0], en=HIDDEN[1])
        if closed and each["zh"] not in told else Sentence(**each)
        for each in row.improper_reasons
    ]  # fmt: skip


async def start_decision(database: Database, actor: Actor, new: NewDecision) -> str:
    async with database.writing() as session:
        matter = actor.catalogue.matter(new.matter)
        path = await tree.path_of(session, new.unit)
        actor.require("decision.write", Place(path, matter.category, matter.item_class))
        row = await create_decision(
            session, actor.user_id, new.unit, matter.key, new.title, matter.item_class, urgent=new.urgent,
            amount=new.amount, procedure=new.procedure, body=new.body, guarantee=new.guarantee,
        )  # fmt: skip
        return row.id


async def seen_decision(session: AsyncSession, actor: Actor, decision_id: str, lock: bool = False) -> Decision:
    row = await session.get(Decision, decision_id, with_for_update=lock)
    if row is None or not await _may(session, actor, row, "decision.look"):
        raise NotFound(f"decision {decision_id}")
    return row


async def _may(session: AsyncSession, actor: Actor, row: Decision, act: str) -> bool:
    return actor.may(act, await place_of(session, actor, row))


def matter_ref(actor: Actor, row: Decision) -> MatterRef:
    matter = actor.catalogue.matters.get(row.matter)
    category = actor.catalogue.categories.get(matter.category) if matter else None
    return MatterRef(
        key=row.matter,
        name=matter.name if matter else row.matter,
        category=category.key if category else "",
        category_name=category.name if category else "",
    )


async def _brief(session: AsyncSession, actor: Actor, row: Decision) -> DecisionBrief:
    return DecisionBrief(
        id=row.id,
        title=row.title,
        unit=await tree.ref(session, row.unit_id, None),
        matter=matter_ref(actor, row),
        state=row.state,
        outcome=row.outcome,  # type: ignore[arg-type]  # the fold's own words
        proper=row.proper,
        created_wall=utc_text(row.created_wall),
    )


async def hidden_items(session: AsyncSession, actor: Actor, decision_id: str) -> set[str]:
    """Restricted parts of meetings in which an otherwise visible matter was dealt with."""
    items = await session.scalars(
        select(AgendaItem)
        .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
        .where(DecisionItem.decision_id == decision_id, AgendaItem.access_class != "open")
    )
    hidden = set()
    for item in items.all():
        meeting = (await session.scalars(select(Meeting).where(Meeting.id == item.meeting_id))).one()
        if not sees_item(actor, (await part_of(session, meeting, item)).path, item):
            hidden.add(item.id)
    return hidden


async def hidden_parts(session: AsyncSession, items: Collection[str]) -> set[str]:
    """The names of the parts in which hidden items were dealt with: what failed there is told without its figures."""
    if not items:
        return set()
    rows = await session.execute(select(AgendaItem.meeting_id, AgendaItem.part).where(AgendaItem.id.in_(items)))
    return {part_name(meeting, number) for meeting, number in rows}


async def _spans(session: AsyncSession, actor: Actor, decision_id: str, hidden: Collection[str]) -> list[SpanView]:
    rows = (
        await session.execute(
            select(AgendaItem, Meeting, DecisionItem.step)
            .join(DecisionItem, DecisionItem.agenda_item_id == AgendaItem.id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(DecisionItem.decision_id == decision_id, AgendaItem.start_ns.is_not(None))
            .order_by(Meeting.opened_wall, AgendaItem.start_ns)
        )
    ).all()
    spans = []
    for item, meeting, step in rows:
        brief = (await briefs(session, actor, [meeting]))[0]
        spans.append(
            SpanView(
                item=item.id,
                item_title=HIDDEN_TITLE if item.id in hidden else item.title,
                step=step,
                meeting=brief,
                part=part_name(meeting.id, item.part),
                recording=await recording_at(session, meeting.id, item.start_ns or 0),
                start_ms=(item.start_ns or 0) // MS,
                end_ms=None if item.end_ns is None else item.end_ns // MS,
            )
        )
    return spans


async def recording_at(session: AsyncSession, meeting_id: str, at_ns: int) -> str | None:
    """The part of the meeting's recording in which a moment lies."""
    found: str | None = await session.scalar(
        select(Recording.id)
        .where(Recording.meeting_id == meeting_id, Recording.start_ns <= at_ns)
        .order_by(Recording.start_ns.desc())
        .limit(1)
    )
    return found
