"""When which part is killed: drawn from a seed, a quarter of the moments at a segment's end or upload."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recorder.names import read_sealed_name

Near = Literal["", "end", "upload"]
PAUSE_S = (1.0, 4.0)
NEAR_S = 0.1
LOOK_S = 0.01
# A segment's end, or an upload, is waited for so long; while the store is away there is none.
PATIENCE_S = 8.0


@dataclass(frozen=True, slots=True)
class Blow:
    part: str
    pause_s: float
    near: Near
    off_s: float  # from that moment: within NEAR_S, before it where it can be foreseen


def draw(seed: int, kills: int, parts: Sequence[str]) -> list[Blow]:
    """Each part has its turn; every fourth kill is near a segment's end or upload."""
    dice = random.Random(seed)
    turns = [parts[number % len(parts)] for number in range(kills)]
    dice.shuffle(turns)
    near: list[Near] = ["end" if number % 8 == 0 else "upload" if number % 4 == 0 else "" for number in range(kills)]
    dice.shuffle(near)
    return [
        Blow(part, dice.uniform(*PAUSE_S), where, dice.uniform(-NEAR_S if where == "end" else 0.0, NEAR_S))
        for part, where in zip(turns, near, strict=True)
    ]


class Watch:
    """Sees segments being sealed and uploads begin."""

    def __init__(self, spool: Path) -> None:
        self.uploaded = asyncio.Event()
        self._spool = spool

    def upload(self) -> None:
        self.uploaded.set()

    async def until(self, blow: Blow) -> bool:
        """The moment of a blow; whether it is the one that was wanted, and not just any."""
        if blow.near == "upload":
            self.uploaded.clear()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self.uploaded.wait()
            except TimeoutError:
                return False
            await asyncio.sleep(blow.off_s)
        elif blow.near == "end":
            first = await self._next_seal()
            second = await self._next_seal() if first else None
            if first is None or second is None:
                return False
            # The same track's next one: pictures of one beat.
            await asyncio.sleep(max(0.0, 2 * second - first + blow.off_s - time.monotonic()))
        return True

    async def _next_seal(self) -> float | None:
        """When the next picture was sealed (CLOCK_MONOTONIC, s)."""
        before = await asyncio.to_thread(self._newest)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            await asyncio.sleep(LOOK_S)
            if (now := await asyncio.to_thread(self._newest)) > before:
                return time.monotonic() - (time.time_ns() - now) / 1e9
        return None

    def _newest(self) -> int:
        """Wall clock of the newest sealed picture, ns."""
        newest = 0
        for path in self._spool.glob("rec_*/trk_*/0*.mp4"):
            found = read_sealed_name(path.relative_to(self._spool).as_posix())
            if found is not None and path.stat().st_size > 60_000:  # no sound
                newest = max(newest, path.stat().st_mtime_ns)
        return newest
