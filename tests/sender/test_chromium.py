"""Our answers as a real Chromium takes them: it publishes and watches through a real relay, beside our own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from media_server.codecs import h264
from ops.sender.sender import Sender
from ops.sender.viewer import Viewer
from tests.sender.front import until
from tests.sender.test_film import decoded

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
]

CONNECT = """
async ({mode, room, slots}) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  window.tracks = [];
  pc.ontrack = event => {
    const video = document.createElement('video');
    video.muted = true; video.autoplay = true; video.srcObject = new MediaStream([event.track]);
    document.body.append(video);
    window.tracks.push(event.track);
  };
  if (mode !== 'whep') {
    const media = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360}});
    for (const track of media.getTracks()) pc.addTransceiver(track, {direction: 'sendonly', streams: [media]});
  }
  for (let at = 0; at < slots.video; at++) pc.addTransceiver('video', {direction: 'recvonly'});
  for (let at = 0; at < slots.audio; at++) pc.addTransceiver('audio', {direction: 'recvonly'});
  await pc.setLocalDescription(await pc.createOffer());
  const reply = await fetch(`/api/meetings/${room}/${mode}`, {method: 'POST', body: pc.localDescription.sdp});
  if (reply.status !== 201) throw new Error(reply.status + ' ' + await reply.text());
  window.place = reply.headers.get('Location');
  window.answer = await reply.text();
  await pc.setRemoteDescription({type: 'answer', sdp: window.answer});
}
"""

STATS = """
async () => {
  const found = {frames: 0, sounds: 0, encoded: 0, state: window.pc.connectionState, nack: 0, codecs: []};
  for (const row of (await window.pc.getStats()).values()) {
    if (row.type === 'inbound-rtp' && row.kind === 'video') found.frames += row.framesDecoded || 0;
    if (row.type === 'inbound-rtp' && row.kind === 'audio') found.sounds += row.totalSamplesReceived || 0;
    if (row.type === 'outbound-rtp' && row.kind === 'video') found.encoded += row.framesEncoded || 0;
    if (row.type === 'codec') found.codecs.push(row.mimeType + ' ' + (row.sdpFmtpLine || ''));
  }
  return found;
}
"""


@pytest.fixture
async def page(door: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        opened = await browser.new_page()
        await opened.goto(f"{door}/page")
        yield opened
        await browser.close()


async def stats_until(page: Page, what, seconds: float = 20.0):
    async with asyncio.timeout(seconds):
        while True:
            stats = await page.evaluate(STATS)
            if what(stats):
                return stats
            await asyncio.sleep(0.1)


async def test_chromium_watches_our_film(film, door, page):
    stop = asyncio.Event()
    sender = Sender(film, f"{door}/api/meetings/m1/whip", "t")
    sending = asyncio.create_task(sender.run(stop))
    await until(lambda: sender.sent.frames > 30)
    await page.evaluate(CONNECT, {"mode": "whep", "room": "m1", "slots": {"video": 1, "audio": 1}})
    stats = await stats_until(page, lambda s: s["frames"] >= 50 and s["sounds"] > 48_000)
    stop.set()
    await sending
    assert any(codec.startswith("video/H264") and "42e01f" in codec for codec in stats["codecs"])


async def test_chromium_publishes_and_its_picture_decodes(door, page):
    await page.evaluate(CONNECT, {"mode": "whip", "room": "m1", "slots": {"video": 0, "audio": 0}})
    await stats_until(page, lambda s: s["encoded"] > 20)
    units, stop = [], asyncio.Event()
    viewer = Viewer(f"{door}/api/meetings/m1/whep", "t", on_unit=units.append)
    watching = asyncio.create_task(viewer.run(stop))
    await until(lambda: viewer.seen.frames >= 40 and viewer.sounds.frames >= 50, 20)
    stop.set()
    await watching
    assert viewer.seen.missing == 0
    nals = [h264.depacketize(unit.payloads) for unit in units]
    sps, _ = h264.parameter_sets(nals[0])
    picture = h264.parse_sps(sps[0])
    frames = decoded([h264.annex_b(unit) for unit in nals])
    assert len(frames) == len(units)
    assert (frames[0].width, frames[0].height) == (picture.width, picture.height)


async def test_a_room_session_with_many_slots(film, door, page):
    stop = asyncio.Event()
    senders = [Sender(film, f"{door}/api/meetings/m1/whip", "t") for _ in range(2)]
    sending = [asyncio.create_task(sender.run(stop)) for sender in senders]
    await until(lambda: all(sender.sent.frames > 5 for sender in senders))
    await page.evaluate(CONNECT, {"mode": "room", "room": "m1", "slots": {"video": 16, "audio": 3}})
    stats = await stats_until(page, lambda s: s["frames"] >= 60 and s["sounds"] > 48_000 and s["encoded"] > 10)
    stop.set()
    await asyncio.gather(*sending)
    assert stats["state"] == "connected"


# Offers of other shapes: each is answered, taken and connected.
SHAPES = """
async () => {
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  const [video] = media.getVideoTracks(), [audio] = media.getAudioTracks();
  const layers = [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}];
  const shapes = {
    layers: pc => pc.addTransceiver(video, {direction: 'sendonly', sendEncodings: layers}),
    both_ways: pc => { pc.addTrack(audio, media); pc.addTrack(video, media); },
    data_first: pc => { pc.createDataChannel('x'); pc.addTransceiver(audio, {direction: 'sendonly'}); },
    sound_only: pc => pc.addTransceiver(audio, {direction: 'sendonly'}),
    too_many: pc => {
      for (let at = 0; at < 4; at++) pc.addTransceiver(video.clone(), {direction: 'sendonly'});
      for (let at = 0; at < 20; at++) pc.addTransceiver('video', {direction: 'recvonly'});
      for (let at = 0; at < 5; at++) pc.addTransceiver('audio', {direction: 'recvonly'});
    },
  };
  const found = {};
  for (const [name, build] of Object.entries(shapes)) {
    const pc = new RTCPeerConnection();
    build(pc);
    await pc.setLocalDescription(await pc.createOffer());
    const reply = await fetch('/api/meetings/shapes/room', {method: 'POST', body: pc.localDescription.sdp});
    const answer = await reply.text();
    if (reply.status !== 201) { found[name] = reply.status + ' ' + answer; continue; }
    await pc.setRemoteDescription({type: 'answer', sdp: answer});
    for (let at = 0; at < 100 && pc.connectionState !== 'connected'; at++) await new Promise(r => setTimeout(r, 50));
    const refused = answer.split('\\r\\nm=').slice(1).filter(part => part.split(' ')[1] === '0').length;
    found[name] = pc.connectionState + ' ' + refused;
    pc.close();
  }
  return found;
}
"""


async def test_offers_of_every_shape_are_taken(page):
    assert await page.evaluate(SHAPES) == {
        "layers": "connected 0",
        "both_ways": "connected 0",
        "data_first": "connected 1",
        "sound_only": "connected 0",
        "too_many": "connected 8",  # 2 cameras, 4 pictures and 2 sounds beyond the limits
    }


RESTART = """
async () => {
  const pc = window.pc;
  const offer = await pc.createOffer({iceRestart: true});
  await pc.setLocalDescription(offer);
  const pick = (text, name) => text.match(new RegExp('a=' + name + ':(.*)'))[1].trim();
  const frag = ['a=group:BUNDLE 0', 'm=video 9 UDP/TLS/RTP/SAVPF 108', 'a=mid:0',
    'a=ice-ufrag:' + pick(offer.sdp, 'ice-ufrag'), 'a=ice-pwd:' + pick(offer.sdp, 'ice-pwd'), ''].join('\\r\\n');
  const reply = await fetch(window.place, {method: 'PATCH', body: frag,
    headers: {'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*'}});
  const text = await reply.text();
  const before = window.answer, old = pick(before, 'ice-ufrag');
  const after = before.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:' + pick(text, 'ice-ufrag'))
    .replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:' + pick(text, 'ice-pwd'));
  await pc.setRemoteDescription({type: 'answer', sdp: after});
  return {status: reply.status, changed: old !== pick(text, 'ice-ufrag')};
}
"""


async def test_an_ice_restart_keeps_the_picture_coming(film, door, page):
    stop = asyncio.Event()
    sender = Sender(film, f"{door}/api/meetings/m1/whip", "t")
    sending = asyncio.create_task(sender.run(stop))
    await until(lambda: sender.sent.frames > 5)
    await page.evaluate(CONNECT, {"mode": "whep", "room": "m1", "slots": {"video": 1, "audio": 1}})
    before = await stats_until(page, lambda s: s["frames"] >= 20)
    assert await page.evaluate(RESTART) == {"status": 200, "changed": True}
    await stats_until(page, lambda s: s["frames"] >= before["frames"] + 50 and s["state"] == "connected")
    stop.set()
    await sending
