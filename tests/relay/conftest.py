"""A running relay: the whole process in the test's own loop, with real sockets and a real bus."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from media_server.bus import Bus, unpacked
from media_server.dtls import Certificate
from media_server.process import RelayConfig, run
from tests.relay.client import Client
from tests.relay.sanitize import compiler, sanitizer

# Where there is no compiler there is no native fan-out: nothing of it is to be proved, so nothing is skipped either.
CC = compiler()
SANITIZER = sanitizer(CC) if CC is not None else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    gone = [item for item in items if _is_not_for_here(item)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if not _is_not_for_here(item)]


def _is_not_for_here(item: pytest.Item) -> bool:
    if item.path.name == "test_sanitized.py":
        return SANITIZER is None
    return CC is None and item.get_closest_marker("native") is not None


@dataclass
class Running:
    bus: Bus
    config: RelayConfig
    certificate: Certificate
    clients: list[Client] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def join(self, **about: Any) -> Client:
        client = await Client.join(self.bus, self.certificate, **about)
        self.clients.append(client)
        return client

    async def metric(self, name: str) -> float:
        text = unpacked(await self.bus.request("huilu.metrics.relay", {}))
        lines = [line for line in text.splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    async def drops(self, reason: str) -> float:
        return await self.metric(f'huilu_relay_drops_total{{reason="{reason}"}}')

    async def dropped(self, reason: str, timeout: float = 5.0) -> None:
        """Wait for a first drop of this kind."""
        for _ in range(int(timeout / 0.02)):
            if await self.drops(reason):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"nothing was dropped as {reason}")

    async def event(self, subject: str, timeout: float = 5.0, **having: Any) -> dict[str, Any]:
        """The first event so far, or to come, with these fields."""
        for _ in range(int(timeout / 0.01)):
            for name, body in self.events:
                if name == f"huilu.event.relay.{subject}" and all(body.get(k) == v for k, v in having.items()):
                    return body
            await asyncio.sleep(0.01)
        raise AssertionError(f"no event {subject} {having} in {self.events}")


@pytest.fixture
async def relay(bus_url: str, bus: Bus, tmp_path: Path) -> AsyncIterator[Running]:
    config = RelayConfig(
        bus_url=bus_url, bus_token=None, media_port=0, addresses=("127.0.0.1",),
        socket_path=tmp_path / "run" / "relay.sock", certificate_dir=tmp_path / "certificates", silent_s=2.0,
    )  # fmt: skip
    running = Running(bus, config, Certificate.load_or_create(tmp_path / "client"))

    async def heard(subject: str, body: dict[str, Any]) -> None:
        running.events.append((subject, body))

    await bus.listen("huilu.event.relay.>", heard)
    stop = asyncio.Event()
    task = asyncio.create_task(run(config, stop))
    await running.event("up")
    yield running
    assert await running.drops("failed") == 0
    for client in running.clients:
        await client.leave()
    stop.set()
    await asyncio.wait_for(task, 5)
