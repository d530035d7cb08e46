"""The whole archive looked through in the background, a little each day: every closed recording's chain and checkpoints
by the code that `huilu verify` runs, then each of its segments read back from the object store and hashed twice; then
the same of what was delivered later.

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

from storage.canonical import MAX_INTEGER, canonical_bytes
from storage.chain_check import check_checkpoints, read_chain
from storage.chained import DELIVERY, SEGMENT
from storage.database import Database
from storage.errors import ArchiveDamaged, BadKey, NoSuchObject, ObjectsAway, StorageError
from storage.export import chain_line
from storage.hashes import TwoHashes
from storage.keys import load_public
from storage.ledger import append, checkpoints, entries
from storage.objects import Objects
from storage.tables import Chain, Deletion, Delivery, Entry, Payload, Recording, SigningKey, Stored, Sweep

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
    where: str  # an object's name, or a line of the chain
    en: str


@dataclass(frozen=True, slots=True)
class Place:
    """As in the row: `storage.tables.Sweep`."""

    recording: str
    seq: int = 0
    delivered_seq: int | None = None

    def after(self, seq: int) -> "Place":
        if self.delivered_seq is None:
            return Place(self.recording, seq)
        return Place(self.recording, self.seq, seq)


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
        """Look at one chain, one segment or one delivered file. Whether the round goes on, and what was wrong. Raises
        StorageError where that can't be said now."""
        row = await self.row()
        place = Place(row.recording_id, row.seq, row.delivered_seq) if row and row.ended_wall is None else Place("")
        if place.recording:
            if (said := await self._next_object(place)) is not None:
                size, found = await self._object(place.recording, said[1])
                await self._note(place.after(said[0]), size, found)
                return True, found
            if place.delivered_seq is None and (chain := await self._delivered(place.recording)) is not None:
                found = await self._chain(place.recording, chain, must_be_final=False)
                await self._note(Place(place.recording, place.seq, 0), None, found)
                return True, found
        following = await self._next_recording(place.recording)
        if following is None:
            await self._end()
            return False, []
        found = await self._chain(following[0], following[1], must_be_final=True)
        await self._note(Place(following[0]), None, found)
        return True, found

    async def _pause_s(self) -> float:
        async with self._database.reading(patient=True) as session:
            count = await session.scalar(select(func.count()).select_from(Stored)) or 1
        return min(max(self._round_s / count, MIN_PAUSE_S), MAX_PAUSE_S)

    async def row(self) -> Sweep | None:
        async with self._database.reading() as session:
            return await session.get(Sweep, ID)

    async def _next_recording(self, after: str) -> tuple[str, str] | None:
        """With its chain."""
        query = select(Recording.id, Recording.chain_id).where(Recording.state == "closed", Recording.id > after)
        async with self._database.reading() as session:
            row = (await session.execute(query.order_by(Recording.id).limit(1))).one_or_none()
        return None if row is None else (row.id, row.chain_id)

    async def _delivered(self, recording: str) -> str | None:
        """Its chain of deliveries, where there is one."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(Chain.id).where(Chain.kind == "delivered", Chain.subject == recording, Chain.head_seq > 0)
            )

    async def _next_object(self, place: Place) -> tuple[int, dict[str, Any]] | None:
        """What the chain says of the next one; a payload that was erased says nothing."""
        if place.delivered_seq is None:
            own = select(Recording.chain_id).where(Recording.id == place.recording)
            kind, after = SEGMENT, place.seq
        else:
            own = select(Chain.id).where(Chain.kind == "delivered", Chain.subject == place.recording)
            kind, after = DELIVERY, place.delivered_seq
        query = (
            select(Entry.seq, Payload.payload)
            .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
            .where(Entry.chain_id == own.scalar_subquery(), Entry.kind == kind, Entry.seq > after)
            .order_by(Entry.seq)
            .limit(1)
        )
        async with self._database.reading() as session:
            row = (await session.execute(query)).one_or_none()
        return (row.seq, row.payload) if row is not None else None

    async def _chain(self, recording: str, chain: str, must_be_final: bool) -> list[Found]:
        """One that goes on: as far as it is signed, which it is each minute."""
        lines, keys = [], dict[str, bytes | None]()
        async with self._database.reading(patient=True) as session:
            records = await checkpoints(session, chain)
            last = MAX_INTEGER if must_be_final else max((each.seq for each in records), default=0)
            async for record, salt, payload in entries(session, chain, last=last):
                lines.append(canonical_bytes(chain_line(record, salt, payload)))
            signed = [canonical_bytes(each.line()) for each in records]
            for key in await session.scalars(select(SigningKey)):
                try:
                    keys[key.id] = load_public(key.public.encode())
                except BadKey:
                    keys[key.id] = None
        problems = await asyncio.to_thread(_problems, b"\n".join(lines), b"\n".join(signed), keys, must_be_final)
        return [Found(code, recording, f"line {line}", en) for code, line, en in problems]

    async def _object(self, recording: str, said: dict[str, Any]) -> tuple[int, list[Found]]:
        """Nothing where it was taken away at the end of its term, or isn't in the store yet."""
        name = str(said["name"])
        async with self._database.reading() as session:
            deleted = await session.get(Deletion, recording)
            if DELIVERY in said:
                delivery = await session.get(Delivery, str(said[DELIVERY]))
                where = (delivery.name, delivery.version) if delivery is not None else (None, None)
            else:
                stored = await session.get(Stored, str(said["segment"]))
                where = (stored.key, stored.version) if stored is not None else (None, None)
        key, version = where
        if key is None or version is None or deleted is not None:
            return 0, []
        try:
            size, digests = await self._read(key, version)
        except NoSuchObject:
            return 0, [Found("archive.object-gone", recording, name, "is not in the object store any more")]
        except ObjectsAway:
            # It says the same of one object whose bytes it lost as of itself when it is away.
            if not await self._objects.ready():
                raise
            try:
                size, digests = await self._read(key, version)
            except ObjectsAway:
                if not await self._objects.ready():
                    raise
                return 0, [Found("archive.object-unreadable", recording, name, "can't be read from the object store")]
        SEEN.inc(size)
        if (size, *digests) == (said["bytes"], said["sha256"], said["sm3"]):
            return size, []
        return size, [Found("archive.object-altered", recording, name, "is not what its entry says")]

    async def _read(self, key: str, version: str) -> tuple[int, tuple[str, str]]:
        hashed, size = TwoHashes(), 0
        async for chunk in self._objects.stream(key, version):
            hashed.update(chunk)
            size += len(chunk)
        return size, hashed.digests()

    async def _note(self, place: Place, size: int | None, found: list[Found]) -> None:
        """`size`: of an object; None for a chain. What was found goes into the hub's chain in the same transaction."""
        recording = place.recording
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
            row.recording_id, row.seq, row.delivered_seq = recording, place.seq, place.delivered_seq
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


def _problems(
    chain: bytes, signed: bytes, keys: dict[str, bytes | None], must_be_final: bool
) -> list[tuple[str, int, str]]:
    reading = read_chain(chain)
    _, problems = check_checkpoints(signed, reading, keys, must_be_final)
    return [(each.code, each.line, each.en) for each in (*reading.broken, *reading.payloads, *problems)]
