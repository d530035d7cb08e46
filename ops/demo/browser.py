"""A real Chromium that watches the meeting by WHEP, where there is one: frames decoded, time to the first."""

import contextlib
import importlib.util
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
_SIGN_IN = """async ([username, password]) => {
  const reply = await fetch('/api/login', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({username, password})});
  return reply.status;
}"""
_WATCH = """async (meeting) => {
  const peer = new RTCPeerConnection();
  window.watching = {peer, firstMs: null};
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, {direction: 'recvonly'});
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; document.body.append(video);
  await peer.setLocalDescription(await peer.createOffer());
  const began = performance.now();
  video.requestVideoFrameCallback(() => { window.watching.firstMs = performance.now() - began; });
  peer.ontrack = (event) => { if (event.track.kind === 'video') video.srcObject = new MediaStream([event.track]); };
  const reply = await fetch(`/api/meetings/${meeting}/whep`, {method: 'POST',
    headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  if (reply.status !== 201) return reply.status;
  await peer.setRemoteDescription({type: 'answer', sdp: await reply.text()});
  return 201;
}"""
_SEEN = """async () => {
  const seen = {frames: 0, sound: 0, firstMs: window.watching.firstMs};
  for (const report of (await window.watching.peer.getStats()).values()) {
    if (report.type !== 'inbound-rtp') continue;
    if (report.kind === 'video') seen.frames = report.framesDecoded;
    else seen.sound = report.packetsReceived;
  }
  return seen;
}"""


def chromium() -> str | None:
    """Its path, where both it and Playwright are there."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Watching:
    def __init__(self, page: Any) -> None:
        self._page = page

    async def seen(self) -> dict[str, Any]:
        """frames decoded, sound packets, firstMs (offer to first picture)."""
        seen: dict[str, Any] = await self._page.evaluate(_SEEN)
        return seen


@asynccontextmanager
async def watching(path: str, url: str, account: tuple[str, str], meeting: str) -> AsyncIterator[Watching]:
    from playwright.async_api import Error, async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            context = await browser.new_context(ignore_https_errors=True)
            page = await context.new_page()
            await page.goto(f"{url}/healthz")
            for script, argument, wanted in ((_SIGN_IN, list(account), 200), (_WATCH, meeting, 201)):
                status = await page.evaluate(script, argument)
                if status != wanted:
                    raise RuntimeError(f"the browser got {status} instead of {wanted}")
            yield Watching(page)
        finally:
            with contextlib.suppress(Error):
                await browser.close()
