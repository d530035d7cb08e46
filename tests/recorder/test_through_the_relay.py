"""Film through a real relay into a real recorder: the archive holds what the sender sent, packet for packet."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from media_server.bus import Bus
from ops.sender.clips import flash_and_beep
from ops.sender.film import Film, Frame, load, transcode
from ops.sender.sender import Sender, Sent
from ops.sender.session import Session
from ops.sender.viewer import Viewer
from storage.database import Database
from tests.recorder import hub
from tests.recorder.flashes import MOST_MS, sound_after_picture
from tests.sender.front import Relay, serving
from tests.sender.front import until as until_now

LATE_S = 0.2


class LateSound(Sender):
    """Its sound comes a fifth of a second late, as over a poor line; only its reports say what belongs together."""

    def _send(self, session: Session, frame: Frame, due: int) -> None:
        if frame.is_video:
            super()._send(session, frame, due)
        else:
            # Bound to its place in the film: when it leaves, the film is already further on.
            asyncio.get_running_loop().call_later(LATE_S, self._send_at, self._place, session, frame, due)

    def _send_at(self, place: int, session: Session, frame: Frame, due: int) -> None:
        now, self._place = self._place, place
        super()._send(session, frame, due)
        self._place = now


async def through_the_relay(
    database: Database, url: str, bus: Bus, bus_url: str, folder: Path, make: Callable[[str], Sender]
) -> tuple[Sent, hub.Archive, hub.Opened]:
    """What the sender at this WHIP address says that it sent, and what the archive holds of it."""
    relay = Relay(bus_url, folder)
    await relay.start()
    stop = asyncio.Event()
    try:
        async with serving(bus) as door, hub.recording(hub.config(folder, bus_url, url)):
            # The door names rooms by itself; a viewer is there first.
            viewer = Viewer(f"{door}/api/meetings/m1/whep", "t")
            watching = asyncio.create_task(viewer.run(stop, silent_s=30))
            await until_now(lambda: viewer.live)
            rooms = (await bus.request("huilu.relay.state", {}))["rooms"]
            opened = await hub.open_meeting(database, next(iter(rooms)))
            await hub.ready(bus, opened)
            sent = await make(f"{door}/api/meetings/m1/whip").run(asyncio.Event())
            await asyncio.sleep(0.5)
            stop.set()
            await watching
            await hub.finish(bus, database, opened)
    finally:
        relay.end()
    return sent, await hub.archive(database, folder / "spool", opened), opened


async def test_what_was_sent_is_archived(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film
) -> None:
    sent, found, _ = await through_the_relay(
        sqlite_database, sqlite_url, bus, bus_url, tmp_path, lambda url: Sender(film, url, "t", loops=1)
    )
    assert sent.frames == film.pictures
    assert found.samples("camera") == hub.pictures(list(film.frames))
    assert sent.sounds == 250
    assert found.samples("microphone") == hub.sounds(list(film.frames))
    for segments in found.segments.values():
        for segment in segments:
            assert hub.decode_errors(tmp_path / "spool" / segment.name) == ""
    assert {gap.cause for gap in found.gaps} == {"left"}


async def test_flash_and_beep_lie_together_though_the_sound_came_late(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path
) -> None:
    clip = load(transcode(flash_and_beep(tmp_path, 5, 320, 180), tmp_path, width=320, height=180, kbps=300))
    _, found, _ = await through_the_relay(
        sqlite_database, sqlite_url, bus, bus_url, tmp_path, lambda url: LateSound(clip, url, "t", loops=2)
    )
    apart = sound_after_picture(found, tmp_path / "spool")
    print(f"sound − picture: {min(apart):.1f} to {max(apart):.1f} ms over {len(apart)} flashes")
    assert len(apart) >= 9
    assert max(abs(each) for each in apart) <= MOST_MS
