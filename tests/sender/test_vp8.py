"""Must picture ids and TL0PICIDX (RFC 7741) be rewritten where a slot switches? Chromium takes a jump of both at a key
frame, forwards and backwards, and a change of codec in one slot. So the relay passes descriptors on as they are.
"""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page

from media_server.bus import Bus
from ops.sender.sender import Sender
from tests.sender.front import until
from tests.sender.test_chromium import CONNECT, page  # noqa: F401  # a fixture
from tests.sender.vp8_sender import Vp8Sender, vp8_film

pytestmark = pytest.mark.browser

PICTURE = """
async () => {
  let found = {frames: 0, width: 0, plis: 0, lost: 0, freezes: 0, codec: ''};
  const rows = await window.pc.getStats();
  for (const row of rows.values()) {
    if (row.type !== 'inbound-rtp' || row.kind !== 'video') continue;
    found = {frames: row.framesDecoded || 0, width: row.frameWidth || 0, plis: row.pliCount || 0,
      lost: row.packetsLost || 0, freezes: row.freezeCount || 0, codec: (rows.get(row.codecId) || {}).mimeType};
  }
  return found;
}
"""


async def picture_until(page: Page, width: int, frames: int) -> dict[str, Any]:  # noqa: F811
    """When the picture of this width has shown so many frames."""
    first = None
    async with asyncio.timeout(45):
        while True:
            seen = await page.evaluate(PICTURE)
            if seen["width"] == width:
                first = seen["frames"] if first is None else first
                if seen["frames"] >= first + frames:
                    return seen
            await asyncio.sleep(0.1)


async def test_chromium_takes_jumps_of_picture_ids_at_a_switch(film, door, bus: Bus, page) -> None:  # noqa: F811
    whip = f"{door}/api/meetings/ids/whip"
    senders: dict[int, Sender] = {
        320: Vp8Sender(vp8_film(320, 180, 1), whip, 20_000, 250),
        480: Vp8Sender(vp8_film(480, 270, 2), whip, 19_500, 9),  # a little behind the first
        640: Vp8Sender(vp8_film(640, 360, 3), whip, 32_700, 120),  # wraps around
        film.width: Sender(film, whip, "t"),  # H.264
    }
    stop, publishers, tasks = asyncio.Event(), {}, []
    for width, sender in senders.items():
        tasks.append(asyncio.create_task(sender.run(stop)))
        await until(lambda sender=sender: sender.sent.frames > 5, 45)
        rooms = (await bus.request("huilu.relay.state", {}))["rooms"]
        ((room, notes),) = [(name, notes) for name, notes in rooms.items() if name.endswith("-ids")]
        (publishers[width],) = {note["publisher"] for note in notes} - set(publishers.values())
    await bus.request("huilu.relay.picture", {"room": room, "publisher": publishers[320]})
    await page.evaluate(CONNECT, {"mode": "whep", "room": "ids", "slots": {"video": 1, "audio": 1}})
    before = await picture_until(page, 320, 20)
    assert before["codec"] == "video/VP8"
    for width in (480, 320, 640, 480, film.width, 320, 640, film.width, 640, 320):
        await bus.request("huilu.relay.picture", {"room": room, "publisher": publishers[width]})
        seen = await picture_until(page, width, 20)
        assert seen["codec"] == ("video/H264" if width == film.width else "video/VP8")
        print(f"to {width}: {seen}")
        # The relay asks publishers for key frames; a viewer's own request would say that its decoder was stuck, unless
        # a busy machine lost packets.
        assert seen["lost"] or seen["plis"] == 0
    stop.set()
    await asyncio.gather(*tasks)
