"""The database: short transactions on SQLite or PostgreSQL, and the schema's migrations.

A writing transaction takes its lock at the beginning: BEGIN IMMEDIATE on SQLite (with the default, three processes
appending to a chain lost 11 of 900 entries), the chain's head row FOR UPDATE on PostgreSQL (`storage.ledger`).
No network call to anything but the database belongs inside one.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite
from sqlalchemy import Connection, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session

from storage.errors import DatabaseAway, DatabaseBusy, ReadOnly

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_TIMEOUT_S = 5.0
# Two migrating processes on PostgreSQL wait for one another by this number (its bytes spell "huilu").
MIGRATION_LOCK = 0x6875696C75
# The file can't be used: away, whoever asks. A wrong statement is SQLITE_ERROR and no such thing.
_SQLITE_AWAY = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
)


class Database:
    """Sessions on one database. Every waiting in here has a limit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        if self.sqlite:
            self._reader = engine.execution_options(huilu_begin="BEGIN")
            self._writer = engine.execution_options(huilu_begin="BEGIN IMMEDIATE")
        else:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = engine
        # SQLite's own waiting is a poll without order; inside a process writers queue fairly.
        self._turn = asyncio.Lock()
        self._patience: set[asyncio.Timeout] = set()  # of those who queue

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Raises DatabaseAway when it can't be reached."""
        database = cls(engine_for(url))
        try:
            async with database.reading() as session:
                await session.execute(text("SELECT 1"))
        except BaseException:
            await database.close()
            raise
        return database

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One consistent view; what is changed in it is refused (ReadOnly), not silently lost."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            event.listen(session.sync_session, "before_flush", _refuse_writes)
            await _connect(session)
            with _named_errors():
                yield session

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction: committed at the end, rolled back when anything is raised inside."""
        return self._writing()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        if self.sqlite:
            try:
                # Not wait_for: a cancellation in the moment of its success is lost (Python 3.11).
                async with asyncio.timeout(2 * BUSY_TIMEOUT_S) as patience:
                    self._patience.add(patience)
                    try:
                        await self._turn.acquire()
                    finally:
                        self._patience.discard(patience)
            except TimeoutError as error:
                raise DatabaseBusy("another transaction of this process does not end") from error
        try:
            async with AsyncSession(self._writer, expire_on_commit=False) as session:
                await _connect(session)  # takes the lock, also when the caller reads first
                with _named_errors():
                    yield session
                    await session.commit()
        finally:
            if self.sqlite:
                self._turn.release()
                self._queue_moved()

    def _queue_moved(self) -> None:
        """However long the queue, it is stuck only when one transaction takes all the time: on a loaded machine eight
        writers at once were refused after 10 s though each would have had its turn."""
        until = asyncio.get_running_loop().time() + 2 * BUSY_TIMEOUT_S
        for patience in self._patience:
            if not patience.expired():
                patience.reschedule(until)

    async def close(self) -> None:
        await self.engine.dispose()


def engine_for(url: str) -> AsyncEngine:
    """An engine whose connections are set up as MEDIA's measurements ask for."""
    if make_url(url).get_backend_name() == "sqlite":
        arguments = {"timeout": BUSY_TIMEOUT_S, "async_creator_fn": _connect_sqlite}
        engine = create_async_engine(url, pool_timeout=BUSY_TIMEOUT_S, connect_args=arguments)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    return create_async_engine(
        url,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={"timeout": BUSY_TIMEOUT_S, "server_settings": {"lock_timeout": f"{BUSY_TIMEOUT_S:.0f}s"}},
    )


async def _connect_sqlite(*arguments: Any, **names: Any) -> aiosqlite.Connection:
    """A connection, or a failure that leaves nothing running: aiosqlite only tells the thread of a failed one to end,
    and what that thread has to say would find its event loop closed."""
    connection = aiosqlite.connect(*arguments, **names)
    connection._thread.daemon = True  # as SQLAlchemy has it: a query that hangs doesn't keep the process
    try:
        return await connection
    except BaseException:
        await asyncio.to_thread(connection._thread.join)
        raise


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours (below)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a commit that was acknowledged survives a power cut
        f"busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE deletes without asking the triggers
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("huilu_begin", "BEGIN IMMEDIATE"))


def _refuse_writes(session: Session, *_: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise ReadOnly(", ".join(sorted({type(row).__name__ for row in [*session.new, *session.dirty]})))


async def _connect(session: AsyncSession) -> None:
    try:
        with _named_errors():
            await session.connection()
    except (OSError, TimeoutError) as error:  # asyncpg, before there is a connection
        raise DatabaseAway(str(error) or type(error).__name__) from error


@contextmanager
def _named_errors() -> Iterator[None]:
    """The two failures that are nobody's fault get names; the others, and the caller's own, pass as they are."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseBusy(str(error)) from error
    except DBAPIError as error:
        if _is_busy(error):
            raise DatabaseBusy(str(error.orig)) from error
        if _is_away(error):
            raise DatabaseAway(str(error.orig)) from error
        raise


def _is_busy(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    # PostgreSQL: lock_not_available, deadlock_detected, serialization_failure, too_many_connections
    return getattr(error.orig, "sqlstate", None) in ("55P03", "40P01", "40001", "53300")


def _is_away(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _SQLITE_AWAY
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _sqlite_code(error: sqlite3.Error) -> int:
    """The primary code (the extended ones have it in their low byte); 0 for an error of the module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


async def insert_if_absent(session: AsyncSession, table: type[DeclarativeBase], **values: Any) -> None:
    """A row that another transaction may be inserting in this moment: the first one stays."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    await session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())


async def migrate(url: str) -> None:
    """Bring the schema to its newest version; several processes may call it at once, one does it."""
    deadline = time.monotonic() + 2 * BUSY_TIMEOUT_S
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
    engine = engine_for(url)
    try:
        with _named_errors():
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade)
    except (OSError, TimeoutError) as error:
        raise DatabaseAway(str(error) or type(error).__name__) from error
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
