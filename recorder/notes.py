"""What is known of a sealed segment, a gap, a filler: plain records, as they stand in sidecars and become rows.

A sidecar's facts take integers below 2^53 and text only (storage.canonical); wall clock times stand there as text.
"""

import logging
from dataclasses import asdict, dataclass, field
from typing import Any

from media_server.records import Pictures
from storage.clock import Origin
from storage.sealing import Sealed

log = logging.getLogger(__name__)

# Shorter losses stand in a segment's spans only; from here on a hole is a gap of its own, for all to see.
GAP_MS = 60
# The cause of a hole that is none: that camera was not shown, and only what is shown is kept.
ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Source:
    """Where packets come from: a relay's life and its source in it."""

    epoch: str
    id: str


@dataclass(frozen=True, slots=True)
class TrackNote:
    """One camera, screen or microphone of a recording."""

    id: str
    recording: str
    publisher: str
    kind: str
    codec: str

    @property
    def sound(self) -> bool:
        return self.kind == "microphone"

    @property
    def scale(self) -> int:
        """Ticks a second: the RTP clock rate."""
        return 48_000 if self.sound else 90_000

    def ticks(self, ns: int) -> int:
        return (ns * self.scale + 500_000_000) // 1_000_000_000

    def ns(self, ticks: int) -> int:
        return (ticks * 1_000_000_000 + self.scale // 2) // self.scale


@dataclass(frozen=True, slots=True)
class GapNote:
    id: str
    track: str | None
    start_ns: int
    end_ns: int
    cause: str
    packets: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A span inside a segment of sound where fillers stand: lost | dtx | muted | call | locked."""

    cause: str
    start_ns: int
    end_ns: int

    @property
    def is_gap(self) -> bool:
        return self.cause != "dtx" and self.end_ns - self.start_ns >= GAP_MS * 1_000_000


@dataclass(frozen=True, slots=True)
class SegmentNote:
    id: str
    track: TrackNote
    source: Source
    number: int
    name: str
    first_index: int
    last_index: int
    start_ticks: int
    end_ticks: int
    frames: int
    fillers: int
    head_bytes: int
    width: int | None
    height: int | None
    sealed_at: str  # RFC 3339
    bytes: int
    sha256: str
    sm3: str
    spans: list[Span] = field(default_factory=list)
    gaps: list[GapNote] = field(default_factory=list)  # before it and inside it
    end_stamp: int | None = None  # RTP time, 32 bits, of `end_ticks`: where a recorder that was killed goes on

    @property
    def start_ns(self) -> int:
        return self.track.ns(self.start_ticks)

    @property
    def end_ns(self) -> int:
        return self.track.ns(self.end_ticks)

    def facts(self) -> dict[str, Any]:
        """For the sidecar, which knows name, size and hashes by itself."""
        facts = asdict(self)
        for key in ("name", "bytes", "sha256", "sm3"):
            del facts[key]
        return facts

    @classmethod
    def of(cls, sealed: Sealed) -> "SegmentNote | None":
        """What a sidecar says; None when it is no segment's."""
        try:
            return cls.read(sealed.name, sealed.bytes, sealed.sha256, sealed.sm3, sealed.facts)
        except (KeyError, TypeError):
            log.error("the sidecar of %s is no segment's", sealed.name)
            return None

    @classmethod
    def read(cls, name: str, size: int, sha256: str, sm3: str, facts: dict[str, Any]) -> "SegmentNote":
        """Raises KeyError or TypeError on facts of another kind of file."""
        facts = dict(facts)
        return cls(
            track=TrackNote(**facts.pop("track")),
            source=Source(**facts.pop("source")),
            spans=[Span(**each) for each in facts.pop("spans")],
            gaps=[GapNote(**each) for each in facts.pop("gaps")],
            name=name, bytes=size, sha256=sha256, sm3=sm3, **facts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FillerNote:
    id: str
    track: TrackNote
    name: str
    start_ns: int
    end_ns: int
    bytes: int
    head_bytes: int


@dataclass(frozen=True, slots=True)
class RecordingNote:
    """What is to be recorded: a recording's row and its meeting's origin."""

    id: str
    meeting: str  # the relay's room
    chain: str
    start_ns: int
    wall_ns: int  # the origin of meeting time (storage.clock.Origin)
    monotonic_ns: int
    boot: str
    end_ns: int | None = None
    pictures: Pictures = "all"  # which are kept (recorder.rule)

    @property
    def origin(self) -> Origin:
        return Origin(self.wall_ns, self.monotonic_ns, self.boot)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a track is, as the database or its sidecars know it."""

    track: TrackNote
    number: int = 0  # of its last segment
    end_ns: int | None = None
    source: Source | None = None
    last_index: int = -1
    filled_ns: int = 0  # end of its last filler
    size: tuple[int, int] | None = None
