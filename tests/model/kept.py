"""What stands on a record, and which steps are done by it on which day."""

from dataclasses import dataclass, field
from datetime import date

from tests.model import law, tables
from tests.model.days import ONE, day, working_days_after, works
from tests.model.forms import Act
from tests.model.tables import Step

Mark = tuple[str, str, str | None]  # rule, step, meeting


@dataclass(eq=False)
class Sitting:
    step: Step
    meeting: str
    on: date
    version: int
    said: Act
    votes: list[Act] = field(default_factory=list)
    sealed: Act | None = None


@dataclass(eq=False)
class Opinion:
    on: date
    says: str
    version: int
    office: str | None = None


@dataclass(eq=False)
class Ask:
    on: date
    answered_on: date | None = None
    answers: dict[str | None, date] = field(default_factory=dict)  # by office, the first of each


@dataclass(eq=False)
class Posting:
    on: date
    off_on: date | None = None

    def hangs_on(self, on: date) -> bool:
        return self.on <= on and (self.off_on is None or on < self.off_on)


@dataclass(eq=False)
class Objection:
    step: str
    posting: Posting
    on: date
    answered_on: date | None = None

    @property
    def needs_answer(self) -> bool:
        """One that came when nothing hung any more stops nothing."""
        return self.posting.hangs_on(self.on)

    def open_on(self, on: date) -> bool:
        return self.needs_answer and self.on <= on and (self.answered_on is None or on < self.answered_on)


