"""A signed checkpoint each minute on every open chain that has grown, so that little of a running meeting rests on the
database alone. The recorder signs chains of recordings, the api those of decisions, deliveries and of the hub.

One short transaction a chain, nothing in it but the database; sealing and rows wait for it no longer than for one
another. What is away is tried again a minute later; a chain that was altered is an alarm, and is never signed.
"""

import asyncio
import logging
from collections.abc import Collection

from prometheus_client import Counter, Gauge

from storage import ledger
from storage.database import Database
from storage.errors import BadKey, ChainBroken, ChainClosed, KeyUnknown, StorageError
from storage.notary import Notary

log = logging.getLogger(__name__)

EVERY_S = 60.0

SIGNED = Counter("huilu_checkpoints", "Checkpoints signed on the way, by kind of chain", ["kind"])
BROKEN = Gauge("huilu_chains_broken", "Chains altered since they were signed last; none is signed", ["kind"])


class Checkpointing:
    def __init__(self, database: Database, notary: Notary, kinds: Collection[str], every_s: float = EVERY_S) -> None:
        self._database = database
        self._notary = notary
        self._kinds = kinds
        self._every_s = every_s
        self.broken: dict[str, set[str]] = {}  # chains by kind

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.turn()
            except (BadKey, KeyUnknown) as error:  # a person has to look
                log.error("nothing is signed: %s: %s %s", error.code, error.en, error.detail)
            except StorageError as error:  # the database: the chains will be there
                log.warning("no checkpoints this time: %s %s", error.code, error.detail)

    async def turn(self) -> int:
        """How many were signed. Raises StorageError of the database's kind."""
        signed = 0
        for kind in self._kinds:
            async with self._database.reading() as session:
                grown = await ledger.grown(session, (kind,))
            broken = set()
            for chain in grown:
                try:
                    async with self._database.writing() as session:
                        await self._notary.checkpoint(session, chain)
                except ChainClosed:
                    continue  # since it was asked for: it has its final one
                except ChainBroken as error:
                    broken.add(chain)
                    log.error("%s: %s %s", error.code, error.en, error.detail)
                else:
                    signed += 1
                    SIGNED.labels(kind).inc()
            BROKEN.labels(kind).set(len(broken))
            self.broken[kind] = broken
        return signed
