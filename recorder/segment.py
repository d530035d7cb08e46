"""One segment while it is open: units in groups, each with its duration, and what is known of it when it ends."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from media_server.engine.wrap import low32
from recorder.containers import Container
from recorder.disk import OpenFile
from recorder.mp4 import Sample
from recorder.names import OpenName, sealed_name
from recorder.notes import GapNote, SegmentNote, Span, TrackNote
from recorder.units import Unit
from storage.clock import rfc3339_now
from storage.ids import new_id

# Units are written in groups: a fragment's boxes weigh as much as two packets of speech. Of a torn group the units that
# are whole are taken up, by the checksums of each (recorder.recovery).
GROUP = 64
# A picture that stands longer is a hole: screens that don't change still send once a second.
STILL_S = 3.0


@dataclass(slots=True)
class OpenSegment:
    track: TrackNote
    file: OpenFile
    name: OpenName
    container: Container
    suffix: str  # of its name when it is sealed
    head: bytes
    size: tuple[int, int] | None
    start: int  # ticks
    tail: int  # ticks: where the next sample to be written begins
    last_index: int
    stamp: int  # RTP time of `tail`
    frames: int = 0
    fillers: int = 0
    spans: list[Span] = field(default_factory=list)
    gaps: list[GapNote] = field(default_factory=list)
    group: list[Sample] = field(default_factory=list)
    group_start: int = 0
    group_last: int = 0
    pending: Unit | None = None  # its duration isn't known yet
    duration: int = 0  # ticks, of the unit before: a guess for the last one

    @property
    def tag(self) -> str:
        return tag(self.head)

    def jumps(self, unit: Unit) -> bool:
        """Whether there is a hole, or something else, between what waits and this one."""
        if self.pending is None:
            return False
        ahead = unit.stamp - self.pending.stamp
        if self.track.sound:
            return ahead != self.pending.duration
        return not 0 < ahead <= STILL_S * self.track.scale

    def write(self, unit: Unit, duration: int) -> None:
        self.duration = duration
        self.frames += 1
        self.add(Sample(duration, unit.data, unit.key, last=unit.last))
        self.stamp = low32(unit.stamp + duration)

    def add(self, sample: Sample) -> None:
        """A unit's, or a filler."""
        if not self.group:
            self.group_start = self.tail
        self.group.append(sample)
        self.tail += sample.duration
        self.group_last = sample.last
        if len(self.group) >= GROUP:
            self.flush()

    def flush(self) -> None:
        if self.group:
            self.file.write(self.fragment())

    def fragment(self) -> bytes:
        """Of the group, which is empty then."""
        data = self.container.fragment(self.group_last, self.group_start, self.group)
        self.last_index = self.group_last
        self.group = []
        return data

    def end(self) -> None:
        """Write what waits, with the duration of the unit before it."""
        if self.pending is not None:
            unit, self.pending = self.pending, None
            self.write(unit, unit.duration or self.duration or self.track.scale // 30)
        self.flush()

    def note(self) -> SegmentNote:
        """As it stands; bytes and hashes come from the ritual, and the facts don't repeat them."""
        size = self.size or (None, None)
        name = sealed_name(self.name, self.last_index, self.tag, self.suffix)
        return SegmentNote(
            new_id("seg"), self.track, self.name.source, self.name.number, name, self.name.first, self.last_index,
            self.start, self.tail, self.frames, self.fillers, len(self.head), size[0], size[1], rfc3339_now(), 0, "",
            "", self.spans, self.gaps, self.stamp,
        )  # fmt: skip


@lru_cache(256)
def tag(head: bytes) -> str:
    """Segments with the same one play on without another head."""
    return sha256(head).hexdigest()[:8]
