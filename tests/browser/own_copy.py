"""A village's line is cut in a running meeting and its page reloaded once: what of the meeting is there afterwards?

    python -m tests.browser.own_copy --minutes 20

Needs root, Chromium and nftables, as the tests of other networks do. Prints figures; exit 1 when a second is missing.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, sync_playwright

from recorder.spans import Spans, difference, length, union
from tests.browser.conftest import FLAGS, at_the_door, chromium_path, sign_in
from tests.browser.network import HUB, Network, made
from tests.browser.steps import archived, ask, begin_meeting, press_end
from tests.fixtures_hub import RunningHub, started_hub

LIVE_S = 15.0  # before and after the cut
# A certificate of the hub's own would be trusted by the county's devices; without trust there is no service worker.
MORE_FLAGS = ["--ignore-certificate-errors", "--use-fake-device-for-media-stream=fps=15"]
PATIENCE_S = 120.0


@dataclass
class Seen:
    """Meeting time in ms."""

    meeting: str
    recording: str
    url: str
    coverage: dict[str, Any]
    deliveries: list[dict[str, Any]]
    missing: Spans = field(default_factory=list)  # neither live nor from the device
    cut_s: float = 0.0
    delivered_s: float = 0.0  # from the line's return until the device had nothing left
    reload_s: float = 0.0
    reload_ms: float = 0.0  # when, on the meeting's time line
    said: str = ""  # of what the device keeps, after the reload
    margin_px: float = 0.0  # of what is said, from the edge of the page

    @property
    def device_ms(self) -> int:
        return int(self.coverage["device_ms"])

    def seconds_without(self) -> list[int]:
        """Whole seconds of the meeting in which there is not a moment of picture and sound."""
        return [second for start, end in self.missing for second in range(-(-start // 1000), end // 1000)]

    @property
    def by_reload(self) -> Spans:
        """Holes that the reload made: between the page that goes and the one that comes nobody has the camera."""
        slack = 3000  # how exactly a film is placed
        return [each for each in self.missing if each[0] - slack < self.reload_ms < each[1] + slack]


@contextmanager
def village(playwright: Playwright, folder: Path) -> Iterator[tuple[Network, RunningHub, Page]]:
    """The hub and a secretary's page, with a line between them."""
    with made() as network:
        options = ("--demo", "--media-address", HUB)
        with started_hub(folder / "data", *options, inside=network.inside(network.hub)) as hub:
            hub.url = f"https://{HUB}:{hub.url.rpartition(':')[2]}"
            program = network.wrapped(chromium_path(), folder)
            chromium = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *MORE_FLAGS])
            context = chromium.new_context(
                base_url=hub.url, ignore_https_errors=True, viewport={"width": 1366, "height": 900}
            )
            page = at_the_door(context)
            sign_in(page, hub, hub.account("secretary"))
            try:
                yield network, hub, page
            finally:
                chromium.close()


def cut(network: Network, page: Page, seconds: float, shots: Path | None = None, live_s: float = LIVE_S) -> Seen:
    """Hold a meeting through a cut of so many seconds with a reload in its middle."""
    meeting = begin_meeting(page)
    until_kept(page)
    page.wait_for_timeout(live_s * 1000)
    network.down("wifi")
    began = time.monotonic()
    page.wait_for_selector("[data-copy=recording]")
    page.wait_for_timeout(max(0.0, seconds / 2 - (time.monotonic() - began)) * 1000)
    reloading, at = time.monotonic(), page.evaluate(MEETING_TIME)
    page.reload()
    page.wait_for_selector("[data-copy=recording]")
    reloaded = time.monotonic() - reloading
    page.wait_for_timeout(2000)
    banner = page.locator("[data-copy=recording]")
    said, box = banner.locator(".figures").inner_text(), banner.bounding_box()
    shoot(page, shots, "recording")
    page.wait_for_timeout(max(0.0, seconds - (time.monotonic() - began)) * 1000)
    network.up("wifi")
    lasted = time.monotonic() - began
    back = time.monotonic()
    # What a short cut left goes so fast that nobody sees it go: the page says for a while that all is there.
    page.wait_for_selector("[data-copy=delivering], [data-copy=done]", timeout=PATIENCE_S * 1000)
    shoot(page, shots, "delivering")
    while page.evaluate(TAKES) > 0:
        assert time.monotonic() - back < PATIENCE_S + seconds, "what the device has is never delivered"
        page.wait_for_timeout(500)
    delivered = time.monotonic() - back
    page.wait_for_timeout(live_s * 1000)
    press_end(page)
    recording = archived(page, meeting)["id"]
    found = playable(page, recording, PATIENCE_S + seconds)
    coverage = ask(page, f"/api/meetings/{meeting}")["coverage"]
    live_holes = union((gap["start_ms"], gap["end_ms"]) for gap in coverage["gaps"])
    own = union((each["start_ms"], each["end_ms"]) for each in found if each["picture"] and each["sound"])
    return Seen(
        meeting, recording, page.url, coverage, found, difference(live_holes, own), lasted, delivered, reloaded, at,
        said, box["x"] if box else 0.0,
    )  # fmt: skip


