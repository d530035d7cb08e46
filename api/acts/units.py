"""The units' tree: made, renamed, moved, merged; attributes are dated, nothing that was true is overwritten."""

import time
from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.domain.day import day_of
from api.domain.rights import Place
from api.errors.county import BadTree, UnitClosed
from api.errors.request import NotFound, Taken
from api.records.people import Merger, NewSuccessor, NewUnit, UnitChange, UnitView
from storage.database import Database
from storage.ids import new_id
from storage.tables import Unit, UnitAttributes

LIST_LIMIT = 1000


async def list_units(
    database: Database, actor: Actor, query: str = "", parent: str | None = None, level: str | None = None
) -> list[UnitView]:
    """The names of places are no secret: whoever signed in may search them. Finds former names and merged units."""
    async with database.reading() as session:
        found = select(UnitAttributes.unit_id).join(Unit, Unit.id == UnitAttributes.unit_id)
        if query:
            by_name = UnitAttributes.name.contains(query, autoescape=True)
            found = found.where(or_(by_name, UnitAttributes.code.startswith(query, autoescape=True)))
        if parent:
            found = found.where(UnitAttributes.parent_id == parent, UnitAttributes.until_on.is_(None))
        if level:
            found = found.where(Unit.level == level)
        ids = (await session.scalars(found.distinct().order_by(UnitAttributes.unit_id).limit(LIST_LIMIT))).all()
        return await views(session, ids)


async def views(session: AsyncSession, ids: Iterable[str]) -> list[UnitView]:
    wanted = list(ids)
    units = {unit.id: unit for unit in await session.scalars(select(Unit).where(Unit.id.in_(wanted)))}
    rows = await session.scalars(
        select(UnitAttributes).where(UnitAttributes.unit_id.in_(wanted)).order_by(UnitAttributes.from_on)
    )
    by_unit: dict[str, list[UnitAttributes]] = {}
    for row in rows:
        by_unit.setdefault(row.unit_id, []).append(row)
    others = {a[-1].parent_id for a in by_unit.values()} | {u.successor_id for u in units.values()}
    refs = await tree.refs(session, [each for each in others if each])
    paths: dict[str, str] = {}  # many units share a parent: walk once

    async def path(unit_id: str) -> str:
        if unit_id not in paths:
            paths[unit_id] = await tree.path_text(session, unit_id)
        return paths[unit_id]

    answer: list[UnitView] = []
    for unit_id in wanted:
        unit, attributes = units[unit_id], by_unit[unit_id]
        last = attributes[-1]
        above = unit.successor_id or last.parent_id
        answer.append(
            UnitView(
                id=unit_id,
                name=last.name,
                level=unit.level,
                code=last.code,
                parent=refs.get(last.parent_id or ""),
                closed_on=unit.closed_on,
                successor=refs.get(unit.successor_id or ""),
                path=f"{await path(above)} / {last.name}" if above else last.name,
                former_names=sorted({a.name for a in attributes} - {last.name}),
            )
        )
    return answer


async def create_unit(database: Database, actor: Actor, hub_id: str, new: NewUnit) -> UnitView:
    async with database.writing() as session:
        await _require_write(session, actor, new.parent)
        unit_id = await add_unit(session, new.name, new.level, new.parent, new.code, new.from_on or _today())
        await log_to_hub(session, hub_id, "unit", {"unit": unit_id, "verb": "created", "by": actor.user_id})
        return (await views(session, [unit_id]))[0]


async def add_unit(
    session: AsyncSession, name: str, level: str, parent: str | None, code: str | None, from_on: str
) -> str:
    if parent is not None and (await tree.current(session, parent)).unit.closed_on:
        raise UnitClosed(parent)
    await _check_free(session, name, parent, code, None)
    unit_id = new_id("unt")
    session.add(Unit(id=unit_id, level=level))
    await session.flush()
    session.add(
        UnitAttributes(id=new_id("una"), unit_id=unit_id, name=name, code=code, parent_id=parent, from_on=from_on)
    )
    await session.flush()
    return unit_id


