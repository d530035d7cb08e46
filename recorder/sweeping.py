"""The whole archive looked through in the background, a little each day: every closed recording's chain and checkpoints
by the code that `huilu verify` runs, then each of its segments read back from the object store and hashed twice.

A round takes a month. Where it stands is a row, so it goes on after a restart; what is wrong is an alarm at once, an
entry of the hub's chain, and no reason to stop. Who wants to know now runs `huilu verify --archive`.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select

from storage.canonical import canonical_bytes
from storage.chain_check import check_checkpoints, read_chain
from storage.chained import SEGMENT
from storage.database import Database
from storage.errors import ArchiveDamaged, BadKey, NoSuchObject, StorageError
from storage.export import chain_line
from storage.hashes import TwoHashes
from storage.keys import load_public
from storage.ledger import append, checkpoints, entries
from storage.objects import Objects
from storage.tables import Chain, Deletion, Entry, Payload, Recording, SigningKey, Stored, Sweep

log = logging.getLogger(__name__)

ROUND_S = 30 * 86_400.0
MIN_PAUSE_S, MAX_PAUSE_S = 0.05, 3600.0
RETRY_S = 60.0
ID = "archive"
KIND = "archive-finding"

SEEN = Counter("huilu_archive_swept_bytes", "Bytes of segments that were read back from the store and hashed again")
FINDINGS = Gauge("huilu_archive_findings", "What the sweep through the archive found wrong in this round")


@dataclass(frozen=True, slots=True)
class Found:
    code: str
    recording: str
    where: str  # a segment's name, or a line of the chain
    en: str


class Sweeping:
    def __init__(self, database: Database, objects: Objects, round_s: float = ROUND_S) -> None:
        self._database = database
        self._objects = objects
        self._round_s = round_s
        self.alarm: ArchiveDamaged | None = None

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            try:
                await self.step()
                pause = await self._pause_s()
            except StorageError as error:  # the store or the database is away: it will be there
                log.info("archive sweep: %s %s", error.code, error.detail)
                pause = RETRY_S
            await asyncio.sleep(pause)

    async def step(self) -> tuple[bool, list[Found]]:
        """Look at one chain or one segment. Whether the round goes on, and what was wrong. Raises StorageError where
        that can't be said now."""
        row = await self.row()
        recording, seq = (row.recording_id, row.seq) if row is not None and row.ended_wall is None else ("", 0)
        if recording and (said := await self._next_segment(recording, seq)) is not None:
            size, found = await self._segment(recording, said[1])
            await self._note(recording, said[0], size, found)
            return True, found
        following = await self._next_recording(recording)
        if following is None:
            await self._end()
            return False, []
        found = await self._chain(following)
        await self._note(following, 0, None, found)
        return True, found

    async def _pause_s(self) -> float:
        async with self._database.reading(patient=True) as session:
            count = await session.scalar(select(func.count()).select_from(Stored)) or 1
        return min(max(self._round_s / count, MIN_PAUSE_S), MAX_PAUSE_S)

    async def row(self) -> Sweep | None:
        async with self._database.reading() as session:
            return await session.get(Sweep, ID)

    async def _next_recording(self, after: str) -> str | None:
        query = select(Recording.id).where(Recording.state == "closed", Recording.id > after)
        async with self._database.reading() as session:
            return await session.scalar(query.order_by(Recording.id).limit(1))

    async def _next_segment(self, recording: str, after: int) -> tuple[int, dict[str, Any]] | None:
        """What the chain says of the next one; a payload that was erased says nothing."""
        query = (
            select(Entry.seq, Payload.payload)
            .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
            .join(Recording, Recording.chain_id == Entry.chain_id)
            .where(Recording.id == recording, Entry.kind == SEGMENT, Entry.seq > after)
            .order_by(Entry.seq)
            .limit(1)
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return (row.seq, row.payload) if row is not None else None

    async def _chain(self, recording: str) -> list[Found]:
        lines, keys = [], dict[str, bytes | None]()
        async with self._database.reading(patient=True) as session:
            chain = (await session.get_one(Recording, recording)).chain_id
            async for record, salt, payload in entries(session, chain):
                lines.append(canonical_bytes(chain_line(record, salt, payload)))
            signed = [canonical_bytes(each.line()) for each in await checkpoints(session, chain)]
            for key in await session.scalars(select(SigningKey)):
                try:
                    keys[key.id] = load_public(key.public.encode())
                except BadKey:
                    keys[key.id] = None
        problems = await asyncio.to_thread(_problems, b"\n".join(lines), b"\n".join(signed), keys)
        return [Found(code, recording, f"line {line}", en) for code, line, en in problems]

    async def _segment(self, recording: str, said: dict[str, Any]) -> tuple[int, list[Found]]:
        """Nothing where it was taken away at the end of its term, or isn't in the store yet."""
        name, hashed, size = str(said["name"]), TwoHashes(), 0
        async with self._database.reading() as session:
            stored = await session.get(Stored, str(said["segment"]))
            deleted = await session.get(Deletion, recording)
        if stored is None or deleted is not None:
            return 0, []
        try:
            async for chunk in self._objects.stream(stored.key, stored.version):
                hashed.update(chunk)
                size += len(chunk)
        except NoSuchObject:
            return 0, [Found("archive.object-gone", recording, name, "is not in the object store any more")]
        SEEN.inc(size)
        if (size, *hashed.digests()) == (said["bytes"], said["sha256"], said["sm3"]):
            return size, []
        return size, [Found("archive.object-altered", recording, name, "is not what its entry says")]

    async def _note(self, recording: str, seq: int, size: int | None, found: list[Found]) -> None:
        """`size`: of a segment; None for a chain. What was found goes into the hub's chain in the same transaction."""
        async with self._database.writing() as session:
            row = await session.get(Sweep, ID)
            if row is None or row.ended_wall is not None:
                if row is not None:
                    await session.delete(row)
                    await session.flush()
                row = Sweep(
                    id=ID, recording_id="", seq=0, begun_wall=time.time_ns(), ended_wall=None, segments=0, bytes=0,
                    findings=0,
                )  # fmt: skip
                session.add(row)
            row.recording_id, row.seq = recording, seq
            row.segments += size is not None
            row.bytes += size or 0
            row.findings += len(found)
            await session.flush()
            hubs = await session.scalars(
                select(Chain.id).where(Chain.kind == "hub", Chain.closed.is_(False)).order_by(Chain.id)
            )
            for hub in hubs.all() if found else ():
                for each in found:
                    await append(session, hub, KIND, {"recording": recording, "where": each.where, "code": each.code})
            FINDINGS.set(row.findings)
            total = row.findings
        for each in found:
            log.error("%s: %s %s %s: %s", ArchiveDamaged.code, each.code, recording, each.where, each.en)
        self.alarm = ArchiveDamaged(f"{total}") if total else None

    async def _end(self) -> None:
        async with self._database.writing() as session:
            row = await session.get(Sweep, ID)
            if row is not None and row.ended_wall is None:
                row.ended_wall = time.time_ns()


def _problems(chain: bytes, signed: bytes, keys: dict[str, bytes | None]) -> list[tuple[str, int, str]]:
    reading = read_chain(chain)
    _, problems = check_checkpoints(signed, reading, keys, True)
    return [(each.code, each.line, each.en) for each in (*reading.broken, *reading.payloads, *problems)]
