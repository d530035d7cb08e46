"""A meeting as a folder that proves itself: chains, checkpoints, sealed segments, decisions with their plans, tables
and signed pages, a page to read.

The folder appears whole or not at all. Files come from the spool where they are intact, else from the object store;
each is hashed on its way and must be what is said of it: a segment what its row says, what people handed in what the
chain says. `storage.bag` has the outer form, SECURITY.md what
it proves.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import bag, deletions, ledger, stamps, succession, withheld
from storage.canonical import canonical_bytes
from storage.chained import EntryRecord
from storage.clock import rfc3339_now
from storage.database import Database
from storage.errors import ExportFolderTaken, ExportIncomplete, NoSuchObject, ObjectsAway
from storage.facts import Gathered, gather
from storage.filed_said import Line
from storage.hashes import CHUNK_BYTES, TwoHashes
from storage.keys import Signer
from storage.objects import Objects
from storage.page import StampLine, page
from storage.tables import (
    Authority,
    Chain,
    Checkpoint,
    Delivery,
    Erasure,
    Filing,
    Segment,
    SigningKey,
    Stored,
    Succession,
)
from storage.withheld import Withheld
from storage.withholding import Restricted, restricted_of, without


@dataclass(frozen=True, slots=True)
class ExportSummary:
    folder: Path
    meeting: str
    recordings: int
    tracks: int
    segments: int
    bytes: int  # of segments
    decisions: int
    filed: int  # plans, tables and signed pages
    withheld: int  # entries whose payload is left out: restricted, or erased
    key_id: str


async def export_meeting(
    database: Database,
    objects: Objects | None,
    spool: Path,
    meeting_id: str,
    folder: Path,
    signer: Signer,
    withhold: bool = False,
) -> ExportSummary:
    """`withhold`: leave restricted parts out (`storage.withholding`). Raises NothingToExport, NeverRecorded, NotOpened,
    ExportFolderTaken, and ExportIncomplete while the recording is not closed or a segment is nowhere to be found."""
    _refuse_taken(folder)
    async with database.reading(patient=True) as session:
        first = await gather(session, meeting_id)
    signed = [("decision", each["id"]) for each in first.decisions]
    signed += [("delivered", each) for each in (meeting_id, *(one.id for one in first.recordings))]
    if not first.recordings and first.meeting["state"] != "ended":
        raise ExportIncomplete(f"meeting {meeting_id} has not ended")
    # Open chains are signed as far as they go; a decision record may go on long after the meeting.
    async with database.writing() as session:
        for kind, subject in signed:
            chain = await session.scalar(select(Chain).where(Chain.kind == kind, Chain.subject == subject))
            if chain is not None and chain.head_seq:
                await ledger.checkpoint(session, chain.id, signer)
        await deletions.sign(session, [each.id for each in first.recordings], signer)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        async with database.reading(patient=True) as session:
            gathered = await gather(session, meeting_id)
            writer = _Writer(partial)
            kept = await _withhold(session, gathered)
            if withhold:
                writer.restricted = restricted_of(gathered)
                gathered = without(gathered, writer.restricted)
            gone = await _write_records(session, gathered, kept, writer, signer)
        source = _Source(spool, objects)
        copied = [
            segment
            for segment, stored in gathered.segments
            if segment.id not in kept[segment.recording_id].segments
            and await _copied(_film(segment, stored), source, writer, segment.recording_id in gone)
        ]
        for delivery in gathered.deliveries:
            if not kept[delivery.recording_id].within(delivery.start_ns, delivery.end_ns):
                stored = Stored(key=delivery.name, version=delivery.version) if delivery.version else None
                await _copied(_film(delivery, stored), source, writer, delivery.recording_id in gone)
        for line, row in gathered.filed:
            await _copy(_handed_in(line, row), source, writer)
        at = rfc3339_now()
        bag.finish(partial, writer.hashes, writer.heads, _info(gathered, writer, at), at, signer)
        os.replace(partial, folder)  # an empty folder gives way
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return ExportSummary(
        folder,
        meeting_id,
        len(gathered.recordings),
        len({segment.track_id for segment in copied}),
        len(copied),
        sum(segment.bytes for segment in copied),
        len(gathered.decisions),
        len(gathered.filed),
        sum(map(len, writer.withheld.values())),
        signer.key_id,
    )


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFolderTaken(str(folder))


class _Writer:
    """Files below the folder, each hashed as it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hashes: dict[str, str] = {}
        self.bytes = 0
        self.restricted: Restricted | None = None
        self.withheld: dict[str, dict[str, str]] = {}  # by chain: the entries' numbers, and why
        self.heads: dict[str, dict[str, int | str]] = {}  # by chain

    def open(self, path: str) -> BinaryIO:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")

    def done(self, path: str, size: int, sha256: str) -> None:
        self.hashes[path] = sha256
        self.bytes += size

    def write(self, path: str, content: bytes) -> None:
        hashed = TwoHashes()
        hashed.update(content)
        with self.open(path) as file:
            file.write(content)
        self.done(path, len(content), hashed.digests()[0])


