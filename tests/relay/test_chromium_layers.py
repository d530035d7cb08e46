"""Real pages with a camera in layers: what they send, and which of them a viewer sees. Narrow lines: test_squeeze."""

import asyncio
import time
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.relay.conftest import Running
from tests.relay.test_chromium import JOIN, browser, page

__all__ = ["browser"]

pytestmark = pytest.mark.browser

PATIENCE_S = 60.0  # two cores may be shared by everything that a test run starts

SEND = """
async ({session, publisher}) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1280, 720];
  const context = canvas.getContext('2d');
  let tick = 0;
  const draw = () => {  // as much to encode as a hall with people
    tick += 1;
    for (let at = 0; at < 12; at++) {
      context.fillStyle = `hsl(${(tick * 7 + at * 37) % 360} 60% 50%)`;
      context.fillRect((at * 131 + tick * 5) % 1280, (at * 89 + tick * 3) % 720, 120, 90);
    }
  };
  setInterval(draw, 66);
  const track = canvas.captureStream(15).getVideoTracks()[0];
  track.contentHint = 'detail';
  const line = pc.addTransceiver(track, {direction: 'sendonly', sendEncodings: [
    {rid: 'h', maxBitrate: 2_000_000},
    {rid: 'm', maxBitrate: 500_000, scaleResolutionDownBy: 2, active: false},
    {rid: 'l', maxBitrate: 150_000, scaleResolutionDownBy: 4, active: false},
  ]});
  const h264 = RTCRtpSender.getCapabilities('video').codecs.filter(codec =>
    codec.mimeType === 'video/rtx' ||
    codec.mimeType === 'video/H264' && /packetization-mode=1;profile-level-id=42e0/.test(codec.sdpFmtpLine));
  line.setCodecPreferences(h264);
  await pc.setLocalDescription();
  const answer = await window.open_session(session, publisher, 'room', pc.localDescription.sdp);
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
}
"""

TURN = """
async (rids) => {
  const sender = window.pc.getSenders()[0];
  const is = sender.getParameters();
  for (const layer of is.encodings) layer.active = rids.includes(layer.rid);
  await sender.setParameters(is);
}
"""

SENT = """
async () => {
  const rows = [...(await window.pc.getStats()).values()];
  const layers = {};
  for (const row of rows) if (row.type === 'outbound-rtp') layers[row.rid] = {
    height: row.frameHeight || 0, frames: row.framesSent, active: row.active,
  };
  return {layers};
}
"""

SEEN = """
async () => {
  const rows = [...(await window.pc.getStats()).values()];
  const row = rows.find(row => row.type === 'inbound-rtp' && row.kind === 'video');
  return row ? {height: row.frameHeight || 0} : null;
}
"""


class Layers:
    """The publisher's page does what the relay asks, as the pages of the hub do."""

    def __init__(self, relay: Running, publisher: Page) -> None:
        self.asked: list[list[str]] = []
        self._relay = relay
        self._page = publisher
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            told = [body["layers"] for name, body in self._relay.events if name == "huilu.event.relay.layers"]
            for layers in told[len(self.asked) :]:
                self.asked.append(layers)
                await self._page.evaluate(TURN, layers)
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def until(page: Page, script: str, holds: Any, what: str) -> Any:
    began = time.monotonic()
    found: Any = None
    while time.monotonic() - began < PATIENCE_S:
        found = await page.evaluate(script)
        if found is not None and holds(found):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"never {what}: {found}")


async def test_layers_of_a_page_follow_what_is_seen(relay: Running, browser: Browser) -> None:
    publisher = await page(browser, relay)
    await publisher.evaluate(SEND, {"session": "p1", "publisher": "site1.device01"})
    layers = Layers(relay, publisher)
    sent = await until(publisher, SENT, lambda s: s["layers"]["h"]["height"], "a picture")
    assert sent["layers"]["h"]["height"] == 720  # from the first picture on
    assert [rid for rid, layer in sent["layers"].items() if layer["active"]] == ["h"]
    assert sent["layers"]["l"]["frames"] == 0

    viewer = await page(browser, relay)
    about = {"session": "v1", "publisher": "home", "mode": "room", "sends": False, "videos": 1, "sounds": 0}
    await viewer.evaluate(JOIN, about)
    await until(viewer, SEEN, lambda s: s["height"] == 720, "the large layer")

    for size, height in [([320, 180], 180), ([640, 360], 360), ([1280, 720], 720)]:
        await relay.bus.request("huilu.relay.size", {"session": "v1", "sizes": {"0": size}})
        await until(viewer, SEEN, lambda s, height=height: s["height"] == height, f"{height} lines")
    await layers.end()
