"""A page that publishes and one that watches repair what a weak network loses by RTX (RFC 4588)."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from ops.bench.emulator import MS, Conditions, both
from tests.relay.conftest import Running
from tests.relay.lossy import LossyPort
from tests.relay.test_chromium import JOIN, browser, page, until

__all__ = ["browser"]

pytestmark = pytest.mark.browser

REPAIRED = """
async () => {
  const all = [...(await window.pc.getStats()).values()];
  const picture = all.find(row => ['inbound-rtp', 'outbound-rtp'].includes(row.type) && row.kind === 'video');
  return {
    rtx: picture.rtxSsrc || null,
    received: picture.retransmittedPacketsReceived || 0,
    sent: picture.retransmittedPacketsSent || 0,
    decoded: picture.framesDecoded || 0,
    lost: picture.packetsLost || 0,
  };
}
"""


@pytest.fixture
async def lossy(relay: Running) -> AsyncIterator[LossyPort]:
    port = (await relay.bus.request("huilu.health.relay", {}))["port"]
    lossy = await LossyPort.open(both(Conditions(delay_ns=10 * MS, loss=0.05)), port)
    yield lossy
    lossy.close()


async def test_what_is_lost_to_and_from_a_page_comes_again_by_rtx(
    relay: Running, browser: Browser, lossy: LossyPort
) -> None:
    answers: list[str] = []

    def moved(answer: str) -> str:
        answers.append(answer)
        return lossy.moved(answer)

    pages = []
    for about in (
        {"session": "p1", "publisher": "site1.device01", "mode": "whip", "sends": True, "videos": 0, "sounds": 0},
        {"session": "v1", "publisher": "home", "mode": "whep", "sends": False, "videos": 1, "sounds": 1},
    ):
        pages.append(await page(browser, relay, moved))
        await pages[-1].evaluate(JOIN, about)
    publisher, viewer = pages

    async def repaired(page: Any, field: str) -> dict[str, Any]:
        counts: dict[str, Any] = {}
        for _ in range(300):
            counts = await page.evaluate(REPAIRED)
            if counts[field] >= 5:
                return counts
            await asyncio.sleep(0.1)
        raise AssertionError(counts)

    sent = await repaired(publisher, "sent")
    had = await repaired(viewer, "received")
    print(sent, had)
    assert sent["rtx"] is not None
    group = re.search(r"a=ssrc-group:FID \d+ (\d+)", answers[1])
    assert group is not None
    assert had["rtx"] == int(group[1])
    before = (await until(viewer, lambda c: c["decoded"]))["decoded"][0]
    await until(viewer, lambda c: c["decoded"][0] > before + 20)
    for reason in ("bad-rtp", "unknown-payload", "srtp-refused", "failed"):
        assert await relay.drops(reason) == 0, reason
