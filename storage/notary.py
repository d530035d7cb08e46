"""Who signs in a process: the node's key as its file has it now, and what is known of the clock at that moment.

A key that was replaced (`storage.rotation`) is noticed by its file, or by the database, which lets it sign no more.
Where the file is gone, what was loaded goes on signing; nobody makes another one but a start (`storage.lost_key`).
"""

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.chained import CheckpointRecord
from storage.clock_watch import ClockWatch
from storage.errors import KeyRetired, KeyUnknown
from storage.keys import Signer

log = logging.getLogger(__name__)


class Notary:
    def __init__(self, key: Path, clock: ClockWatch | None = None) -> None:
        self.path = key
        self.clock = clock or ClockWatch()
        self._loaded: tuple[tuple[int, int] | None, Signer] | None = None

    def signer(self) -> Signer:
        """The key in the file; read again when another one lies there (a rotation). Raises BadKey."""
        seen = self._seen()
        if self._loaded is None:
            signer = Signer.load_or_create(self.path)
            self._loaded = (self._seen(), signer)
        elif seen is None:
            log.error("%s: the signing key's file is gone; put it back: %s", KeyUnknown.code, self.path)
        elif self._loaded[0] != seen:
            self._loaded = (seen, Signer.load(self.path))
        return self._loaded[1]

    def _seen(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    async def checkpoint(self, session: AsyncSession, chain_id: str) -> CheckpointRecord:
        return await self._signed(
            session, lambda signer: ledger.checkpoint(session, chain_id, signer, clock=self.clock.state())
        )

    async def close_chain(self, session: AsyncSession, chain_id: str) -> CheckpointRecord:
        return await self._signed(
            session, lambda signer: ledger.close_chain(session, chain_id, signer, self.clock.state())
        )

    async def _signed(
        self, session: AsyncSession, sign: Callable[[Signer], Awaitable[CheckpointRecord]]
    ) -> CheckpointRecord:
        if self._loaded is None and self._seen() is None and await ledger.knows_keys(session):
            raise KeyUnknown(str(self.path))
        try:
            return await sign(self.signer())
        except KeyRetired:
            # Whoever replaced it has died, or hasn't got so far yet: nothing was written, the new one lies ready.
            take_place(self.path)
            return await sign(self.signer())


def waiting(path: Path) -> Path:
    """Where the next key lies until it is introduced."""
    return path.with_name(f"{path.name}.next")


def take_place(path: Path) -> None:
    """Put the next key into the old one's place; done by another is done."""
    try:
        os.replace(waiting(path), path)
    except FileNotFoundError:
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
