"""`huilu decisions rebuild`: the rows of decision records made again from their chains, which alone decide."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import county_rules
from api.acts.decision_entries import rebuild as rebuild_one
from ops.start import Start, read
from ops.terminal import say
from storage.database import Database
from storage.tables import AwaitedStep, BrokenRule, Chain, Decision, DecisionItem, Erasure


def rebuild(data: Path) -> int:
    """1 when a row said something else than its chain; it now says the same."""
    start = read(data)
    start.take_up_days()
    count, left, mended = asyncio.run(_rebuild(start))
    for decision in mended:
        say(
            f"议事记录 {decision} 与其链不符，已改正",
            f"decision record {decision} differed from its chain and is mended",
        )
    if left:
        say(
            f"{left} 件有内容已依法删除，保持原样",
            f"{left} have an erased payload, their chains no longer say everything: left as they are",
        )
    say(f"{count} 件议事记录已按链重建", f"{count} decision records are folded anew from their chains")
    return 1 if mended else 0


async def _rebuild(start: Start) -> tuple[int, int, list[str]]:
    """How many were rebuilt, how many left, and the ids of those that differed. A transaction each: the hub may run."""
    database = await Database.open(start.database_url)
    try:
        await county_rules.load(database)
        async with database.reading() as session:
            chains = (
                await session.scalars(select(Chain).where(Chain.kind == "decision").order_by(Chain.subject))
            ).all()
            erased = set(await session.scalars(select(Erasure.chain_id)))
        whole = [chain.subject for chain in chains if chain.id not in erased]
        mended = []
        for decision in whole:
            async with database.writing() as session:
                before = await _rows(session, decision)
                await rebuild_one(session, decision)
                if await _rows(session, decision) != before:
                    mended.append(decision)
    finally:
        await database.close()
    return len(whole), len(chains) - len(whole), mended


async def _rows(session: AsyncSession, decision: str) -> tuple[dict[str, Any], set[str], list[Any]]:
    """What the tables say of a decision record: its columns, the agenda items in which it was discussed, and what desks
    are read from."""
    row = await session.get(Decision, decision)
    items = await session.scalars(select(DecisionItem.agenda_item_id).where(DecisionItem.decision_id == decision))
    desks: list[Any] = []
    for table in (AwaitedStep.__table__, BrokenRule.__table__):
        found = await session.execute(select(table).where(table.c.decision_id == decision).order_by(table.c.number))
        desks += [tuple(each) for each in found]
    columns = {each.key: getattr(row, each.key) for each in Decision.__table__.columns} if row else {}
    return columns, set(items), desks
