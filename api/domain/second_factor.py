"""Who signs in with a second factor: nobody, whoever wants to, or also every holder of certain roles."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

BEGUN_S = 30 * 60  # in which an enrolment is confirmed by its first code
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class FactorRule:
    """Where it is off, nobody is asked for one; what was enrolled is kept for the day on which it is offered again."""

    offered: bool = True
    roles: frozenset[str] = frozenset()  # whose holders must have one

    def of(self, roles: Iterable[str]) -> Literal["off", "offered", "required"]:
        if not self.offered:
            return "off"
        return "required" if self.roles & set(roles) else "offered"


def read_rule(text: str, known: Collection[str] | None = None) -> FactorRule:
    """`off`, `offered`, or roles with commas; raises ValueError, also for a role that is not among the `known`."""
    named = [part.strip() for part in text.split(",") if part.strip()]
    if named in (["off"], ["offered"]):
        return FactorRule(named == ["offered"])
    if not named or (known is not None and set(named) - set(known)):
        raise ValueError(text)
    return FactorRule(True, frozenset(named))
