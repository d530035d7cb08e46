"""Decision records: where they were discussed, what was voted, what their chain says."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from api.records.base import MOST, Answer, Day, Id, Key, Milliseconds, Name, Request, Sentence, Text, UnitRef
from api.records.meetings import MeetingBrief, VoteView

MOST_FEN = 10**15  # well within what a chain holds as a number


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
    outcome: Literal["resolved", "rejected", "no_quorum", "withdrawn", "ended"] | None
    proper: bool | None
    created_wall: str


class SpanView(Answer):
    item: str
    item_title: str
    step: str | None  # of the procedure, that it took up; none: the record was over or closed before
    meeting: MeetingBrief
    part: str  # of the meeting, by its name
    recording: str | None
    start_ms: int
    end_ms: int | None


class EntryView(Answer):
    seq: int
    kind: str
    at: str
    text_zh: str
    text_en: str
    corrected_by: int | None = None  # the entry that says what it ought to have said
    corrects: int | None = None  # the entry that it corrects
    fallen: bool = False  # can't be since another entry was corrected
    fields: dict[str, str | int | bool | None] | None = None  # what may be corrected of it, as it stands now


class WordView(Answer):
    """Whose word a correction waits for."""

    id: str
    entry: int
    at: int  # the entry in which it was asked for
    reason: str
    text_zh: str
    text_en: str
    words: list[Literal["town", "supervisor"]]  # who agreed
    may: bool  # whether the asker's word is waited for


class MinutesView(Answer):
    """An objection to the minutes of an item, and what was found when the recording was looked at."""

    id: str
    decision: str | None  # on whose record it stands; none: the item had none
    item: str
    recording: str | None
    at_ms: int
    text: str
    state: Literal["open", "found", "settled"]
    finding: Literal["upheld", "not-upheld"] | None
    note: str | None
    entry: int | None  # the correction that follows from it
    disputed: str | None  # why the supervisor doesn't share the last finding
    may_find: bool
    may_agree: bool


class StepView(Answer):
    key: str
    name: str
    name_en: str
    form: Literal["opinion", "sitting", "posting", "done", "sign"]
    who: str
    state: Literal["done", "passed-by", "due", "waiting"]
    done_on: str | None
    optional: bool
    decides: bool
    kinds: list[str]  # of meetings in which it may be done
    offices: list[str]  # of the township, whose opinions it needs, where there are several
    owing: list[str]  # those of them that still owe theirs


class NextView(Answer):
    """What may be done next."""

    act: str
    step: str | None
    who: str
    may: bool  # whether the asker may


class MissingView(Answer):
    step: str
    what: str
    zh: str
    en: str


class FindingView(Answer):
    rule: str
    kind: Literal["law", "procedure", "advice"]
    whose: Literal["village", "town"]
    step: str
    meeting: str | None
    clause: str
    clause_en: str
    zh: str
    en: str
    corrected: int | None = None  # rested on a wrong entry, which this one corrects; it counts no more


class StandingView(Answer):
    """Where the record stands today."""

    on: str
    procedure: str
    procedure_name: str
    procedure_name_en: str
    compliant: bool | None
    steps: list[StepView]
    next: list[NextView]
    missing: list[MissingView]
    findings: list[FindingView]


class PlanFileView(Answer):
    name: str
    mime: str
    bytes: int
    by: str
    received_wall: str
    stored: bool  # under lock in the object store


class PlanStep(Answer):
    step: str
    name: str
    name_en: str
    on: str


class PlanView(Answer):
    """One version of the plan."""

    number: int
    on: str
    sha256: str
    material: bool
    counts: bool  # what was done on it isn't overtaken by a material change
    file: PlanFileView | None  # none: it stays on paper, only its hash was named
    steps: list[PlanStep]  # that dealt with it


class DecisionView(DecisionBrief):
    begun_on: str
    standing: StandingView | None  # none: parts of the record were erased
    improper_reasons: list[Sentence]
    spans: list[SpanView]
    votes: list[VoteView]
    entries: list[EntryView]
    plans: list[PlanView]  # the newest first
    may_plan: bool
    corrections: list[WordView]  # that wait for a second word
    minutes: list[MinutesView]


class ForeseenView(Answer):
    """A step that a meeting would take up, and what would fail of it."""

    decision: str
    title: str
    step: str | None  # none: no step of it is done so
    step_name: str
    step_name_en: str
    foreseen: list[FindingView]


class WaitingDecision(ForeseenView):
    """A record whose next step needs a meeting of this kind."""

    matter: MatterRef
    access_class: str


class ForeseenItem(ForeseenView):
    """An item of a meeting that is planned."""

    item: str


class NewDecision(Request):
    unit: Id
    matter: Key
    title: Name
    urgent: Text | None = None  # why it can't wait for a review and a notice
    amount: Annotated[int, Field(ge=0, le=MOST_FEN)] | None = None
    procedure: Key | None = None  # where the matter may walk either of two
    body: Key | None = None
    guarantee: bool = False  # answers for others' debts, or pledges collective property: the law forbids it


class NewAct(Request):
    """An act (docs/PROCEDURES.md); which fields belong to which: there."""

    act: Literal["plan", "ask", "opinion", "post", "off", "object", "answer", "done", "sign", "withdraw", "end"]
    step: Key | None = None
    on: Day | None = None  # today, where none is given
    opinion: Literal["agree", "return", "risk", "refuse"] | None = None
    reasons: Text | None = None
    office: Text | None = None  # whose opinion it is, where several are asked
    reason: Text | None = None
    plan: Annotated[int, Field(ge=1, le=1000)] | None = None
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    material: bool | None = None
    number: Annotated[int, Field(ge=1, le=10_000)] | None = None
    person: Id | None = None


Change = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")] | bool | int | None


def _counted(changes: dict[str, Change]) -> dict[str, Change]:
    for name, value in changes.items():
        most = MOST_FEN if name == "amount" else MOST
        if isinstance(value, int) and abs(value) > most:
            raise ValueError(f"{name}: above {most}")
    return changes


class NewCorrection(Request):
    """`entry`: the number on the chain; `changes`: the fields that are to say something else (docs/PROCEDURES.md)."""

    entry: Annotated[int, Field(ge=0, le=1_000_000)]
    changes: Annotated[dict[Key, Change], Field(max_length=20), AfterValidator(_counted)] = Field(default_factory=dict)
    struck: bool = False  # there was no such thing
    reason: Text


class SecondWord(Request):
    agree: bool
    reason: Text | None = None  # why not


class MinutesObjection(Request):
    """What the minutes of an item say wrongly, and the moment that shows it."""

    at_ms: Milliseconds
    text: Text


class MinutesFinding(Request):
    finding: Literal["upheld", "not-upheld"]
    note: Text
    entry: Annotated[int, Field(ge=0, le=1_000_000)] | None = None  # the correction that follows from it
