"""A relay's socket, and a hall to hold meetings in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media_server.bus import Bus
from ops.sender.film import Film
from storage.database import Database
from tests.recorder.hall import Hall
from tests.recorder.relay_socket import RelaySocket


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
