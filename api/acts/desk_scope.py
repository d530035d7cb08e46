"""Which records a desk or a list may show: the asker's rights as one condition on rows, so that what he may not see is
absent from lists and counts alike (DESIGN §8)."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.unit_book import UnitBook, unit_book
from api.domain.catalogue import Catalogue
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, WRITE
from api.domain.rights import Place, reaches
from api.errors.request import Forbidden, NoSuchKey, NotFound
from api.records.base import UnitRef
from api.records.decisions import MatterRef

LOOK, PLAN, MINUTE = "decision.look", "meeting.plan", "meeting.minute"
PAGE = 50
# What a desk asks of the asker's rights.
SEEN_BY = frozenset({LOOK, WRITE, REVIEW, COUNTERSIGN, PLAN, MINUTE, "meeting.look", "meeting.join"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a table with unit_id, matter and access_class may be shown, of a unit and a category where one is
    named."""

    actor: Actor
    book: UnitBook
    unit: str | None
    matters: frozenset[str] | None
    _may: dict[tuple[str, str, str, str], bool] = field(default_factory=dict)  # lists ask the same again and again

    def may(self, act: str, unit_id: str, matter: str, access_class: str) -> bool:
        what = (act, unit_id, matter, access_class)
        if what not in self._may:
            known = self.actor.catalogue.matters.get(matter)
            place = Place(self.book.path(unit_id), known.category if known else None, access_class)
            self._may[what] = self.actor.may(act, place)
        return self._may[what]

    def on(self, table: Any, act: str = LOOK) -> ColumnElement[bool]:
        catalogue = self.actor.catalogue
        ways = []
        for reach in reaches(act, self.actor.grants, catalogue):
            way = [table.access_class.in_(sorted(reach.classes))]
            units = self.book.subtree(reach.unit_id)
            if not self.book.whole(units):
                way.append(table.unit_id.in_(sorted(units)))
            if reach.category is not None:
                # One that the catalogue no longer knows has no category, and no right is narrower than that.
                others = [each.key for each in catalogue.matters.values() if each.category != reach.category]
                way.append(table.matter.not_in(others))
            ways.append(and_(*way))
        allowed = or_(false(), *ways)
        if self.unit is not None:
            allowed = and_(allowed, table.unit_id.in_(sorted(self.book.subtree(self.unit))))
        if self.matters is not None:
            allowed = and_(allowed, table.matter.in_(sorted(self.matters)))
        return allowed

    def place(self, unit_id: str) -> tuple[UnitRef, UnitRef | None]:
        town = self.book.town(unit_id)
        return self.book.ref(unit_id), self.book.ref(town) if town is not None and town != unit_id else None


def eyes(actor: Actor) -> Hashable:
    """Who has the same sees the same on the same day, and may do the same about it."""
    roles = actor.catalogue.roles
    return actor.on, frozenset(
        (one.role, one.unit_id, one.category, one.access_class, one.giver is None)
        for one in actor.grants
        if one.role in roles and not SEEN_BY.isdisjoint(roles[one.role].acts)
    )


def anyone(actor: Actor) -> Actor:
    """With these eyes, and no record begun by himself."""
    return replace(actor, user_id="", person_id=None)


async def scope(session: AsyncSession, actor: Actor, unit: str | None, category: str | None = None) -> Scope:
    """`category`: of matters, or a matter's key. Raises Forbidden for who may look at no decision anywhere, NotFound,
    NoSuchKey."""
    if not actor.subtrees(LOOK):
        raise Forbidden(LOOK)
    book = await unit_book(session)
    if unit is not None and unit not in book.levels:
        raise NotFound(f"unit {unit}")
    if category is None:
        return Scope(actor, book, unit, None)
    matters = frozenset(m.key for m in actor.catalogue.matters.values() if category in (m.key, m.category))
    if not matters:
        raise NoSuchKey(f"category: {category}")
    return Scope(actor, book, unit, matters)


def matter_ref(catalogue: Catalogue, key: str) -> MatterRef:
    matter = catalogue.matters.get(key)
    category = catalogue.categories.get(matter.category) if matter else None
    return MatterRef(
        key=key,
        name=matter.name if matter else key,
        category=category.key if category else "",
        category_name=category.name if category else "",
    )
