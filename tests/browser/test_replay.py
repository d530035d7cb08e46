"""The replay page while a meeting runs and afterwards: tiles over the time line, loudness and what was measured."""

import os
import time

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, begin_meeting, press_end, until
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

OPENS = """async (path) => {
  const file = await (await fetch(path)).blob()
  const video = document.createElement('video')
  video.muted = true
  video.src = URL.createObjectURL(file)
  await new Promise((good, bad) => {
    video.onloadeddata = good
    video.onerror = () => bad(new Error(video.error.message))
  })
  video.currentTime = video.duration / 2
  await new Promise((good) => { video.onseeked = good })
  return [file.size, video.duration, video.videoWidth]
}"""
SHOTS = os.environ.get("TEST_SHOTS")  # a folder, for whoever wants to look
SKIPS_S = 90.0  # what lies more than 36 s back may be skipped, and a page be busy
TILES = "async (path) => (await (await fetch(path)).text()).includes('.jpg')"


def running(page: Page, recording: str, seconds: int) -> None:
    """Until the meeting has lasted so long."""
    asked = "async ([path, least]) => (await (await fetch(path)).json()).duration_ms >= least * 1000"
    until(page, asked, [f"/api/recordings/{recording}", seconds])


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_tiles_loudness_and_download(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    recording = ask(secretary, f"/api/meetings/{meeting}")["recording"]
    running(secretary, recording, 14)
    inspector = window(hub.account("inspector"))
    asked: list[str] = []
    inspector.on("request", lambda request: asked.append(request.url))
    inspector.goto(f"/recordings/{recording}")
    inspector.wait_for_selector("video[data-replay]")
    (camera,) = [t["id"] for t in ask(inspector, f"/api/recordings/{recording}")["tracks"] if t["kind"] == "camera"]
    until(inspector, TILES, f"/api/recordings/{recording}/tiles/{camera}.vtt")
    inspector.reload()
    inspector.wait_for_selector("[data-below] [data-loudness]")
    bar = inspector.locator("[role=slider]")
    bar.hover(position={"x": 20, "y": 20})
    inspector.wait_for_selector("[data-tile]")
    limit = time.monotonic() + SKIPS_S
    while not any("_HLS_skip=YES" in url for url in asked):
        assert time.monotonic() < limit, "the player never asks for what it lacks"
        inspector.wait_for_timeout(200)
    press_end(secretary)
    found = archived(secretary, meeting)
    url = f"/api/recordings/{recording}"
    inspector.goto(f"/recordings/{recording}")
    inspector.wait_for_selector("[data-quality]")
    inspector.wait_for_selector("[data-download-whole]")
    href = inspector.get_attribute("[data-download-whole]", "href")
    size, duration, width = inspector.evaluate(OPENS, href)
    print(f"\nfilm: {size} bytes, {duration:.1f} s, {width} px; recording {found['duration_ms'] / 1000:.1f} s")
    assert width > 0
    assert abs(duration - found["duration_ms"] / 1000) < 5
    until(inspector, "async (path) => (await (await fetch(path)).json()).measured", f"{url}/quality")
    for width in (360, 1366, 1920):
        inspector.set_viewport_size({"width": width, "height": 900})
        inspector.reload()
        inspector.wait_for_selector("[data-below]")
        inspector.wait_for_timeout(1500)
        assert fits(inspector), width
        bar = inspector.locator("[role=slider]")
        bar.scroll_into_view_if_needed()
        bar.hover(position={"x": 40, "y": 20})
        inspector.wait_for_selector("[data-tile]")
        assert fits(inspector), width
        if SHOTS:
            inspector.wait_for_timeout(800)
            inspector.screenshot(path=f"{SHOTS}/replay-{width}.png", full_page=True)
