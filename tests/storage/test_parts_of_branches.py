"""What a hub kept of a branch's meetings before each part had its own: whose it is and its report find their part."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, text

from storage import engines
from storage.database import alembic_config
from storage.ids import new_id
from tests.fixtures_storage import create_database

FIELDS = {"place": "村部"}
# Two meetings of a village's branch, one of them of the committee and the members after its two committees, with a part
# of the neighbours; and the neighbours' branch.
PARTS = [
    ("one", 1, "village", "theme_day"),
    ("many", 1, "village", "two_committees"), ("many", 2, "village", "branch_committee"),
    ("many", 3, "village", "branch_assembly"), ("many", 4, "other", "branch_assembly"),
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/old.sqlite"
        return
    server, name = request.getfixturevalue("postgres_server"), new_id("db")
    asyncio.run(create_database(server, name, "template0"))
    yield server % name


def _insert(connection: Connection, of: str, **values: object) -> None:
    """What isn't said and may not be empty is empty."""
    table = Table(of, MetaData(), autoload_with=connection, resolve_fks=False)
    for column in table.c:
        if not column.nullable and column.server_default is None and column.name not in values:
            values[column.name] = {int: 0, str: "", bool: False}.get(column.type.python_type, FIELDS)
    connection.execute(table.insert().values(**values))


def _old(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "0033")
    # Units, people and the meetings themselves are left out: nothing of this is committed.
    sqlite = connection.dialect.name == "sqlite"
    connection.execute(text("PRAGMA defer_foreign_keys = ON" if sqlite else "SET session_replication_role = replica"))
    for body, unit in (("branch", "village"), ("neighbours", "other")):
        _insert(connection, "bodies", id=body, unit_id=unit, kind="branch", name=body)
    for meeting, number, unit, kind in PARTS:
        _insert(connection, "meeting_parts", meeting_id=meeting, number=number, unit_id=unit, kind=kind)
    for meeting in ("one", "many"):
        _insert(connection, "branch_meetings", meeting_id=meeting, branch_id="branch", entry="ent", by_secretary=True)
        for version in (1, 2):
            _insert(connection, "branch_reports", id=f"{meeting}{version}", meeting_id=meeting, version=version,
                    fields=FIELDS, checked_on="2026-11-28")  # fmt: skip


def _new(connection: Connection) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    command.upgrade(alembic_config(connection), "0034")
    links = "SELECT meeting_id, part, branch_id, entry FROM branch_meetings ORDER BY meeting_id DESC, part"
    reports = "SELECT id, part, version, fields, checked_on FROM branch_reports ORDER BY id DESC"
    return [(*row,) for row in connection.execute(text(links))], [(*row,) for row in connection.execute(text(reports))]


async def test_links_and_reports_find_their_part(empty_url: str) -> None:
    engine = engines.engine_for(empty_url)
    async with engine.connect() as connection:
        await connection.run_sync(_old)
        links, reports = await connection.run_sync(_new)
    await engine.dispose()
    assert links == [
        ("one", 1, "branch", "ent"),
        ("many", 1, "branch", None), ("many", 2, "branch", "ent"), ("many", 3, "branch", None),
    ]  # fmt: skip
    assert [row[:3] for row in reports] == [("one2", 1, 2), ("one1", 1, 1), ("many2", 2, 2), ("many1", 2, 1)]
    assert all("村部" in str(row[3]) or "\\u6751" in str(row[3]) for row in reports)
    assert {row[4] for row in reports} == {"2026-11-28"}
