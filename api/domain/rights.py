"""Who may do what: role × subtree of units × category of matter × access class × time (DESIGN §8).

A right at a unit holds for everything below it. The path of a closed unit leads on through its successor, so that
rights over old records pass on with a merger.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from api.domain.catalogue import Catalogue
from api.domain.day import holds

# Acts that are done by a right of one's own only, never in another's place (api.domain.substitutes).
NEVER_LENT = frozenset({"user.write", "user.reset", "rules.write"})
# Acts that reach matters of every category: a right narrowed to one doesn't allow them.
WHOLE = frozenset({"recording.keep", "unit.write", "people.write", "rules.write"})
# Who gives rights, or takes an account over, would make a whole right of a narrowed one.
UNNARROWED = frozenset({"user.write", "user.reset"})


@dataclass(frozen=True, slots=True)
class Giver:
    """In whose place somebody acts."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    role: str
    unit_id: str
    category: str | None
    access_class: str | None
    from_on: str
    until_on: str | None
    giver: Giver | None = None  # whose right it is, where it was lent


@dataclass(frozen=True, slots=True)
class Place:
    """What an act is about: a unit with all above it, perhaps a matter's category, and an access class."""

    path: Container[str]  # the unit and all above it; of several units, where a right at any of them is enough
    category: str | None = None
    access_class: str = "open"


def may(act: str, place: Place, grants: Iterable[Grant], catalogue: Catalogue) -> bool:
    """Whether one of the grants allows the act at the place on the catalogue's day."""
    return used(act, place, grants, catalogue) is not None


def used(act: str, place: Place, grants: Iterable[Grant], catalogue: Catalogue) -> Grant | None:
    """The grant by which the act is done: the first that allows it; one's own come before those that were lent."""
    return next((grant for grant in grants if _allows(grant, act, place, catalogue)), None)


def _allows(grant: Grant, act: str, place: Place, catalogue: Catalogue) -> bool:
    role = catalogue.roles.get(grant.role)
    if role is None or act not in role.acts or not holds(grant.from_on, grant.until_on, catalogue.on):
        return False
    if grant.giver is not None and act in NEVER_LENT:
        return False
    if _too_narrow(grant, act):
        return False
    if grant.unit_id not in place.path:
        return False
    if grant.category is not None and place.category is not None and grant.category != place.category:
        return False
    if place.access_class == "open":
        return True
    # A right that names a class sees this one beside what is open; one that names none sees its role's classes.
    seen = role.classes if grant.access_class is None else role.classes & {grant.access_class}
    return place.access_class in seen


def _too_narrow(grant: Grant, act: str) -> bool:
    if grant.category is not None and act in WHOLE | UNNARROWED:
        return True
    return grant.access_class is not None and act in UNNARROWED


def subtrees(act: str, grants: Iterable[Grant], catalogue: Catalogue) -> set[str]:
    """The units at whose subtrees the act is allowed (for lists)."""
    return {
        grant.unit_id
        for grant in grants
        if holds(grant.from_on, grant.until_on, catalogue.on)
        and grant.role in catalogue.roles
        and act in catalogue.roles[grant.role].acts
        and (grant.giver is None or act not in NEVER_LENT)
        and not _too_narrow(grant, act)
    }


@dataclass(frozen=True, slots=True)
class Reach:
    """What one grant lets an act be done to: for lists that a database is asked for."""

    unit_id: str
    category: str | None
    classes: frozenset[str]


def reaches(act: str, grants: Iterable[Grant], catalogue: Catalogue) -> set[Reach]:
    """`may` holds at a place where one of them has its unit on the path, its category (or none), and its class."""
    found = set()
    for grant in grants:
        role = catalogue.roles.get(grant.role)
        if role is None or act not in role.acts or not holds(grant.from_on, grant.until_on, catalogue.on):
            continue
        if grant.giver is not None and act in NEVER_LENT:
            continue
        seen = role.classes if grant.access_class is None else role.classes & {grant.access_class}
        found.add(Reach(grant.unit_id, grant.category, frozenset(seen) | {"open"}))
    return found
