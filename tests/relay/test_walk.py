"""Real clients through the real port: publish, watch, lose, come back."""

import asyncio
import random
from itertools import pairwise

import pytest

from media_server.engine import rtcp
from tests.relay.client import CAMERA_SSRC, Camera, Client, Microphone, publisher_lines, viewer_lines
from tests.relay.conftest import Running


async def publisher(relay: Running, name: str = "site1.device01", session: str = "p1") -> Client:
    return await relay.join(session=session, publisher=name, media=publisher_lines())


def pictures(client: Client, ssrc: int) -> list[bytes]:
    return [packet.payload for packet in client.received if packet.ssrc == ssrc]


async def test_a_late_viewer_starts_at_the_cached_key_frame_and_goes_on_without_a_hole(relay: Running) -> None:
    camera = Camera(await publisher(relay))
    camera.picture(key=True)
    for _ in range(5):
        camera.picture()
    await relay.event("source", state="started")
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    for _ in range(5):
        camera.picture()
        await asyncio.sleep(0.01)
    ssrc = viewer.answer.slots[0].ssrc
    await viewer.until(lambda: len(pictures(viewer, ssrc)) == len(camera.payloads))
    assert pictures(viewer, ssrc) == camera.payloads
    numbers = [packet.sequence for packet in viewer.received if packet.ssrc == ssrc]
    assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]
    stamps = [packet.timestamp for packet in viewer.received if packet.ssrc == ssrc and packet.marker]
    assert {(later - earlier) & 0xFFFF_FFFF for earlier, later in pairwise(stamps)} == {3_600}
    assert (await relay.event("slots", session="v1"))["slots"][0]["publisher"] == "site1.device01"


async def test_a_viewers_nack_is_answered_byte_for_byte(relay: Running) -> None:
    camera = Camera(await publisher(relay))
    camera.picture(key=True)
    await relay.event("source", state="started")
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    await viewer.until(lambda: len(viewer.received) == 2)
    viewer.lossy = True
    camera.picture()
    await viewer.until(lambda: len(viewer.lost) == 2)
    viewer.lossy = False
    last = viewer.received[-1]
    empty = rtcp.receiver_report(rtcp.ReceiverReport(7))
    viewer.send_rtcp(empty + rtcp.nack(7, last.ssrc, [last.sequence + 1, last.sequence + 2]))
    await viewer.until(lambda: len(viewer.received) == 4)
    assert viewer.media[2:] == viewer.lost
    viewer.send_rtcp(empty + rtcp.nack(7, last.ssrc, [last.sequence - 500]))
    await relay.dropped("not-in-history")


async def test_a_hole_is_nacked_and_filled_under_its_own_number(relay: Running) -> None:
    sender = await publisher(relay)
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    camera = Camera(sender)
    camera.picture(key=True, parts=3)
    camera.picture(parts=3, drop=frozenset({1}))
    camera.picture(parts=3)

    def asked() -> list[int]:
        return [number for report in sender.reports if isinstance(report, rtcp.Nack) for number in report.sequences]

    missing = (camera.sequence - 5) & 0xFFFF
    await sender.until(lambda: missing in asked())
    sender.send_rtp(camera.packets[-5])
    await viewer.until(lambda: len(viewer.received) == 9)
    first = viewer.received[0].sequence
    by_number = {(packet.sequence - first) & 0xFFFF: packet.payload for packet in viewer.received}
    assert [by_number[number] for number in range(9)] == camera.payloads


async def test_a_viewer_without_a_key_frame_has_one_asked_for_once_a_second(relay: Running) -> None:
    sender = await publisher(relay)
    camera = Camera(sender)
    camera.picture()
    await relay.event("source", state="started")
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    requests = [0]

    def asked() -> bool:
        requests[0] = sum(isinstance(report, rtcp.KeyFrameRequest) for report in sender.reports)
        return requests[0] > 0

    await sender.until(asked)
    assert all(report.media == CAMERA_SSRC for report in sender.reports if isinstance(report, rtcp.KeyFrameRequest))
    for _ in range(10):
        viewer.send_rtcp(rtcp.receiver_report(rtcp.ReceiverReport(7)) + rtcp.pli(7, viewer.answer.slots[0].ssrc))
        await asyncio.sleep(0.01)
    assert asked()
    assert requests[0] <= 2
    camera.picture(key=True)
    await viewer.until(lambda: len(viewer.received) == 2)


async def test_a_publisher_gets_remb_and_receiver_reports_and_a_viewer_sender_reports(relay: Running) -> None:
    sender = await publisher(relay)
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    camera = Camera(sender)
    camera.picture(key=True)
    await viewer.until(lambda: any(isinstance(report, rtcp.SenderReport) for report in viewer.reports))
    report = next(report for report in viewer.reports if isinstance(report, rtcp.SenderReport))
    assert report.ssrc == viewer.answer.slots[0].ssrc
    await sender.until(lambda: any(isinstance(report, rtcp.Remb) for report in sender.reports))
    remb = next(report for report in sender.reports if isinstance(report, rtcp.Remb))
    assert remb.ssrcs == (CAMERA_SSRC,)
    assert 2_400_000 < remb.bitrate <= 2_500_000
    blocks = [block for r in sender.reports if isinstance(r, rtcp.ReceiverReport) for block in r.blocks]
    assert any(block.ssrc == CAMERA_SSRC for block in blocks)


