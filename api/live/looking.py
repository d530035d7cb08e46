"""Looks in progress: spans that were really fetched, by sitting; written every few seconds and at the end.

The first piece of a sitting is written at once, so that a look is on record before its second picture.
"""

import asyncio
import hashlib
import logging
import time
from dataclasses import dataclass, field

from api.acts.actor import Actor
from api.acts.looks import Span, join, write_looks
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger(__name__)

WRITE_EVERY_S = 10.0
SITTING_IDLE_S = 1800.0
MAX_SITTINGS = 10_000


@dataclass
class _Sitting:
    name: str
    spans: list[Span] = field(default_factory=list)  # not written yet
    written: bool = False
    noted: bool = False  # it stands in the hub's chain, if only for its still pictures
    used: float = 0.0


class Looking:
    def __init__(self, database: Database, hub_id: str) -> None:
        self._database = database
        self._hub_id = hub_id
        self._sittings: dict[tuple[str, str], _Sitting] = {}

    def name(self, actor: Actor, recording_id: str, sitting: str) -> None:
        """The page's own word for its sitting: what is fetched from now on belongs to it."""
        known = self._sittings.get((actor.user_id, recording_id))
        if known is None or known.name != sitting:
            previous = known.spans if known else []
            self._sittings[actor.user_id, recording_id] = _Sitting(sitting, previous, used=time.monotonic())
        else:
            known.used = time.monotonic()

    async def fetched(self, actor: Actor, recording_id: str, span: Span) -> None:
        key, sitting = await self._sitting(actor, recording_id)
        sitting.spans = join(sitting.spans, span)
        if not sitting.written:
            sitting.written = True
            await self._write_one(key, sitting)

    async def glimpsed(self, actor: Actor, recording_id: str) -> None:
        """Still pictures of the time line: that somebody looked is on record, though he played nothing."""
        key, sitting = await self._sitting(actor, recording_id)
        if not sitting.noted and not sitting.written:
            await self._write_one(key, sitting)

    async def _sitting(self, actor: Actor, recording_id: str) -> tuple[tuple[str, str], _Sitting]:
        key = (actor.user_id, recording_id)
        sitting = self._sittings.get(key)
        if sitting is None:
            if len(self._sittings) >= MAX_SITTINGS:
                await self.write()
                self._sittings.clear()
            name = hashlib.sha256(f"{actor.token_hash}{recording_id}{time.time_ns()}".encode()).hexdigest()[:16]
            sitting = self._sittings[key] = _Sitting(name)
        sitting.used = time.monotonic()
        return key, sitting

    async def _write_one(self, key: tuple[str, str], sitting: _Sitting) -> None:
        spans, sitting.spans, sitting.noted = sitting.spans, [], True
        try:
            await write_looks(self._database, self._hub_id, *key, sitting.name, spans)
        except StorageError:
            sitting.noted = False
            for span in spans:
                sitting.spans = join(sitting.spans, span)
            raise

    async def write(self) -> None:
        for key, sitting in list(self._sittings.items()):
            if sitting.spans:
                try:
                    await self._write_one(key, sitting)
                except StorageError as error:
                    log.warning("looks wait: %s", error.detail)
            elif time.monotonic() - sitting.used > SITTING_IDLE_S:
                del self._sittings[key]

    async def run(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.write()
