"""What of a file that a crash or a power cut left is as it was written: its head, and its whole access units.

A file may end anywhere, and be longer than what of it was synced: zeros or a stranger's bytes stand there then. Head,
fragments and samples carry checksums (recorder.mp4, recorder.webm), so nothing is guessed from how bytes look.
A sealed file whose sidecar is missing, or says something else, becomes an open one again (`reopen`).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from media_server.engine.wrap import low32
from recorder import containers
from recorder.containers import Container
from recorder.mp4 import Fragment
from recorder.names import OpenName, SealedName, open_name, read_open_name, read_sealed_name
from recorder.notes import SegmentNote, Source
from storage.sealing import OPEN_SUFFIX, SIDECAR_SUFFIX, Sealed, Survey, survey, sync_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The file's first `keep` bytes and behind them `again` are whole; `fragments` are those of both."""

    container: Container
    head: bytes
    keep: int
    again: bytes  # the whole samples of a fragment that is torn, as a fragment of their own
    fragments: list[Fragment]

    @property
    def start(self) -> int:
        return self.fragments[0].start

    @property
    def end(self) -> int:
        """In ticks, as `start`."""
        return self.fragments[-1].start + sum(self.fragments[-1].durations)


def read(data: bytes) -> Found | None:
    """None: not one access unit is whole."""
    container = containers.of(data)
    head = data[: container.head_length(data)]
    if not head:
        return None
    whole = list(container.fragments(data))
    keep = whole[-1].end if whole else len(head)
    start, samples = container.rest(data, keep)
    again = container.fragment(samples[-1].last, start, samples) if samples else b""
    if again:
        whole = list(container.fragments(data[:keep] + again))
    return Found(container, head, keep, again, whole) if whole else None


def reopen(spool: Path, recording: str, rows: Mapping[str, int]) -> None:
    """The newest of each track's sealed files, where its sidecar can't be read or doesn't hold, is taken up like one
    that was never sealed. Up to number `rows` of each track they have rows, which nothing here may take back.

    A disk that says "synced" too early leaves this behind; an older file in such a state is no crash's work.
    """
    if not (spool / recording).is_dir():
        return
    found = survey(spool, recording)
    notes: dict[str, dict[int, tuple[SegmentNote, Sealed]]] = {}
    for sealed in found.sealed:
        if (note := SegmentNote.of(sealed)) is not None:
            notes.setdefault(note.track.id, {})[note.number] = (note, sealed)
    for track, own in notes.items():
        note, sealed = own[max(own)]
        if note.number > rows.get(track, 0) and not sealed.intact(spool):
            stamp = None if note.end_stamp is None else low32(note.end_stamp - note.end_ticks + note.start_ticks)
            _rename(spool, recording, sealed.name, note.source, stamp)
            del own[note.number]
    for name in found.torn:
        if (read := read_sealed_name(name)) is None:
            continue
        own = notes.get(read.track, {})
        if read.number <= max([rows.get(read.track, 0), *own]):
            log.error("the sidecar of %s can't be read", name)
            continue
        before = own[read.number - 1][0] if read.number - 1 in own else None
        _rename(spool, recording, name, *_source(read, before, found))


def _source(name: SealedName, before: SegmentNote | None, found: Survey) -> tuple[Source, int | None]:
    """Where its packets came from, and the time stamp at its start: a neighbour whose packets join it knows."""
    if before is not None and before.last_index + 1 == name.first:
        return before.source, before.end_stamp
    for each in map(read_open_name, found.open):
        if each is not None and each.track == name.track and each.first == name.last + 1:
            return each.source, None
    return (before.source if before else Source("", "")), None


def _rename(spool: Path, recording: str, name: str, source: Source, stamp: int | None) -> None:
    read = read_sealed_name(name)
    assert read is not None
    log.warning("%s was not sealed whole; it is taken up again", name)
    target = open_name(OpenName(recording, read.track, read.number, source, read.first, stamp or 0))
    (spool / name).rename(spool / (target + OPEN_SUFFIX))
    (spool / (name + SIDECAR_SUFFIX)).unlink(missing_ok=True)
    sync_folder((spool / name).parent)
