"""Writing a decision record: an entry on its chain first, then its row as the fold of the chain (api.domain.fold)."""

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.domain.fold import DecisionState, fold
from api.domain.proper import REASONS
from api.domain.rights import Place
from api.errors import NotFound
from storage.chained import EntryRecord
from storage.ids import new_id
from storage.ledger import append, entries, open_chain
from storage.tables import AgendaItem, Decision, DecisionItem, Meeting

MS = 1_000_000


async def create_decision(
    session: AsyncSession, by: str, unit_id: str, matter: str, title: str, access_class: str
) -> Decision:
    decision_id = new_id("dec")
    created_ms = time.time_ns() // MS
    decision = Decision(
        id=decision_id,
        unit_id=unit_id,
        matter=matter,
        title=title,
        access_class=access_class,
        state="open",
        improper_reasons=[],
        created_wall=created_ms * MS,
        created_by=by,
    )
    session.add(decision)
    await session.flush()
    await add_entry(
        session,
        decision,
        "created",
        {
            "decision": decision_id,
            "unit": unit_id,
            "matter": matter,
            "title": title,
            "access_class": access_class,
            "by": by,
            "created_ms": created_ms,
        },
    )
    return decision


async def place_of(session: AsyncSession, actor: Actor, row: Decision) -> Place:
    """What a right over a decision is asked for: its unit, its matter's category, its access class."""
    matter = actor.catalogue.matters.get(row.matter)
    return Place(await tree.path_of(session, row.unit_id), matter.category if matter else None, row.access_class)


async def named_decision(session: AsyncSession, actor: Actor, meeting: Meeting, decision_id: str) -> Decision:
    """The record that a request names, of the meeting's own unit and within the minute taker's right; another one is as
    unknown as one that never was. Raises NotFound."""
    row = await session.get(Decision, decision_id)
    if row is None or row.unit_id != meeting.unit_id:
        raise NotFound(f"decision {decision_id}")
    if not actor.may("meeting.minute", await place_of(session, actor, row)):
        raise NotFound(f"decision {decision_id}")
    return row


async def attach_item(session: AsyncSession, decision: Decision, item: AgendaItem) -> None:
    """Once; a second time changes nothing."""
    if await session.get(DecisionItem, (decision.id, item.id)) is not None:
        return
    session.add(DecisionItem(decision_id=decision.id, agenda_item_id=item.id))
    await session.flush()
    await add_entry(
        session, decision, "item", {"agenda_item": item.id, "meeting": item.meeting_id, "title": item.title}
    )


async def add_entry(session: AsyncSession, decision: Decision, kind: str, payload: dict[str, Any]) -> EntryRecord:
    record = await append(session, await open_chain(session, "decision", decision.id), kind, payload)
    fill(decision, await folded(session, decision.id, _said(decision)))
    await session.flush()
    return record


async def folded(session: AsyncSession, decision_id: str, before: DecisionState | None = None) -> DecisionState:
    """`before` is what the row says, for what was erased from the chain."""
    chain_id = await open_chain(session, "decision", decision_id)
    return fold([(record.kind, payload) async for record, _, payload in entries(session, chain_id)], before)


def _said(row: Decision) -> DecisionState:
    """The reverse of `fill`."""
    return DecisionState(
        id=row.id,
        unit_id=row.unit_id,
        matter=row.matter,
        title=row.title,
        access_class=row.access_class,
        created_by=row.created_by,
        created_wall=row.created_wall,
        state=row.state,
        outcome=row.outcome,
        proper=row.proper,
        improper_reasons=[reason["code"] for reason in row.improper_reasons],
    )


def fill(row: Decision, state: DecisionState) -> None:
    row.unit_id, row.matter, row.title = state.unit_id, state.matter, state.title
    row.access_class, row.state, row.outcome = state.access_class, state.state, state.outcome
    row.proper = state.proper
    row.improper_reasons = [
        {"code": code, "zh": REASONS.get(code, (code, code))[0], "en": REASONS.get(code, (code, code))[1]}
        for code in state.improper_reasons
    ]
    row.created_wall, row.created_by = state.created_wall, state.created_by


async def rebuild(session: AsyncSession, decision_id: str) -> Decision:
    """The row and its items made again from the chain alone."""
    state = await folded(session, decision_id)
    row = await session.get(Decision, decision_id)
    if row is None:
        row = Decision(id=decision_id)
        session.add(row)
    fill(row, state)
    await session.flush()
    known = set(await session.scalars(
        select(DecisionItem.agenda_item_id).where(DecisionItem.decision_id == decision_id)
    ))  # fmt: skip
    for item in state.items:
        if item not in known:
            session.add(DecisionItem(decision_id=decision_id, agenda_item_id=item))
    await session.flush()
    return row
