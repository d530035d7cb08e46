"""Reading the units' tree: paths upward, subtrees downward, names as they were on a day.

A closed unit's path leads on through its successor, then upward from there; its subtree belongs to the successor's.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.day import holds
from api.errors.request import NotFound
from api.records.base import UnitRef
from storage.tables import Unit, UnitAttributes

DEEPEST = 32  # levels and mergers; a longer way is a ring in the data


def _upward() -> Select[tuple[str, str | None, int]]:
    """Each unit from `unit` upward, and what lies above it: its successor, else its latest parent."""
    parent = (
        select(UnitAttributes.parent_id)
        .where(UnitAttributes.unit_id == Unit.id)
        .order_by(UnitAttributes.from_on.desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    above = func.coalesce(Unit.successor_id, parent).label("above")
    first = select(Unit.id, above, literal(1).label("level")).where(Unit.id == bindparam("unit"))
    up = first.cte("up", recursive=True)
    following = select(Unit.id, above, up.c.level + 1).join(up, Unit.id == up.c.above).where(up.c.level < DEEPEST)
    steps = up.union_all(following)
    return select(steps.c.id, steps.c.above, steps.c.level)


_UPWARD = _upward()


@dataclass(frozen=True, slots=True)
class Step:
    unit: Unit
    attributes: UnitAttributes | None


async def current(session: AsyncSession, unit_id: str) -> Step:
    """A unit with its latest attributes; raises NotFound."""
    unit = await session.get(Unit, unit_id)
    if unit is None:
        raise NotFound(f"unit {unit_id}")
    rows = select(UnitAttributes).where(UnitAttributes.unit_id == unit_id).order_by(UnitAttributes.from_on.desc())
    return Step(unit, await session.scalar(rows.limit(1)))


async def steps_up(session: AsyncSession, unit_id: str) -> list[Step]:
    steps: list[Step] = []
    seen: set[str] = set()
    following: str | None = unit_id
    while following is not None and following not in seen and len(steps) < DEEPEST:
        seen.add(following)
        step = await current(session, following)
        steps.append(step)
        above = step.attributes.parent_id if step.attributes else None
        following = step.unit.successor_id or above
    return steps


async def path_of(session: AsyncSession, unit_id: str) -> list[str]:
    """The unit first, the root last: one question, as every right asks for it. Raises NotFound."""
    above = {found.id: found.above for found in await session.execute(_UPWARD, {"unit": unit_id})}
    if unit_id not in above:
        raise NotFound(f"unit {unit_id}")
    return _path(unit_id, above)


async def paths_of(session: AsyncSession, unit_ids: Collection[str]) -> dict[str, list[str]]:
    """Paths of many units, one question a level; raises NotFound."""
    above: dict[str, str | None] = {}
    edge = set(unit_ids)
    for _ in range(DEEPEST):
        if not edge:
            break
        rows = await session.execute(
            select(Unit.id, Unit.successor_id, UnitAttributes.parent_id)
            .outerjoin(UnitAttributes, UnitAttributes.unit_id == Unit.id)
            .where(Unit.id.in_(edge))
            .order_by(UnitAttributes.from_on)
        )
        above |= {unit_id: successor_id or parent_id for unit_id, successor_id, parent_id in rows}
        if edge - set(above):
            raise NotFound(f"unit {min(edge - set(above))}")
        edge = {parent for unit_id in edge if (parent := above[unit_id]) is not None and parent not in above}
    return {unit_id: _path(unit_id, above) for unit_id in unit_ids}


def _path(unit_id: str, above: dict[str, str | None]) -> list[str]:
    path: list[str] = []
    following: str | None = unit_id
    while following is not None and following not in path and len(path) < DEEPEST:
        path.append(following)
        following = above.get(following)
    return path


async def path_text(session: AsyncSession, unit_id: str) -> str:
    steps = await steps_up(session, unit_id)
    return " / ".join(step.attributes.name for step in reversed(steps) if step.attributes)


async def subtree(session: AsyncSession, roots: Iterable[str]) -> set[str]:
    """The units below (and with) the roots, closed ones that were merged into them included."""
    found = set(roots)
    edge = set(found)
    for _ in range(DEEPEST):
        if not edge:
            break
        rows = await session.scalars(
            select(Unit.id)
            .outerjoin(UnitAttributes, and_(UnitAttributes.unit_id == Unit.id, UnitAttributes.until_on.is_(None)))
            .where(or_(UnitAttributes.parent_id.in_(edge), Unit.successor_id.in_(edge)))
        )
        edge = set(rows) - found
        found |= edge
    return found


async def refs(session: AsyncSession, unit_ids: Iterable[str], on: str | None = None) -> dict[str, UnitRef]:
    """Units with the names they had on a day (the latest where that day knows none)."""
    ids = set(unit_ids)
    rows = await session.execute(
        select(Unit.id, Unit.level, UnitAttributes.name, UnitAttributes.from_on, UnitAttributes.until_on)
        .join(UnitAttributes, UnitAttributes.unit_id == Unit.id)
        .where(Unit.id.in_(ids))
        .order_by(UnitAttributes.from_on)
    )
    found: dict[str, UnitRef] = {}
    settled: set[str] = set()
    for unit_id, level, name, from_on, until_on in rows:
        if unit_id in settled:
            continue
        found[unit_id] = UnitRef(id=unit_id, name=name, level=level)
        if on is not None and holds(from_on, until_on, on):
            settled.add(unit_id)
    return found


async def above(session: AsyncSession, unit_ids: Collection[str], on: str | None = None) -> dict[str, str]:
    """The names of the towns (or areas) right above villages: every county has villages of the same name. Units that
    are no villages are left out."""
    rows = await session.execute(
        select(Unit.id, UnitAttributes.parent_id, UnitAttributes.from_on, UnitAttributes.until_on)
        .join(UnitAttributes, UnitAttributes.unit_id == Unit.id)
        .where(Unit.id.in_(unit_ids), Unit.level.in_(("village", "group")), UnitAttributes.parent_id.is_not(None))
        .order_by(UnitAttributes.from_on)
    )
    parents: dict[str, str | None] = {}
    settled: set[str] = set()
    for unit_id, parent_id, from_on, until_on in rows:
        if unit_id in settled:
            continue
        parents[unit_id] = parent_id
        if on is not None and holds(from_on, until_on, on):
            settled.add(unit_id)
    named = await refs(session, {parent_id for parent_id in parents.values() if parent_id}, on)
    return {unit_id: named[above].name for unit_id, above in parents.items() if above in named}


async def ref(session: AsyncSession, unit_id: str, on: str | None = None) -> UnitRef:
    found = await refs(session, [unit_id], on)
    if unit_id not in found:
        raise NotFound(f"unit {unit_id}")
    return found[unit_id]
