"""Every route × person × thing over HTTP, as the table says. A sample here; all of it with HUILU_MATRIX=whole."""

import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.acts.sample_county import Credential
from storage.database import Database
from storage.keys import Signer
from tests.api.conftest import Hub, config_for, serving
from tests.api.matrix.county import County
from tests.api.matrix.founded import found
from tests.api.matrix.routes import ROUTES
from tests.api.matrix.runner import Runner, cases, sampled
from tests.api.matrix.table import CLASSES, COLUMNS, ROLES, TABLE

WHOLE = os.environ.get("HUILU_MATRIX") == "whole"
OTHERS = ("public", "signed", "own", "self")
PARTS = 4 if WHOLE else 1  # so that several workers share it
MORE = 100  # cases beside one of each route and role


@pytest.fixture
async def hub(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> AsyncIterator[Hub]:
    """Nobody attends its meetings, and the whole matrix takes longer than they may wait."""
    config = config_for(tmp_path, bus_url, county_url, absence_limit_s=1e6)
    async with serving(config, county, seeded[1]) as running:
        yield running


def test_the_table_has_a_line_for_each_role_and_class() -> None:
    assert set(TABLE) == {(role, each) for role in ROLES for each in CLASSES}
    for route in ROUTES:
        columns = route.column.removeprefix("any ").replace("|", " ").split()
        assert set(columns) <= COLUMNS.union(OTHERS), route.name
        assert route.seen in COLUMNS | {None, "part"}, route.name


async def test_every_route_is_in_the_list(hub: Hub) -> None:
    """A new route: add it to tests/api/matrix/routes.py, whose head says how."""
    documented = {f"{method.upper()} {path}" for path, each in hub.app.openapi()["paths"].items() for method in each}
    served = set()
    for context in iter_route_contexts(hub.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            served |= {f"{method} {context.path}" for method in route.methods}
        elif "channel" in getattr(route, "path", ""):
            served.add(f"WEBSOCKET {context.path}")
    listed = {each.name for each in ROUTES}
    plain = {name.replace(":path}", "}") for name in documented | served}
    assert plain - listed == set(), "served, but not in the list"
    assert listed - plain == set(), "in the list, but not served"


@pytest.mark.timeout(3600 if WHOLE else 300)
@pytest.mark.parametrize("part", range(PARTS))
async def test_the_matrix(hub: Hub, signer: Signer, part: int) -> None:
    begun = time.monotonic()
    async with hub.stranger() as client:
        made: County = await found(hub, client, signer)
        admin = made.who("admin", "county")
        template = await client.get("/api/import/template.xlsx", headers={"Authorization": f"Bearer {admin.token}"})
        seed = 0 if WHOLE else random.randrange(1_000_000)
        print(f"\nseed {seed}; {len(made.people)} people, {len(made.things)} things, {time.monotonic() - begun:.0f} s")
        runner = Runner(made, template.content)
        chance = random.Random(seed)
        chosen = list(cases(made))[part::PARTS] if WHOLE else sampled(made, seed, MORE)
        people = made.people[part::PARTS] if WHOLE else chance.sample(made.people, 6)
        await runner.lists(people)
        await runner.searches(people, chance, WHOLE)
        report = await runner.run(chosen)
    print(f"{len(chosen)} combinations, {report.asked} requests, {report.count} disagreements,"
          f" {time.monotonic() - begun:.0f} s")  # fmt: skip
    assert not report.wrong, {route: wrong[:3] for route, wrong in report.wrong.items()}
