"""A vote's sums and what they decide: for + against + abstained ≤ present; quorum and majority by the body's rule."""

from dataclasses import dataclass
from typing import Literal

from api.domain.entries import BodyRule, Share
from api.errors import BadVote

Outcome = Literal["passed", "rejected", "no_quorum"]

# Where no body's rule is known: more than half of those present.
SIMPLE = Share(base="present", numerator=1, denominator=2, at_least=False)


@dataclass(frozen=True, slots=True)
class Figures:
    in_favour: int
    against: int
    abstained: int
    present: int | None = None  # with a vote
    due: int | None = None

    @property
    def cast(self) -> int:
        return self.in_favour + self.against + self.abstained


def check_sums(figures: Figures) -> None:
    """Raises BadVote when the figures can't be."""
    if min(figures.in_favour, figures.against, figures.abstained, figures.present or 0, figures.due or 0) < 0:
        raise BadVote("negative")
    if figures.present is not None and figures.cast > figures.present:
        raise BadVote(f"{figures.cast} of {figures.present} present")
    here = figures.cast if figures.present is None else figures.present
    if figures.due is not None and here > figures.due:
        raise BadVote(f"{here} present of {figures.due} due")


def outcome(figures: Figures, rule: BodyRule | None) -> Outcome:
    """What the figures decide. A base nobody noted (due, present) is taken as the votes cast, the smallest it can be:
    the record is then marked (`api.domain.proper`), the vote isn't refused."""
    check_sums(figures)
    if figures.cast == 0 and figures.present is None:
        return "rejected"
    present = figures.cast if figures.present is None else figures.present
    due = present if figures.due is None else figures.due
    bases = {"present": present, "due": due, "all": due}
    if rule and rule.quorum and not rule.quorum.met(present, bases[rule.quorum.base]):
        return "no_quorum"
    if figures.cast == 0:  # at least two thirds of nobody would be met
        return "rejected"
    majority = rule.majority if rule and rule.majority else SIMPLE
    return "passed" if majority.met(figures.in_favour, bases[majority.base]) else "rejected"
