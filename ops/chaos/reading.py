"""What an archive has: numbers of frames in their order, and its holes, from an exported folder and the rows."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import av
from sqlalchemy import func, select

from ops.chaos import numbered
from ops.chaos.account import Hole
from storage.clock import Origin
from storage.database import Database
from storage.tables import Checkpoint, Gap, Meeting, Recording, Segment, Stored, Track


@dataclass(frozen=True, slots=True)
class Kept:
    kind: str
    numbers: list[int | None]  # in order; None for frames that nobody numbered, fillers left out
    holes: list[Hole]
    firsts: list[tuple[int, int]]  # of each segment: the number of its first frame that has one, and where it lies


@dataclass(frozen=True, slots=True)
class Archive:
    origin: Origin
    start_ns: int
    end_ns: int
    ended_by: str | None
    tracks: list[Kept]
    clocks: list[tuple[str, Any]]  # of each checkpoint: the hub's wall clock, and what is stated of it


async def state_of(database: Database, meeting: str) -> str:
    async with database.reading() as session:
        return str(await session.scalar(select(Recording.state).where(Recording.meeting_id == meeting)))


async def read(database: Database, meeting: str, exported: Path) -> Archive:
    """Frames are those of the exported files, taken apart by others' hand (libavformat)."""
    async with database.reading() as session:
        row = await session.scalar(select(Recording).where(Recording.meeting_id == meeting))
        opened = await session.get(Meeting, meeting)
        assert row is not None
        assert opened is not None
        tracks = (await session.scalars(select(Track).where(Track.recording_id == row.id))).all()
        gaps = (await session.scalars(select(Gap).where(Gap.recording_id == row.id))).all()
        signed = await session.scalars(
            select(Checkpoint).where(Checkpoint.chain_id == row.chain_id).order_by(Checkpoint.seq)
        )
        clocks = [(each.at, each.clock) for each in signed.all()]
        found = []
        for track in tracks:
            query = select(Segment).where(Segment.track_id == track.id).order_by(Segment.number)
            segments = (await session.scalars(query)).all()
            number_of = numbered.number_of_sound if track.kind == "microphone" else numbered.number_of_picture
            numbers: list[int | None] = []
            firsts: list[tuple[int, int]] = []
            for segment in segments:
                inside = [number_of(sample) for sample in samples(_file(exported, segment))]
                if inside and inside[0] is not None:
                    firsts.append((inside[0], segment.start_ns))
                fillers = segment.fillers
                for number in inside:
                    if number is None and fillers:
                        fillers -= 1
                    else:
                        numbers.append(number)
            if track.kind != "microphone":
                numbers = by_place(numbers)
            holes = [
                Hole(gap.start_ns, gap.end_ns, gap.cause) for gap in gaps if gap.track_id in (None, track.id)
            ] + _spans(exported, track.id)
            found.append(Kept(track.kind, numbers, holes, firsts))
    return Archive(opened.origin(), row.start_ns, row.end_ns or 0, opened.ended_by, found, clocks)


def by_place(numbers: Sequence[int | None]) -> list[int | None]:
    """A key frame that lost its first packet, with parameter sets and number, is whole where its sets were known
    before: it is the one before the next."""
    return [
        following - 1 if number is None and following is not None else number
        for number, following in zip_longest(numbers, numbers[1:])
    ]


def _file(exported: Path, segment: Segment) -> Path:
    return next(exported.rglob("/".join(Path(segment.name).parts[-2:])))  # of two tracks names may be the same


def samples(path: Path) -> list[bytes]:
    with av.open(io.BytesIO(path.read_bytes()), "r") as container:
        return [bytes(packet) for packet in container.demux() if packet.size]


def _spans(exported: Path, track: str) -> list[Hole]:
    """Losses below 60 ms are no gaps: they stand in the entries of their segments."""
    holes = []
    for path in exported.rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            for span in _of_track(json.loads(line), track):
                cause = "network" if span["cause"] == "lost" else span["cause"]
                holes.append(Hole(span["start_ns"], span["end_ns"], cause))
    return holes


def _of_track(line: dict[str, Any], track: str) -> list[dict[str, Any]]:
    payload = line.get("payload") or {}
    return payload.get("spans", []) if payload.get("track") == track else []


async def unconfirmed(database: Database) -> tuple[int, int, int]:
    """Segments that the store has not confirmed; and all segments, with their bytes."""
    async with database.reading() as session:
        have = await session.scalar(select(func.count()).select_from(Stored)) or 0
        count, size = (await session.execute(select(func.count(), func.sum(Segment.bytes)))).one()
    return count - have, count, int(size or 0)
