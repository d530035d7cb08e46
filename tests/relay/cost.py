"""What forwarding costs, printed: python -m tests.relay.cost [VIEWERS] [SECONDS] [--fanout python]

One publisher (about 1 Mbit/s and sound) to so many viewers in another network namespace, where the machine lets us
make one, else over loopback. CPU is the relay's whole process, the kernel's receiving half included.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from media_server import memory
from media_server.bus import Bus, unpacked
from media_server.errors import RelayError
from media_server.process import RelayConfig, run
from ops.addresses import free_port
from ops.bench.ground import ground
from tests.fixtures_bus import program
from tests.relay.cost_load import Load, child

T = TypeVar("T")


async def relay(bus_url: str, address: str, folder: str, fanout: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    config = RelayConfig(bus_url, None, 0, (address,), Path(folder) / "relay.sock", Path(folder) / "c", fanout=fanout)
    await run(config, stop, memory.settle)


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RelayError):
                return await ask()
            await asyncio.sleep(0.1)


async def measure(
    viewers: int, seconds: float, *, fanout: str = "", generators: int = 1, perf: str = ""
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, ground() as here, contextlib.ExitStack() as stack:
        url = f"nats://{here.address}:{free_port()}"
        host, _, port = url.removeprefix("nats://").partition(":")
        bus_server = [program("nats-server"), "-a", host, "-p", port, "-js", "-sd", f"{folder}/bus", "-l", "/dev/null"]
        stack.enter_context(child(*bus_server))
        bus = await until(lambda: Bus.connect(url, "cost"))
        ours = [sys.executable, "-m", "tests.relay.cost", "--relay", url, here.address, folder, fanout]
        it = stack.enter_context(child(*ours, **memory.environment(os.environ)))
        await until(lambda: bus.request("huilu.relay.state", {}))
        load = await Load.begin(stack, here, "tests.relay.cost_ends", url, viewers, generators)

        async def drops() -> Counter[str]:
            text = unpacked(await bus.request("huilu.metrics.relay", {}))
            lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith("huilu_relay_drops_total")]
            return Counter({name.partition('"')[2].rstrip('"}'): int(float(value)) for name, _, value in lines})

        before = await drops()
        profiler = None
        if perf:
            command = ["perf", "record", "-q", "-g", "-F", "999", "-o", perf, "-p", str(it.pid)]
            profiler = stack.enter_context(child(*command))
        result = await load.counted(it.pid, seconds)
        if profiler is not None:
            profiler.send_signal(signal.SIGINT)
            profiler.wait()
        dropped = await drops() - before
        await bus.close()
        it.terminate()
        await asyncio.to_thread(it.wait)
        return {"server": "huilu", "fanout": fanout or "best", **result, "drops": dict(dropped)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("viewers", type=int, nargs="?", default=100)
    parser.add_argument("seconds", type=float, nargs="?", default=10)
    parser.add_argument("--fanout", default="")
    parser.add_argument("--generators", type=int, default=1)
    parser.add_argument("--perf", default="", help="write a perf recording of the relay here")
    parser.add_argument("--relay", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.relay:
        asyncio.run(relay(*given.relay, *[""] * (4 - len(given.relay))))
    else:
        about = {"fanout": given.fanout, "generators": given.generators, "perf": given.perf}
        print(json.dumps(asyncio.run(measure(given.viewers, given.seconds, **about))))
