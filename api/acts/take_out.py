"""A village takes its own records out: a meeting's signed archive as one file, streamed as it is read.

The folder is made whole before the first byte goes out, because a refusal must be a refusal and not half a file: one at
a time, and only where the disk has room for it. A reader may go away at any moment, also before the first byte: what
nobody has read from for an hour goes with the next.
"""

import asyncio
import os
import shutil
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import place_of
from api.acts.hub_log import log_to_hub
from api.acts.meeting_access import Access, access_to
from api.acts.meeting_views import sees_item
from api.acts.spoken import spoken_as
from api.errors.recordings import NoRoomForArchive, TakingOut
from storage.database import Database
from storage.export import export_meeting
from storage.ids import new_id
from storage.keys import Signer
from storage.objects import Objects
from storage.tables import AgendaItem, Decision, DecisionItem, Recording, Segment

CHUNK = 256 * 1024
WAIT_S = 20.0
SPARE_BYTES = 1 << 30  # for those who record meanwhile
LEFT_S = 3600.0
MOST = 3  # packed or being read, of all api processes
FOLDER = "taken-out"


@dataclass(frozen=True, slots=True)
class Archive:
    folder: Path
    name: str  # of the file, as people call it


class TakeOuts:
    """Of one api process."""

    def __init__(self, database: Database, objects: Objects | None, spool: Path, derived: Path, key: Path) -> None:
        self._database, self._objects, self._spool, self._key = database, objects, spool, key
        self._root = derived / FOLDER
        self._turn = asyncio.Semaphore(1)

    async def make(self, actor: Actor, hub_id: str, meeting_id: str) -> Archive:
        """The caller streams it with `stream`. For who is refused a part it is without any restricted part. Raises
        Forbidden, TakingOut, NoRoomForArchive, and what an export raises."""
        async with self._database.reading() as session:
            access = await access_to(session, actor, meeting_id)
            said = await spoken_as(session, actor, "recording.export", access)
            withhold = await _withholds(session, actor, access)
            size = await session.scalar(
                select(func.sum(Segment.bytes))
                .join(Recording, Recording.id == Segment.recording_id)
                .where(Recording.meeting_id == meeting_id)
            )
            meeting = access.meeting
        try:
            async with asyncio.timeout(WAIT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise TakingOut(meeting_id) from None
        try:
            await asyncio.to_thread(self._make_room, int(size or 0))
            folder = self._root / new_id("out")
            signer = await asyncio.to_thread(Signer.load, self._key)
            done = await export_meeting(
                self._database, self._objects, self._spool, meeting_id, folder, signer, withhold
            )
            async with self._database.writing() as session:
                await log_to_hub(
                    session,
                    hub_id,
                    "export",
                    {
                        "meeting": meeting_id,
                        "by": actor.user_id,
                        "as": said,
                        "segments": done.segments,
                        "bytes": done.bytes,
                        "withheld": withhold,
                        "key_id": done.key_id,
                    },
                )
        finally:
            self._turn.release()
        return Archive(folder, f"{meeting.opened_on or ''} {meeting.title}".strip())

    def _make_room(self, size: int) -> None:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in self._root.iterdir():
            if time.time() - old.stat().st_mtime > LEFT_S:
                shutil.rmtree(old, ignore_errors=True)
        if len(list(self._root.iterdir())) >= MOST:
            raise TakingOut
        if shutil.disk_usage(self._root).free < size + SPARE_BYTES:
            raise NoRoomForArchive(f"{size} bytes")

    async def stream(self, archive: Archive) -> AsyncIterator[bytes]:
        """A zip file of the folder; afterwards it is gone, also when the reader went away."""
        pieces = zipped(archive.folder, archive.name)
        try:
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                yield piece
                os.utime(archive.folder)
        finally:
            shutil.rmtree(archive.folder, ignore_errors=True)


async def _withholds(session: AsyncSession, actor: Actor, access: Access) -> bool:
    """Whether anything in it is not for him: a part, also one that never began, or a record that was dealt with."""
    mine = AgendaItem.meeting_id == access.meeting.id
    items = await session.scalars(select(AgendaItem).where(mine, AgendaItem.access_class != "open"))
    if not all(sees_item(actor, access.part_of(item).path, item) for item in items):
        return True
    linked = select(DecisionItem.decision_id).join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id).where(mine)
    records = await session.scalars(select(Decision).where(Decision.id.in_(linked), Decision.access_class != "open"))
    return not all([actor.may("decision.look", await place_of(session, actor, record)) for record in records])


def zipped(folder: Path, top: str) -> Iterator[bytes]:
    """Stored, not compressed: film doesn't get smaller. Its bytes as they come, so that nothing is held in memory."""
    out = _Out()
    sink: Any = out  # `zipfile` asks for no more than it has
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as file:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            inner = zipfile.ZipInfo(f"{_plain(top)}/{path.relative_to(folder).as_posix()}", time.localtime()[:6])
            inner.external_attr = 0o644 << 16
            with path.open("rb") as source, file.open(inner, "w", force_zip64=True) as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield out.taken()
    yield out.taken()


def _plain(name: str) -> str:
    """A folder's name that every system takes."""
    return "".join("_" if each in '\\/:*?"<>|' else each for each in name).strip(" .") or "huilu"


class _Out:
    """What `zipfile` writes to: no seeking, as on a line."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
