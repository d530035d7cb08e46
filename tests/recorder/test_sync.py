"""Flash and beep: sound and picture of the written archive are within 40 ms of each other."""

import io
from pathlib import Path

import av
import numpy as np

from media_server.bus import Bus
from ops.sender.clips import flash_and_beep
from ops.sender.film import load, transcode
from storage.database import Database
from tests.recorder import hub
from tests.recorder.relay_socket import Publisher, RelaySocket

MOST_MS = 40


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
    flashes = [at for segment in found.segments["camera"] for at in flashes_of(tmp_path / "spool" / segment.name)]
    beeps = onsets(
        [span for segment in found.segments["microphone"] for span in sound_of(tmp_path / "spool" / segment.name)]
    )
    assert len(flashes) >= 7
    apart = [min((beep - flash for beep in beeps), key=abs) * 1000 for flash in flashes]
    print(f"sound − picture: {min(apart):.1f} to {max(apart):.1f} ms over {len(apart)} flashes")
    assert max(abs(each) for each in apart) <= MOST_MS


def flashes_of(path: Path) -> list[float]:
    """When white begins, in seconds of meeting time."""
    out, white = [], False
    with av.open(io.BytesIO(path.read_bytes())) as container:
        for frame in container.decode(video=0):
            bright = float(frame.to_ndarray(format="gray").mean()) > 128
            if bright and not white:
                out.append(float(frame.pts * frame.time_base))
            white = bright
    return out


def sound_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(io.BytesIO(path.read_bytes())) as container:
        return [
            (float(frame.pts * frame.time_base), np.abs(frame.to_ndarray()).max(axis=0))
            for frame in container.decode(audio=0)
        ]


def onsets(frames: list[tuple[float, np.ndarray]]) -> list[float]:
    """When it becomes loud after silence; sample by sample."""
    out, last = [], -1.0
    for at, values in frames:
        for place in np.flatnonzero(values > 0.2):
            moment = at + place / 48_000
            if moment - last > 0.3:
                out.append(moment)
            last = moment
    return out
