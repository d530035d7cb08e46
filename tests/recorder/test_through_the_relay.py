"""Film through a real relay into a real recorder: the archive holds what the sender sent, packet for packet."""

import asyncio
from pathlib import Path

from media_server.bus import Bus
from ops.sender.film import Film
from ops.sender.sender import Sender
from ops.sender.viewer import Viewer
from storage.database import Database
from tests.recorder import hub
from tests.sender.front import Relay, serving
from tests.sender.front import until as until_now


async def test_what_was_sent_is_archived(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film
) -> None:
    relay = Relay(bus_url, tmp_path)
    await relay.start()
    stop = asyncio.Event()
    try:
        async with serving(bus) as door, hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
            # The door names rooms by itself; a viewer is there first.
            viewer = Viewer(f"{door}/api/meetings/m1/whep", "t")
            watching = asyncio.create_task(viewer.run(stop, silent_s=30))
            await until_now(lambda: viewer.live)
            rooms = (await bus.request("huilu.relay.state", {}))["rooms"]
            opened = await hub.open_meeting(sqlite_database, next(iter(rooms)))
            await hub.ready(bus, opened)
            sender = Sender(film, f"{door}/api/meetings/m1/whip", "t", loops=1)
            sent = await sender.run(asyncio.Event())
            await asyncio.sleep(0.5)
            stop.set()
            await watching
            await hub.finish(bus, sqlite_database, opened)
    finally:
        relay.end()
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    assert sent.frames == film.pictures
    assert found.samples("camera") == hub.pictures(list(film.frames))
    heard = found.samples("microphone")
    assert heard == hub.sounds(list(film.frames))[-len(heard) :]
    assert len(heard) >= 248
    for segments in found.segments.values():
        for segment in segments:
            assert hub.decode_errors(tmp_path / "spool" / segment.name) == ""
    assert {gap.cause for gap in found.gaps} == {"left"}
