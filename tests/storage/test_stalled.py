"""A PostgreSQL to which everything stands still, as behind a line that swallows all: every wait on it ends, under the
right name, and afterwards it works as before."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import engines
from storage.database import Database
from storage.errors import DatabaseAway
from storage.tables import Guess
from tests.storage.strait import Strait

STATEMENT_S = 1.0
# A statement, the end of its connection, a ping of another one before: on a busy machine.
WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "STATEMENT_S", STATEMENT_S)
    monkeypatch.setattr(engines, "IDLE_S", STATEMENT_S)


@pytest.fixture
async def strait(postgres_url: str) -> AsyncIterator[Strait]:
    parts = urlsplit(postgres_url)
    strait = Strait(parse_qs(parts.query)["host"][0] + "/.s.PGSQL.5432")
    await strait.start(parts.path.removeprefix("/"))
    yield strait
    await strait.stop()


@pytest.fixture
async def database(strait: Strait) -> AsyncIterator[Database]:
    database = await Database.open(strait.url)
    yield database
    await database.close()


def guess(subject: str) -> Guess:
    return Guess(subject=subject, failures=1, blocked_until_wall=0, last_wall=0)


async def in_time(what: Awaitable[None]) -> None:
    begun = time.monotonic()
    await what
    assert time.monotonic() - begun < WITHIN_S


async def heals(database: Database) -> None:
    """Reads, writes; no connection is out, none of the server's is left in a transaction, and locks are free."""
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    async def once() -> None:
        async with database.writing() as session:
            await session.execute(text("LOCK TABLE guesses IN ACCESS EXCLUSIVE MODE"))
            session.add(guess("after"))
        async with database.reading() as session:
            assert await session.get(Guess, "after") is not None
            others = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            assert (await session.execute(others)).scalar() == 0

    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            await once()
            return
        except DatabaseAway:  # one of the connections that have waited in the pool
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


async def read(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))


async def write(session: AsyncSession) -> None:
    session.add(guess("lost"))
    await session.flush()


async def stream(session: AsyncSession) -> None:
    async for _ in await session.stream(text("SELECT generate_series(1, 1000000)")):
        pass


async def test_a_statement_ends(database: Database, strait: Strait) -> None:
    async def inside(kind: str, act: Callable[[AsyncSession], Awaitable[None]]) -> None:
        async with database.writing() if kind == "writing" else database.reading() as session:
            await read(session)
            strait.hold()
            await act(session)

    for kind, act in (("reading", read), ("writing", write), ("reading", stream)):
        with pytest.raises(DatabaseAway):
            await in_time(inside(kind, act))
        strait.release()
    await heals(database)


async def test_a_commit_ends(database: Database, strait: Strait) -> None:
    async def commit() -> None:
        async with database.writing() as session:
            await write(session)
            strait.hold()

    with pytest.raises(DatabaseAway):
        await in_time(commit())
    strait.release()
    await heals(database)


async def test_who_comes_while_it_stands_still_is_told(database: Database, strait: Strait) -> None:
    """With a connection that waited in the pool, and with a new one."""
    strait.hold()

    async def writing() -> None:
        async with database.writing() as session:
            await read(session)

    for each in (once(database), writing()):
        with pytest.raises(DatabaseAway):
            await in_time(each)
    strait.release()
    await heals(database)


async def test_a_reading_that_has_all_of_it_is_none_that_failed(database: Database, strait: Strait) -> None:
    async def inside() -> None:
        async with database.reading() as session:
            await read(session)
            strait.hold()

    await in_time(inside())
    strait.release()
    await heals(database)


async def test_the_callers_own_limit_and_cancellation_pass_as_they_are(database: Database, strait: Strait) -> None:
    async def late(act: Callable[[AsyncSession], Awaitable[None]]) -> None:
        async with database.writing() as session:
            await read(session)
            strait.hold()
            async with asyncio.timeout(STATEMENT_S / 4):
                await act(session)

    async def elsewhere(_: AsyncSession) -> None:
        await asyncio.sleep(60)

    for act in (read, elsewhere):
        with pytest.raises(TimeoutError):
            await in_time(late(act))
        strait.release()
        task = asyncio.create_task(late(act))
        await asyncio.sleep(STATEMENT_S / 8)
        task.cancel()
        await asyncio.wait([task], timeout=WITHIN_S)
        assert task.cancelled()
        strait.release()
    await heals(database)


async def test_a_failure_inside_is_the_one_that_is_told(database: Database, strait: Strait) -> None:
    async def fail() -> None:
        async with database.writing() as session:
            await write(session)
            strait.hold()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_time(fail())
    strait.release()
    await heals(database)


async def test_a_line_that_is_cut_in_a_transaction_leaves_no_lock(database: Database, strait: Strait) -> None:
    """The server is told nothing: it ends what stands idle in a transaction by itself."""

    async def inside() -> None:
        async with database.writing() as session:
            await session.execute(text("LOCK TABLE guesses IN ACCESS EXCLUSIVE MODE"))
            strait.hold()
            await read(session)

    with pytest.raises(DatabaseAway):
        await in_time(inside())
    strait.forget()
    await heals(database)


async def test_a_long_reading_has_a_longer_limit(database: Database) -> None:

    async def inside(patient: bool) -> None:
        async with database.reading(patient=patient) as session:
            await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 2 * STATEMENT_S})

    await inside(True)
    with pytest.raises(DatabaseAway):
        await inside(False)
    await heals(database)


async def test_it_is_closed_in_time(strait: Strait) -> None:
    database = await Database.open(strait.url)
    await asyncio.gather(*(once(database) for _ in range(3)))
    strait.hold()
    await in_time(database.close())


async def once(database: Database) -> None:
    async with database.reading() as session:
        await read(session)
