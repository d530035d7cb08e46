"""A notice's life as acts of the decision's record that it belongs to: posted, taken off, objected to, answered.

A notice without a decision, or that names no step, is on no record; its own entries stand in the hub's chain. Raised is
what the procedure refuses, and OnAFutureDay: a record knows no day to come.
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.decision_entries import add_act, folded
from api.domain.day import day_of
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
    await _act(session, row, {"act": "off", "on": row.off_on}, by)


async def objected(session: AsyncSession, row: PublicNotice, objection: Objection) -> None:
    """Neither name nor text: a decision's chain is read by many."""
    if row.decision_id is None:
        return
    record = (await folded(session, row.decision_id)).record
    number = len(record.objections) + 1 if record is not None else 1
    await _act(session, row, {"act": "object", "on": objection.on, "number": number}, {"objection": objection.id})


async def answered(session: AsyncSession, row: PublicNotice, objection: Objection, by: dict[str, str]) -> None:
    if row.decision_id is None:
        return
    chain = await open_chain(session, "decision", row.decision_id)
    async for record, _, payload in entries(session, chain):
        if record.kind == "object" and payload is not None and payload.get("objection") == objection.id:
            act = {"act": "answer", "on": objection.answered_on, "number": payload["number"]}
            await add_act(session, await session.get_one(Decision, row.decision_id), act, by)
            return


async def _act(session: AsyncSession, row: PublicNotice, act: dict[str, Any], beside: dict[str, Any]) -> None:
    if row.decision_id is None or row.step is None:
        return
    if act["on"] > day_of(time.time_ns()):
        raise OnAFutureDay(act["on"])
    decision = await session.get_one(Decision, row.decision_id)
    await add_act(session, decision, act | {"step": row.step}, {**beside, "notice": row.id})
