"""What two real pages sent is in the archive: every frame of every camera, sound, and both at the same moment."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Page, Playwright

from ops.sender.clips import fake_devices
from tests.browser.conftest import FLAGS, Window, at_the_door, chromium_path, sign_in
from tests.browser.steps import archived, begin_meeting, figures, press_end, press_leave, until_encoded, until_seen
from tests.fixtures_hub import ROOT, RunningHub
from tests.recorder.flashes import flashes_of, onsets, sound_of
from tests.recorder.hub import decode_errors, demuxed

pytestmark = pytest.mark.browser

MOST_APART_MS = 200  # two fake devices do not start together; tests/recorder/test_sync.py has the exact proof


def tracks_of(hub: RunningHub, recording: str, kind: str) -> dict[str, str]:
    """Track by publisher."""
    with sqlite3.connect(f"file:{hub.data}/database/huilu.sqlite?mode=ro", uri=True) as rows:
        query = "SELECT publisher, id FROM tracks WHERE recording_id = ? AND kind = ?"
        return dict(rows.execute(query, (recording, kind)).fetchall())


def files_of(hub: RunningHub, track: str) -> list[Path]:
    """The sealed files of a track, in their order."""
    with sqlite3.connect(f"file:{hub.data}/database/huilu.sqlite?mode=ro", uri=True) as rows:
        found = rows.execute("SELECT name FROM segments WHERE track_id = ? ORDER BY number", (track,)).fetchall()
    return [hub.data / "spool" / name for (name,) in found]


def huilu(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", *map(str, arguments)], cwd=ROOT, capture_output=True, timeout=120, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_frame_of_two_pages_is_archived(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    # Frames from before the opening are among these; they are in no recording. Chromium's figures are of a moment ago.
    secretary.wait_for_timeout(300)
    early = figures(secretary)["framesEncoded"]["camera"]
    organiser = window(hub.account("organiser"))
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    for page in (secretary, organiser):
        until_seen(page, 60)
    left = {}
    for page, may_miss in ((organiser, 0), (secretary, early)):
        last = press_leave(page, hub.url + "/")
        assert max(slot["framesDecoded"] for slot in last["slots"] if slot["kind"] == "video") >= 60
        left[last["publisher"]] = (last["framesEncoded"]["camera"], may_miss)
    ended = secretary.evaluate("(path) => fetch(path, {method: 'POST'}).then((a) => a.status)", end_of(meeting))
    assert ended == 200
    recording = archived(secretary, meeting)

    cameras = tracks_of(hub, recording["id"], "camera")
    assert set(cameras) == set(left)
    for publisher, (encoded, may_miss) in left.items():
        files = files_of(hub, cameras[publisher])
        assert [errors for path in files if (errors := decode_errors(path))] == []
        frames = sum(len(demuxed(path)) for path in files)
        print(f"\n{publisher}: {encoded} frames encoded, {frames} archived in {len(files)} segments")
        assert encoded - may_miss <= frames <= encoded
    sounds = tracks_of(hub, recording["id"], "microphone")
    assert set(sounds) == set(left)
    for track in sounds.values():
        files = files_of(hub, track)
        assert [errors for path in files if (errors := decode_errors(path))] == []
        assert sum(length_of(path) for path in files) > 2.0

    folder = tmp_path / "export"
    huilu("export", meeting, folder, "--data", hub.data)
    print(huilu("verify", folder).strip().splitlines()[-1])


def end_of(meeting: str) -> str:
    return f"/api/meetings/{meeting}/end"


def length_of(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_a_flash_and_a_beep_of_a_browser_lie_together(hub: RunningHub, playwright: Playwright, tmp_path: Path) -> None:
    picture, sound = fake_devices(tmp_path, seconds=20)
    flags = [f"--use-file-for-fake-video-capture={picture}", f"--use-file-for-fake-audio-capture={sound}"]
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, *flags])
    try:
        page: Page = at_the_door(browser.new_context(base_url=hub.url, ignore_https_errors=True))
        sign_in(page, hub, hub.account("secretary"))
        meeting = begin_meeting(page)
        until_encoded(page, 250)
        press_end(page)
        recording = archived(page, meeting)
    finally:
        browser.close()
    tracks = {track["kind"]: track["id"] for track in recording["tracks"]}
    flashes = [at for path in files_of(hub, tracks["camera"]) for at in flashes_of(path)]
    heard = [span for path in files_of(hub, tracks["microphone"]) for span in sound_of(path)]
    loudest = max(float(values.max()) for _, values in heard)
    # The browser's own gain control makes the beep quieter than it was.
    beeps = onsets([(at, np.asarray(values) / loudest) for at, values in heard])
    assert len(flashes) >= 6
    apart = [min((beep - flash for beep in beeps), key=abs) * 1000 for flash in flashes]
    middle = float(np.median(apart))
    spread = f"{min(apart):.1f} to {max(apart):.1f} ms, middle {middle:.1f}, {len(apart)} times"
    print(f"\nsound − picture of a browser: {spread}")
    assert abs(middle) <= MOST_APART_MS
