"""A load on a server that forwards, and what it cost: the ends as processes of the other network namespace, the
server's CPU by /proc. Whose server that is it does not know."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from ops.bench.ground import Ground
from ops.bench.usage import Usage, busy_s, usage

SETTLE_S = 3.0


class Load:
    """One publisher and its viewers, all in."""

    def __init__(self, here: Ground, publisher: "subprocess.Popen[str]", ends: "list[subprocess.Popen[str]]") -> None:
        self._here = here
        self._publisher = publisher
        self._ends = ends

    @classmethod
    async def begin(
        cls, stack: contextlib.ExitStack, here: Ground, module: str, way: str, viewers: int, generators: int
    ) -> "Load":
        """`module` plays both ends to the server that is found by `way`; they end with `stack`."""
        inside = ["ip", "netns", "exec", here.namespace] if here.namespace else []

        def end(*words: str) -> "subprocess.Popen[str]":
            return stack.enter_context(child(*inside, sys.executable, "-m", module, *words))

        publisher = end("publish", way)
        await _ready(publisher)
        shares = [viewers // generators] * generators
        ends = [end("watch", way, str(share), str(1_000 * place)) for place, share in enumerate(shares)]
        for each in ends:
            await _ready(each)
        await asyncio.sleep(SETTLE_S)
        return cls(here, publisher, ends)

    def _tell(self) -> None:
        for end in self._ends:
            assert end.stdin is not None
            end.stdin.write("\n")
            end.stdin.flush()

    async def counted(self, server: int, seconds: float) -> dict[str, Any]:
        """What `seconds` cost the process `server` for each packet that reached a viewer, and what they all saw. Once
        only: viewers end with their answer."""
        others = [server, self._publisher.pid, *(end.pid for end in self._ends)]
        self._tell()
        before, busy, began = [usage(pid) for pid in others], busy_s(), time.monotonic()
        await asyncio.sleep(seconds)
        after, busy, took = [usage(pid) for pid in others], busy_s() - busy, time.monotonic() - began
        self._tell()
        seen = [json.loads(await _line(end)) for end in self._ends]
        packets = sum(each["packets"] for each in seen)
        used = [_less(now, then) for now, then in zip(after, before, strict=True)]
        cpu, user = used[0].cpu_s, used[0].user_s
        return {
            "viewers": sum(each["viewers"] for each in seen), "namespace": bool(self._here.namespace),
            "us_per_packet": round(cpu / packets * 1e6, 2), "user_us": round(user / packets * 1e6, 2),
            "packets_s": round(packets / took), "server_cpu": round(cpu / took, 3),
            "missing": sum(each["missing"] for each in seen), "p50_ms": max(each["p50_ms"] for each in seen),
            "p99_ms": max(each["p99_ms"] for each in seen), "generator_cpu": [each["cpu"] for each in seen],
            "others_cpu": round(max(0.0, busy - sum(each.cpu_s for each in used)) / took, 2),
            "rss_mb": round(after[0].rss_bytes / 1e6, 1),
        }  # fmt: skip


@contextlib.contextmanager
def child(*command: str, **around: str) -> "Iterator[subprocess.Popen[str]]":
    """`around`: what its environment has besides ours."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | around
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return await asyncio.to_thread(process.stdout.readline)


async def _ready(process: "subprocess.Popen[str]") -> None:
    said = (await _line(process)).strip()
    assert said == "ready", said


def _less(now: Usage, then: Usage) -> Usage:
    return Usage(now.user_s - then.user_s, now.system_s - then.system_s, now.rss_bytes - then.rss_bytes)
