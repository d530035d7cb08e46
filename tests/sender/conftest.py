"""The film, transcoded once for all tests of a run; a relay for each module, and a door to it for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from media_server.bus import Bus
from ops.sender.film import Film, bunny, load, transcode
from tests.sender.front import Relay, serving


@pytest.fixture(scope="session")
def film_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("film")


@pytest.fixture(scope="session")
def film(film_cache) -> Film:
    return load(transcode(bunny(), film_cache))


@pytest.fixture(scope="module")
def relay(bus_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """Of a module and not of the whole run: other rooms' tests start relays of their own on the same bus."""
    running = Relay(bus_url, tmp_path_factory.mktemp("relay"))
    asyncio.run(running.start())
    yield running
    running.end()


@pytest.fixture
async def door(bus: Bus, relay: Relay) -> AsyncIterator[str]:
    async with serving(bus) as url:
        yield url
