"""A page that watches over a line which is squeezed to 300 kbit/s and freed: small soon, large again, never black.

What a viewer sees is taken frame by frame as the page presents them. How long each step took is printed; the marks
(small within 2 s, large within 15 s) are `huilu bench relay layers`'s.
"""

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from ops.bench.emulator import both, narrow
from ops.bench.load.client import CONSENT_EVERY_NS, Client
from ops.bench.load.door import Door
from ops.bench.load.publish import Publisher
from ops.bench.scenarios import FILMS
from ops.sender.film import Film, bunny, load, transcode
from tests.relay.conftest import Running
from tests.relay.lossy import LossyPort
from tests.relay.test_chromium import JOIN, browser, page

__all__ = ["browser"]

pytestmark = pytest.mark.browser

PATIENCE_S = 90.0  # two cores may be shared by everything that a test run starts
WIDE_BPS, NARROW_BPS = 20_000_000, 300_000
DARK = 8  # of 255; the publisher's canvas is coloured throughout

WATCH = """
async () => {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(16, 9);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  window.presented = [];
  const next = () => video.requestVideoFrameCallback(take);
  const take = (now, about) => {
    next();
    context.drawImage(video, 0, 0, 16, 9);
    const pixels = context.getImageData(0, 0, 16, 9).data;
    let most = 0;
    for (let at = 0; at < pixels.length; at += 4) most = Math.max(most, pixels[at], pixels[at + 1], pixels[at + 2]);
    window.presented.push([performance.timeOrigin + now, about.height, most]);
  };
  next();
}
"""

SEEN = """
async () => {
  const rows = [...(await window.pc.getStats()).values()];
  const row = rows.find(row => row.type === 'inbound-rtp' && row.kind === 'video') || {};
  return {
    decoded: row.framesDecoded || 0, received: row.framesReceived || 0, dropped: row.framesDropped || 0,
    freezes: row.freezeCount || 0, frozen_s: row.totalFreezesDuration || 0, lost: row.packetsLost || 0,
    nacks: row.nackCount || 0, plis: row.pliCount || 0, repeated: row.retransmittedPacketsReceived || 0,
  };
}
"""


class Presented:
    """What the page has shown: [wall clock in ms, lines, brightest value]."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.frames: list[tuple[float, int, int]] = []

    async def look(self) -> None:
        self.frames += [tuple(frame) for frame in await self._page.evaluate("window.presented.splice(0)")]

    async def first(self, lines: int, since: float) -> float:
        """Seconds from `since` (wall clock in s) to the first frame of so many lines."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            await self.look()
            for at, height, _ in self.frames:
                if height == lines and at / 1e3 > since:
                    return at / 1e3 - since
            await asyncio.sleep(0.05)
        raise AssertionError(f"never {lines} lines; at last {self.frames[-3:]}")

    def lines(self, since: float, until: float) -> set[int]:
        return {lines for at, lines, _ in self.frames if since < at / 1e3 <= until}

    async def stays(self, lines: int) -> None:
        """Until for three seconds nothing else was presented."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            await asyncio.sleep(3)
            await self.look()
            if self.lines(time.time() - 3, time.time()) == {lines}:
                return
        raise AssertionError(f"never {lines} lines for long; at last {self.frames[-3:]}")

    def longest_pause(self, since: float, until: float = math.inf) -> float:
        times = [at / 1e3 for at, _, _ in self.frames if since < at / 1e3 <= until]
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)


@pytest.fixture
async def line(relay: Running) -> AsyncIterator[LossyPort]:
    port = (await relay.bus.request("huilu.health.relay", {}))["port"]
    line = await LossyPort.open(both(narrow(WIDE_BPS)), port)
    yield line
    line.close()


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Film]:
    cache = tmp_path_factory.mktemp("film")
    return {
        rid: load(
            transcode(
                bunny(), cache, width=each.width, height=each.height, kbps=each.kbps, key_every_s=each.key_every_s
            )
        )
        for rid, each in FILMS["layers"].items()
    }


@contextlib.asynccontextmanager
async def site(relay: Running, films: dict[str, Film]) -> AsyncIterator[Publisher]:
    """A camera in layers of 1,500, 450 and 130 kbit/s, which sends what it is asked for. A browser's would be one more
    encoder on two cores, and its rate whatever they have left."""
    client = Client()
    publisher = Publisher(films, sound=True, start=0.0, level=20, on_request=True, stamped=False)
    entered = await Door(relay.bus, "m1").enter(client, "whip", publisher.streams, publisher.rids)

    async def told(_: str, body: dict[str, Any]) -> None:
        if body["session"] == entered.session:
            publisher.turn(body["layers"])

    await relay.bus.listen("huilu.event.relay.layers", told)
    await client.connect(entered.answer, 30.0)
    client.begin(lambda _, __: None, lambda compound, _: publisher.take(client, compound))
    loop = asyncio.get_running_loop()
    loop.add_reader(client.fileno(), client.read)
    playing = asyncio.create_task(publisher.play(client))
    consent = asyncio.create_task(_consents(client))
    try:
        yield publisher
    finally:
        for task in (playing, consent):
            task.cancel()
        await asyncio.gather(playing, consent, return_exceptions=True)
        loop.remove_reader(client.fileno())
        await client.close()


async def _consents(client: Client) -> None:
    while True:
        await asyncio.sleep(CONSENT_EVERY_NS / 1e9)
        client.ask()


@pytest.mark.timeout(600)
async def test_a_squeezed_page_sees_the_small_layer_and_when_freed_the_large_one_again(
    relay: Running, browser: Browser, line: LossyPort, films: dict[str, Film]
) -> None:
    async with site(relay, films):
        await squeeze(relay, browser, line)


async def squeeze(relay: Running, browser: Browser, line: LossyPort) -> None:
    viewer = await page(browser, relay, line.moved)
    about: dict[str, Any] = {"session": "v1", "publisher": "home", "mode": "whep", "sends": False}
    await viewer.evaluate(JOIN, about | {"videos": 1, "sounds": 1})
    await viewer.evaluate(WATCH)
    seen = Presented(viewer)
    await seen.first(720, 0.0)
    await asyncio.sleep(5)
    await seen.stays(720)
    for number in (1, 2):  # the second time the browser's own estimate has hardly risen again, and does not fall
        before = await viewer.evaluate(SEEN)
        squeezed = time.time()
        line.becomes(both(narrow(NARROW_BPS)))
        small_s = await seen.first(180, squeezed)
        await asyncio.sleep(max(0.0, squeezed + 12 - time.time()))
        await seen.look()
        assert 720 not in seen.lines(squeezed + small_s, time.time()), "it stays smaller"
        middle = await viewer.evaluate(SEEN)
        assert middle["decoded"] > before["decoded"] + 10

        freed = time.time()
        line.becomes(both(narrow(WIDE_BPS)))
        large_s = await seen.first(720, freed)
        await seen.stays(720)
        after = await viewer.evaluate(SEEN)
        assert after["decoded"] > middle["decoded"] + 10
        down, up = seen.longest_pause(squeezed, freed), seen.longest_pause(freed)
        print(f"\n{number}: small after {small_s:.2f} s, large after {large_s:.2f} s; pauses {down:.2f} and {up:.2f} s")
        print(f"before {before}\nsqueezed {middle}\nfreed {after}")
    assert min(brightest for _, _, brightest in seen.frames) > DARK, "a black frame"
