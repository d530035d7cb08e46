"""The tree with dates: renamed, moved, merged; old records keep their names, rights pass on, search finds both."""

import pytest

from api.acts import tree
from api.acts.actor import Actor
from api.acts.seed import ensure_admin, seed_demo
from api.acts.units import change_unit, create_unit, list_units, merge_units
from api.domain.rights import Grant, Place
from api.errors.county import BadTree, UnitClosed
from api.errors.request import Taken
from api.records.people import Merger, NewSuccessor, NewUnit, UnitChange
from storage.database import Database
from tests.api.conftest import Hub

TODAY = "2026-11-24"


def actor(role: str, unit: str) -> Actor:
    return Actor("usr_x", "x", "x", None, False, (Grant(role, unit, None, None, "2020-01-01", None),), TODAY)


async def test_a_merger_passes_rights_on_and_keeps_names(database: Database) -> None:
    await ensure_admin(database, "a password")
    await seed_demo(database)
    found = {unit.name: unit for unit in await list_units(database, actor("admin", "x"))}
    county, town = found["示范县"], found["清河镇"]
    admin = actor("admin", county.id)
    a, b = found["孙家寨村"], found["马家集村"]
    group = await create_unit(database, admin, "hub_x", NewUnit(name="一组", level="group", parent=a.id))
    successor = NewSuccessor(name="联合村", parent=town.id, code="371599101288")
    merger = Merger(units=[a.id, b.id], successor=successor, on="2026-06-01")
    new = await merge_units(database, admin, "hub_x", merger)
    async with database.reading() as session:
        assert await tree.path_of(session, a.id) == [a.id, new.id, town.id, county.id]
        assert await tree.path_of(session, group.id) == [group.id, new.id, town.id, county.id]
        assert {a.id, b.id, group.id} <= await tree.subtree(session, [new.id])
        assert (await tree.ref(session, a.id, "2026-05-31")).name == "孙家寨村"
        secretary = actor("secretary", new.id)
        assert secretary.may("recording.look", Place(await tree.path_of(session, a.id)))
    by_old_name = await list_units(database, admin, "马家集")
    assert [(unit.closed_on, unit.successor.name if unit.successor else "") for unit in by_old_name] == [
        ("2026-06-01", "联合村")
    ]
    with pytest.raises(UnitClosed):
        await change_unit(database, admin, "hub_x", a.id, UnitChange(name="x"))
    with pytest.raises(UnitClosed):
        await merge_units(database, admin, "hub_x", Merger(units=[a.id], successor=b.id, on=TODAY))


async def test_names_have_dates_and_the_tree_has_no_ring(database: Database) -> None:
    await ensure_admin(database, "a password")
    county = (await list_units(database, actor("admin", "x")))[0]
    admin = actor("admin", county.id)
    town = await create_unit(
        database, admin, "h", NewUnit(name="老镇", level="town", parent=county.id, from_on="2020-01-01")
    )
    changed = await change_unit(database, admin, "h", town.id, UnitChange(name="新镇", from_on="2026-01-01"))
    assert changed.former_names == ["老镇"]
    async with database.reading() as session:
        assert [(await tree.ref(session, town.id, on)).name for on in ("2025-12-31", "2026-01-01")] == ["老镇", "新镇"]
    village = await create_unit(
        database, admin, "h", NewUnit(name="村", level="village", parent=town.id, code="1" * 12)
    )
    with pytest.raises(BadTree):
        await change_unit(database, admin, "h", town.id, UnitChange(parent=village.id))
    with pytest.raises(Taken):
        await create_unit(database, admin, "h", NewUnit(name="村", level="village", parent=town.id))
    with pytest.raises(Taken):
        await create_unit(database, admin, "h", NewUnit(name="别村", level="village", parent=town.id, code="1" * 12))


async def test_party_organisations_are_a_second_tree(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("admin") as admin:
        mine = (await admin.get("/api/party-organisations", params={"unit": unit})).json()
        assert [each["level"] for each in mine] == ["branch"]
        new = {"name": "中共孙家寨村流动党员支部", "level": "branch", "parent": mine[0]["parent"], "unit": unit}
        assert (await admin.post("/api/party-organisations", json=new)).status_code == 201
        assert (await admin.post("/api/party-organisations", json=new)).status_code == 409
        assert len((await admin.get("/api/party-organisations", params={"unit": unit})).json()) == 2
