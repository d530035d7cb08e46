"""Gaps that wait for an explanation, what was said of them, and where something waits."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Id, Request, UnitRef
from api.records.meetings import GapView


class NewExplanation(Request):
    gaps: Annotated[list[Id], Field(min_length=1, max_length=500)]
    text: Annotated[str, StringConstraints(min_length=2, max_length=1000, pattern=r"^[^\x00]+$")]


class TechnicalGap(GapView):
    kind: str | None  # of its track: camera | screen | microphone; none: the whole recording
    explanation: str | None  # the newest one that speaks of it
    state: Literal["waiting", "explained", "countersigned"]


class ExplanationView(Answer):
    id: str
    text: str | None  # none: it speaks of a part that this reader may not see
    gaps: list[str]
    by: str
    at_wall: str
    countersigned_as: str | None
    countersigned_wall: str | None
    may_countersign: bool


class GapsView(Answer):
    above_ms: int  # a technical gap longer than this is to be explained
    gaps: list[TechnicalGap]  # none while the recording isn't closed, or where it was by choice
    explanations: list[ExplanationView]
    may_explain: bool


class WaitingGaps(Answer):
    """A recording in which something waits for who asks."""

    recording: str
    meeting: str
    title: str
    unit: UnitRef
    opened_wall: str
    explain: int  # gaps without an explanation, where he may give one
    countersign: int  # explanations without a countersignature, where he may give one
