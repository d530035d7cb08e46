"""What an entry of each data file says: kinds, bodies, matters, procedures and their steps, rules, roles, postings, a
branch's duties.

Every entry has a key and the days on which it holds; of several with one key the latest that holds counts.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

AccessClass = Literal["open", "restricted", "file", "award"]


WITH_MATTERS = ("village", "party")  # groups of kinds in which records are dealt with


def _day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("YYYY-MM-DD")
    return text


Day = Annotated[str, AfterValidator(_day)]
Count = Annotated[int, Field(ge=1)]
# V assembly or, where it has empowered them, representatives; VA assembly only; M members' assembly or members'
# representatives; MA members' assembly only (DOMAIN "Which body").
Serves = Literal["V", "VA", "M", "MA"]
Form = Literal["sitting", "posting", "opinion", "done", "sign"]
Actor = Literal["village", "branch", "committees", "representatives", "town", "county", "supervisor"]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Said):
    key: str
    from_on: Day
    until_on: Day | None = None


class Kind(Dated):
    name: str
    name_en: str
    body: str | None = None
    group: Literal["village", "party", "training", "county"]
    steps: list[str] = []  # it is offered first for these
    recording: Literal["always", "choice", "never"]
    pictures_up_to_sites: Count | None = None
    access_class: AccessClass = "open"


class Share(Said):
    """A fraction of a base: `at_least` is ≥ (以上), otherwise > (过半)."""

    base: Literal["due", "present", "all", "returned"]
    numerator: Count
    denominator: Count
    at_least: bool

    def met(self, count: int, base: int) -> bool:
        left, right = count * self.denominator, base * self.numerator
        return left >= right if self.at_least else left > right


class BodyRule(Dated):
    name: str
    name_en: str
    quorum: Share | None = None
    quorum_of_households: Share | None = None  # where it may meet by one representative a household
    majority: Share | None = None
    notice_days: Count | None = None  # from the call to the opening
    serves: frozenset[Serves] = frozenset()  # for matters of which kind it is the right body
    online: bool  # whether a person on video counts as present
    source: str


def _offices(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) == 1 or len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise ValueError("at least two different offices, or none")
    return names


# Of the township: each one's opinion is needed for a review. None: the township's own.
Offices = Annotated[tuple[str, ...], AfterValidator(_offices)]


class Category(Dated):
    name: str
    name_en: str
    offices: Offices = ()


class Walk(Said):
    procedure: str
    body: Serves | None = None


class Small(Said):
    """A matter that is meant for what is small; a project may come in pieces (T 4)."""

    below_fen: Count
    within_days: Count  # of another one of the village, its amount is looked at too


class Matter(Dated):
    category: str
    name: str
    name_en: str
    procedure: str
    body: Serves | None = None
    other: Walk | None = None  # the other way that may be chosen when it begins
    access: AccessClass = "open"
    guarantee: bool = False  # whoever begins one is asked whether it is a guarantee or a pledge (A 13, B 35)
    small: Small | None = None
    offices: Offices | None = None  # other ones than its category's
    note: str | None = None

    @property
    def walks(self) -> tuple[Walk, ...]:
        first = Walk(procedure=self.procedure, body=self.body)
        return (first,) if self.other is None else (first, self.other)

    @property
    def item_class(self) -> AccessClass:
        """The access class of an agenda item on this matter, unless the chair sets another. A tender's deliberation is
        open, only its evaluation is restricted (T 37, 38), so `award` is chosen, never assumed."""
        return "open" if self.access == "award" else self.access


class Voting(Said):
    """How a step is voted on, where it isn't just the body's own rule."""

    secret: bool = False
    written: bool = False  # written opinions in favour count
    quorum_of_returned: Share | None = None  # ballots returned, of those due
    majority: Share | None = None
    second: Share | None = None  # the majority of a second round, once a first elected nobody
    proxies: bool = False  # an absent voter's ballot may be handed in by another, by his written word
    counts_only: bool = False  # what is for is a count: quorum alone passes it


class Within(Said):
    """Not later than so many days or months after the day on which another step was done."""

    after: str
    days: Count | None = None
    months: Count | None = None


class NotBefore(Said):
    """So many days have to lie after the day on which another step was done."""

    after: str
    days: Count


class Step(Said):
    """One step of a procedure; which fields belong to which form: `api.domain.checking`."""

    key: str
    name: str
    name_en: str
    form: Form
    who: Actor
    decides: bool = False
    optional: bool = False
    urgent: bool = False  # of an urgent record alone: waited for there, and it stands before nothing
    # sitting: body keys, V | VA | M | MA, or `matter` for what the matter asks for; none: no body is asked
    bodies: tuple[str, ...] = ()
    vote: Voting | None = None
    bidders: Count | None = None
    recorded: bool = True
    supervised: bool = True
    # posting: days it hangs; 0: done on its first day
    days: Annotated[int, Field(ge=0)] | None = None
    working: bool = False
    as_notice: bool = False  # counted from day to day, whatever objections there are
    answer_days: Count | None = None  # within which each of them is answered
    # opinion
    approves: bool = False  # it may also be refused
    before: str | None = None  # the sitting or posting that it is to come before; it stands before nothing else
    # sign: how many persons; `not_of`: none who signed that step
    persons: Count | None = None
    not_of: str | None = None
    within: Within | None = None
    not_before: NotBefore | None = None


class Procedure(Dated):
    name: str
    name_en: str
    step: tuple[Step, ...] = Field(min_length=1)

    def find(self, key: str) -> Step | None:
        return next((step for step in self.step if step.key == key), None)

    @property
    def deciding(self) -> Step:
        return next(step for step in self.step if step.decides)


class Rule(Dated):
    """law: without it nothing is resolved; procedure: it marks the record; advice: shown, not counted."""

    kind: Literal["law", "procedure", "advice"]
    whose: Literal["village", "town"]
    clause: str  # of the law, or `local`
    figures: dict[str, Annotated[int, Field(ge=0)]] = {}
    zh: str
    en: str


class Statute(Dated):
    """A law that clauses cite by this letter (`api.domain.clauses`)."""

    name: str
    name_en: str


class Role(Dated):
    name: str
    name_en: str
    acts: frozenset[str]
    classes: frozenset[AccessClass]


class Notice(Dated):
    version: str
    text: str
    text_en: str
    term: str | None = None
    term_en: str | None = None

    def said(self, keeper: str | None) -> tuple[str, str]:
        """In both languages, with the unit that keeps the recording and answers for it."""
        zh, en = keeper or "本单位", keeper or "the unit"
        return (
            self.text.format(keeper=zh, term=self.term or "", contact=zh),
            self.text_en.format(keeper=en, term=self.term_en or "", contact=en),
        )


class Judging(Dated):
    """How a closed recording is read (`api.domain.shown`), and for how long nothing may happen."""

    vote_span_ms: int
    hole_tolerated_ms: int
    explained_above_ms: int = 3000
    own_causes: frozenset[str] = frozenset({"left", "muted", "starting", "ending"})
    idle_days: Count = 60  # after which a step without a clock that nobody takes up is overdue


class Retention(Dated):
    """How long media of a class of record are kept (`api.domain.retention`)."""

    name: str
    name_en: str
    years: Annotated[int, Field(ge=1, le=200)] | None = None  # none: for ever
    groups: frozenset[Literal["village", "party", "training", "county"]]
    matters: bool = False  # also every meeting that dealt with a matter


class MessageText(Dated):
    """What people outside are told; {…} is filled in (`api.acts.tell`)."""

    text: str
    text_en: str


class PostedField(Said):
    """One thing that a notice says. Money is in fen; `longest`: characters, as people read it."""

    key: str
    name: str
    name_en: str
    kind: Literal["text", "number", "money", "date", "people"]
    longest: Annotated[int, Field(ge=1, le=2500)]
    needed: bool = True
    steps: tuple[str, ...] = ()  # in which steps it is said; none: in each


class Posting(Dated):
    """What a notice of a matter, whose key it has, says in public, in this order and nothing else."""

    field: tuple[PostedField, ...] = Field(min_length=1)

    def fields_of(self, step: str | None) -> tuple[PostedField, ...]:
        """`step`: none where a notice belongs to no decision; then what is said in each step."""
        return tuple(each for each in self.field if not each.steps or step in each.steps)


class Duty(Dated):
    """What a branch holds how often (`api.domain.party`)."""

    name: str
    name_en: str
    kind: str
    per: Literal["month", "quarter", "year"]
    times: Annotated[int, Field(ge=1, le=31)]
    full_members: Count | None = None  # only of a branch with so many
    each_group: bool = False  # of each of its party groups
    quorum: bool = False  # counts only if as many came as its body asks for
    by_secretary: bool = False  # given by the secretary himself
    fixed_day: bool = False  # on one day of the month, as the plan says
    remind_days: Annotated[int, Field(ge=0, le=366)]  # before the period's end
    source: str


class Filing(Dated):
    """By when plan and report of a branch are due, and when it is reminded."""

    plan_day: Annotated[int, Field(ge=1, le=28)]  # of the quarter's first month
    report_days: Annotated[int, Field(ge=1, le=31)]  # working days after the meeting
    remind_plan_days: Annotated[int, Field(ge=0, le=31)]
    remind_from_hour: Annotated[int, Field(ge=0, le=23)]
    meeting_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


ReportField = Literal[
    "branch", "unit", "kind", "title", "begin", "end", "place", "chair", "taker", "due", "present", "absent", "agenda",
    "decided", "text",
]  # fmt: skip


class ReportColumn(Dated):
    """A column of the report's table, as the provincial system's form names it."""

    name: str
    field: ReportField
    width: Annotated[int, Field(ge=4, le=120)] = 16


TABLES: dict[str, type[Dated]] = {
    "kind": Kind,
    "body": BodyRule,
    "category": Category,
    "matter": Matter,
    "procedure": Procedure,
    "rule": Rule,
    "role": Role,
    "notice": Notice,
    "judging": Judging,
    "retention": Retention,
    "statute": Statute,
    "message": MessageText,
    "posting": Posting,
    "duty": Duty,
    "filing": Filing,
    "report_column": ReportColumn,
}
