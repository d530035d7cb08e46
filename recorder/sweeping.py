"""The whole archive looked through in the background, a little each day: chain by chain, of each its entries and
checkpoints by the code that `huilu verify` runs, then each file that it speaks of read back from the object store and
hashed twice. Chains are those of closed recordings, of what came later to them, and of decisions with their plans and
signed papers and the tables of their notices; of the hub's own, which has no end, these only.

A round takes a month. Where it stands is a row, so it goes on after a restart; what is wrong is an alarm at once, an
entry of the hub's chain, and no reason to stop. Who wants to know now runs `huilu verify --archive`.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge
from sqlalchemy import func, or_, select

from storage.canonical import MAX_INTEGER, canonical_bytes
from storage.chain_check import check_checkpoints, read_chain
from storage.chained import DELIVERY, NOTICE_UP, SEGMENT
from storage.database import Database
from storage.errors import ArchiveDamaged, BadKey, NoSuchObject, ObjectsAway, StorageError
from storage.export import chain_line
from storage.filed_said import KINDS as FILED
from storage.filings import filing
from storage.hashes import TwoHashes
from storage.keys import load_public
from storage.ledger import append, checkpoints, entries
from storage.objects import Objects
from storage.tables import (
    FILINGS,
    Chain,
    Deletion,
    Delivery,
    Entry,
    Erasure,
    Filing,
    Payload,
    SigningKey,
    Stored,
    Sweep,
)

log = logging.getLogger(__name__)

ROUND_S = 30 * 86_400.0
MIN_PAUSE_S, MAX_PAUSE_S = 0.05, 3600.0
RETRY_S = 60.0
ID = "archive"
KIND = "archive-finding"
RECORDING, HUB = "recording", "hub"
SPEAKS = {
    RECORDING: (SEGMENT,),
    "delivered": (DELIVERY, *FILED),
    "decision": FILED,
    HUB: (*FILED, NOTICE_UP),
}  # of files, by kind of chain

SEEN = Counter("huilu_archive_swept_bytes", "Bytes that were read back from the store and hashed again")
FINDINGS = Gauge("huilu_archive_findings", "What the sweep through the archive found wrong in this round")


@dataclass(frozen=True, slots=True)
class Of:
    """A chain that is looked through."""

    chain: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Found:
    code: str
    of: Of
    where: str  # an object's name, or a line of the chain
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
        """Look at one chain or one file. Whether the round goes on, and what was wrong. Raises StorageError where that
        can't be said now."""
        row = await self.row()
        chain_id, seq = (row.chain_id, row.seq) if row and row.ended_wall is None else ("", 0)
        chain = await self._chain_named(chain_id)
        if chain is not None and (said := await self._next_object(chain, seq)) is not None:
            size, found = await self._object(chain, said[1])
            await self._note(chain, said[0], size, found)
            return True, found
        following = await self._next_chain(chain_id)
        if following is None:
            await self._end()
            return False, []
        found = [] if following.kind == HUB else await self._chain(following)
        await self._note(following, 0, None, found)
        return True, found

    async def _pause_s(self) -> float:
        async with self._database.reading(patient=True) as session:
            steps = [
                await session.scalar(select(func.count()).select_from(each)) or 0
                for each in (Stored, Delivery, *FILINGS, Chain)
            ]
        return min(max(self._round_s / max(sum(steps), 1), MIN_PAUSE_S), MAX_PAUSE_S)

    async def row(self) -> Sweep | None:
        async with self._database.reading() as session:
            return await session.get(Sweep, ID)

    async def _chain_named(self, chain_id: str) -> Of | None:
        async with self._database.reading() as session:
            row = await session.get(Chain, chain_id)
        return None if row is None else Of(row.id, row.kind, row.subject)

    async def _next_chain(self, after: str) -> Of | None:
        """A recording's when it is closed."""
        whole = or_(Chain.kind != RECORDING, Chain.closed)
        query = select(Chain).where(Chain.kind.in_(SPEAKS), Chain.head_seq > 0, whole, Chain.id > after)
        async with self._database.reading() as session:
            row = await session.scalar(query.order_by(Chain.id).limit(1))
        return None if row is None else Of(row.id, row.kind, row.subject)

    async def _next_object(self, of: Of, after: int) -> tuple[int, dict[str, Any]] | None:
        """What the chain says of the next one; a payload that was erased says nothing."""
        query = (
            select(Entry.seq, Payload.payload)
            .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
            .where(Entry.chain_id == of.chain, Entry.kind.in_(SPEAKS[of.kind]), Entry.seq > after)
            .order_by(Entry.seq)
            .limit(1)
        )
        async with self._database.reading(patient=True) as session:
            row = (await session.execute(query)).one_or_none()
        return (row.seq, row.payload) if row is not None else None

    async def _chain(self, of: Of) -> list[Found]:
        """One that goes on: as far as it is signed, which it is each minute."""
        final, lines, keys = of.kind == RECORDING, [], dict[str, bytes | None]()
        missing: list[Found] = []
        async with self._database.reading(patient=True) as session:
            records = await checkpoints(session, of.chain)
            last = MAX_INTEGER if final else max((each.seq for each in records), default=0)
            erased = set(await session.scalars(select(Erasure.seq).where(Erasure.chain_id == of.chain)))
            async for record, salt, payload in entries(session, of.chain, last=last):
                if payload is None and record.seq not in erased:
                    en = f"the payload of entry {record.seq} was taken out, and no erasure says so"
                    missing.append(Found("payload.missing", of, f"line {record.seq}", en))
                lines.append(canonical_bytes(chain_line(record, salt, payload)))
            signed = [canonical_bytes(each.line()) for each in records]
            for key in await session.scalars(select(SigningKey)):
                try:
                    keys[key.id] = load_public(key.public.encode())
                except BadKey:
                    keys[key.id] = None
        problems = await asyncio.to_thread(_problems, b"\n".join(lines), b"\n".join(signed), keys, final)
        return [*(Found(code, of, f"line {line}", en) for code, line, en in problems), *missing]

    async def _object(self, of: Of, said: dict[str, Any]) -> tuple[int, list[Found]]:
        """Nothing where it was taken away at the end of its term, isn't in the store yet, or stayed on paper. Of a
        notice each of its tables."""
        if "tables" in said:
            each_found = [await self._object(of, each) for each in said["tables"]]
            return sum(size for size, _ in each_found), [found for _, more in each_found for found in more]
        async with self._database.reading() as session:
            deleted = await session.get(Deletion, of.subject)
            row: Stored | Delivery | Filing | None
            if SEGMENT in said:
                row = await session.get(Stored, str(said[SEGMENT]))
            elif DELIVERY in said:
                row = await session.get(Delivery, str(said[DELIVERY]))
            else:
                row = await filing(session, str(said.get("file")))
        if row is None and said.get("file"):  # such a row stays for ever
            return 0, [Found("archive.object-gone", of, str(said["file"]), "no row says where it lies")]
        key, version = _lies(row)
        if key is None or version is None or deleted is not None:
            return 0, []
        name = key if said.get("file") else str(said["name"])
        try:
            size, digests = await self._read(key, version)
        except NoSuchObject:
            return 0, [Found("archive.object-gone", of, name, "is not in the object store any more")]
        except ObjectsAway:
            # It says the same of one object whose bytes it lost as of itself when it is away.
            if not await self._objects.ready():
                raise
            try:
                size, digests = await self._read(key, version)
            except ObjectsAway:
                if not await self._objects.ready():
                    raise
                return 0, [Found("archive.object-unreadable", of, name, "can't be read from the object store")]
        SEEN.inc(size)
        if (size, *digests) == (said.get("bytes"), said.get("sha256"), said.get("sm3")):
            return size, []
        return size, [Found("archive.object-altered", of, name, "is not what its entry says")]

    async def _read(self, key: str, version: str) -> tuple[int, tuple[str, str]]:
        hashed, size = TwoHashes(), 0
        async for chunk in self._objects.stream(key, version):
            hashed.update(chunk)
            size += len(chunk)
        return size, hashed.digests()

    async def _note(self, of: Of, seq: int, size: int | None, found: list[Found]) -> None:
        """`size`: of an object; None for a chain. What was found goes into the hub's chain in the same transaction."""
        async with self._database.writing() as session:
            row = await session.get(Sweep, ID)
            if row is None or row.ended_wall is not None:
                if row is not None:
                    await session.delete(row)
                    await session.flush()
                row = Sweep(
                    id=ID, chain_id="", seq=0, begun_wall=time.time_ns(), ended_wall=None, objects=0, bytes=0,
                    findings=0,
                )  # fmt: skip
                session.add(row)
            row.chain_id, row.seq = of.chain, seq
            row.objects += size is not None
            row.bytes += size or 0
            row.findings += len(found)
            await session.flush()
            hubs = await session.scalars(
                select(Chain.id).where(Chain.kind == "hub", Chain.closed.is_(False)).order_by(Chain.id)
            )
            for hub in hubs.all() if found else ():
                for each in found:
                    await append(session, hub, KIND, {of.kind: of.subject, "where": each.where, "code": each.code})
            FINDINGS.set(row.findings)
            total = row.findings
        for each in found:
            log.error("%s: %s %s %s: %s", ArchiveDamaged.code, each.code, of.subject, each.where, each.en)
        self.alarm = ArchiveDamaged(f"{total}") if total else None

    async def _end(self) -> None:
        async with self._database.writing() as session:
            row = await session.get(Sweep, ID)
            if row is not None and row.ended_wall is None:
                row.ended_wall = time.time_ns()


def _lies(row: Stored | Delivery | Filing | None) -> tuple[str | None, str | None]:
    if row is None:
        return None, None
    return (row.key if isinstance(row, Stored) else row.name), row.version


def _problems(
    chain: bytes, signed: bytes, keys: dict[str, bytes | None], must_be_final: bool
) -> list[tuple[str, int, str]]:
    reading = read_chain(chain)
    _, problems = check_checkpoints(signed, reading, keys, must_be_final)
    return [(each.code, each.line, each.en) for each in (*reading.broken, *reading.payloads, *problems)]
