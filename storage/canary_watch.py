"""Let the lock canary out at the start and every night; its result is an entry of the hub's chain, and the last one
known stands in each recording's chain before that is closed."""

import asyncio
import logging
import time
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.canary import CanaryResult, try_doors
from storage.chained import EntryRecord
from storage.database import Database
from storage.errors import DoorOpen, StorageError
from storage.ledger import append
from storage.objects import Objects
from storage.tables import Chain, Entry, Payload

KIND = "canary"
DAY_S = 24 * 3600.0
NIGHT_S = 18 * 3600.0 + 40 * 60.0  # of the day in UTC
RETRY_S = 30.0  # the store or the database is still starting

OPEN = Gauge("huilu_canary_open_doors", "Ways past the object lock that the canary found when it was out last")
LAST = Gauge("huilu_canary_last_seconds", "When the canary came back last, Unix time")

log = logging.getLogger(__name__)


class Watch:
    """Lets it out, and remembers whether a door gave way."""

    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects
        self.alarm: DoorOpen | None = None

    async def keep(self) -> None:
        """Never ends by itself. A door that gives way is an error in the log, and stays in the chain."""
        while True:
            try:
                result = await try_doors(self._objects, self._objects.config.doors)
                self.tell(result)
                await note(self._database, result)
            except StorageError as error:
                log.info("canary: %s", error.detail)
                await asyncio.sleep(RETRY_S)
                continue
            await asyncio.sleep(until_night_s(time.time_ns()))

    def tell(self, result: CanaryResult) -> None:
        """In the log and the metrics; what could not be tried is in the log only."""
        for door in result.doors:
            if door.outcome != "refused":
                log.error("canary: %s is %s: %s", door.name, door.outcome, door.detail)
        opened = [door.name for door in result.doors if door.outcome == "open"]
        self.alarm = DoorOpen(", ".join(opened)) if opened else None
        OPEN.set(len(opened))
        LAST.set(time.time())


def until_night_s(now_wall: int) -> float:
    """From now to the next 02:40 in Shanghai (18:40 UTC), when nobody meets; never less than an hour."""
    seconds = now_wall / 1e9
    left = (NIGHT_S - seconds) % DAY_S
    return left if left >= 3600.0 else left + DAY_S


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
