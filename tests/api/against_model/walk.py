"""One record, in the hub and in the model, and what is under way with it."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from tests.api.against_model.county import Somebody
from tests.api.against_model.played import Played
from tests.model.acts import ACTS_AFTER_THE_END, Draw
from tests.model.forms import Act
from tests.model.record import Record


@dataclass(eq=False)
class Asked:
    """A correction that waits for the words of township and supervisor."""

    id: str
    act: Act
    words: dict[str, Somebody] = field(default_factory=dict)  # by side


class Walk:
    def __init__(self, url: str, model: Record, random: Random, creator: Somebody) -> None:
        self.url, self.model, self.draw, self.creator = url, model, Draw(random, model), creator
        self.pending: Act | None = None
        self.planned: Played | None = None
        self.meetings: dict[str, Played] = {}
        self.asked: dict[str, Asked] = {}
        self.authors: dict[int, set[str]] = {1: {creator.who}}  # of each act by its number, and of what corrected it
        self.seqs: list[int] = []  # the entry of each act
        self.acts: list[Act] = []  # as they were asked of the model, for a report
        self.reached: set[str] = set()
        self.left, self.turns, self.in_vain = ACTS_AFTER_THE_END, 0, 0

    @property
    def id(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def now(self, model: Record) -> None:
        self.model = self.draw.record = model

    def took(self, act: Act, who: str | None) -> None:
        """The model has taken it as its newest act."""
        self.authors[len(self.model.said)] = {who} if who else set()
        if act["act"] == "correct" and who:
            self.authors[act["of"]].add(who)
        self.draw.taken(act)

    def notice(self, on: date) -> None:
        """What it has come to, for the report."""
        model = self.model
        self.reached |= {step.key for step in model.steps if model.done_by(step.key, on)}
        self.reached |= {f"({name})" for name, so in {
            model.outcome or "": True, "closed": model.closed(on), "compliant": model.compliant(on) is True,
            "a mark lifted": bool(model.lifted_on(on)), "an act fallen": bool(model.fallen),
        }.items() if so and name}  # fmt: skip
