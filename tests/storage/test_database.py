"""Models and migrations agree; transactions do what they say; the database itself refuses to change a proof."""

import asyncio
import re
import threading
import time
from pathlib import Path

import aiosqlite
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage import engines, ledger
from storage.database import Database, migrate
from storage.errors import DatabaseAway, DatabaseBusy, ReadOnly
from storage.keys import Signer
from storage.tables import Base, Chain, Guess
from tests.fixtures_storage import erase

VERSIONS = Path(engines.__file__).parent / "migrations" / "versions"


async def test_models_and_migrations_agree(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    engine = engines.engine_for(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_several_processes_may_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new.sqlite"
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    database = await Database.open(url)
    newest = sorted(each.name[:4] for each in VERSIONS.glob("[0-9]*.py"))[-1:]
    async with database.reading() as session:
        assert (await session.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == newest
    await database.close()


async def test_a_database_that_is_away_has_a_name(tmp_path: Path) -> None:
    for url in (f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.sqlite", "postgresql+asyncpg://x@127.0.0.1:1/x"):
        with pytest.raises(DatabaseAway):
            await Database.open(url)


async def test_a_failed_connection_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends later speaks to an event loop that may be closed by then."""
    stop = aiosqlite.Connection.stop

    def slowly(connection: aiosqlite.Connection) -> object:
        connection._tx.put_nowait((None, lambda: time.sleep(0.2)))
        return stop(connection)

    monkeypatch.setattr(aiosqlite.Connection, "stop", slowly)
    before = set(threading.enumerate())
    with pytest.raises(DatabaseAway):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.sqlite")
    left = set(threading.enumerate()) - before
    assert [each for each in left if "_connection_worker_thread" in each.name] == []


async def test_sqlite_syncs_every_commit(sqlite_database: Database) -> None:
    async with sqlite_database.writing() as session:
        pragmas = [
            (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 1, 5000]


async def test_only_the_databases_own_failures_get_names(database: Database) -> None:
    """A caller's lost file, late answer or wrong statement is not a database that is away."""

    async def inside(failure: Exception, kind: str) -> None:
        async with database.writing() if kind == "writing" else database.reading():
            raise failure

    async def wrong() -> None:
        async with database.writing() as session:
            await session.execute(text("SELECT nothing FROM nowhere"))

    for kind in ("reading", "writing"):
        for failure in (FileNotFoundError("x"), TimeoutError("x")):
            with pytest.raises(type(failure)):
                await inside(failure, kind)
    with pytest.raises(DBAPIError):
        await wrong()


async def test_a_spoilt_file_is_away(tmp_path: Path) -> None:
    (tmp_path / "spoilt.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(DatabaseAway):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/spoilt.sqlite")


async def test_a_connection_that_is_lost_is_away_and_the_next_one_works(postgres_server: str) -> None:
    database, other = [await Database.open(postgres_server % "postgres") for _ in range(2)]

    async def lose() -> None:
        async with database.writing() as session:
            pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar()
            async with other.reading() as killer:
                await killer.execute(text(f"SELECT pg_terminate_backend({pid})"))
            await session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        await lose()
    async with database.reading() as session:
        assert (await session.execute(text("SELECT 1"))).scalar() == 1
    await database.close()
    await other.close()


def guess(subject: str) -> Guess:
    return Guess(subject=subject, failures=1, blocked_until_wall=0, last_wall=0)


async def test_an_exception_rolls_everything_back(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as session:
            session.add(guess("a"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.reading() as session:
        assert await session.get(Guess, "a") is None


async def test_a_writer_holds_its_lock_from_the_beginning(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 0.1)
    one, other = await Database.open(sqlite_url), await Database.open(sqlite_url)
    async with one.writing():  # nothing was written yet
        with pytest.raises(DatabaseBusy):
            async with other.writing():
                pass
    async with other.writing() as session:
        session.add(guess("a"))
    await one.close()
    await other.close()


async def test_a_reading_session_refuses_to_write(database: Database) -> None:
    async with database.reading() as session:
        session.add(guess("a"))
        with pytest.raises(ReadOnly):
            await session.flush()


async def test_reading_is_one_view(database: Database) -> None:
    async with database.reading() as session:
        assert await session.get(Guess, "a") is None
        async with database.writing() as writer:
            writer.add(guess("a"))
        count = (await session.execute(text("SELECT count(*) FROM guesses"))).scalar()
        assert count == 0
    async with database.reading() as session:
        assert await session.get(Guess, "a") is not None


async def proofs(database: Database, signer: Signer) -> tuple[str, str]:
    """One row in each table that proves something; gives a recording's chain and the hub's."""
    async with database.writing() as session:
        hub = await ledger.open_chain(session, "hub", "hub_1")
        chain = await ledger.open_chain(session, "recording", "rec_1")
        await ledger.append(session, chain, "opened", {"title": "会"})
        await ledger.append(session, chain, "vote", {"in_favour": 31})
        await ledger.close_chain(session, chain, signer)
        for statement in (
            "INSERT INTO units (id, level) VALUES ('u', 'village')",
            "INSERT INTO users (id, username, name, must_change, disabled, created_wall) "
            "VALUES ('w', 'w', 'w', FALSE, FALSE, 0)",
            "INSERT INTO meetings (id, title, kind, unit_id, state, access_class, recorded, created_wall, created_by) "
            "VALUES ('m', 'm', 'k', 'u', 'open', 'open', TRUE, 0, 'w')",
            "INSERT INTO recordings (id, meeting_id, part, chain_id, state, start_ns) "
            f"VALUES ('rec_1', 'm', 1, '{chain}', 'closed', 0)",
            "INSERT INTO tracks (id, recording_id, publisher, kind, codec, name) "
            "VALUES ('t', 'rec_1', 'p', 'camera', 'h264', 'n')",
            "INSERT INTO segments (id, recording_id, track_id, number, name, relay_epoch, source_id, first_index, "
            "last_index, start_ns, end_ns, frames, fillers, bytes, head_bytes, sha256, sm3, sealed_wall) "
            "VALUES ('s', 'rec_1', 't', 1, 'n', 'e', 'o', 1, 2, 0, 1, 1, 0, 1, 1, 'a', 'b', 0)",
            "INSERT INTO looks (id, recording_id, user_id, sitting, start_ns, end_ns, wall) "
            "VALUES ('l', 'rec_1', 'w', 's', 0, 1, 0)",
            "INSERT INTO authorities (id, name, certificate, first_used) VALUES ('a', 'n', 'c', 't')",
            "INSERT INTO stamps (chain_id, seq, at, authority_id, path, token, received_wall) "
            f"VALUES ('{chain}', 2, 't', 'a', '[]', 'x', 0)",
        ):
            await session.execute(text(statement))
        await erase(session, chain, 2, hub, "依法删除")
    return chain, hub


REFUSED = [
    "UPDATE entries SET kind = 'x' WHERE seq = 1",
    "UPDATE entries SET payload_hash = 'x'",
    "DELETE FROM entries WHERE seq = 2",
    "UPDATE checkpoints SET root = 'x'",
    "DELETE FROM checkpoints",
    "UPDATE segments SET sha256 = 'x'",
    "UPDATE segments SET start_ns = 5",
    "DELETE FROM segments",
    "UPDATE looks SET user_id = 'w'",
    "DELETE FROM looks",
    "UPDATE erasures SET by_seq = 1",
    "DELETE FROM erasures",
    "UPDATE signing_keys SET public = 'x'",
    "DELETE FROM signing_keys",
    "UPDATE stamps SET at = 'x'",
    "DELETE FROM stamps",
    "UPDATE authorities SET certificate = 'x'",
    "DELETE FROM authorities",
    "UPDATE payloads SET salt = 'x'",
    "DELETE FROM payloads WHERE chain_id = '{chain}' AND seq = 1",
    "DELETE FROM chains",
    "UPDATE chains SET closed = FALSE WHERE id = '{chain}'",
    "UPDATE chains SET head_seq = 0, head_hash = '{zero}' WHERE id = '{hub}'",
    "UPDATE chains SET head_hash = '{zero}' WHERE id = '{hub}'",
    "UPDATE chains SET subject = 'x' WHERE id = '{hub}'",
    "INSERT INTO entries SELECT id, head_seq + 1, 'k', 'a', 'p', head_hash, 'h' FROM chains WHERE id = '{chain}'",
    "INSERT INTO entries VALUES ('{hub}', 9, 'k', 'a', 'p', (SELECT head_hash FROM chains WHERE id = '{hub}'), 'h')",
    "INSERT INTO entries VALUES ('{hub}', 3, 'k', 'a', 'p', '{zero}', 'h')",
]
SQLITE_ONLY = [
    "INSERT OR REPLACE INTO entries SELECT chain_id, seq, 'x', at, payload_hash, previous, hash FROM entries",
    "INSERT OR REPLACE INTO looks SELECT * FROM looks",
    "UPDATE OR REPLACE looks SET id = id",
    "INSERT OR REPLACE INTO stamps SELECT chain_id, seq, 'x', authority_id, path, token, received_wall FROM stamps",
]
POSTGRES_ONLY = ["TRUNCATE entries CASCADE", "TRUNCATE looks", "TRUNCATE payloads", "TRUNCATE stamps"]


async def test_the_database_refuses_to_change_what_proves_something(database: Database, signer: Signer) -> None:
    chain, hub = await proofs(database, signer)
    for statement in REFUSED + (SQLITE_ONLY if database.sqlite else POSTGRES_ONLY):
        filled = statement.format(chain=chain, hub=hub, zero="0" * 64)
        with pytest.raises(DBAPIError, match=r"append-only|open chain|moves forward|says why"):
            async with database.writing() as session:
                await session.execute(text(filled))


async def test_every_proving_table_is_guarded(database: Database, signer: Signer) -> None:
    guarded = {match[1] for each in REFUSED if (match := re.search(r"(?:UPDATE|DELETE FROM) (\w+)", each))}
    assert guarded == {
        "entries", "checkpoints", "segments", "looks", "erasures", "signing_keys", "payloads", "chains",
        "stamps", "authorities",
    }  # fmt: skip
    chain, _ = await proofs(database, signer)
    async with database.reading() as session:
        found = await session.get(Chain, chain)
        assert found is not None
        assert found.closed


async def test_a_cancellation_is_not_swallowed_wherever_it_comes(sqlite_database: Database) -> None:
    async def write() -> None:
        async with sqlite_database.writing():
            pass
        await asyncio.sleep(60)

    for steps in range(16):
        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=2)
        assert task.cancelled(), steps


async def test_a_queue_that_moves_is_not_busy(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting longer than the limit for one's turn is no failure while others have theirs."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 2.0)
    done = []

    async def write(number: int) -> None:
        async with sqlite_database.writing():
            await asyncio.sleep(0.5)
        done.append(number)

    await asyncio.gather(*(write(number) for number in range(10)))
    assert done == list(range(10))