async def _withhold(session: AsyncSession, gathered: Gathered) -> dict[str, Withheld]:
    """By recording, what is closed to everybody; it leaves the readable facts here."""
    spans = await withheld.secluded(session, gathered.recordings)
    segments = [segment for segment, _ in gathered.segments]
    out: dict[str, Withheld] = {}
    for facts in gathered.meeting["recordings"]:
        own = [each for each in segments if each.recording_id == facts["id"]]
        out[facts["id"]] = Withheld(spans.get(facts["id"], ()), own)
        if facts["id"] in spans:
            out[facts["id"]].trim(facts)
            out[facts["id"]].trim_items(gathered.meeting["items"])
    return out


async def _write_records(
    session: AsyncSession, gathered: Gathered, kept: dict[str, Withheld], writer: _Writer, signer: Signer
) -> set[str]:
    """Gives the recordings whose media were ordered to be deleted."""
    gone: set[str] = set()
    keys = {signer.key_id: signer.public_pem}
    entries: dict[str, list[EntryRecord]] = {}
    stamped: list[StampLine] = []
    behind: set[str] = set()  # certificates behind the stamps
    for recording in gathered.recordings:
        if recording.state != "closed":
            raise ExportIncomplete(f"recording {recording.id} is not closed yet")
        folder = f"{bag.RECORDINGS}/{recording.id}"
        await _write_chain(session, recording.chain_id, folder, writer, keys, kept[recording.id].hides)
        lines, rests_on = await deletions.lines(session, recording.id)
        if lines:
            gone.add(recording.id)
            writer.write(f"{folder}/{bag.DELETIONS}", b"".join(each + b"\n" for each in lines))
            for signed in rests_on:
                await _add_key(session, signed.key_id, keys)
        stamped += await _write_stamps(session, recording.chain_id, folder, f"录制 {recording.id}", writer, behind)
    meeting = gathered.meeting["id"]
    # What came later: of each recording, and of what no recording holds.
    for subject, hides in ((meeting, _nothing), *((each, one.hides) for each, one in kept.items())):
        chain = await session.scalar(select(Chain.id).where(Chain.kind == "delivered", Chain.subject == subject))
        if chain is not None:
            folder = f"{bag.DELIVERIES}/{subject}"
            await _write_chain(session, chain, folder, writer, keys, hides)
            named = f"会后 {subject}" if subject == meeting else f"补传 {subject}"
            stamped += await _write_stamps(session, chain, folder, named, writer, behind)
    for decision in gathered.decisions:
        chain = await session.scalar(select(Chain.id).where(Chain.kind == "decision", Chain.subject == decision["id"]))
        decision["chain"] = chain
        folder = f"{bag.DECISIONS}/{decision['id']}"
        if chain is not None:
            entries[decision["id"]] = await _write_chain(session, chain, folder, writer, keys)
            stamped += await _write_stamps(session, chain, folder, f"议事记录 {decision['title']}", writer, behind)
        writer.write(f"{folder}/{bag.DECISION}", canonical_bytes(decision))
    await _write_successions(session, writer, keys)
    for key, pem in keys.items():
        writer.write(f"{bag.KEYS}/{key}.pem", pem.encode())
    for each in sorted(behind):
        if (authority := await session.get(Authority, each)) is not None:
            writer.write(f"{bag.AUTHORITIES}/{each}.pem", authority.certificate.encode())
    if writer.withheld:
        writer.write(bag.WITHHELD, canonical_bytes(writer.withheld))
    writer.write(bag.MEETING, canonical_bytes(gathered.meeting))
    writer.write(bag.PAGE, page(gathered.meeting, gathered.decisions, entries, stamped, signer.key_id).encode())
    return gone


def _nothing(_kind: str, _payload: dict[str, Any] | None) -> bool:
    return False


async def _write_chain(
    session: AsyncSession,
    chain: str,
    folder: str,
    writer: _Writer,
    keys: dict[str, str],
    hides: Callable[[str, dict[str, Any] | None], bool] = _nothing,
) -> list[EntryRecord]:
    lines, records, left_out = [], [], dict[str, str]()
    erased = set(await session.scalars(select(Erasure.seq).where(Erasure.chain_id == chain)))
    async for record, salt, payload in ledger.entries(session, chain):
        reason = None
        if payload is None:
            reason = bag.ERASED if record.seq in erased else None
        elif hides(record.kind, payload):
            reason = bag.SECLUDED
        elif writer.restricted is not None and writer.restricted.hides(record.kind, payload):
            reason = bag.RESTRICTED
        if reason is not None:
            left_out[str(record.seq)], salt, payload = reason, None, None
        lines.append(canonical_bytes(chain_line(record, salt, payload)) + b"\n")
        records.append(record)
    if left_out:
        writer.withheld[chain] = left_out
    writer.write(f"{folder}/{bag.CHAIN}", b"".join(lines))
    if records:
        writer.heads[chain] = {"seq": records[-1].seq, "head": records[-1].hash}
    signed = await ledger.checkpoints(session, chain)
    for each in signed:
        await _add_key(session, each.key_id, keys)
    writer.write(f"{folder}/{bag.CHECKPOINTS}", b"".join(canonical_bytes(each.line()) + b"\n" for each in signed))
    return records


