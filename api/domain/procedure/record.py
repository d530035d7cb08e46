"""A decision record as it stands after an act: facts in the order of the chain, marks, outcome. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.domain.catalogue import Catalogue
from api.domain.entries import Procedure, Serves, Step
from api.domain.procedure import acts
from api.domain.procedure.table import Outcome


@dataclass(frozen=True, slots=True)
class Sitting:
    said: acts.Sitting
    version: int  # of the plan that it dealt with; 0: there was none
    newest: int  # the newest on its day
    votes: tuple[acts.Vote, ...] = ()
    seal: acts.Sealed | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    on: str
    off_on: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    on: str
    due_on: str
    answered_on: str | None = None  # by each whose opinion is needed
    answers: Mapping[str | None, str] = field(default_factory=dict)  # by office, the day of its first

    def unanswered(self, day: str) -> bool:
        """Overdue on a day, and not answered by then."""
        return self.due_on < day and (self.answered_on is None or self.answered_on > day)


@dataclass(frozen=True, slots=True)
class Opinion:
    said: acts.Opinion
    version: int


@dataclass(frozen=True, slots=True)
class Signature:
    on: str
    person: str
    version: int


@dataclass(frozen=True, slots=True)
class Objection:
    step: str
    on: str
    posting: int  # of the step's, from 0
    answered_on: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done in one step."""

    sittings: tuple[Sitting, ...] = ()
    postings: tuple[Posting, ...] = ()
    asked: tuple[Asked, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    done: tuple[str, ...] = ()  # days
    signatures: tuple[Signature, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.sittings or self.postings or self.opinions or self.done or self.signatures)

    def sitting(self, meeting: str) -> Sitting | None:
        return next((each for each in self.sittings if each.said.meeting == meeting), None)


@dataclass(frozen=True, slots=True)
class Mark:
    """A rule of procedure that wasn't kept, once for step and meeting."""

    rule: str
    step: str
    meeting: str | None
    evidence: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    rules: Catalogue  # of the day on which it began
    begun: acts.Begin
    procedure: Procedure
    body: Serves | None  # whose matter it is
    steps: Mapping[str, Taken]
    plans: tuple[acts.Plan, ...] = ()
    objections: tuple[Objection, ...] = ()
    outcome: Outcome | None = None
    decided_in: str | None = None  # the meeting whose vote it was
    marks: tuple[Mark, ...] = ()
    marked: Mapping[Mark, str] = field(default_factory=dict)  # the day of the act that made each of them
    newest: str = ""  # the newest day that an act names
    said: tuple[acts.Act, ...] = ()  # each act as it was taken, from number 1; the rest stands as corrected
    corrections: Mapping[int, acts.Plain | None] = field(default_factory=dict)  # by the number of the corrected act
    fallen: frozenset[int] = frozenset()  # acts that aren't taken any more since another was corrected
    lifted: Mapping[Mark, int] = field(default_factory=dict)  # what failed before a correction, and the number of that

    @property
    def urgent(self) -> bool:
        return self.begun.urgent is not None

    @property
    def material(self) -> int:
        """The version of which what counts has to be, or of a later one; with version 1 nothing begins again."""
        return max((at for at, plan in enumerate(self.plans, 1) if plan.material and at > 1), default=0)

    def newest_on(self, day: str) -> int:
        return sum(plan.on <= day for plan in self.plans)

    def step(self, key: str) -> Step | None:
        return self.procedure.find(key)

    def offices(self, step: Step) -> tuple[str, ...]:
        """Whose opinions a review needs, where there are several."""
        matter = self.rules.matter(self.begun.matter)
        if step.before is None:
            return ()
        return self.rules.categories[matter.category].offices if matter.offices is None else matter.offices

    def before(self, step: Step) -> tuple[Step, ...]:
        return self.procedure.step[: self.procedure.step.index(step)]

    def behind(self, step: Step) -> tuple[Step, ...]:
        return self.procedure.step[self.procedure.step.index(step) + 1 :]
