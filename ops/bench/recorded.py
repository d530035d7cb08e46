"""What recording is measured at: bus, object store, SQLite, relay and recorder as `huilu up` starts them, no one else.

Meetings are rows, as the api writes them at an opening; no api, worker or supervisor runs beside.
"""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select, update

from media_server import memory
from media_server.bus import Bus
from ops import bus_server, object_store, prepare
from ops.addresses import free_port
from ops.bench.measured import START_S, connect, healthy, last, log_of, process, start_of
from ops.child import Unwell
from ops.errors import NotHealthy
from ops.layout import Layout
from ops.ports import InnerPorts
from ops.start import ObjectsAt
from storage.clock import Origin
from storage.database import Database, migrate
from storage.errors import DatabaseBusy
from storage.ids import new_id
from storage.ledger import append, open_chain
from storage.seaweed import SeaweedPlan
from storage.tables import Gap, Meeting, Recording, Segment, Stored, Unit, User

SPOOL_BYTES = 1 << 40
LOCK_DAYS = 1
BUSY_TRIES = 5  # of 5 s


@dataclass(frozen=True, slots=True)
class Archiving:
    bus: Bus
    bus_url: str
    bus_token: str
    database: Database
    recorder: int  # pid
    relay: int
    spool: Path


@contextlib.asynccontextmanager
async def archiving(address: str) -> AsyncIterator[Archiving]:
    """Raises NotHealthy."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huilu-bench-")))
        layout = Layout(folder).make()
        port, token = free_port(), secrets.token_hex(16)
        spec = bus_server.spec(layout.bus, layout.run / "bus.conf", port, token)
        planned = object_store.plan(layout.objects, InnerPorts(layout.run))
        database_url = f"sqlite+aiosqlite:///{layout.database}"
        await migrate(database_url)
        start = replace(
            start_of(layout, spec.where, token, address, ""),
            database_url=database_url, spool_limit_bytes=SPOOL_BYTES,
            objects=ObjectsAt(
                planned.endpoint, planned.access_key, planned.secret_key, "bench", secure=False, lock_days=LOCK_DAYS,
                doors=planned.ports.all,
            ),
        )  # fmt: skip
        start.write()
        stack.enter_context(process(list(spec.argv), layout))
        stack.enter_context(_store(planned, layout))
        bus = await connect(spec.where, port, token, layout)
        stack.push_async_callback(bus.close)
        await _answers(planned, layout)
        pids = {}
        for name in ("relay", "recorder"):
            around = os.environ | prepare.child_environment()
            if name == "relay":
                around |= memory.environment(os.environ)
            child = stack.enter_context(
                process([sys.executable, "-m", "ops.cli", name, "--data", str(folder)], layout, around)
            )
            await healthy(bus, name, child, layout)
            pids[name] = child.pid
        database = await Database.open(database_url)
        stack.push_async_callback(database.close)
        yield Archiving(bus, spec.where, token, database, pids["recorder"], pids["relay"], layout.spool)


@contextlib.contextmanager
def _store(planned: SeaweedPlan, layout: Layout) -> Iterator[None]:
    with open(log_of(layout), "ab") as log:
        child = subprocess.Popen(
            planned.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=planned.env, cwd=planned.cwd
        )
        try:
            yield
        finally:
            child.kill()  # it survives that, and takes 15 s to heed anything else (MEDIA.md)
            child.wait()
            for path in planned.leftovers():
                path.unlink(missing_ok=True)


async def _answers(planned: SeaweedPlan, layout: Layout) -> None:
    host, port = planned.endpoint.split(":")
    try:
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(OSError, Unwell):
                    await object_store.healthz(host, int(port))
                    return
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise NotHealthy(f"objects: {last(layout)}") from error


@dataclass(frozen=True, slots=True)
class Opened:
    meeting: str
    recording: str
    origin: Origin


async def open_meetings(database: Database, names: list[str]) -> list[Opened]:
    """All at once; the relay's rooms have these names."""
    opened = []
    async with database.writing() as session:
        unit, user = new_id("unt"), new_id("usr")
        session.add(Unit(id=unit, level="village"))
        session.add(User(id=user, username="bench", name="bench", created_wall=0))
        await session.flush()
        for name in names:
            origin, recording = Origin.here_and_now(), new_id("rec")
            session.add(
                Meeting(
                    id=name, title=name, kind="representatives_meeting", unit_id=unit, state="open", created_by=user,
                    created_wall=origin.wall_ns, opened_wall=origin.wall_ns, opened_monotonic=origin.monotonic_ns,
                    opened_boot=origin.boot, opened_on="2026-01-01", opened_by=user,
                )
            )  # fmt: skip
            await session.flush()
            chain = await open_chain(session, "recording", recording)
            await append(session, chain, "opened", {"meeting": name})
            session.add(Recording(id=recording, meeting_id=name, chain_id=chain, state="recording", start_ns=0))
            opened.append(Opened(name, recording, origin))
    return opened


async def end_meetings(database: Database, opened: list[Opened]) -> None:
    """As often as it takes: on a busy machine the recorder's rows may keep a writer waiting."""
    for _ in range(BUSY_TRIES):
        with contextlib.suppress(DatabaseBusy):
            await _end(database, opened)
            return
    await _end(database, opened)


async def _end(database: Database, opened: list[Opened]) -> None:
    async with database.writing() as session:
        for each in opened:
            values = {"end_ns": each.origin.meeting_now(), "state": "closing"}
            await session.execute(update(Recording).where(Recording.id == each.recording).values(**values))


async def sealed_and_stored(database: Database, opened: list[Opened]) -> tuple[int, int, list[float]]:
    """How many segments there are, how many of them are stored, and for each stored one the seconds from its first
    frame to the confirmation that it was read back."""
    walls = {each.recording: each.origin.wall_ns for each in opened}
    async with database.reading() as session:
        count = await session.scalar(select(func.count()).select_from(Segment)) or 0
        rows = await session.execute(
            select(Segment.recording_id, Segment.start_ns, Stored.confirmed_wall).join(
                Stored, Stored.segment_id == Segment.id
            )
        )
        late = [(confirmed - walls[recording] - start) / 1e9 for recording, start, confirmed in rows]
    return count, len(late), late


async def gaps(database: Database) -> int:
    """Holes of tracks; what is missing before anybody came belongs to none."""
    async with database.reading() as session:
        query = select(func.count()).select_from(Gap).where(Gap.track_id.is_not(None), Gap.cause != "ending")
        return await session.scalar(query) or 0
