"""The relay as a process: its settings, and running until it is told to stop."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from media_server.bus import Bus, Message
from media_server.control import UP, Control
from media_server.driver import Driver
from media_server.dtls import Certificate
from media_server.engine.relay import EngineSettings
from media_server.listeners import ListenerServer
from media_server.metrics import RelayMetrics
from media_server.transport import MediaTransport

log = logging.getLogger(__name__)


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
    fanout: str = ""  # native | python; empty: the best that there is


async def run(config: RelayConfig, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until `stop` is set; raises when the port, the socket or the bus cannot be had, or a part of it fails.
    `ready` is called once all of it is there."""
    settings = EngineSettings(
        epoch=uuid.uuid4().hex[:16],
        wall_offset_ns=time.time_ns() - time.monotonic_ns(),
        remb_bps=config.remb_bps,
        silent_ns=int(config.silent_s * 1e9),
        history_ns=int(config.history_s * 1e9),
        max_sessions=config.max_sessions,
    )
    driver = Driver(settings, Certificate.load_or_create(config.certificate_dir), config.fanout)
    transport = MediaTransport(driver.deliver, driver.lost, driver.knows, driver.relay.drops)
    listeners = driver.listeners = ListenerServer(config.socket_path, driver.relay, driver.act)
    metrics = RelayMetrics(driver)
    async with contextlib.AsyncExitStack() as stack:
        bus = await Bus.connect(config.bus_url, "relay", config.bus_token)
        stack.push_async_callback(bus.close)
        stack.push_async_callback(transport.close)
        await transport.open(config.addresses, config.media_port)
        stack.push_async_callback(listeners.close)
        await listeners.open()
        REGISTRY.register(metrics)
        stack.callback(REGISTRY.unregister, metrics)
        await Control(driver, transport.candidates).serve(bus)

        def health() -> Message:
            relay = driver.relay
            return {
                "ok": bus.connected, "epoch": settings.epoch, "fanout": driver.fanout.name,
                "port": transport.candidates[0].port, "sessions": len(relay.sessions), "listeners": len(listeners),
            }  # fmt: skip

        await bus.present("relay", health, metrics.count)
        await bus.publish(UP.subject, {"epoch": settings.epoch, **UP.body})
        port = transport.candidates[0].port
        log.info("relay %s on port %d of %s, fan-out %s", settings.epoch, port, config.addresses, driver.fanout.name)
        stack.push_async_callback(driver.close)
        ready()
        await _until(stop, driver.keep_time(), driver.tell(bus))


async def _until(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until `stop`; the failure of one ends all and is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in [*tasks, stopping]:
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
