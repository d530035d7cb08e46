"""The worker's errand for what was put in as one file, plans (方案), signed papers and notices' tables: into the object
store under lock and read back, locks prolonged, out of the spool when the store was asked once more.

A decision has no end of its keeping yet, so locks are prolonged for ever. All of it is read from the rows each time and
done before it is noted: after a kill it is done again.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recorder.freeing import KEEP_NS, ask_or_put
from storage import locks
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import LockedObjectGone, NoSuchObject, ObjectsAway, ObjectsRefused, ReadBackDiffers, StorageError
from storage.ledger import append, open_chain
from storage.objects import Objects, StoredObject
from storage.sealing import remove_sealed, survey
from storage.tables import Decision, Filing, NoticeTable, PlanFile, SignedPaper

log = logging.getLogger(__name__)

LOOK_S = 2.0
KEEP_S = 60.0
MAX_PAUSE_S = 60.0
ORPHAN_S = 3600.0  # a file without a row: who put it in died, or was refused; a row follows its file within seconds


class Plans:
    """A table of files, and the folder of the spool in which they lie."""

    table: Any = PlanFile
    folder, what = "plans", "plans"

    def __init__(self, database: Database, objects: Objects, spool: Path) -> None:
        self._database = database
        self._objects = objects
        self._spool = spool
        self._bucket = False
        self._failed = 0
        self._gone: set[str] = set()

    @property
    def alarm(self) -> LockedObjectGone | None:
        return LockedObjectGone(f"{len(self._gone)} {self.what}") if self._gone else None

    async def keep(self) -> None:
        """Never ends by itself."""
        kept = -KEEP_S
        while True:
            try:
                await self.upload()
                if time.monotonic() - kept >= KEEP_S:
                    kept = time.monotonic()
                    await self.turn(time.time_ns())
                self._failed = 0
            except (StorageError, OSError) as error:
                self._failed += 1
                log.warning("%s wait: %s", self.what, error)
            await asyncio.sleep(min(LOOK_S * 2 ** min(self._failed, 10), MAX_PAUSE_S))

    async def upload(self) -> None:
        """All that is sealed; one that fails keeps none of the others. Raises what the store or the database says."""
        rows = await self._rows("sealed")
        if rows and not self._bucket:
            await self._objects.ensure_bucket()
            self._bucket = True
        refused: StorageError | OSError | None = None
        for row in rows:
            try:
                found = await self._objects.put_locked(row.name, self._spool / row.name, row.sha256)
            except ObjectsAway:
                raise
            except (StorageError, OSError) as error:
                refused = error
                continue
            await self._note(row, found)
        if refused is not None:
            raise refused

    async def turn(self, now_wall: int) -> None:
        """Raises ObjectsAway, DatabaseAway, DatabaseBusy, OSError."""
        for row in await self._rows("stored"):
            try:
                await self._prolong(row, now_wall)
                await self._free(row, now_wall)
                self._gone.discard(row.id)
            except (NoSuchObject, ObjectsRefused, ReadBackDiffers) as error:
                log.error("%s, %s: %s", self.what, row.id, error)
                if not isinstance(error, ObjectsRefused):
                    self._gone.add(row.id)
        await self._drop_orphans(now_wall)

    async def _rows(self, state: str) -> list[Filing]:
        query = select(self.table).where(self.table.state == state).order_by(self.table.id)
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def _prolong(self, row: Filing, now_wall: int) -> None:
        until, _ = locks.wanted(now_wall, None)
        if (row.locked_until_wall or 0) < now_wall + locks.LEFT:
            until = await self._objects.extend(row.name, row.version or "", until)
            async with self._database.writing() as session:
                (await session.get_one(self.table, row.id)).locked_until_wall = until

    async def _free(self, row: Filing, now_wall: int) -> None:
        path = self._spool / row.name
        if (row.confirmed_wall or now_wall) >= now_wall - KEEP_NS or not path.exists():
            return
        found = await ask_or_put(
            self._objects, row.name, row.version or "", row.bytes, path, row.sha256, row.locked_until_wall
        )
        if found is None:
            await asyncio.to_thread(remove_sealed, self._spool, row.name)
        else:
            await self._note(row, found)

    async def _note(self, row: Filing, found: StoredObject) -> None:
        """What was read back, in the row and on the chains that speak of it."""
        async with self._database.writing() as session:
            for kind, subject in self.chains(row):
                if kind == "decision":
                    await session.get(Decision, subject, with_for_update=True)
            own = await session.get_one(self.table, row.id)
            own.state, own.bucket, own.version = "stored", found.bucket, found.version
            own.locked_until_wall, own.confirmed_wall = found.locked_until_wall, time.time_ns()
            await session.flush()
            for kind, subject in self.chains(row):
                await _enter(session, own, self.named(own), await open_chain(session, kind, subject), found)

    async def _drop_orphans(self, now_wall: int) -> None:
        found = await asyncio.to_thread(survey, self._spool, self.folder)
        names = [each.name for each in found.sealed]
        async with self._database.reading() as session:
            known = set(await session.scalars(select(self.table.name).where(self.table.name.in_(names))))
        for name in names:
            if name not in known and (self._spool / name).stat().st_mtime < now_wall / 1e9 - ORPHAN_S:
                await asyncio.to_thread(remove_sealed, self._spool, name)

    def chains(self, row: Any) -> list[tuple[str, str]]:
        return [("decision", row.decision_id)]

    def named(self, row: Any) -> dict[str, Any]:
        return {"file": row.id, "name": row.title}


class SignedPapers(Plans):
    table: Any = SignedPaper
    folder, what = "signed", "signed papers"

    def chains(self, row: Any) -> list[tuple[str, str]]:
        return [(kind, subject) for kind, subject in row.chains]

    def named(self, row: Any) -> dict[str, Any]:
        return {"file": row.id, "paper": row.kind, "of": row.subject}


class NoticeTables(SignedPapers):
    table: Any = NoticeTable
    folder, what = "notices", "notices' tables"

    def named(self, row: Any) -> dict[str, Any]:
        return {"file": row.id, "name": row.title, "notice": row.notice_id}


async def _enter(session: AsyncSession, row: Filing, named: dict[str, Any], chain: str, found: StoredObject) -> None:
    stored = {
        **named, "sha256": row.sha256, "bucket": found.bucket, "key": found.key,
        "version": found.version, "locked_until": rfc3339(found.locked_until_wall),
    }  # fmt: skip
    await append(session, chain, "stored", stored)
