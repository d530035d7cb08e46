"""Recordings with tracks and marks, and the looks at them."""

from typing import Literal

from api.records.base import Answer, Key, Milliseconds, Request, Text, UnitRef
from api.records.meetings import CoverageView, GapView, MeetingBrief, MeetingView


class RecordingBrief(Answer):
    id: str
    meeting: MeetingBrief
    part: int
    duration_ms: int
    coverage_live: float
    state: str
    poster: str | None
    title_hidden: bool  # all of it looks restricted to this reader
    deleted: bool  # its media are gone, at the end of their term


class SpanView(Answer):
    start_ms: int
    end_ms: int


class TrackView(Answer):
    id: str
    kind: str
    codec: str
    name: str
    site: UnitRef | None
    segments: int
    bytes: int
    start_ms: int
    end_ms: int
    frames: int
    width: int | None
    height: int | None
    spans: list[SpanView]  # in which it was recorded; pauses of less than a second are not told apart
    copying: bool  # its viewing copy is being made: it can't be played yet


class MarkView(Answer):
    id: str
    kind: str
    label: str
    start_ms: int
    end_ms: int | None
    item: str | None
    decision: str | None


class CheckpointView(Answer):
    seq: int
    root: str
    key_id: str
    short: str


class SpanOfPart(Answer):
    """A span that this reader is refused; without an end while it lasts."""

    start_ms: int
    end_ms: int | None


class MayDo(Answer):
    """What this reader may do with the recording beside looking at it."""

    download: bool
    answer: bool  # confirm or dismiss quality marks


class RecordingView(Answer):
    id: str
    meeting: MeetingView
    part: int
    state: Literal["recording", "closing", "closed"]
    start_ms: int
    duration_ms: int
    pictures: Literal["all", "shown"]  # shown: of cameras only what was on the main picture, or spoke, was kept
    tracks: list[TrackView]
    gaps: list[GapView]
    marks: list[MarkView]
    coverage: CoverageView
    checkpoint: CheckpointView | None
    viewable: bool
    title_hidden: bool  # all of it looks restricted to this reader
    deleted_wall: str | None  # its media are gone since then, at the end of their term
    restricted: list[SpanOfPart]
    may: MayDo


class QualityMarkView(Answer):
    """A span that is black, of one colour, frozen (one camera), or silent (all microphones of the main site)."""

    id: str | None  # none: a first guess, to which nobody answers
    track: str | None
    kind: Literal["black", "plain", "frozen", "silent"]
    start_ms: int
    end_ms: int
    state: Literal["rough", "proposed", "confirmed", "dismissed"]
    answered_as: str | None
    answered_wall: str | None
    remark: str | None


class QualityView(Answer):
    measured: bool  # from end to end; else what was seen and heard in passing
    marks: list[QualityMarkView]


class NewQualityAnswer(Request):
    answer: Literal["confirmed", "dismissed"]
    remark: Text | None = None


class NewLook(Request):
    sitting: Key
    start_ms: Milliseconds
    end_ms: Milliseconds


class LookView(Answer):
    id: str
    recording: str
    user: str
    sitting: str
    start_ms: int
    end_ms: int
    wall: str
