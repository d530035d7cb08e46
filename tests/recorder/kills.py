"""kill -9 of a real recorder process at random moments while film is recorded: no frame lost, none doubled.

python -m tests.recorder.kills [KILLS=20] [SEED]      in a temporary folder, with its own bus
"""

import asyncio
import itertools
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from media_server.bus import Bus
from ops.sender.film import Film, bunny, load, transcode
from storage.database import Database, migrate
from tests.fixtures_bus import program
from tests.fixtures_storage import free_ports
from tests.recorder import hub
from tests.recorder.relay_socket import HISTORY_NS, Publisher, RelaySocket


@dataclass
class Killed:
    kills: int
    sent: dict[str, int]
    lost: dict[str, int]
    doubled: dict[str, int]
    other: dict[str, int]  # samples that nobody sent
    segments: dict[str, int]
    gaps: list[tuple[str | None, str]]
    errors: str
    continuous: bool
    starts: list[float]  # seconds from a start to the question for what came meanwhile, where it came so far


async def record_with_kills(
    folder: Path,
    bus: Bus,
    url: str,
    database_url: str,
    film: Film,
    kills: int,
    seed: int,
    history_ns: int = HISTORY_NS,
) -> Killed:
    dice = random.Random(seed)
    database = await Database.open(database_url)
    relay = RelaySocket(folder / "relay.sock", history_ns=history_ns)
    await relay.start()
    child = hub.Child(hub.config(folder, url, database_url), folder)
    await child.start()
    begun: list[int] = []
    try:
        opened = await hub.open_meeting(database)
        await hub.ready(bus, opened, 60)
        publisher = Publisher(relay, opened.meeting, film, publisher=opened.publisher)
        pauses = [dice.uniform(0.3, 3.5) for _ in range(kills)]
        playing = asyncio.create_task(publisher.play(3600))
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            await child.kill()
            await asyncio.sleep(dice.uniform(0, 0.3))
            begun.append(time.monotonic_ns())
            await child.start()
            if number % 2:  # on a busy machine the others are killed while they start
                await hub.ready(bus, opened, 60)
        await asyncio.sleep(3)
        playing.cancel()  # between two frames: it waits nowhere else
        publisher.end()
        await hub.ready(bus, opened, 60)
        await asyncio.sleep(1.0)
        await hub.finish(bus, database, opened)
        found = await hub.archive(database, folder / "spool", opened)
    finally:
        await child.end()
        await relay.stop()
        await database.close()
    sent = [frame for _, frame in publisher.sent]
    expected = {"camera": hub.pictures(sent), "microphone": hub.sounds(sent)}
    result = Killed(kills, {}, {}, {}, {}, {}, [(found.kind_of(g.track_id), g.cause) for g in found.gaps], "", True, [])
    for one, next_one in itertools.pairwise([*begun, time.monotonic_ns()]):
        result.starts += [round((at - one) / 1e9, 2) for at in relay.subscribed if one < at < next_one][:1]
    for kind, wanted in expected.items():
        got = found.samples(kind)
        result.sent[kind] = len(wanted)
        result.segments[kind] = len(found.segments[kind])
        lost, doubled, other = compare(wanted, got)
        result.lost[kind], result.doubled[kind], result.other[kind] = lost, doubled, other
        for before, after in itertools.pairwise(found.segments[kind]):
            result.continuous &= before.end_ns == after.start_ns
        for segment in found.segments[kind]:
            result.errors += await asyncio.to_thread(hub.decode_errors, folder / "spool" / segment.name)
    return result


def compare(wanted: list[bytes], got: list[bytes]) -> tuple[int, int, int]:
    """Lost, doubled and foreign samples, walking along both. The film repeats itself, so places count, not bytes."""
    lost = doubled = other = 0
    at = 0
    for sample in got:
        if at < len(wanted) and sample == wanted[at]:
            at += 1
        elif sample in wanted[at : at + 100]:
            skip = wanted[at : at + 100].index(sample)
            lost += skip
            at += skip + 1
        elif sample in wanted[max(0, at - 100) : at]:
            doubled += 1
        else:
            other += 1
    return lost + len(wanted) - at, doubled, other


async def main(kills: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_ports(1)[0]
        url = f"nats://127.0.0.1:{port}"
        server = subprocess.Popen(  # noqa: ASYNC220  # before anything runs
            [program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "bus")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await asyncio.sleep(0.5)
            database_url = f"sqlite+aiosqlite:///{folder}/huilu.sqlite"
            await migrate(database_url)
            film = load(transcode(bunny(), folder, width=640, height=360, kbps=700))
            bus = await Bus.connect(url, "kills")
            began = time.monotonic()
            result = await record_with_kills(folder, bus, url, database_url, film, kills, seed)
            await bus.close()
        finally:
            server.terminate()
            server.wait()
    print(f"seed {seed}, {time.monotonic() - began:.0f} s")
    print(result)
    whole = not any((*result.lost.values(), *result.doubled.values(), *result.other.values(), result.errors))
    return 0 if whole else 1


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    sys.exit(
        asyncio.run(main(numbers[0] if numbers else 20, numbers[1] if len(numbers) > 1 else time.time_ns() % 10**6))
    )
