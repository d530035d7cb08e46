"""A notice's life as acts of the decision's record that it belongs to: posted, taken off, objected to, answered.

A notice without a decision, or that names no step, is on no record; its own entries stand in the hub's chain. Raised
is what the procedure refuses, and OnAFutureDay: a record knows no day to come. What hangs may always be taken off,
objected to and answered: where the record takes it no more (it was given up, or its entry struck out), the hub's chain
alone says so.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.decision_entries import add_act, folded
from api.domain.day import day_of
from api.domain.procedure.record import Posting, Record
from api.domain.procedure.table import OVER
from api.errors.decisions import OnAFutureDay
from storage.ledger import entries, open_chain
from storage.tables import Decision, NoticeTable, Objection, PublicNotice


async def posted(session: AsyncSession, row: PublicNotice, tables: Sequence[NoticeTable], by: dict[str, str]) -> None:
    await _act(session, row, {"act": "post", "on": row.from_on}, {**by, **named(tables)})


def named(tables: Sequence[NoticeTable]) -> dict[str, Any]:
    """As an entry has them; of a notice without any it says nothing."""
    each_said = [
        {"file": each.id, "name": each.title, "bytes": each.bytes, "sha256": each.sha256, "sm3": each.sm3}
        for each in tables
    ]
    return {"tables": each_said} if each_said else {}


async def off(session: AsyncSession, row: PublicNotice, by: dict[str, str]) -> None:
    record = await _going_on(session, row)
    if record is not None and any(each.off_on is None for each in _postings(record, row)[-1:]):
        await _act(session, row, {"act": "off", "on": row.off_on}, by)


async def objected(session: AsyncSession, row: PublicNotice, objection: Objection) -> None:
    """Neither name nor text: a decision's chain is read by many."""
    record = await _going_on(session, row)
    if record is not None and _postings(record, row):
        act = {"act": "object", "on": objection.on, "number": len(record.objections) + 1}
        await _act(session, row, act, {"objection": objection.id})


async def answered(session: AsyncSession, row: PublicNotice, objection: Objection, by: dict[str, str]) -> None:
    record = await _going_on(session, row)
    if record is None or row.decision_id is None:
        return
    for kind, payload in await _said(session, row.decision_id):
        if kind == "object" and payload.get("objection") == objection.id:
            number = payload["number"]
            if number <= len(record.objections) and record.objections[number - 1].answered_on is None:
                act = {"act": "answer", "on": objection.answered_on, "number": number}
                await add_act(session, await session.get_one(Decision, row.decision_id), act, by)
            return


async def its_own(session: AsyncSession, decision_id: str, act: str, step: str | None, number: int | None) -> bool:
    """Whether an act of the record would take off what hangs as a notice, or leave unanswered what was said to one."""
    if act == "answer":
        objections = [said for kind, said in await _said(session, decision_id) if kind == "object"]
        return any(said["number"] == number and "objection" in said for said in objections)
    if act == "off":
        hanging = select(PublicNotice.id).where(
            PublicNotice.decision_id == decision_id, PublicNotice.step == step, PublicNotice.off_on.is_(None)
        )
        return await session.scalar(hanging.limit(1)) is not None
    return False


async def _said(session: AsyncSession, decision_id: str) -> list[tuple[str, Mapping[str, Any]]]:
    chain = await open_chain(session, "decision", decision_id)
    return [(record.kind, payload) async for record, _, payload in entries(session, chain) if payload is not None]


async def _going_on(session: AsyncSession, row: PublicNotice) -> Record | None:
    """Its record, where it is on one that still takes acts."""
    if row.decision_id is None or row.step is None:
        return None
    record = (await folded(session, row.decision_id)).record
    return None if record is None or record.outcome in OVER else record


def _postings(record: Record, row: PublicNotice) -> tuple[Posting, ...]:
    taken = record.steps.get(row.step or "")
    return taken.postings if taken is not None else ()


async def _act(session: AsyncSession, row: PublicNotice, act: dict[str, Any], beside: dict[str, Any]) -> None:
    if row.decision_id is None or row.step is None:
        return
    if act["on"] > day_of(time.time_ns()):
        raise OnAFutureDay(act["on"])
    decision = await session.get_one(Decision, row.decision_id)
    await add_act(session, decision, act | {"step": row.step}, {**beside, "notice": row.id})
