"""Decision records: where they were discussed, what was voted, what their chain says."""

from typing import Literal

from api.records.base import Answer, Id, Key, Name, Request, Sentence, UnitRef
from api.records.meetings import MeetingBrief, VoteView


class MatterRef(Answer):
    key: str
    name: str
    category: str
    category_name: str


class DecisionBrief(Answer):
    id: str
    title: str
    unit: UnitRef
    matter: MatterRef
    state: str
    outcome: Literal["passed", "rejected", "no_quorum", "withdrawn", "ended"] | None
    proper: bool | None
    created_wall: str


class SpanView(Answer):
    item: str
    item_title: str
    meeting: MeetingBrief
    recording: str | None
    start_ms: int
    end_ms: int | None


class EntryView(Answer):
    seq: int
    kind: str
    at: str
    text_zh: str
    text_en: str


class DecisionView(DecisionBrief):
    improper_reasons: list[Sentence]
    spans: list[SpanView]
    votes: list[VoteView]
    entries: list[EntryView]


class NewDecision(Request):
    unit: Id
    matter: Key
    title: Name


class DecisionEnd(Request):
    outcome: Literal["withdrawn", "ended"]
