"""Who signs in a process: the node's key as its file has it now, and what is known of the clock at that moment."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.chained import CheckpointRecord
from storage.clock_watch import ClockWatch
from storage.keys import Signer


class Notary:
    def __init__(self, key: Path, clock: ClockWatch | None = None) -> None:
        self._path = key
        self.clock = clock or ClockWatch()
        self._loaded: tuple[tuple[int, int], Signer] | None = None

    def signer(self) -> Signer:
        """The key in the file; read again when another one lies there (a rotation). Raises BadKey."""
        if self._loaded is None or self._loaded[0] != self._seen():
            signer = Signer.load_or_create(self._path)
            self._loaded = (self._seen(), signer)
        return self._loaded[1]

    def _seen(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    async def checkpoint(self, session: AsyncSession, chain_id: str) -> CheckpointRecord:
        return await ledger.checkpoint(session, chain_id, self.signer(), clock=self.clock.state())

    async def close_chain(self, session: AsyncSession, chain_id: str) -> CheckpointRecord:
        return await ledger.close_chain(session, chain_id, self.signer(), self.clock.state())
