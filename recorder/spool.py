"""The spool's folder: what a recording left there, how much room is left, what may go.

A recording's folder has `recording.note`, each track's folder `track.note`: with them and the sidecars a recorder
that finds no database goes on recording where it was. `recording.note` goes when the recording is closed.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recorder.errors import SpoolFull
from recorder.names import OpenName, read_open_name
from recorder.notes import Position, RecordingNote, SegmentNote, TrackNote
from storage.sealing import make_folder, remove_sealed, survey, sync_folder

RECORDING_NOTE = "recording.note"
TRACK_NOTE = "track.note"

log = logging.getLogger(__name__)


# Left free on the spool's disk: for what is open to be sealed, for the database and the bus.
RESERVE_BYTES = 256 << 20
RESERVE_SHARE = 50  # of a small disk one fiftieth
PROBE_BYTES = 64 << 10


class Spool:
    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.trouble: OSError | SpoolFull | None = None  # a recording can't be begun
        self.unconfirmed_bytes: int | None = None  # the store lacks; None: not known yet
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    def add(self, size: int) -> None:
        self.bytes += size

    @property
    def room_bytes(self) -> int:
        """That a new segment may take: of the limit, and of the disk without the reserve. May be below 0."""
        disk = os.statvfs(self.folder)
        reserve = min(RESERVE_BYTES, disk.f_blocks * disk.f_frsize // RESERVE_SHARE)
        return min(self.limit_bytes - self.bytes, disk.f_bavail * disk.f_frsize - reserve)

    @property
    def keeps_bytes(self) -> int:
        """That can be recorded until nothing is left to take out: what the store has goes when room is needed."""
        stored = 0 if self.unconfirmed_bytes is None else max(0, self.bytes - self.unconfirmed_bytes)
        return max(0, self.room_bytes + stored)

    @property
    def full(self) -> bool:
        return self.room_bytes <= 0

    def check(self) -> None:
        if (room := self.room_bytes) <= 0:
            raise SpoolFull(f"{self.bytes} of {self.limit_bytes} bytes, {-room} too many")

    def probe(self, recording: str, tracks: list[str]) -> None:
        """Raises OSError when nothing can be written there now."""
        for folder in (self.folder / recording, *(self.folder / recording / track for track in tracks)):
            make_folder(folder)
            path = folder / "probe.part"
            try:
                with path.open("wb") as file:
                    file.write(bytes(PROBE_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                path.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Who calls this knows that the object store has it."""
        try:
            self.bytes -= (self.folder / name).stat().st_size
        except FileNotFoundError:
            return
        remove_sealed(self.folder, name)

    # Notes

    def note_recording(self, note: RecordingNote) -> None:
        _write(self.folder / note.id / RECORDING_NOTE, asdict(note))

    def note_track(self, note: TrackNote) -> None:
        _write(self.folder / note.recording / note.id / TRACK_NOTE, asdict(note))

    def forget_recording(self, recording: str) -> None:
        try:
            (self.folder / recording / RECORDING_NOTE).unlink(missing_ok=True)
        except OSError as error:  # then the next start finds out that it is closed
            log.error("the note of %s stays: %s", recording, error)

    def recordings(self) -> Iterator[RecordingNote]:
        """The ones that weren't closed, as far as this spool knows."""
        for path in sorted(self.folder.glob(f"*/{RECORDING_NOTE}")):
            try:
                yield RecordingNote(**json.loads(path.read_text()))
            except (OSError, ValueError, TypeError):
                log.exception("%s cannot be read", path)

    # What a recording left

    def left(self, recording: str) -> tuple[list[Position], list[SegmentNote], list[OpenName]]:
        """Tracks with their positions, sealed segments in order, and open files."""
        root = self.folder / recording
        if not root.is_dir():
            return [], [], []
        found = survey(self.folder, recording)
        segments = [note for each in found.sealed if (note := SegmentNote.of(each)) is not None]
        opened = [name for each in found.open if (name := read_open_name(each)) is not None]
        positions = []
        for path in sorted(root.glob(f"*/{TRACK_NOTE}")):
            try:
                track = TrackNote(**json.loads(path.read_text()))
            except (OSError, ValueError, TypeError):
                log.exception("%s cannot be read", path)
                continue
            own = [note for note in segments if note.track.id == track.id]
            last = max(own, key=lambda note: note.number, default=None)
            fillers = [_filler_end(each.name) for each in path.parent.glob("filler~*.mp4")]
            size = next(((n.width, n.height) for n in reversed(own) if n.width and n.height), None)
            positions.append(
                Position(
                    track,
                    last.number if last else 0,
                    last.end_ns if last else None,
                    last.source if last else None,
                    last.last_index if last else -1,
                    max(fillers, default=0),
                    size,
                )
            )
        return positions, segments, opened


def _filler_end(name: str) -> int:
    """filler~STARTMS~ENDMS.hTAG.mp4"""
    try:
        return int(name.split("~")[2].split(".")[0]) * 1_000_000
    except (IndexError, ValueError):
        return 0


def _write(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all; on disk when this returns."""
    make_folder(path.parent)
    part = path.with_suffix(".part")
    with part.open("w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_folder(path.parent)
