"""Writing a decision record: an entry on its chain first, then its row as the fold of the chain (api.domain.fold).

What an act comes to the procedure engine says; whether the record is done properly is an entry of its own, each time
when that became another.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.decision_links import make_links
from api.acts.decision_votes import make_votes
from api.acts.parts import Part
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from api.domain.fold import CREATED, DecisionState, fold
from api.domain.procedure.awaited import Cached, cached
from api.domain.procedure.days import later
from api.domain.procedure.findings import Finding
from api.domain.procedure.standing import Standing, standing
from api.domain.procedure.table import OVER
from api.domain.procedure.walk import apply, begin
from api.domain.rights import Place
from api.errors.decisions import Erased
from api.errors.request import NotFound
from storage.chained import EntryRecord
from storage.corrected import VOTES
from storage.ids import new_id
from storage.ledger import append, entries, open_chain
from storage.tables import AgendaItem, AwaitedStep, BrokenRule, Decision, DecisionItem

MS = 1_000_000
MOST_BESIDE = 200  # other records of the same matter that are read when one begins: the newest


async def create_decision(
    session: AsyncSession, by: str, unit_id: str, matter: str, title: str, access_class: str, *,
    on: str | None = None, urgent: str | None = None, amount: int | None = None, procedure: str | None = None,
    body: str | None = None, guarantee: bool = False,
) -> Decision:  # fmt: skip
    """`on`: the day on which it begins, by whose rules it is done; today, where none is given. Raises what `begin`
    refuses."""
    decision_id = new_id("dec")
    created_ms = time.time_ns() // MS
    on = on or day_of(created_ms * MS)
    act: dict[str, Any] = {
        "matter": matter,
        "on": on,
        "urgent": urgent,
        "amount": amount,
        "procedure": procedure,
        "body": body,
    }
    act["others"] = await _amounts_beside(session, unit_id, matter, on) or None
    begin({"act": "begin", **act, "guarantee": guarantee})
    decision = Decision(
        id=decision_id,
        unit_id=unit_id,
        matter=matter,
        title=title,
        access_class=access_class,
        begun_on=on,
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
        CREATED,
        {
            "decision": decision_id,
            "unit": unit_id,
            "title": title,
            "access_class": access_class,
            "by": by,
            "created_ms": created_ms,
            **{name: value for name, value in act.items() if value is not None},
        },
    )
    return decision


async def _amounts_beside(session: AsyncSession, unit_id: str, matter: str, on: str) -> list[int]:
    """Of a matter that is meant for what is small: what the unit's other records of it near that day come to, of those
    that may still be carried out."""
    known = catalogue(on).matters.get(matter)
    if known is None or known.small is None:
        return []
    days = known.small.within_days
    rows = await session.scalars(
        select(Decision)
        .where(
            Decision.unit_id == unit_id,
            Decision.matter == matter,
            Decision.begun_on.between(later(on, -days), later(on, days)),
            or_(Decision.outcome.is_(None), Decision.outcome.not_in(OVER)),
        )
        .order_by(Decision.begun_on.desc(), Decision.id)
        .limit(MOST_BESIDE)
    )
    records = [(await folded(session, row.id)).record for row in rows.all()]
    amounts = [each.begun.amount for each in records if each is not None]
    return sorted(each for each in amounts if each is not None)


async def place_of(session: AsyncSession, actor: Actor, row: Decision) -> Place:
    """What a right over a decision is asked for: its unit, its matter's category, its access class."""
    matter = actor.catalogue.matters.get(row.matter)
    return Place(await tree.path_of(session, row.unit_id), matter.category if matter else None, row.access_class)


async def named_decision(session: AsyncSession, actor: Actor, part: Part, decision_id: str) -> Decision:
    """The record that a request names, of the unit whose part it is and within the minute taker's right; another one is
    as unknown as one that never was. Raises NotFound."""
    row = await session.get(Decision, decision_id)
    if row is None or row.unit_id != part.unit_id:
        raise NotFound(f"decision {decision_id}")
    if not actor.may("meeting.minute", await place_of(session, actor, row)):
        raise NotFound(f"decision {decision_id}")
    return row


async def attach_item(session: AsyncSession, decision: Decision, item: AgendaItem) -> DecisionItem:
    """Once; a second time changes nothing."""
    found = await session.get(DecisionItem, (decision.id, item.id))
    if found is not None:
        return found
    link = DecisionItem(decision_id=decision.id, agenda_item_id=item.id)
    session.add(link)
    await session.flush()
    await add_entry(
        session, decision, "item", {"agenda_item": item.id, "meeting": item.meeting_id, "title": item.title}
    )
    return link


