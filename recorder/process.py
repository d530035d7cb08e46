"""The recorder's process: what it needs to run, and `run`."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.objects import ObjectsConfig  # type: ignore[import-not-found,unused-ignore]


@dataclass(frozen=True, slots=True)
class RecorderConfig:
    bus_url: str
    bus_token: str | None
    database_url: str
    spool: Path
    spool_limit_bytes: int
    relay_sockets: tuple[Path, ...]
    objects: "ObjectsConfig"
    key_path: Path


async def run(config: RecorderConfig, stop: asyncio.Event) -> None:
    """Record what is to be recorded until `stop`; then seal what is open."""
    await stop.wait()
