"""The api as it runs: uvicorn on a free port, a real database, a real bus; clients signed in as the sample county's."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.acts import sign_in
from api.acts.sample_county import Credential
from api.acts.seed import ensure_admin, seed_demo
from api.app import ApiConfig, create_app
from api.house import House
from storage.database import Database

ADMIN_PASSWORD = "a long enough password"


class Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Hub:
    """A running api and its sample county."""

    url: str
    app: FastAPI
    database: Database
    credentials: dict[str, Credential]
    config: ApiConfig

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    async def client(self, username: str) -> httpx.AsyncClient:
        """Signed in by bearer."""
        password = ADMIN_PASSWORD if username == "admin" else self.credentials[username].password
        async with self.stranger() as stranger:
            answer = await stranger.post("/api/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        return self.stranger(headers={"Authorization": f"Bearer {answer.json()['token']}"})

    def stranger(self, **more: Any) -> httpx.AsyncClient:
        """Not signed in. The address has no TLS: without `verify` each client reads all authorities of the world. It
        gives up an idle connection before uvicorn does (5 s), or a request might meet its end."""
        idle = httpx.Limits(keepalive_expiry=2)
        return httpx.AsyncClient(base_url=self.url, timeout=60, verify=False, limits=idle, **more)

    async def unit(self, username: str) -> str:
        async with await self.client(username) as client:
            return str((await client.get("/api/me")).json()["home"]["id"])


@contextlib.asynccontextmanager
async def serving(config: ApiConfig, database: Database, credentials: list[Credential]) -> AsyncIterator[Hub]:
    app = create_app(config)
    server = Uvicorn(uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not task.done(), "uvicorn has ended"
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        yield Hub(url, app, database, {each.username: each for each in credentials}, config)
    finally:
        server.should_exit = True
        await task


def config_for(tmp_path: Path, bus_url: str, database_url: str, **more: Any) -> ApiConfig:
    (tmp_path / "dist" / "assets").mkdir(parents=True, exist_ok=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>会录</title>")
    (tmp_path / "dist" / "assets" / "index-1a2b.js").write_text("export {}")
    return ApiConfig(
        bus_url=bus_url,
        bus_token=None,
        database_url=database_url,
        spool=tmp_path / "spool",
        derived=tmp_path / "derived",
        objects=None,
        web_dist=tmp_path / "dist",
        hub_id="hub_test",
        key_path=tmp_path / "keys" / "signing.pem",
        public_url="https://localhost:8443",
        secure_cookie=False,
        **more,
    )


@pytest.fixture(scope="session")
def seeded(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Credential]]:
    """The sample county in a file, made once."""
    path = tmp_path_factory.mktemp("county") / "county.sqlite"
    shutil.copy(migrated_sqlite, path)

    # Argon2 says in each hash what it cost: what is made cheap here is cheap at each sign-in of each test.
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

    async def seed() -> list[Credential]:
        database = await Database.open(f"sqlite+aiosqlite:///{path}")
        await ensure_admin(database, ADMIN_PASSWORD)
        credentials = await seed_demo(database)
        await database.close()
        return credentials

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sign_in, "_hasher", cheap)
        return path, asyncio.run(seed())


@pytest.fixture
def county_url(seeded: tuple[Path, list[Credential]], tmp_path: Path) -> str:
    shutil.copy(seeded[0], tmp_path / "huilu.sqlite")
    return f"sqlite+aiosqlite:///{tmp_path}/huilu.sqlite"


@pytest.fixture
async def county(county_url: str) -> AsyncIterator[Database]:
    """The sample county's database, without an api."""
    database = await Database.open(county_url)
    yield database
    await database.close()


@pytest.fixture
async def hub(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> AsyncIterator[Hub]:
    async with serving(config_for(tmp_path, bus_url, county_url), county, seeded[1]) as running:
        yield running