MEETING_TIME = """() => {
  const {clock} = JSON.parse(localStorage.getItem('huilu.kept'))
  return performance.timeOrigin + performance.now() - clock.wall + clock.meeting
}"""
TAKES = """() => new Promise((resolve, reject) => {
  const asking = indexedDB.open('huilu-copy')
  asking.onerror = () => reject(asking.error)
  asking.onsuccess = () => {
    const count = asking.result.transaction('takes').objectStore('takes').count()
    count.onsuccess = () => { asking.result.close(); resolve(count.result) }
  }
})"""


def until_kept(page: Page) -> None:
    """The app's own files lie on the device."""
    limit = time.monotonic() + PATIENCE_S
    while not page.evaluate("async () => (await (await caches.open('huilu-app')).match('/')) !== undefined"):
        assert time.monotonic() < limit, "no service worker keeps the page"
        page.wait_for_timeout(200)


def playable(page: Page, recording: str, patience_s: float) -> list[dict[str, Any]]:
    """The deliveries, when the worker has made all their viewing copies."""
    limit = time.monotonic() + patience_s
    while True:
        found: list[dict[str, Any]] = ask(page, f"/api/recordings/{recording}/deliveries")
        if found and all(each["playable"] and each["state"] == "stored" for each in found):
            return found
        assert time.monotonic() < limit, json.dumps(found, ensure_ascii=False)
        page.wait_for_timeout(500)


def shoot(page: Page, shots: Path | None, name: str) -> None:
    if shots is not None:
        for width in (360, 1366, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(200)
            page.screenshot(path=shots / f"{name}-{width}.png")
        page.set_viewport_size({"width": 1366, "height": 900})


def told(seen: Seen) -> str:
    due, live, device = (int(seen.coverage[key]) for key in ("due_ms", "sealed_ms", "device_ms"))
    without = seen.seconds_without()
    lines = [
        f"after the reload: {seen.said}",
        f"cut {seen.cut_s:.1f} s, the page back {seen.reload_s:.2f} s after the reload",
        f"meeting {due / 1000:.1f} s: live {live / 1000:.1f} s, from the device {device / 1000:.1f} s"
        f" ({device / 60_000:.1f} min), neither {(due - live - device) / 1000:.2f} s",
        f"seconds without picture and sound: {len(without)} {without[:20] or ''}",
        f"of them by the reload: {length(seen.by_reload)} ms",
        *(f"  missing from {start / 1000:.2f} to {end / 1000:.2f} s" for start, end in seen.missing),
        f"delivered {seen.delivered_s:.1f} s after the line was back:",
    ]
    for each in seen.deliveries:
        where = f"{each['start_ms'] / 1000:.2f} to {each['end_ms'] / 1000:.2f} s"
        lines.append(
            f"  {where}, {each['bytes'] / 1e6:.1f} MB, {each['copy_kind']},"
            f" within {each['error_ms']} ms, {each['said_en']}"
        )
    lines.append(f"neither live nor from the device, in all: {length(seen.missing)} ms")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="how long the line is cut")
    parser.add_argument("--shots", type=Path, help="a folder for screenshots")
    given = parser.parse_args()
    if given.shots is not None:
        given.shots.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        village(playwright, Path(folder)) as (network, _, page),
    ):
        seen = cut(network, page, given.minutes * 60, given.shots)
        print(told(seen), flush=True)
    return 1 if seen.seconds_without() else 0


if __name__ == "__main__":
    sys.exit(main())
