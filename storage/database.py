"""The database: short transactions on SQLite or PostgreSQL, and the schema's migrations.

A writing transaction takes its lock at the beginning: BEGIN IMMEDIATE on SQLite (with the default, three processes
appending to a chain lost 11 of 900 entries), the chain's head row FOR UPDATE on PostgreSQL (`storage.ledger`).
No network call to anything but the database belongs inside one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Session

from storage import engines
from storage.errors import DatabaseAway, DatabaseBusy, ReadOnly

if TYPE_CHECKING:
    from alembic.config import Config

# Two migrating processes on PostgreSQL wait for one another by this number (its bytes spell "huilu").
MIGRATION_LOCK = 0x6875696C75

# Their sizes are told to the planner at each start: without, SQLite goes through the larger one (13 ms instead of 2.4
# for what is overdue of 10,000 decisions).
COUNTED = ("decisions", "awaited_steps", "broken_rules")

log = logging.getLogger(__name__)


class Database:
    """Sessions on one database. Every waiting in here has a limit."""

    def __init__(self, url: str) -> None:
        self.engine = engine = engines.engine_for(url)
        self.sqlite = engine.dialect.name == "sqlite"
        if self.sqlite:
            self._reader = self._patient = engine.execution_options(huilu_begin="BEGIN")
            self._writer = engine.execution_options(huilu_begin="BEGIN IMMEDIATE")
        else:
            view = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = engine.execution_options(**view)
            self._patient = engines.engine_for(url, engines.LONG_S).execution_options(**view)
            self._writer = engine
        # SQLite's own waiting is a poll without order; inside a process writers queue fairly.
        self._turn = asyncio.Lock()
        self._patience: set[asyncio.Timeout] = set()  # of those who queue

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Raises DatabaseAway when it can't be reached."""
        database = cls(url)
        try:
            async with database.reading() as session:
                await session.execute(text("SELECT 1"))
        except BaseException:
            await database.close()
            raise
        return database

    async def connect(self, number: int) -> None:
        """So many connections are there before somebody needs them. Raises DatabaseAway."""

        async def one(all_there: asyncio.Barrier) -> None:
            async with self.reading() as session:
                await session.execute(text("SELECT 1"))
                await all_there.wait()  # or the first would be lent again

        all_there = asyncio.Barrier(number)
        async with asyncio.timeout(2 * engines.BUSY_TIMEOUT_S), asyncio.TaskGroup() as tasks:
            for _ in range(number):
                tasks.create_task(one(all_there))

    @asynccontextmanager
    async def reading(self, *, patient: bool = False) -> AsyncIterator[AsyncSession]:
        """One consistent view; what is changed in it is refused (ReadOnly), not silently lost. Raises DatabaseAway when
        a statement isn't answered: within 10 s, `patient` (for what reads much) within 10 min."""
        async with self._session(self._patient if patient else self._reader) as session:
            event.listen(session.sync_session, "before_flush", _refuse_writes)
            yield session

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction: committed at the end, rolled back when anything is raised inside."""
        return self._writing()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        if self.sqlite:
            try:
                # Not wait_for: a cancellation in the moment of its success is lost (Python 3.11).
                async with asyncio.timeout(2 * engines.BUSY_TIMEOUT_S) as patience:
                    self._patience.add(patience)
                    try:
                        await self._turn.acquire()
                    finally:
                        self._patience.discard(patience)
            except TimeoutError as error:
                raise DatabaseBusy("another transaction of this process does not end") from error
        try:
            async with self._session(self._writer) as session:
                yield session
                await session.commit()
        finally:
            if self.sqlite:
                self._turn.release()
                self._queue_moved()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        session = AsyncSession(engine, expire_on_commit=False)
        try:
            with engines.connecting():
                await session.connection()  # takes the lock, also when the caller reads first
            with engines.named_errors():
                yield session
        finally:
            # Not in this task: a cancellation would leave its connection out of the pool.
            await asyncio.shield(asyncio.create_task(_end(session)))

    def _queue_moved(self) -> None:
        """However long the queue, it is stuck only when one transaction takes all the time: on a loaded machine eight
        writers at once were refused after 10 s though each would have had its turn."""
        until = asyncio.get_running_loop().time() + 2 * engines.BUSY_TIMEOUT_S
        for patience in self._patience:
            if not patience.expired():
                patience.reschedule(until)

    async def close(self) -> None:
        await self.engine.dispose()


def _refuse_writes(session: Session, *_: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise ReadOnly(", ".join(sorted({type(row).__name__ for row in [*session.new, *session.dirty]})))


async def _end(session: AsyncSession) -> None:
    """What it was for is done, or has failed for a reason of its own: that the end of its connection is not answered
    changes neither, and the connection is given up."""
    try:
        await session.close()
    except (DatabaseAway, DBAPIError) as error:
        log.warning("a connection to the database was given up: %s", error)


async def insert_if_absent(session: AsyncSession, table: type[DeclarativeBase], **values: Any) -> None:
    """A row that another transaction may be inserting in this moment: the first one stays."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    await session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())


async def migrate(url: str) -> None:
    """Bring the schema to its newest version; several processes may call it at once, one does it."""
    deadline = time.monotonic() + 2 * engines.BUSY_TIMEOUT_S
    while True:
        try:
            await _migrate(url)
            return
        except DatabaseBusy:
            # Turning a new SQLite file to WAL does not wait for another that does the same, whatever busy_timeout says.
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _migrate(url: str) -> None:
    engine = engines.engine_for(url, engines.MIGRATION_S)
    try:
        with engines.connecting():
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade)
                for table in COUNTED:
                    await connection.execute(text(f"ANALYZE {table}"))
    finally:
        await engine.dispose()


def alembic_config(connection: Connection) -> "Config":
    from alembic.config import Config  # a fifth of every process's start, and used once

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
