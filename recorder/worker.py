"""The worker's process: jobs of the durable work queue, such as a closed recording's poster."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.objects import ObjectsConfig  # type: ignore[import-not-found,unused-ignore]


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    bus_url: str
    bus_token: str | None
    database_url: str
    spool: Path
    objects: "ObjectsConfig"
    derived: Path


async def run(config: WorkerConfig, stop: asyncio.Event) -> None:
    """Do jobs until `stop`."""
    await stop.wait()
