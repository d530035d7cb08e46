"""Let the lock canary out at the start and every night; its result is an entry of the hub's chain, and the last one
known stands in each recording's chain before that is closed."""

import asyncio
import logging
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.canary import CanaryResult, try_doors
from storage.chained import EntryRecord
from storage.database import Database
from storage.errors import StorageError
from storage.ledger import append
from storage.objects import Objects
from storage.tables import Chain, Entry, Payload

KIND = "canary"
EVERY_S = 24 * 3600.0
RETRY_S = 30.0  # the store or the database is still starting

log = logging.getLogger(__name__)


async def keep(database: Database, objects: Objects) -> None:
    """Never ends by itself. A door that gives way is an error in the log, and stays in the chain."""
    while True:
        try:
            result = await try_doors(objects, objects.config.doors)
            await note(database, result)
        except StorageError as error:
            log.info("canary: %s", error.detail)
            await asyncio.sleep(RETRY_S)
            continue
        for door in result.doors:
            if door.outcome != "refused":
                log.error("canary: %s is %s: %s", door.name, door.outcome, door.detail)
        await asyncio.sleep(EVERY_S)


async def note(database: Database, result: CanaryResult) -> None:
    """An entry in every open hub chain (there is one)."""
    async with database.writing() as session:
        hubs = await session.scalars(
            select(Chain.id).where(Chain.kind == "hub", Chain.closed.is_(False)).order_by(Chain.id)
        )
        for hub in hubs.all():
            await append(session, hub, KIND, result.record())


async def latest(session: AsyncSession) -> dict[str, Any] | None:
    """What the canary last said, or None when it never came back."""
    return await session.scalar(
        select(Payload.payload)
        .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
        .join(Chain, Chain.id == Entry.chain_id)
        .where(Chain.kind == "hub", Entry.kind == KIND)
        .order_by(Entry.at.desc(), Entry.seq.desc())
        .limit(1)
    )


async def state_in(session: AsyncSession, chain_id: str) -> EntryRecord:
    """Say in a recording's chain whether the store that keeps it was found to hold its locks."""
    result = await latest(session)
    return await append(session, chain_id, KIND, result or {"at": None, "held": None, "doors": []})
