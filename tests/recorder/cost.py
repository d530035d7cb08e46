"""What recording a 720p room (1 Mbit/s and sound) costs, printed: python -m tests.recorder.cost [SECONDS] [ROOMS]"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from media_server.bus import Bus
from ops.sender.film import bunny, load, transcode
from storage.database import Database, migrate
from tests.fixtures_bus import program
from tests.fixtures_storage import free_ports
from tests.recorder import hub
from tests.recorder.relay_socket import Publisher, RelaySocket


async def main(seconds: float, rooms: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"nats://127.0.0.1:{(port := free_ports(1)[0])}"
        server = subprocess.Popen(  # noqa: ASYNC220  # before anything runs
            [program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "bus")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        await asyncio.sleep(0.5)
        database_url = f"sqlite+aiosqlite:///{folder}/huilu.sqlite"
        await migrate(database_url)
        database, bus = await Database.open(database_url), await Bus.connect(url, "cost")
        film = load(transcode(bunny(), folder))
        relay = RelaySocket(folder / "relay.sock")
        await relay.start()
        child = hub.Child(hub.config(folder, url, database_url), folder)
        await child.start()
        try:
            opened = [await hub.open_meeting(database) for _ in range(rooms)]
            for each in opened:
                await hub.ready(bus, each, 60)
            await asyncio.sleep(1)
            process = psutil.Process(child.pid)
            before, parts = process.cpu_times(), {t.id: t.user_time + t.system_time for t in process.threads()}
            switches = process.num_ctx_switches()
            playing = [
                Publisher(relay, each.meeting, film, publisher=each.publisher, session=each.recording).play(seconds)
                for each in opened
            ]
            await asyncio.gather(*playing)
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            main = sum(t.user_time + t.system_time - parts.get(t.id, 0) for t in process.threads() if t.id == child.pid)
            waits = process.num_ctx_switches().voluntary - switches.voluntary
            print(
                f"{rooms} rooms, {seconds:.0f} s: {100 * used / seconds / rooms:.2f} % of a core a room"
                f" (kernel {(after.system - before.system) / used:.0%}, main thread {main / used:.0%},"
                f" {waits / seconds:.0f} waits/s)"
            )
        finally:
            await child.end()
            await relay.stop()
            await bus.close()
            await database.close()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    numbers = dict(enumerate(map(int, sys.argv[1:])))
    asyncio.run(main(numbers.get(0, 20), numbers.get(1, 1)))
