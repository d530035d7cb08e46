"""The film and a relay's socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media_server.bus import Bus
from ops.sender.film import Film, bunny, load, transcode
from storage.database import Database
from tests.recorder.hall import Hall
from tests.recorder.relay_socket import RelaySocket


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return load(transcode(bunny(), tmp_path_factory.mktemp("film"), width=640, height=360, kbps=700))


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[RelaySocket]:
    relay = RelaySocket(tmp_path / "relay.sock")
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
def hall(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> Hall:
    return Hall(sqlite_url, sqlite_database, bus, bus_url, tmp_path, film, socket)
