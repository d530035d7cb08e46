"""Acting in somebody's place for a time (代理): what is lent, how long, to whom not; and who then counts as one person.

What is lent is never more than its giver holds on that day by a right of his own, so it ends with that right and
can't be handed on. Rights over accounts are not lent at all (api.domain.rights.NEVER_LENT): who may give rights or
reset a password could make of a week's right one for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from api.domain.day import holds
from api.domain.rights import Giver, Grant

MOST_DAYS = 90
MOST_OPEN = 10  # of one giver
DEVICES = frozenset({"terminal"})  # nobody sits in a terminal's place
# Who may not be the other, not even for a week: the three admins (三员分立); the members of a village's committee and
# those who supervise it (村民委员会组织法 第三十二条).
APART = (
    frozenset({"admin", "security"}), frozenset({"admin", "auditor"}), frozenset({"security", "auditor"}),
    frozenset({"supervisor", "secretary"}), frozenset({"supervisor", "minutes"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lending:
    giver: Giver
    substitute_id: str
    role: str | None  # none: all that he holds
    unit_id: str | None  # of the right that is lent
    from_on: str
    until_on: str  # exclusive


def clash(role: str, held: Iterable[str]) -> bool:
    return any({role, other} == pair for other in held for pair in APART)


def lent(lending: Lending, giver_grants: Iterable[Grant], on: str) -> tuple[Grant, ...]:
    """Of the giver's own rights that hold on the day, those that this lends, no longer than either lasts."""
    if not holds(lending.from_on, lending.until_on, on):
        return ()
    return tuple(
        replace(
            grant,
            giver=lending.giver,
            from_on=max(grant.from_on, lending.from_on),
            until_on=min(grant.until_on or lending.until_on, lending.until_on),
        )
        for grant in giver_grants
        if grant.giver is None
        and holds(grant.from_on, grant.until_on, on)
        and grant.role not in DEVICES
        and lending.role in (None, grant.role)
        and lending.unit_id in (None, grant.unit_id)
    )


def with_lent(
    own: tuple[Grant, ...], lendings: Iterable[Lending], grants_of: Mapping[str, tuple[Grant, ...]], on: str
) -> tuple[Grant, ...]:
    """All that somebody holds on a day: his own first, then what was lent to him, but for posts that stay apart."""
    held = own
    for lending in lendings:
        for grant in lent(lending, grants_of.get(lending.giver.user_id, ()), on):
            if not clash(grant.role, {other.role for other in held}):
                held += (grant,)
    return held


def one_person(first: str, second: str, stood: Iterable[tuple[str, str]]) -> bool:
    """Whether two persons' words could be one person's: he is both, or acted in the place of both, or one of them acted
    in the other's place. `stood`: who stood in for whom (substitute, giver) from the first word to the second."""
    pairs = set(stood)

    def behind(person: str) -> set[str]:
        return {person} | {giver for substitute, giver in pairs if substitute == person}

    return not behind(first).isdisjoint(behind(second))
