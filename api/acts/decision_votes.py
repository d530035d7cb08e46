"""The rows of a record's votes, as its chain says them now: a corrected vote has its corrected figures, one that was
struck out or has fallen is none."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.fold import numbers
from api.domain.procedure import acts
from api.domain.procedure.counts import opening_breaks, vote_breaks
from api.domain.procedure.record import Record
from storage.ledger import entries, open_chain
from storage.tables import Vote

MS = 1_000_000
FIGURES = ("way", "due", "present", "in_favour", "against", "abstained", "recused", "issued", "returned", "invalid",
           "other", "written_in_favour", "round", "proxies", "proxies_most", "proxies_of_candidates")  # fmt: skip


async def make_votes(session: AsyncSession, decision_id: str, record: Record) -> dict[str, bool]:
    """`record` may be one act ahead of the chain. Which votes stand, and whether each passed."""
    chain_id = await open_chain(session, "decision", decision_id)
    found = [(entry, payload) async for entry, _, payload in entries(session, chain_id)]
    rows = {row.id: row for row in await session.scalars(select(Vote).where(Vote.decision_id == decision_id))}
    stand: dict[str, bool] = {}
    for number, (entry, said) in zip(numbers(entry.kind for entry, _ in found), found, strict=True):
        if entry.kind != "vote" or said is None or number is None:
            continue
        if "vote" not in said:  # of no meeting here: it never had a row
            continue
        act = record.corrections.get(number, record.said[number - 1])
        if number in record.fallen or not isinstance(act, acts.Vote):
            continue
        row = rows.get(said["vote"]) or _row(decision_id, said)
        for name in FIGURES:
            setattr(row, name, getattr(act, name))
        row.passed = stand[said["vote"]] = _passed(record, number, act, said)
        session.add(row)
    await session.execute(delete(Vote).where(Vote.decision_id == decision_id, Vote.id.not_in(stand)))
    await session.flush()
    return stand


def _row(decision_id: str, said: dict[str, Any]) -> Vote:
    asked_ms = said.get("asked_ms")
    return Vote(
        id=said["vote"], decision_id=decision_id, agenda_item_id=said["agenda_item"], at_ns=said["at_ms"] * MS,
        asked_ns=None if asked_ms is None else asked_ms * MS, recorded_by=said["by"],
        recorded_wall=said["wall_ms"] * MS,
    )  # fmt: skip


def _passed(record: Record, number: int, act: acts.Vote, said: dict[str, Any]) -> bool:
    """As was said when it was taken; by the law alone where it or its sitting was corrected."""
    step, sitting = record.step(act.step), record.steps[act.step].sitting(act.meeting)
    opened = {
        at
        for at, each in enumerate(record.said, 1)
        if isinstance(each, acts.Sitting) and (each.step, each.meeting) == (act.step, act.meeting)
    }
    if step is None or sitting is None or not record.corrections.keys() & (opened | {number}):
        return bool(said["passed"])
    return not [*opening_breaks(record, step, sitting.said), *vote_breaks(record, step, sitting.said, act)]
