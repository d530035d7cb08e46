"""kill -9 of a recorder while film is recorded: no frame lost, doubled, no seam. The long form is `huilu chaos`."""

import asyncio
import itertools
import random
from pathlib import Path

from media_server.bus import Bus
from ops.sender.film import Film
from storage.database import Database
from tests.recorder import hub
from tests.recorder.relay_socket import Publisher, RelaySocket

KILLS = 3


async def test_a_recorder_that_is_killed_loses_nothing_and_doubles_nothing(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film
) -> None:
    dice = random.Random(7)
    # On a machine that is busy with other tests a start may take longer than the real relay's 10 s.
    relay = RelaySocket(tmp_path / "relay.sock", history_ns=180_000_000_000)
    await relay.start()
    child = hub.Child(hub.config(tmp_path, bus_url, sqlite_url), tmp_path)
    await child.start()
    opened = await hub.open_meeting(sqlite_database)
    await hub.ready(bus, opened, 60)
    publisher = Publisher(relay, opened.meeting, film, publisher=opened.publisher, numbers=True)
    playing = asyncio.create_task(publisher.play(3600))
    for number in range(KILLS):
        await asyncio.sleep(dice.uniform(0.3, 3.5))
        await child.kill()
        await asyncio.sleep(dice.uniform(0, 0.3))
        await child.start()
        if number % 2:  # the others are killed while they start
            await hub.ready(bus, opened, 60)
    await asyncio.sleep(3)
    playing.cancel()  # between two frames: it waits nowhere else
    publisher.end()
    await hub.ready(bus, opened, 60)
    await asyncio.sleep(1.0)
    await hub.finish(bus, sqlite_database, opened)
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    await child.end()
    await relay.stop()
    for kind, each in found.account(publisher, opened, ()).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
        for before, after in itertools.pairwise(found.segments[kind]):
            assert before.end_ns == after.start_ns
        for segment in found.segments[kind]:
            assert hub.decode_errors(tmp_path / "spool" / segment.name) == ""
    # It left a second before the end; nothing else is missing of it.
    assert {gap.cause for gap in found.gaps} == {"left"}