async def add_act(
    session: AsyncSession, decision: Decision, act: dict[str, Any], beside: Mapping[str, Any]
) -> EntryRecord:
    """`act` as docs/PROCEDURES.md has it; `beside`: what else the entry says. Raises what the engine refuses, and
    Erased."""
    # The row is locked first: of two acts at once the second one is asked after the first.
    await session.refresh(decision, with_for_update=True)
    chain = await open_chain(session, "decision", decision.id)
    state = await folded(session, decision.id, _said(decision))
    if state.record is None:
        raise Erased(decision.id)
    after = apply(state.record, act)
    payload = {key: value for key, value in act.items() if key != "act" and value is not None}
    if act["act"] == "correct":  # the votes that stand now, and whether each passed, for who has the chain alone
        payload |= {VOTES: await make_votes(session, decision.id, after)}
    record = await append(session, chain, act["act"], {**payload, "outcome": after.outcome, **beside})
    state.record, state.outcome, state.latest = after, after.outcome, after.newest
    await _settle(session, decision, state)
    return record


async def add_entry(session: AsyncSession, decision: Decision, kind: str, payload: dict[str, Any]) -> EntryRecord:
    """What is no act."""
    record = await append(session, await open_chain(session, "decision", decision.id), kind, payload)
    await _settle(session, decision, await folded(session, decision.id, _said(decision)))
    return record


async def look_again(session: AsyncSession, decision: Decision) -> None:
    """What became of it by waiting."""
    await _settle(session, decision, await folded(session, decision.id, _said(decision)))


async def _settle(session: AsyncSession, decision: Decision, state: DecisionState) -> None:
    """The row, and the entry that says whether it is done properly where that is another than said last."""
    now = standing_of(state)
    if now is not None and now.compliant is not None and now.compliant != state.proper:
        reasons = [finding.rule for finding in _against(now)]
        payload = {"proper": now.compliant, "reasons": reasons, "on": now.on}
        await append(session, await open_chain(session, "decision", decision.id), "judged", payload)
        state.proper = now.compliant
    said = cached_of(state, now)
    fill(decision, state, now, said)
    await session.flush()
    await _put_rows(session, decision.id, said)


def cached_of(state: DecisionState, now: Standing | None) -> Cached | None:
    if now is None or state.record is None:
        return None
    return cached(state.record, now)


async def _put_rows(session: AsyncSession, decision_id: str, said: Cached | None) -> None:
    """What desks are read from, beside the record's own row; where an act was erased they stay as they are."""
    if said is None:
        return
    connection = await session.connection()
    await connection.execute(delete(AwaitedStep).where(AwaitedStep.decision_id == decision_id))
    await connection.execute(delete(BrokenRule).where(BrokenRule.decision_id == decision_id))
    if said.awaited:
        rows = [asdict(each) for each in said.awaited]
        await connection.execute(insert(AwaitedStep), _numbered(decision_id, rows))
    if said.broken:
        rows = [asdict(each) for each in said.broken]  # in the order of their days
        known: set[str] = set()
        for row in rows:
            row["first"] = row["rule"] not in known
            known.add(row["rule"])
        await connection.execute(insert(BrokenRule), _numbered(decision_id, rows))


def _numbered(decision_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"decision_id": decision_id, "number": at, **row} for at, row in enumerate(rows, 1)]


def standing_of(state: DecisionState) -> Standing | None:
    """As of today; none where an act was erased."""
    if state.record is None:
        return None
    return standing(state.record, max(day_of(time.time_ns()), state.latest))


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
        begun_on=row.begun_on,
        created_by=row.created_by,
        created_wall=row.created_wall,
        outcome=row.outcome,  # type: ignore[arg-type]  # the fold's own words
        proper=row.proper,
    )


def _against(standing: Standing) -> list[Finding]:
    """What makes the record improper; what rested on a wrong entry doesn't any more."""
    return [
        each
        for each in standing.findings
        if each.kind == "procedure" and each.whose == "village" and each.corrected is None
    ]


def fill(row: Decision, state: DecisionState, now: Standing | None, said: Cached | None) -> None:
    row.unit_id, row.matter, row.title = state.unit_id, state.matter, state.title
    row.access_class, row.state, row.outcome = state.access_class, state.state, state.outcome
    row.proper, row.begun_on = state.proper, state.begun_on
    if said is not None:
        row.due_from, row.due_until = said.share.due_from, said.share.due_until
        row.broken_on, row.uncovered_on = said.share.broken_on, said.share.uncovered_on
    if now is not None:
        row.looked_on = now.on
        row.improper_reasons = [{"code": each.rule, "zh": each.zh, "en": each.en} for each in _against(now)]
    row.created_wall, row.created_by = state.created_wall, state.created_by


async def rebuild(session: AsyncSession, decision_id: str) -> Decision:
    """The row, its items, its votes and what desks are read from, made again from the chain alone."""
    state = await folded(session, decision_id)
    row = await session.get(Decision, decision_id)
    if row is None:
        row = Decision(id=decision_id)
        session.add(row)
    now = standing_of(state)
    said = cached_of(state, now)
    fill(row, state, now, said)
    await session.flush()
    await _put_rows(session, decision_id, said)
    await make_links(session, decision_id, state.steps)
    if state.record is not None:
        await make_votes(session, decision_id, state.record)
    return row
