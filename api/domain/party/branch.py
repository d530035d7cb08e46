"""What is known of a branch: who belongs to it on a day, its groups, what it planned and which meetings it held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api.domain.day import holds


@dataclass(frozen=True, slots=True)
class Member:
    """A post in the branch's roster; who has no vote is on probation."""

    person: str
    votes: bool
    from_on: str
    until_on: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    members: Sequence[Member]
    groups: Sequence[str] = ()  # bodies of the party groups

    def full_members(self, on: str) -> int:
        return len({one.person for one in self.members if one.votes and holds(one.from_on, one.until_on, on)})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the quarter's plan."""

    key: str
    kind: str
    on: str  # the day that is meant
    topic: str
    group: str | None = None  # of a party group's meeting: whose
    by_secretary: bool = False


@dataclass(frozen=True, slots=True)
class Sat:
    """A meeting of the branch. It belongs to the day on which it opened; before that, to the planned one."""

    meeting: str
    kind: str
    on: str
    state: Literal["planned", "running", "ended"]
    group: str | None = None
    entry: str | None = None  # of the plan, from which it was made
    by_secretary: bool = False
    due: int = 0  # with a vote
    present: int = 0  # of them
    part: int = 1  # of a meeting of several parts
