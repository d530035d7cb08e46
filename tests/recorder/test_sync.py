"""Flash and beep: sound and picture of the written archive are within 40 ms of each other."""

from pathlib import Path

from media_server.bus import Bus
from ops.sender.clips import flash_and_beep
from ops.sender.film import load, transcode
from storage.database import Database
from tests.recorder import hub
from tests.recorder.flashes import MOST_MS, sound_after_picture
from tests.recorder.relay_socket import Publisher, RelaySocket


async def test_flash_and_beep_lie_together(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, socket: RelaySocket
) -> None:
    clip = load(transcode(flash_and_beep(tmp_path, 5, 320, 180), tmp_path, width=320, height=180, kbps=300))
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        # The publisher's clock is minutes off, and its first reports come late, as Chromium's do.
        publisher = Publisher(socket, opened.meeting, clip, publisher=opened.publisher)
        await publisher.play(8.5, report_after_s=2.45)
        publisher.end()
        await hub.finish(bus, sqlite_database, opened)
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    apart = sound_after_picture(found, tmp_path / "spool")
    assert len(apart) >= 7
    print(f"sound − picture: {min(apart):.1f} to {max(apart):.1f} ms over {len(apart)} flashes")
    assert max(abs(each) for each in apart) <= MOST_MS