async def _write_successions(session: AsyncSession, writer: _Writer, keys: dict[str, str]) -> None:
    """All of them, with their keys; a hub has few."""
    lines = []
    for each in await session.scalars(select(Succession).order_by(Succession.chain_id, Succession.seq)):
        async for record, salt, payload in ledger.entries(session, each.chain_id, each.seq, each.seq):
            entry = chain_line(record, salt, payload)
        checkpoint = await session.get_one(Checkpoint, (each.chain_id, each.seq))
        lines.append(canonical_bytes(succession.line(entry, ledger.checkpoint_record(checkpoint))) + b"\n")
        for key in (each.by_key_id, each.key_id):
            keys.setdefault(key, (await session.get_one(SigningKey, key)).public)
    if lines:
        writer.write(bag.SUCCESSIONS, b"".join(lines))


async def _add_key(session: AsyncSession, key_id: str, keys: dict[str, str]) -> None:
    if key_id not in keys and (key := await session.get(SigningKey, key_id)) is not None:
        keys[key_id] = key.public


async def _write_stamps(
    session: AsyncSession, chain: str, folder: str, named: str, writer: _Writer, behind: set[str]
) -> list[StampLine]:
    """The tokens as the authority sent them, so that other tools read them too (`openssl ts -verify -token_in`)."""
    lines = []
    for stamp, authority in await stamps.of_chain(session, chain):
        writer.write(f"{folder}/{bag.STAMPS}/{stamp.seq}{bag.TOKEN}", stamp.token)
        behind.update(stamp.path)
        lines.append(StampLine(named, stamp.seq, authority.name, stamp.at))
    return lines


def chain_line(record: EntryRecord, salt: str | None, payload: dict[str, Any] | None) -> dict[str, Any]:
    """A line of chain.jsonl: the chained object, its hash, and the payload with its salt (null where withheld)."""
    return {"entry": record.chained_object(), "hash": record.hash, "payload": payload, "salt": salt}


@dataclass(frozen=True, slots=True)
class _Source:
    spool: Path
    objects: Objects | None


@dataclass(frozen=True, slots=True)
class _File:
    """One that goes along, where it lies, and what it must be."""

    path: str  # in the bag
    name: str  # below the spool, and key in the store
    stored: tuple[str, str] | None  # key and version
    bytes: int
    sha256: str
    sm3: str | None


def _film(row: Segment | Delivery, stored: Stored | None) -> _File:
    name = row.name or ""
    where = None if stored is None else (stored.key, stored.version)
    return _File(f"{bag.MEDIA}/{name}", name, where, row.bytes, row.sha256 or "", row.sm3)


def _handed_in(line: Line, row: Filing | None) -> _File:
    """Its row says where it lies, and nothing else. Raises ExportIncomplete when the row is gone."""
    if row is None:
        raise ExportIncomplete(f"file {line['file']}: no row says where it lies")
    stored = (row.name, row.version) if row.version else None
    return _File(line["path"], row.name, stored, line["bytes"], line["sha256"], line["sm3"])


async def _copied(file: _File, source: _Source, writer: _Writer, may_be_gone: bool) -> bool:
    try:
        await _copy(file, source, writer)
    except ExportIncomplete:
        if not may_be_gone:
            raise
        return False
    return True


async def _copy(file: _File, source: _Source, writer: _Writer) -> None:
    """From the first place that still has exactly these bytes."""
    tried = []
    for where, chunks in (("spool", _from_spool(source.spool / file.name)), ("objects", _from_objects(file, source))):
        hashed, size = TwoHashes(), 0
        try:
            with writer.open(file.path) as out:
                async for chunk in chunks:
                    hashed.update(chunk)
                    size += len(chunk)
                    await asyncio.to_thread(out.write, chunk)
        except (FileNotFoundError, NoSuchObject, ObjectsAway) as error:
            tried.append(f"{where}: {error}")
        else:
            if (size, *hashed.digests()) == (file.bytes, file.sha256, file.sm3):
                writer.done(file.path, size, file.sha256)
                return
            tried.append(f"{where}: altered")
        os.unlink(writer.folder / file.path)
    raise ExportIncomplete(f"file {file.name}: {'; '.join(tried)}")


async def _from_spool(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def _from_objects(file: _File, source: _Source) -> AsyncIterator[bytes]:
    if file.stored is None or source.objects is None:
        raise NoSuchObject("never stored" if file.stored is None else "no object store")
    async for chunk in source.objects.stream(*file.stored):
        yield chunk


def _info(gathered: Gathered, writer: _Writer, at: str) -> dict[str, str]:
    """RFC 8493 §2.2.2."""
    meeting = gathered.meeting
    return {
        "Source-Organization": meeting["unit"]["name"],
        "External-Description": meeting["title"],
        "External-Identifier": meeting["id"],
        "Bagging-Date": at[:10],
        "Payload-Oxum": f"{writer.bytes}.{len(writer.hashes)}",
        "Bag-Software-Agent": f"huilu, export format {bag.FORMAT}",
    }
