"""An open file of an earlier life, up to its last whole access unit: the segment with which a writer goes on."""

from collections.abc import Callable
from pathlib import Path

from media_server.engine.wrap import low32
from recorder import containers, recovery
from recorder.disk import Files, OpenFile
from recorder.errors import SpoolFull
from recorder.mp4 import Fragment
from recorder.names import OpenName, open_name
from recorder.notes import GapNote, Span, TrackNote
from recorder.segment import OpenSegment
from storage.ids import new_id
from storage.sealing import OPEN_SUFFIX, SealingFile


def take_up(
    spool: Path, track: TrackNote, name: OpenName, files: Files, failed: Callable[[OSError | SpoolFull], None]
) -> OpenSegment | None:
    """None: it holds no whole access unit, and is thrown away."""
    path = spool / (open_name(name) + OPEN_SUFFIX)
    found = recovery.read(path.read_bytes())
    if found is None:
        SealingFile.reopen(spool, open_name(name), 0).abandon()
        return None
    file = SealingFile.reopen(spool, open_name(name), found.keep)
    file.write(found.again)
    file.flush()
    taken = OpenFile(files, track.id, spool, open_name(name), failed)
    taken.take(file)
    head, whole = found.head, found.fragments
    # It holds the low half of the index; first ≤ last gives the rest
    last = name.first + ((whole[-1].sequence - name.first) & 0xFFFFFFFF)
    opened = OpenSegment(
        track, taken, name, found.container, containers.suffix(head), head, found.container.picture_size(head),
        found.start, found.end, last, low32(name.stamp + found.end - found.start), duration=whole[-1].durations[-1],
    )  # fmt: skip
    _count(opened, whole)
    return opened


def _count(opened: OpenSegment, whole: list[Fragment]) -> None:
    """Frames, fillers and spans, as the file itself tells them."""
    track, at = opened.track, opened.start
    for fragment in whole:
        for duration, cause in zip(fragment.durations, fragment.fillers, strict=True):
            if not cause:
                opened.frames += 1
            else:
                opened.fillers += 1
                span = Span(cause, track.ns(at), track.ns(at + duration))
                if opened.spans and opened.spans[-1].cause == cause and opened.spans[-1].end_ns == span.start_ns:
                    span = Span(cause, opened.spans.pop().start_ns, span.end_ns)
                opened.spans.append(span)
            at += duration
    for span in opened.spans:
        if span.is_gap:
            cause = "network" if span.cause == "lost" else span.cause
            opened.gaps.append(GapNote(new_id("gap"), track.id, span.start_ns, span.end_ns, cause))
