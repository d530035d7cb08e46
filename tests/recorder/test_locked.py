"""A database that somebody else holds, or that stands still: sealing goes on, it is told, and the rows follow.

For 30 s in a whole hub: `huilu chaos --database-locked 30`. Here for a little longer than the database's own limits.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
from sqlalchemy import func, select, text

from media_server.bus import Bus
from ops.sender.film import Film
from storage.database import Database
from storage.engines import BUSY_TIMEOUT_S, STATEMENT_S
from storage.tables import Segment
from tests.recorder import hub
from tests.recorder.hall import Hall
from tests.recorder.relay_socket import RelaySocket

LOCKED_S = BUSY_TIMEOUT_S + STATEMENT_S

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=50, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """By another process, in the middle of a transaction."""
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        # Awaited: a transaction of the recorder, which runs in this process, may have to end first.
        assert await other.stdout.readline() == b"held\n"
        yield
    finally:
        await other.communicate(b"")  # its standard input ends


@asynccontextmanager
async def stopped(backend: int) -> AsyncIterator[None]:
    """PostgreSQL, every process of it."""
    server = psutil.Process(backend).parent()
    assert server is not None
    processes = [server, *server.children()]
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            each.send_signal(signal.SIGCONT)


async def holder(database: Database, folder: Path) -> Callable[[], AbstractAsyncContextManager[None]]:
    if database.sqlite:
        return lambda: locked(folder / "huilu.sqlite")
    async with database.reading() as session:
        backend = int((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())
    return lambda: stopped(backend)


async def test_a_database_that_is_held_costs_nothing(
    database_url: str, database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    hall = Hall(database_url, database, bus, bus_url, tmp_path, film, socket)
    hold = await holder(database, tmp_path)
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened, numbers=True)
        playing = asyncio.create_task(publisher.play(120))
        await asyncio.sleep(3)
        async with hold():
            before = sealed(hall, opened)

            async def told() -> bool:
                found = await hall.state()
                return (found["well"], found["code"]) == (True, "recorder.database-away")

            await hub.until(told, 40)  # a busy machine
            await asyncio.sleep(LOCKED_S / 2)
            assert sealed(hall, opened) >= before + 4
        await asyncio.sleep(1)
        playing.cancel()
        publisher.end()

        async def rows() -> bool:
            async with database.reading() as session:
                return await session.scalar(select(func.count()).select_from(Segment)) == sealed(hall, opened)

        await hub.until(rows, 30)
        await hall.finish(opened)
    found = await hall.archive(opened)
    for kind, each in found.account(publisher, opened, ()).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)


def sealed(hall: Hall, opened: hub.Opened) -> int:
    return len(list((hall.spool / opened.recording).glob("*/0*.mp4")))


async def test_a_recorder_that_begins_while_its_database_is_held_goes_on_by_its_notes(
    database_url: str, database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    """Nobody waits for an answer that may take longer than the relay remembers."""
    hall = Hall(database_url, database, bus, bus_url, tmp_path, film, socket)
    hold = await holder(database, tmp_path)
    socket.history_ns = round(BUSY_TIMEOUT_S * 1e9)
    opened = await hub.open_meeting(database)
    publisher = hall.publisher(opened, numbers=True)
    playing = asyncio.create_task(publisher.play(120))
    async with hub.recording(hall.config()):
        await hub.ready(bus, opened)
        await asyncio.sleep(3)
    async with AsyncExitStack() as held:
        await held.enter_async_context(hold())
        async with hub.recording(hall.config()):
            await hub.ready(bus, opened)
            await asyncio.sleep(2)
            await held.aclose()
            await asyncio.sleep(1)
            playing.cancel()
            publisher.end()
            await hall.finish(opened)
    found = await hall.archive(opened)
    for kind, each in found.account(publisher, opened, ()).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
