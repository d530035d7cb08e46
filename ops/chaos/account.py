"""What was sent against what is archived: each frame kept, doubled, or missing, and then in a hole that says why. Pure.

Times are meeting time in ns.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

# A sender's clock and the time line of an archive, which is made of arrivals, lie that far apart at most.
APART_NS = 150_000_000


@dataclass(frozen=True, slots=True)
class Hole:
    start_ns: int
    end_ns: int
    cause: str


@dataclass(slots=True)
class Account:
    sent: int = 0
    kept: int = 0
    doubled: int = 0
    foreign: int = 0  # frames that nobody sent, and frames out of their order
    missing: int = 0
    causes: Counter[str] = field(default_factory=Counter)  # of the missing ones
    unexplained: list[int] = field(default_factory=list)  # meeting time of those in no hole with a fitting cause

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The unexplained ones, gathered where they lie within a second of one another."""
        found: list[tuple[int, int]] = []
        for at in sorted(self.unexplained):
            if found and at - found[-1][1] < 1_000_000_000:
                found[-1] = (found[-1][0], at)
            else:
                found.append((at, at))
        return found

    @property
    def sound(self) -> bool:
        return not (self.doubled or self.foreign or self.unexplained)

    def __iadd__(self, other: "Account") -> "Account":
        for name in ("sent", "kept", "doubled", "foreign", "missing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.causes += other.causes
        self.unexplained += other.unexplained
        return self


def account(
    sent: Sequence[int], archived: Iterable[int | None], holes: Sequence[Hole], causes: Collection[str]
) -> Account:
    """`sent`: when each frame was captured, its number being its place. `archived`: numbers as the archive has them,
    in its order. `causes` are those that can explain a missing frame here."""
    made = Account(sent=len(sent))
    seen: set[int] = set()
    before = -1
    for number in archived:
        if number is None or not 0 <= number < len(sent):
            made.foreign += 1
        elif number in seen:
            made.doubled += 1
        else:
            made.foreign += number < before
            seen.add(number)
            before = number
    made.kept = len(seen)
    for number, at in enumerate(sent):
        if number in seen:
            continue
        made.missing += 1
        fitting = [
            hole.cause
            for hole in holes
            if hole.start_ns - APART_NS <= at <= hole.end_ns + APART_NS and hole.cause in causes
        ]
        if fitting:
            made.causes[fitting[0]] += 1
        else:
            made.unexplained.append(at)
    return made
