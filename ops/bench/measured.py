"""What is measured, with nothing else around it: a bus and the relay as `huilu up` starts it (`huilu relay`).

No api, recorder, database or object store runs beside it: a benchmark of the relay says what the relay costs.
"""

import asyncio
import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from media_server import memory
from media_server.bus import Bus, Message, unpacked
from media_server.errors import RelayError
from ops import bus_server
from ops.addresses import LOOPBACK, free_port
from ops.child import Unwell
from ops.errors import BenchFailed, NotHealthy
from ops.layout import Layout
from ops.start import ObjectsAt, Start

START_S = 45.0


@dataclass(frozen=True, slots=True)
class Measured:
    bus: Bus
    bus_url: str
    bus_token: str
    pid: int
    fanout: str  # as the relay names it


@contextlib.asynccontextmanager
async def running(address: str, fanout: str) -> AsyncIterator[Measured]:
    """Raises NotHealthy; BenchFailed when the relay has no such `fanout`. Empty, it chooses by itself."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huilu-bench-")))
        layout = Layout(folder).make()
        port, token = free_port(), secrets.token_hex(16)
        spec = bus_server.spec(layout.bus, layout.run / "bus.conf", port, token)
        start_of(layout, spec.where, token, address, fanout).write()
        stack.enter_context(process(list(spec.argv), layout))
        bus = await connect(spec.where, port, token, layout)
        stack.push_async_callback(bus.close)
        command = [sys.executable, "-m", "ops.cli", "relay", "--data", str(folder)]
        relay = stack.enter_context(process(command, layout))
        said = str((await healthy(bus, "relay", relay, layout))["fanout"])
        if fanout and said != fanout:
            raise BenchFailed(f"fan-out {fanout}: the relay runs with {said}")
        yield Measured(bus, spec.where, token, relay.pid, said)


def start_of(layout: Layout, bus_url: str, token: str, address: str, fanout: str) -> Start:
    """What the relay reads of a start, and nothing in the places of what isn't started."""
    nowhere = ObjectsAt("", "", "", "", secure=False, lock_days=0, doors=None)
    return Start(
        data=str(layout.data), hub_id="bench", public_url="", local_url="", bus_url=bus_url, bus_token=token,
        database_url="", objects=nowhere, media_port=0, media_addresses=(address,), certificate="",
        certificate_key="", authority=None, remb_bps=2_500_000, silent_s=30.0, absence_s=0.0, absence_lost_s=0.0,
        spool_limit_bytes=0, fanout=fanout, metrics_token="",
    )  # fmt: skip


@contextlib.contextmanager
def process(
    command: list[str], layout: Layout, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Its environment is the relay's, if no other is given."""
    with open(log_of(layout), "ab") as log:
        # As the supervisor starts it.
        around = os.environ | memory.environment(os.environ) if environment is None else environment
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=around)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def connect(url: str, port: int, token: str, layout: Layout) -> Bus:
    try:
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(OSError, Unwell):
                    await bus_server.greet(LOOPBACK, port, token)
                    return await Bus.connect(url, "bench", token)
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        raise NotHealthy(f"bus: {last(layout)}") from error


async def healthy(bus: Bus, name: str, child: "subprocess.Popen[bytes]", layout: Layout) -> Message:
    """What it answers. Raises NotHealthy."""
    try:
        async with asyncio.timeout(START_S):
            while child.poll() is None:
                with contextlib.suppress(RelayError):
                    return await bus.request(f"huilu.health.{name}", {}, 0.5)
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise NotHealthy(f"{name}: {last(layout)}")


def log_of(layout: Layout) -> Path:
    return layout.logs / "bench.log"


def last(layout: Layout) -> str:
    lines = log_of(layout).read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "said nothing"


async def drops(bus: Bus) -> dict[str, int]:
    """What the relay has dropped since it began, by reason."""
    text = unpacked(await bus.request("huilu.metrics.relay", {}))
    found = re.findall(r'^huilu_relay_drops_total\{.*?reason="([^"]+)".*?\} ([0-9.e+]+)$', text, re.MULTILINE)
    return {reason: int(float(count)) for reason, count in found if float(count)}