async def change_unit(database: Database, actor: Actor, hub_id: str, unit_id: str, change: UnitChange) -> UnitView:
    """New attributes from a day on; on the day on which the last ones began they are corrected in place."""
    async with database.writing() as session:
        step = await tree.current(session, unit_id)
        if step.unit.closed_on:
            raise UnitClosed(unit_id)
        await _require_write(session, actor, unit_id)
        last = step.attributes
        if last is None:
            raise NotFound(unit_id)
        parent = change.parent or last.parent_id
        if change.parent is not None:
            await _require_write(session, actor, change.parent)
            if unit_id in await tree.path_of(session, change.parent):
                raise BadTree(change.parent)
            if (await tree.current(session, change.parent)).unit.closed_on:
                raise UnitClosed(change.parent)
        name, code = change.name or last.name, change.code or last.code
        await _check_free(session, name, parent, code, unit_id)
        await set_attributes(session, last, name, code, parent, change.from_on or _today())
        await log_to_hub(session, hub_id, "unit", {"unit": unit_id, "verb": "changed", "by": actor.user_id})
        return (await views(session, [unit_id]))[0]


async def set_attributes(
    session: AsyncSession, last: UnitAttributes, name: str, code: str | None, parent: str | None, from_on: str
) -> None:
    if from_on <= last.from_on:
        last.name, last.code, last.parent_id = name, code, parent
    else:
        last.until_on = from_on
        session.add(
            UnitAttributes(
                id=new_id("una"), unit_id=last.unit_id, name=name, code=code, parent_id=parent, from_on=from_on
            )
        )
    await session.flush()


async def merge_units(database: Database, actor: Actor, hub_id: str, merger: Merger) -> UnitView:
    """合村并居: the units close and name their successor; what lay below moves to it; rights pass on by path."""
    async with database.writing() as session:
        for unit_id in merger.units:
            await _require_write(session, actor, unit_id)
        if isinstance(merger.successor, NewSuccessor):
            new = merger.successor
            await _require_write(session, actor, new.parent)
            successor = await add_unit(session, new.name, new.level, new.parent, new.code, merger.on)
        else:
            successor = merger.successor
            await _require_write(session, actor, successor)
            if (await tree.current(session, successor)).unit.closed_on:
                raise UnitClosed(successor)
        closing = [unit_id for unit_id in merger.units if unit_id != successor]
        if set(closing) & set(await tree.path_of(session, successor)):
            raise BadTree(successor)
        for unit_id in closing:
            await _close(session, unit_id, successor, merger.on)
        await session.flush()
        await log_to_hub(
            session,
            hub_id,
            "merger",
            {"units": closing, "successor": successor, "on": merger.on, "by": actor.user_id},
        )
        return (await views(session, [successor]))[0]


async def _close(session: AsyncSession, unit_id: str, successor: str, on: str) -> None:
    step = await tree.current(session, unit_id)
    if step.unit.closed_on:
        raise UnitClosed(unit_id)
    step.unit.closed_on, step.unit.successor_id = on, successor
    if step.attributes is not None:
        step.attributes.until_on = on
    children = await session.scalars(
        select(UnitAttributes).where(UnitAttributes.parent_id == unit_id, UnitAttributes.until_on.is_(None))
    )
    for child in children.all():
        await set_attributes(session, child, child.name, child.code, successor, on)


async def _require_write(session: AsyncSession, actor: Actor, unit_id: str | None) -> None:
    path = await tree.path_of(session, unit_id) if unit_id else []
    actor.require("unit.write", Place(path))


async def _check_free(session: AsyncSession, name: str, parent: str | None, code: str | None, but: str | None) -> None:
    """No two living units of one parent share a name, no two in the county a code."""
    same = select(UnitAttributes.unit_id).where(UnitAttributes.until_on.is_(None))
    same_name = same.where(UnitAttributes.name == name, UnitAttributes.parent_id == parent)
    for query in [same_name] + ([same.where(UnitAttributes.code == code)] if code else []):
        if set(await session.scalars(query)) - {but}:
            raise Taken(code or name)


def _today() -> str:
    return day_of(time.time_ns())
