"""Two real browser pages in one meeting see and hear each other through the real port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright

from media_server.bus import Bus
from media_server.records import SessionAnswer
from media_server.sdp import read_offer, write_answer
from tests.relay.conftest import Running

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless", "--no-sandbox", "--disable-quic", "--disable-background-networking",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

JOIN = """
async ({session, publisher, sends, videos, sounds, mode, noUdp}) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  if (sends) {
    const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360}});
    const context = new AudioContext();
    const tone = new OscillatorNode(context, {frequency: 440});
    const out = new MediaStreamAudioDestinationNode(context);
    tone.connect(out);
    tone.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
    for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
  }
  for (let n = 0; n < videos; n++) pc.addTransceiver('video', {direction: 'recvonly'});
  for (let n = 0; n < sounds; n++) pc.addTransceiver('audio', {direction: 'recvonly'});
  pc.ontrack = ({track}) => {
    const element = document.createElement(track.kind);
    element.srcObject = new MediaStream([track]);
    element.autoplay = true;
    document.body.append(element);
  };
  window.began = performance.now();
  await pc.setLocalDescription();
  let answer = await window.open_session(session, publisher, mode, pc.localDescription.sdp);
  if (noUdp) answer = answer.replace(/a=candidate:\\S+ 1 udp .*\\r\\n/g, '');
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
}
"""

WAY = """
async () => {
  const all = await window.pc.getStats();
  const transport = [...all.values()].find(row => row.type === 'transport');
  return all.get(all.get(transport.selectedCandidatePairId).remoteCandidateId).protocol;
}
"""

RESTART = """
async ({ufrag, pwd}) => {
  const pc = window.pc;
  const answer = pc.remoteDescription.sdp
    .replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:' + ufrag)
    .replace(/a=ice-pwd:.*/g, 'a=ice-pwd:' + pwd);
  pc.restartIce();
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
}
"""

COUNTS = """
async () => {
  const all = [...(await window.pc.getStats()).values()];
  const inbound = all.filter(row => row.type === 'inbound-rtp');
  const outbound = all.filter(row => row.type === 'outbound-rtp');
  const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] || 0), 0);
  return {
    state: window.pc.connectionState,
    decoded: inbound.filter(row => row.kind === 'video').map(row => row.framesDecoded || 0),
    sound: sum(inbound.filter(row => row.kind === 'audio'), 'totalAudioEnergy'),
    samples: sum(inbound.filter(row => row.kind === 'audio'), 'totalSamplesReceived'),
    encoded: sum(outbound.filter(row => row.kind === 'video'), 'framesEncoded'),
    kbps: sum(outbound.filter(row => row.kind === 'video'), 'targetBitrate') / 1000,
    pli: sum(outbound, 'pliCount'), nacks: sum(inbound, 'nackCount'), drops: sum(inbound, 'framesDropped'),
    rtt: sum(all.filter(row => row.type === 'remote-inbound-rtp'), 'roundTripTime'),
  };
}
"""


async def answer(bus: Bus, session: str, publisher: str, mode: Any, offer: str) -> str:
    asked = read_offer(offer, sources=None, mode=mode, session=session, room="m1", publisher=publisher)
    given = SessionAnswer.model_validate(await bus.request("huilu.relay.open", asked.model_dump()))
    return write_answer(offer, asked, given)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


async def page(browser: Browser, relay: Running, moved: Callable[[str], str] = str) -> Page:
    """`moved` may change an answer on its way to the page."""
    page = await browser.new_page()

    async def open_session(session: str, publisher: str, mode: str, offer: str) -> str:
        return moved(await answer(relay.bus, session, publisher, mode, offer))

    async def blank(route: Route) -> None:
        await route.fulfill(body="<!doctype html><title>relay</title>", content_type="text/html")

    await page.route("http://localhost/", blank)  # a secure context, without a server
    await page.goto("http://localhost/")
    await page.expose_function("open_session", open_session)
    return page


async def until(page: Page, holds: Any, timeout: float = 20.0) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for _ in range(int(timeout / 0.1)):
        counts = await page.evaluate(COUNTS)
        if holds(counts):
            return counts
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {timeout} s: {counts}")


async def restart(relay: Running, page: Page, session: str) -> None:
    """An ICE restart as a page makes it whose way is dead: new credentials and nothing else."""
    asked = {"session": session, "ice": {"ufrag": "abcd", "pwd": "p" * 24}}
    ice = (await relay.bus.request("huilu.relay.restart", asked))["ice"]
    await page.evaluate(RESTART, ice)


async def test_two_pages_see_and_hear_each_other_and_a_late_viewer_sees_one(relay: Running, browser: Browser) -> None:
    pages = [await page(browser, relay) for _ in range(2)]
    for number, each in enumerate(pages):
        about = {"session": f"p{number}", "publisher": f"site{number}.device01", "mode": "room"}
        await each.evaluate(JOIN, about | {"sends": True, "videos": 4, "sounds": 3})
    for each in pages:
        counts = await until(
            each, lambda c: max(c["decoded"], default=0) > 30 and c["samples"] > 48_000 and c["sound"] > 0
        )
        assert counts["state"] == "connected"
        assert sorted(counts["decoded"])[:-1] == [0] * (len(counts["decoded"]) - 1)
        print(counts)
    viewer = await page(browser, relay)
    about = {"session": "v1", "publisher": "home", "mode": "whep"}
    await viewer.evaluate(JOIN, about | {"sends": False, "videos": 1, "sounds": 1})
    counts = await until(viewer, lambda c: c["decoded"] and c["decoded"][0] > 10)
    print(counts)
    await restart(relay, viewer, "v1")
    before = (await until(viewer, lambda c: c["state"] == "connected"))["decoded"][0]
    await until(viewer, lambda c: c["decoded"][0] > before + 10)
    lame = await page(browser, relay)
    about = {"session": "v2", "publisher": "office", "mode": "whep", "noUdp": True}
    await lame.evaluate(JOIN, about | {"sends": False, "videos": 1, "sounds": 1})
    await until(lame, lambda c: c["decoded"] and c["decoded"][0] > 10)
    way = await lame.evaluate(WAY)
    assert way == "tcp"
    await pages[0].evaluate("window.pc.close()")
    assert (await relay.event("session", session="p0", state="closed"))["cause"] == "closed"
    before = counts["decoded"][0]
    await until(viewer, lambda c: c["decoded"][0] > before + 10)  # it follows the one who is left