async def test_three_of_five_voices_are_heard_and_the_loudest_is_the_speaker(relay: Running) -> None:
    voices = []
    for number in range(5):
        client = await publisher(relay, f"site{number}.device01", f"p{number}")
        voices.append(Microphone(client))
    viewer = await relay.join(session="v1", publisher="home", media=viewer_lines(videos=0, sounds=3))
    for _ in range(60):
        for number, voice in enumerate(voices):
            voice.say(level=20 + 15 * number)
        await asyncio.sleep(0.02)
    heard = {packet.ssrc for packet in viewer.received}
    assert heard == {slot.ssrc for slot in viewer.answer.slots}
    assert (await relay.event("speaker", publisher="site0.device01"))["room"] == "m1"


async def test_over_tcp_where_udp_is_dead(relay: Running) -> None:
    sender = await relay.join(session="p1", publisher="site1.device01", transport="tcp", media=publisher_lines())
    viewer = await relay.join(session="v1", publisher="home", mode="whep", transport="tcp", media=viewer_lines())
    camera = Camera(sender)
    camera.picture(key=True)
    await viewer.until(lambda: len(viewer.received) == 2)


async def test_a_restart_from_another_address_keeps_keys_and_slots(relay: Running) -> None:
    sender = await publisher(relay)
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    camera = Camera(sender)
    camera.picture(key=True)
    await viewer.until(lambda: len(viewer.received) == 2)
    answer = await relay.bus.request(
        "huilu.relay.restart", {"session": "p1", "ice": {"ufrag": "wxyz", "pwd": "q" * 24}}
    )
    old = sender.ice
    await sender.check()  # the old credentials are still good
    sender.ice = type(old)(**answer["ice"])
    assert sender.ice.ufrag != old.ufrag
    await sender.connect()
    await sender.check()
    camera.picture()
    await viewer.until(lambda: len(viewer.received) == 4)


async def test_a_wrong_password_teaches_no_address(relay: Running) -> None:
    sender = await publisher(relay)
    sender.hushed = True
    await sender.connect()
    try:
        await asyncio.wait_for(sender.check(password="w" * 24), 0.3)
        raise AssertionError("a check with a wrong password was answered")
    except TimeoutError:
        pass
    assert await relay.drops("bad-integrity") == 1
    Camera(sender).picture(key=True)
    await asyncio.sleep(0.1)
    assert await relay.drops("unknown-address") == 2


async def test_a_silent_peer_is_dropped_and_a_returning_publisher_replaces_itself(relay: Running) -> None:
    await publisher(relay)
    (await publisher(relay, session="p2")).hushed = True
    assert (await relay.event("session", session="p1", state="closed"))["cause"] == "replaced"
    assert (await relay.event("session", session="p2", state="closed", timeout=6))["cause"] == "silent"
    assert (await relay.bus.request("huilu.relay.state", {}))["sessions"] == []


async def taken() -> None:
    """The relay, in this same loop, has had the turns that it needs to read a datagram and give it to DTLS."""
    for _ in range(10):
        await asyncio.sleep(0)


class Torn(Client):
    """Until it has its keys, each of its datagrams comes first in every length that is too short, then whole."""

    async def connect(self, transport: str = "udp") -> None:
        await super().connect(transport)
        self.cut: list[int] = []  # lengths of what was torn
        self._line: asyncio.Queue[bytes] = asyncio.Queue(64)
        self._tasks.append(asyncio.create_task(self._tear()))

    def send(self, data: bytes) -> None:
        if self.keys is None:
            self._line.put_nowait(data)
        else:
            super().send(data)

    async def _tear(self) -> None:
        while True:
            data = await self._line.get()
            self.cut.append(len(data))
            for length in range(1, len(data)):
                super().send(data[:length])
                await taken()
            super().send(data)


async def test_a_handshake_comes_through_though_each_datagram_comes_torn_in_every_length_first(
    relay: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that DTLS has to do with each of them (test_strangers has the limit).
    monkeypatch.setattr("media_server.engine.session.HANDSHAKES_PER_SECOND", 100_000)
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    torn = await Torn.join(
        relay.bus, relay.certificate, session="p1", publisher="site1.device01", media=publisher_lines()
    )
    relay.clients.append(torn)
    assert len(torn.cut) >= 3  # the check, the hello, and the flight with the certificate
    assert await relay.drops("bad-stun") == torn.cut[0] - 1
    assert await relay.drops("dtls-queue-full") == 0  # DTLS itself has refused every cut of its flights
    Camera(torn).picture(key=True)
    await viewer.until(lambda: len(viewer.received) == 2)


async def test_garbage_and_torn_handshakes_are_counted_and_leave_the_relay_well(relay: Running) -> None:
    first = await publisher(relay)
    recorded = list(first.sent_datagrams)  # one handshake, whole: the check and every flight of DTLS
    assert sum(20 <= data[0] < 64 for data in recorded) >= 2
    stranger = await relay.join(session="x1", publisher="site9.device09", handshake=False, media=publisher_lines())
    other = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    torn = [data[:length] for data in recorded for length in range(1, len(data))]
    for data in torn:
        stranger.send(data)
        await taken()
    assert await relay.drops("dtls-queue-full") == 0
    rng = random.Random(4571)
    for number in range(10_000):
        other.send(rng.randbytes(rng.randrange(1, 300)))
        if number % 40 == 0:
            await asyncio.sleep(0.001)
    camera = Camera(first)
    camera.picture(key=True)
    await other.until(lambda: len(other.received) == 2, timeout=10)
    assert await relay.metric("huilu_relay_drops_total") > 5_000
    assert (await relay.bus.request("huilu.health.relay", {}))["ok"]