class Kept:
    """`exceptional`: the days on which the week is turned round (`days.works`)."""

    def __init__(self, begin: Act, procedure: str, body: str | None, exceptional: frozenset[date]) -> None:
        self.matter: str = begin["matter"]
        self.procedure, self.body, self.exceptional = procedure, body, exceptional
        self.begun_on: date = day(begin["on"])  # type: ignore[assignment]
        self.urgent = bool(begin.get("urgent"))
        self.amount: int | None = begin.get("amount")
        self.others: list[int] = begin.get("others") or []
        self.steps = tuple(step for step in tables.PROCEDURES[procedure] if self.urgent or not step.urgent)
        self.decider = next(step for step in self.steps if step.decides)

        self.plans: list[tuple[date, bool]] = []  # day, material
        self.sittings: list[Sitting] = []
        self.opinions: dict[str, list[Opinion]] = {step.key: [] for step in self.steps}
        self.asks: dict[str, list[Ask]] = {step.key: [] for step in self.steps}
        self.postings: dict[str, list[Posting]] = {step.key: [] for step in self.steps}
        self.dones: dict[str, list[date]] = {step.key: [] for step in self.steps}
        self.signs: dict[str, list[tuple[str, date, int]]] = {step.key: [] for step in self.steps}
        self.objections: list[Objection] = []
        self.taken: set[str] = set()  # steps that were taken
        self.touched: set[str] = set()  # steps in which there was any act

        self.said: list[Act] = [begin]  # every act as it was taken: the first has number 1
        self.corrections: dict[int, Act | None] = {}  # what a corrected act says now; None: it is struck out
        self.fallen: set[int] = set()  # acts that the walk of the record as corrected refuses
        self.lifted: dict[Mark, int] = {}  # what was a mark before a correction, and the number of that
        self.newest: date = self.begun_on  # the newest day that an act names

        self.outcome: str | None = None
        self.decided_in: str | None = None
        self.marks: set[Mark] = set()

    def comes_to(self, sitting: Sitting) -> str | None:
        if sitting.version < self.newest_material():
            return "void"
        return law.comes_to(self.procedure, self.body, sitting.step, sitting.said, sitting.votes)

    def done_on(self, key: str) -> date | None:
        """The day on which the acts that stand here did the step; of a posting it may lie ahead."""
        step = self.step(key)
        assert step is not None
        days: list[date] = []
        if step.kind == "sitting":
            days = [each.on for each in self.sittings if each.step.key == key and self.comes_to(each) == "passed"]
        elif step.kind == "posting":
            days = [full for each in self.postings[key] if (full := self.full_on(step, each)) is not None]
        elif step.kind == "opinion":
            counted = [each for each in self.opinions[key] if each.version >= self.newest_material()]
            last = {each.office: each for each in counted}  # of each office its last
            agreed = [each.on for each in last.values() if each.says in ("agree", "risk")]
            days = [max(agreed)] if len(agreed) == len(self.asked_of(key)) else []
        elif step.kind == "done":
            days = self.dones[key]
        elif step.kind == "sign":
            first: dict[str, date] = {}
            # Nobody supervises what he proposed, whether he signed for it before or after.
            not_these = {who for who, _, _ in self.signs.get("signatures", [])} if key == "countersign" else set()
            for person, on, version in self.signs[key]:
                if version >= self.newest_material() and person not in not_these:
                    first[person] = min(on, first.get(person, on))
            days = sorted(first.values())[step.persons - 1 :]
        return min(days, default=None)

    def done_by(self, key: str, on: date) -> bool:
        done_on = self.done_on(key)
        return done_on is not None and done_on <= on

    def full_on(self, step: Step, posting: Posting) -> date | None:
        """The first day on which a posting has hung its days."""
        if step.days == 0:
            return posting.on
        if step.counted == "before":
            full = posting.on + step.days * ONE
            return full if posting.off_on is None or posting.off_on >= full else None
        on, counted = posting.on, 0
        while counted < step.days:
            on += ONE
            if posting.off_on is not None and on >= posting.off_on:
                return None
            still = [each for each in self.objections if each.posting is posting and each.open_on(on)]
            if any(each.answered_on is None for each in still):
                return None
            counts = step.counted == "posted" or works(on, self.exceptional)
            counted += counts and not still
        return on + ONE

    # Looking things up

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def must(self, key: str) -> Step:
        return next(step for step in self.steps if step.key == key)

    def keys(self) -> list[str]:
        return [step.key for step in self.steps]

    def before(self, key: str) -> tuple[Step, ...]:
        return self.steps[: self.keys().index(key)]

    def stands_before(self, key: str, later: str) -> bool:
        return self.keys().index(key) < self.keys().index(later)

    def behind(self, key: str) -> bool:
        return self.stands_before(self.decider.key, key)

    def sitting(self, key: str, meeting: str) -> Sitting | None:
        return next((each for each in self.sittings if (each.step.key, each.meeting) == (key, meeting)), None)

    def unsealed(self) -> list[Sitting]:
        return [each for each in self.sittings if each.sealed is None and each.step.recorded]

    def asked_of(self, key: str) -> tuple[str | None, ...]:
        """Whose opinions a step needs: several offices', in a review, or just the township's."""
        offices = tables.OFFICES.get(self.matter) or tables.OFFICES.get(self.matter[0].upper())
        return offices if offices and key == "review" else (None,)

    def open_ask(self, key: str) -> Ask | None:
        return next((ask for ask in self.asks[key] if ask.answered_on is None), None)

    def town_has_until(self, ask: Ask) -> date:
        return working_days_after(ask.on, tables.TOWN_ANSWERS_WITHIN_WORKING_DAYS, self.exceptional)

    def overdue(self, key: str, today: date) -> bool:
        ask = self.open_ask(key)
        return ask is not None and key not in tables.ANSWERED_IN_ITS_OWN_TIME and self.town_has_until(ask) < today

    def hung_up_to(self, key: str, on: date) -> Posting | None:
        return next((each for each in reversed(self.postings[key]) if each.on <= on), None)

    def newest_on(self, on: date) -> int:
        return sum(planned_on <= on for planned_on, _ in self.plans)

    def newest_material(self) -> int:
        versions = [version for version, (_, material) in enumerate(self.plans, 1) if material and version > 1]
        return versions[-1] if versions else 0
