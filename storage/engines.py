"""Connections to SQLite and PostgreSQL: how they are set up, for how long each wait on them may last, and the names of
the two failures that are nobody's fault.

A PostgreSQL that stands still (stopped processes, a line that swallows all) says nothing at all: each statement has a
limit here, at which its connection is given up. asyncpg's own TimeoutError means that and nothing else, as a caller's
limit comes to a statement as a cancellation.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.errors import DatabaseAway, DatabaseBusy

BUSY_TIMEOUT_S = 5.0  # for a lock, a connection, a place in the pool
PLACES = 15  # connections of a process; those that were made are kept: one costs as much as ten questions
STATEMENT_S = 10.0  # longer than a lock is waited for
LONG_S = 600.0  # what reads much: an export, the sweep
MIGRATION_S = 3600.0  # a new index on all segments there are
CLOSE_S = 1.0  # the server's answer to the end of a connection; SQLAlchemy allows 2 s where it failed before
# The server ends a transaction in which nothing is asked for so long, as its client may have gone without a word: none
# spans a call to anything else, and its locks would stay until TCP gives up, after hours.
IDLE_S = 60.0
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


def engine_for(url: str, statement_s: float | None = None) -> AsyncEngine:
    """An engine whose connections are set up as MEDIA's measurements ask for. With `statement_s` (s), for few and long
    statements on PostgreSQL, it keeps none of them."""
    if make_url(url).get_backend_name() == "sqlite":
        arguments = {"timeout": BUSY_TIMEOUT_S, "async_creator_fn": _connect_sqlite}
        engine = create_async_engine(
            url, pool_size=PLACES, max_overflow=0, pool_timeout=BUSY_TIMEOUT_S, connect_args=arguments
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    pool: dict[str, Any] = {"poolclass": NullPool}
    if statement_s is None:
        pool = {"pool_size": PLACES, "max_overflow": 0, "pool_timeout": BUSY_TIMEOUT_S, "pool_pre_ping": True}
    engine = create_async_engine(
        url,
        connect_args={
            "timeout": BUSY_TIMEOUT_S,
            "command_timeout": statement_s or STATEMENT_S,
            "connection_class": _line_class(),
            "server_settings": {
                "lock_timeout": f"{BUSY_TIMEOUT_S:.0f}s",
                "idle_in_transaction_session_timeout": f"{(statement_s or IDLE_S) * 1000:.0f}ms",
            },
        },
        **pool,
    )
    event.listen(engine.sync_engine, "handle_error", _give_up_what_is_late)
    return engine


def _line_class() -> type[Any]:
    import asyncpg  # not where the database is SQLite

    class Line(asyncpg.Connection):  # type: ignore[misc]  # has no types
        """Its end has a limit, also where nobody says one."""

        async def close(self, *, timeout: float | None = None) -> None:
            await super().close(timeout=CLOSE_S if timeout is None else timeout)

    return Line


def _give_up_what_is_late(context: ExceptionContext) -> None:
    """The connection is ended, and those that wait in the pool are made anew before they are used again."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
        raise DatabaseAway("no answer to a statement") from context.original_exception


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


@contextmanager
def named_errors() -> Iterator[None]:
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


@contextmanager
def connecting() -> Iterator[None]:
    """For what only connects: there a failure of the line is nobody's but the database's."""
    try:
        with named_errors():
            yield
    except (OSError, TimeoutError) as error:  # asyncpg, before there is a connection
        raise DatabaseAway(str(error) or type(error).__name__) from error


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
