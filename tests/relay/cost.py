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
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from media_server import memory
from media_server.bus import Bus, unpacked
from media_server.errors import RelayError
from media_server.process import RelayConfig, run
from ops.addresses import free_port
from ops.bench.ground import ground
from ops.bench.usage import usage
from tests.fixtures_bus import program

T = TypeVar("T")


async def relay(bus_url: str, address: str, folder: str, fanout: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(
        RelayConfig(bus_url, None, 0, (address,), Path(folder) / "relay.sock", Path(folder) / "c", fanout=fanout), stop
    )


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RelayError):
                return await ask()
            await asyncio.sleep(0.1)


async def main(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder, ground() as here, contextlib.ExitStack() as stack:
        address, before = here.address, ["ip", "netns", "exec", here.namespace] if here.namespace else []

        def start(*command: str, **around: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | around
            )
            stack.callback(process.kill)
            return process

        port = free_port()
        url = f"nats://{address}:{port}"
        start(program("nats-server"), "-a", address, "-p", str(port), "-js", "-sd", f"{folder}/bus", "-l", "/dev/null")
        python = [sys.executable, "-m"]
        bus = await until(lambda: Bus.connect(url, "cost"))
        ours = [*python, "tests.relay.cost", "--relay", url, address, folder, args.fanout]
        it = start(*ours, **memory.environment(os.environ))
        await until(lambda: bus.request("huilu.relay.state", {}))
        publisher = start(*before, *python, "tests.relay.cost_ends", "publish", url)
        assert (await asyncio.to_thread(publisher.stdout.readline)).strip() == "ready"  # type: ignore[union-attr]
        shares = [args.viewers // args.generators] * args.generators
        ends = [
            start(*before, *python, "tests.relay.cost_ends", "watch", url, str(share), str(1_000 * place))
            for place, share in enumerate(shares)
        ]
        for end in ends:
            assert (await asyncio.to_thread(end.stdout.readline)).strip() == "ready"  # type: ignore[union-attr]
        await asyncio.sleep(3)

        async def forwarded() -> dict[str, float]:
            text = unpacked(await bus.request("huilu.metrics.relay", {}))
            pairs = [line.rpartition(" ")[::2] for line in text.splitlines() if line.startswith("huilu_relay")]
            return {name: float(value) for name, value in pairs}

        def tell() -> None:
            for end in ends:
                end.stdin.write("\n")  # type: ignore[union-attr]
                end.stdin.flush()  # type: ignore[union-attr]

        tell()
        counted, used, began = await forwarded(), usage(it.pid), time.monotonic()
        perf = None
        if args.perf:
            perf = start("perf", "record", "-q", "-g", "-F", "999", "-o", args.perf, "-p", str(it.pid))
        await asyncio.sleep(args.seconds)
        after, now, ended = await forwarded(), usage(it.pid), time.monotonic()
        if perf is not None:
            perf.send_signal(signal.SIGINT)
            perf.wait()
        tell()
        seen = [json.loads(await asyncio.to_thread(end.stdout.readline)) for end in ends]  # type: ignore[union-attr]
        packets = after["huilu_relay_forwarded_total"] - counted["huilu_relay_forwarded_total"]
        user, cpu = now.user_s - used.user_s, now.cpu_s - used.cpu_s
        drops = {
            name.partition('"')[2].rstrip('"}'): after[name] - counted[name]
            for name in after
            if name.startswith("huilu_relay_drops_total") and after[name] > counted[name]
        }
        result = {
            "viewers": sum(shares), "fanout": args.fanout or "best", "namespace": bool(before),
            "us_per_packet": round(cpu / packets * 1e6, 2), "user_us": round(user / packets * 1e6, 2),
            "packets_s": round(packets / (ended - began)), "relay_cpu": round(cpu / (ended - began), 3),
            "missing": sum(each["missing"] for each in seen), "p50_ms": max(each["p50_ms"] for each in seen),
            "p99_ms": max(each["p99_ms"] for each in seen), "generator_cpu": [each["cpu"] for each in seen],
            "drops": drops,
        }  # fmt: skip
        print(json.dumps(result))
        await bus.close()
        it.terminate()
        await asyncio.to_thread(it.wait)


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
        asyncio.run(main(given))
