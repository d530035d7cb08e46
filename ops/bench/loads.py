"""The processes of the load: started, asked, ended; and how clients are shared among them."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from ops.bench.emulator import Conditions
from ops.bench.load.orders import Config, Group
from ops.errors import BenchFailed

_ANSWER_BYTES = 4 << 20  # of one line: a histogram
_END_S = 15.0

Answer = dict[str, Any]


class Load:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str, about: Group | Conditions | None = None) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {"do": do, "about": None if about is None else asdict(about)}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise BenchFailed(f"the load has ended while it was to {do}")
        answer: Answer = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def load(config: Config) -> AsyncIterator[Load]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.bench.load.generator",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_ANSWER_BYTES,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(config)).encode() + b"\n")
    try:
        yield Load(process)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def join(loads: Sequence[Load], group: Group) -> Answer:
    """`group` shared among the loads as evenly as it goes: all join times, all failures."""
    shares = zip(loads, _shares(group.count, len(loads)), _shares(group.decrypting, len(loads)), strict=True)
    asked = [
        each.ask("join", replace(group, count=count, decrypting=decrypting))
        for each, count, decrypting in shares
        if count
    ]
    answers = await asyncio.gather(*asked)
    return {
        "join_ms": [ms for answer in answers for ms in answer["join_ms"]],
        "failures": [failure for answer in answers for failure in answer["failures"]],
    }


def _shares(whole: int, parts: int) -> list[int]:
    return [(whole + at) // parts for at in range(parts)]
