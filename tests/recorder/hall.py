"""What a test needs to hold a meeting and have it recorded: database, bus, a relay's socket, film, a folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_server.bus import Bus
from ops.sender.film import Film
from recorder.process import RecorderConfig
from storage.database import Database
from storage.objects import ObjectsConfig
from tests.recorder import hub
from tests.recorder.relay_socket import Publisher, RelaySocket


@dataclass
class Hall:
    url: str
    database: Database
    bus: Bus
    bus_url: str
    folder: Path
    film: Film
    socket: RelaySocket

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def config(self, objects: ObjectsConfig = hub.NO_STORE, **more: Any) -> RecorderConfig:
        return hub.config(self.folder, self.bus_url, self.url, objects, **more)

    @asynccontextmanager
    async def recorded(self, objects: ObjectsConfig = hub.NO_STORE, **more: Any) -> AsyncIterator[hub.Opened]:
        """A meeting that was opened, and a recorder that follows it."""
        opened = await hub.open_meeting(self.database)
        async with hub.recording(self.config(objects, **more)):
            await hub.ready(self.bus, opened)
            yield opened

    def publisher(self, opened: hub.Opened, relay: RelaySocket | None = None, **more: Any) -> Publisher:
        return Publisher(relay or self.socket, opened.meeting, self.film, publisher=opened.publisher, **more)

    async def finish(self, opened: hub.Opened) -> int:
        """The meeting's end, in ns of meeting time, once its recording is closed."""
        return await hub.finish(self.bus, self.database, opened)

    async def archive(self, opened: hub.Opened) -> hub.Archive:
        return await hub.archive(self.database, self.spool, opened)

    async def state(self) -> dict[str, Any]:
        return await self.bus.request("huilu.recorder.state", {}, 2.0)
