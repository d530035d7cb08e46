"""A short hole of sound inside a segment: filled with a packet every 20 ms, and noted with its cause."""

from media_server.codecs import opus
from media_server.engine.wrap import low32
from recorder import mp4
from recorder.mp4 import Sample
from recorder.notes import GapNote, Span
from recorder.segment import OpenSegment
from recorder.units import Unit
from storage.ids import new_id

# A longer hole isn't bridged: the file ends, filler files stand there.
BRIDGED_S = 2.0


def hole(opened: OpenSegment, unit: Unit) -> int | None:
    """Ticks between what waits and this unit, 0 for a loss that took no time (packets of padding); None where it can't
    be bridged."""
    if opened.pending is None:
        return None
    found = unit.stamp - opened.pending.stamp - opened.pending.duration
    return found if 0 <= found <= BRIDGED_S * opened.track.scale else None


def bridge(opened: OpenSegment, unit: Unit, ticks: int, cause: str) -> None:
    """Write what waits and the fillers of a hole so long; the unit waits then."""
    before = opened.pending
    assert before is not None
    track = opened.track
    name = {"network": "lost", track.kind: "dtx"}.get(cause, cause)
    if unit.lost:
        name, cause = "lost", "network"
    filler = opus.filler(before.data)
    each = opus.duration(filler)
    opened.write(before, before.duration)
    start = opened.tail
    while ticks > 0:
        duration = each if ticks >= 2 * each else ticks
        opened.add(Sample(duration, filler, True, name if name in mp4.CAUSES else "lost", before.last))
        opened.fillers += 1
        ticks -= duration
    span = Span(name, track.ns(start), track.ns(opened.tail))
    opened.spans.append(span)
    if span.is_gap:
        opened.gaps.append(GapNote(new_id("gap"), track.id, span.start_ns, span.end_ns, cause, unit.lost or None))
    opened.pending, opened.stamp = unit, low32(unit.stamp)
