"""The desks: what waits for a town, what is next in a village, a county's shares and the affairs behind each figure."""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from api.records.base import Answer, Day, Id, Key, Name, Request, Sentence, Text, UnitRef
from api.records.decisions import MatterRef

Outcome = Literal["resolved", "rejected", "no_quorum", "withdrawn", "ended"]
Which = Literal["all", "proper", "broken", "covered", "uncovered", "under_way", "outside"]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]


class Place(Answer):
    """A unit, and its town, as villages of one name are told apart by it."""

    unit: UnitRef
    town: UnitRef | None


class Due(Place):
    """One thing that is to be done about one decision."""

    decision: str
    title: str
    matter: MatterRef
    act: str
    step: str
    step_name: str
    step_name_en: str
    who: str
    since: str
    due_on: str | None  # the last day of its clock
    late_on: str | None  # the first on which it is overdue
    overdue: bool
    may: bool  # whether the asker may do it
    zh: str
    en: str


class DuePage(Answer):
    total: int
    items: list[Due]  # the first ones, what is overdue for longest on top
    # Who began records of which something is shown that nobody may do about his own.
    _begun_by: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def begun_by(self) -> frozenset[str]:
        return self._begun_by

    def of_those(self, who: frozenset[str]) -> "DuePage":
        self._begun_by = who
        return self


class Attending(Place):
    """A meeting to attend, in person or by video."""

    meeting: str
    title: str
    kind: str
    kind_name: str
    kind_name_en: str
    state: str
    planned_wall: str | None
    opened_wall: str | None
    by_video: bool  # whether the asker may join it from where he is


class OutOfStep(Place):
    overdue: int
    since: str | None  # from which day on the oldest of them is overdue
    skipped: int  # decisions under way in which a step was left out
    zh: str
    en: str


class OutOfStepPage(Answer):
    total: int
    items: list[OutOfStep]


class TownDesk(Answer):
    on: str
    reviews: DuePage
    meetings: list[Attending]
    overdue: DuePage  # of villages
    villages: OutOfStepPage
    notes: list[Sentence]

    @property
    def begun_by(self) -> frozenset[str]:
        return self.reviews.begun_by | self.overdue.begun_by


class VillageDesk(Answer):
    on: str
    next: DuePage
    waiting: DuePage  # for the town or the county, for a posting to have its days, or to be taken off
    notes: list[Sentence]

    @property
    def begun_by(self) -> frozenset[str]:
        return self.next.begun_by | self.waiting.begun_by


class Figures(Answer):
    """Of a period. Shares in permille of `all`; none where there is nothing."""

    all: int  # decisions with a step due, affairs outside the system among them
    proper: int  # of which no due step failed
    covered: int  # with a whole recording of every required meeting
    under_way: int
    outside: int
    proper_permille: int | None
    covered_permille: int | None


class UnitFigures(Place, Figures):
    pass


class CategoryFigures(Figures):
    category: str
    name: str
    name_en: str


class RuleFigures(Answer):
    rule: str
    name: str
    name_en: str
    kind: str
    whose: str
    clause: str
    clause_en: str
    broken: int  # decisions


class CountyDesk(Answer):
    from_on: str
    until_on: str  # the last day
    total: Figures
    towns: list[UnitFigures]
    villages: list[UnitFigures]
    categories: list[CategoryFigures]
    rules: list[RuleFigures]


class Affair(Place):
    """One affair behind a figure: a decision, or one outside the system."""

    id: str
    outside: bool
    title: str
    matter: MatterRef
    on: str  # begun, or settled outside
    outcome: Outcome | None
    under_way: bool
    proper: bool
    covered: bool
    reasons: list[Sentence]


class AffairPage(Answer):
    total: int
    offset: int
    items: list[Affair]


class NewOutsideAffair(Request):
    unit: Id
    matter: Key
    title: Name
    on: Day  # on which it was settled
    found: Text  # what was found, and where


class StruckAffair(Request):
    reason: Text


class OutsideAffairView(Place):
    id: str
    title: str
    matter: MatterRef
    on: str
    found: str
    found_as: str
    found_wall: str
    struck_as: str | None
    struck_wall: str | None
    struck_reason: str | None
    may_strike: bool
