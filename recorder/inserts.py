"""Notes as rows with their ledger entries: a segment, a gap, a track, a filler. Whoever calls holds the transaction."""

import calendar
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from recorder.notes import FillerNote, GapNote, SegmentNote, TrackNote
from storage.chained import SEGMENT
from storage.ledger import append, append_all
from storage.statements import segment_statement
from storage.tables import Filler, Gap, Segment, Site, Spooled, Track, UnitAttributes

KIND_NAMES = {"camera": "摄像头", "screen": "屏幕", "microphone": "话筒"}

_SEGMENT = insert(Segment)
_SPOOLED = insert(Spooled)
_GAP = insert(Gap)
_FILLER = insert(Filler)


async def add_all(session: AsyncSession, notes: Iterable[tuple[str, SegmentNote | FillerNote]]) -> None:
    """Each with its chain; one statement for each kind of row, however many there are: every segment comes this way."""
    segments, spooled, gaps, fill, entries = [], [], [], [], []
    for chain, note in notes:
        if isinstance(note, FillerNote):
            fill.append(_filler(note))
            continue
        values = _segment(note)
        segments.append(values)
        spooled.append({"segment_id": note.id, "bytes": note.bytes, "sealed_wall": values["sealed_wall"]})
        for gap in note.gaps:
            gaps.append(_gap(note.track.recording, gap))
            entries.append((chain, "gap", gap_statement(gap)))
        statement = segment_statement(Segment(**values))
        if note.spans:
            statement["spans"] = [
                {"cause": span.cause, "start_ns": span.start_ns, "end_ns": span.end_ns} for span in note.spans
            ]
        entries.append((chain, SEGMENT, statement))
    connection = await session.connection()
    for insertion, rows in ((_SEGMENT, segments), (_SPOOLED, spooled), (_GAP, gaps), (_FILLER, fill)):
        if rows:
            await connection.execute(insertion, rows)
    await append_all(session, entries)


async def ensure_track(session: AsyncSession, note: TrackNote) -> None:
    if await session.get(Track, note.id) is not None:
        return
    # A publisher is a device at a site: SITE.DEVICE
    site = await session.get(Site, note.publisher.partition(".")[0])
    name = KIND_NAMES[note.kind]
    if site is not None:
        attributes = (
            select(UnitAttributes.name)
            .where(UnitAttributes.unit_id == site.unit_id, UnitAttributes.until_on.is_(None))
            .order_by(UnitAttributes.from_on.desc())
            .limit(1)
        )
        unit = await session.scalar(attributes)
        name = f"{unit} {name}" if unit else name
    session.add(
        Track(
            id=note.id, recording_id=note.recording, publisher=note.publisher, kind=note.kind, codec=note.codec,
            site_id=site.id if site else None, name=name,
        )
    )  # fmt: skip
    await session.flush()


async def add_gap(session: AsyncSession, recording: str, chain: str, gap: GapNote) -> None:
    await (await session.connection()).execute(_GAP, _gap(recording, gap))
    await append(session, chain, "gap", gap_statement(gap))


def wall_ns(text: str) -> int:
    """The inverse of storage.clock.rfc3339, to the microsecond."""
    moment = datetime.fromisoformat(text)
    return calendar.timegm(moment.utctimetuple()) * 1_000_000_000 + moment.microsecond * 1000


def gap_statement(gap: GapNote) -> dict[str, Any]:
    return {
        "gap": gap.id, "track": gap.track, "start_ns": gap.start_ns, "end_ns": gap.end_ns, "cause": gap.cause,
        "packets": gap.packets,
    }  # fmt: skip


def _segment(note: SegmentNote) -> dict[str, Any]:
    return {
        "id": note.id, "recording_id": note.track.recording, "track_id": note.track.id, "number": note.number,
        "name": note.name, "relay_epoch": note.source.epoch, "source_id": note.source.id,
        "first_index": note.first_index, "last_index": note.last_index, "start_ns": note.start_ns,
        "end_ns": note.end_ns, "frames": note.frames, "fillers": note.fillers, "bytes": note.bytes,
        "head_bytes": note.head_bytes, "width": note.width, "height": note.height, "sha256": note.sha256,
        "sm3": note.sm3, "sealed_wall": wall_ns(note.sealed_at),
    }  # fmt: skip


def _gap(recording: str, gap: GapNote) -> dict[str, Any]:
    return {
        "id": gap.id, "recording_id": recording, "track_id": gap.track, "start_ns": gap.start_ns, "end_ns": gap.end_ns,
        "cause": gap.cause, "packets": gap.packets,
    }  # fmt: skip


def _filler(note: FillerNote) -> dict[str, Any]:
    return {
        "id": note.id, "track_id": note.track.id, "name": note.name, "start_ns": note.start_ns, "end_ns": note.end_ns,
        "bytes": note.bytes, "head_bytes": note.head_bytes,
    }  # fmt: skip
