"""What every route works with: database, bus, object store, key; opened at start, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.config import ApiConfig
from media_server.bus import Bus
from storage.database import Database
from storage.keys import Signer


@dataclass
class House:
    config: ApiConfig
    database: Database
    bus: Bus
    signer: Signer

    @classmethod
    @asynccontextmanager
    async def opened(cls, config: ApiConfig) -> AsyncIterator["House"]:
        """Raises DatabaseAway, NoAnswer: the api does not start without database and bus."""
        database = await Database.open(config.database_url)
        try:
            bus = await Bus.connect(config.bus_url, "api", config.bus_token)
            try:
                await bus.present("api", dict)
                yield cls(config, database, bus, Signer.load_or_create(config.key_path))
            finally:
                await bus.close()
        finally:
            await database.close()
