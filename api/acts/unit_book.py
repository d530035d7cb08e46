"""The whole tree of units at once, for lists of many units: one question, then paths, subtrees, towns and names."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.tree import DEEPEST
from api.records.base import UnitRef
from storage.tables import Unit, UnitAttributes

TOWN = "town"


@dataclass
class UnitBook:
    """By a unit's id. A closed unit belongs to its successor, as `api.acts.tree` has it."""

    levels: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    above: dict[str, str | None] = field(default_factory=dict)
    _towns: dict[str, str | None] = field(default_factory=dict)
    _refs: dict[str, UnitRef] = field(default_factory=dict)

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = defaultdict(list)
        for unit, parent in self.above.items():
            if parent is not None:
                below[parent].append(unit)
        return below

    def path(self, unit_id: str) -> list[str]:
        path: list[str] = []
        following: str | None = unit_id
        while following is not None and following not in path and len(path) < DEEPEST:
            path.append(following)
            following = self.above.get(following)
        return path

    def subtree(self, root: str) -> set[str]:
        found, edge = {root}, [root]
        while edge:
            edge = [unit for each in edge for unit in self._below.get(each, ()) if unit not in found]
            found.update(edge)
        return found

    def whole(self, units: Collection[str]) -> bool:
        return len(units) >= len(self.levels)

    def town(self, unit_id: str) -> str | None:
        if unit_id not in self._towns:
            self._towns[unit_id] = next((each for each in self.path(unit_id) if self.levels.get(each) == TOWN), None)
        return self._towns[unit_id]

    def ref(self, unit_id: str) -> UnitRef:
        if unit_id not in self._refs:
            named = {"name": self.names.get(unit_id, unit_id), "level": self.levels.get(unit_id, "")}
            self._refs[unit_id] = UnitRef(id=unit_id, **named)
        return self._refs[unit_id]


async def unit_book(session: AsyncSession) -> UnitBook:
    """With the latest names and parents."""
    book = UnitBook()
    units, attributes = Unit.__table__, UnitAttributes.__table__
    rows = await session.execute(
        select(units.c.id, units.c.level, units.c.successor_id, attributes.c.name, attributes.c.parent_id)
        .outerjoin(attributes, attributes.c.unit_id == units.c.id)
        .order_by(attributes.c.from_on)
    )
    for unit, level, successor, name, parent in rows:
        book.levels[unit], book.names[unit], book.above[unit] = level, name or unit, successor or parent
    return book
