"""What the database refuses by itself, to the letter: as it was released, and new rules where they are wanted."""

from pathlib import Path

from sqlalchemy import text

from storage.database import Database

GUARDS = Path(__file__).parent.parent / "data"

SQLITE = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
FUNCTIONS = """SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = 'public' ORDER BY p.proname"""
TRIGGERS = """SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY t.tgname"""


async def test_every_guard_is_as_it_was_released(database: Database) -> None:
    """Migrations are made tidy now and then; what they execute stays. Where a new one adds a rule, its text is added to
    the file."""
    name = "guards.sqlite.sql" if database.sqlite else "guards.postgresql.sql"
    async with database.reading() as session:
        found = []
        for query in (SQLITE,) if database.sqlite else (FUNCTIONS, TRIGGERS):
            found += [f"{each.rstrip()};\n" for each in await session.scalars(text(query))]
    assert "\n".join(found) == (GUARDS / name).read_text()
