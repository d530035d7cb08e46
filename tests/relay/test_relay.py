"""The engine as a whole with a clock of the test's own: routing, bounds, and whatever a client with keys may send."""

from random import Random
from typing import Any

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.engine import rtcp, rtp
from media_server.engine.drops import DropReason
from media_server.engine.outputs import Again, Closed, Ended, Event, Forward, Heard, Output, Rtcp, SetEntry, Started
from media_server.engine.relay import EngineSettings, Relay
from media_server.engine.session import MAX_EARLY
from media_server.engine.wrap import distance32, middle32, ntp_ns
from media_server.errors import RelayFull
from media_server.records import Fingerprint, Ice, MediaLine, SessionRequest
from tests.relay.client import CAMERA_SSRC, H264, IDR, MICROPHONE_SSRC, RTX, publisher_lines, sending, viewer_lines
from tests.relay.engine import MS, SECOND, packet
from tests.relay.outlets import Kept, Open


class Bench:
    def __init__(self, **about: Any) -> None:
        self.relay = Relay(EngineSettings("epoch", 0, **about), Random(1))
        self.now = 0
        self.outputs: list[Output] = []

    def open(self, name: str, media: list[MediaLine], mode: Any = "room") -> Ice:
        request = SessionRequest(
            session=name, room="m", publisher=f"{name}.device", mode=mode, ice=Ice(ufrag="abcd", pwd="p" * 24),
            fingerprint=Fingerprint(algorithm="sha-256", value="00"), setup="actpass", media=media,
        )  # fmt: skip
        return self.relay.open(self.now, request)[0]

    def join(self, name: str, media: list[MediaLine], mode: Any = "room") -> Kept:
        way = Kept()
        self.check(way, self.open(name, media, mode))
        self.relay.keys(self.now, name, Open(), Open())
        self.outputs += self.relay.drain()
        return way

    def check(self, way: Kept, ice: Ice) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{ice.ufrag}:abcd"})
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(ice.pwd.encode())
        self.relay.datagram(self.now, way, bytes(message))

    def arrive(self, way: Kept, *datagrams: bytes) -> None:
        for data in datagrams:
            self.relay.datagram(self.now, way, data)
        self.outputs += self.relay.drain()

    def pass_time(self, span: int, step: int = 20 * MS) -> None:
        for _ in range(span // step):
            self.now += step
            self.relay.tick(self.now)
            self.outputs += self.relay.drain()

    def of(self, kind: type) -> list[Any]:
        return [output for output in self.outputs if isinstance(output, kind)]


def camera(**changes: Any) -> MediaLine:
    return sending("0", "camera", CAMERA_SSRC).model_copy(update=changes)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.binary(max_size=120), st.binary(max_size=60).map(lambda b: b"\x90\x66" + b)), max_size=8))
def test_nothing_that_a_client_with_keys_sends_raises(datagrams: list[bytes]) -> None:
    bench = Bench()
    way = bench.join("p", [camera(ssrcs=[], extensions={3: rtp.MID, 4: rtp.RID}), *viewer_lines()])
    bench.arrive(way, *(b"\x80" + data[1:] for data in datagrams), *datagrams)
    bench.pass_time(SECOND, 250 * MS)


@settings(max_examples=200)
@given(st.sampled_from([200, 201, 203, 205, 206]), st.integers(0, 31), st.binary(max_size=100))
def test_no_report_that_a_client_with_keys_sends_raises(kind: int, count: int, body: bytes) -> None:
    bench = Bench()
    way = bench.join("p", [*publisher_lines(), *viewer_lines()])
    bench.arrive(way, packet(1, key=True, ssrc=CAMERA_SSRC).data)
    body = CAMERA_SSRC.to_bytes(4, "big") + body + bytes(-len(body) % 4)
    bench.arrive(way, bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body)
    bench.pass_time(SECOND, 250 * MS)


def test_what_comes_before_the_keys_is_held_and_taken_in_order() -> None:
    bench, way = Bench(), Kept()
    bench.check(way, bench.open("p", [camera()]))
    for number in range(MAX_EARLY + 5):
        bench.now += MS
        bench.arrive(way, packet(number, key=number == 0).data)
    assert bench.of(Heard) == []
    bench.relay.keys(bench.now, "p", Open(), Open())
    bench.arrive(way, packet(MAX_EARLY).data)
    heard = [output.packet for output in bench.of(Heard)]
    assert [each.rtp.sequence for each in heard] == list(range(MAX_EARLY + 1))
    assert heard[0].arrival == MS
    assert bench.relay.drops[DropReason.NOT_YET_KEYED] == 5


def test_a_packet_is_sent_again_once_a_round_trip_however_often_it_is_asked_for() -> None:
    bench = Bench()
    bench.now = SECOND
    way = bench.join("p", [camera()])
    watching = bench.join("w", viewer_lines(), "whep")
    bench.arrive(way, packet(1, key=True).data)
    (entry,) = bench.of(SetEntry)
    first = bench.of(Forward)[0].packet.index - entry.number_offset
    bench.pass_time(SECOND)
    sent = [report for output in bench.of(Rtcp) for report in rtcp.read(output.data).reports]
    ntp = next(report.ntp for report in sent if isinstance(report, rtcp.SenderReport))
    held = bench.now - ntp_ns(ntp) - 200 * MS  # so that the trip is 200 ms
    block = rtcp.ReportBlock(entry.ssrc, 0, 0, 0, 0, middle32(ntp), held * 65_536 // SECOND)
    bench.arrive(watching, rtcp.receiver_report(rtcp.ReceiverReport(9, (block,))))
    for _ in range(4):  # asked for each 100 ms
        bench.arrive(watching, rtcp.nack(9, entry.ssrc, [first & 0xFFFF]))
        bench.pass_time(100 * MS)
    assert len(bench.of(Again)) == 2
    assert bench.relay.drops[DropReason.NACK_REPEATED] == 2


def test_an_rtx_packet_fills_the_hole_of_its_own_source() -> None:
    bench = Bench()
    line = camera(formats=[H264, RTX], ssrcs=[CAMERA_SSRC, 55], ssrc_groups=[("FID", [CAMERA_SSRC, 55])])
    way = bench.join("p", [line])
    bench.arrive(way, packet(1).data, packet(3).data)
    lost = packet(2)
    bench.arrive(way, rtp.build(103, 900, 0, 55, (2).to_bytes(2, "big") + lost.payload))
    heard = [output.packet for output in bench.of(Heard)]
    assert [each.rtp.sequence for each in heard] == [1, 3, 2]
    assert heard[2].rtp.data == lost.data
    assert heard[2].index == heard[0].index + 1
    bench.arrive(way, rtp.build(103, 901, 0, 55, b""))
    assert bench.relay.drops[DropReason.PADDING] == 1


def test_an_rtx_ssrc_that_only_its_group_names_is_known() -> None:
    """As browsers offer it (RFC 5576 §4.2); api and relay keep it out of the media's own SSRCs."""
    bench = Bench()
    repaired = {"formats": [H264, RTX], "ssrc_groups": [("FID", [CAMERA_SSRC, 55])]}
    screen = sending("1", "screen", 77).model_copy(update={"formats": [H264, RTX]})
    way = bench.join("p", [camera(**repaired, extensions={3: rtp.MID}), screen])
    bench.arrive(way, packet(1).data, packet(3).data)
    body = (2).to_bytes(2, "big") + packet(2).payload
    bench.arrive(way, rtp.build(103, 900, 0, 55, body, extensions={3: b"0"}))
    assert [output.packet.rtp.sequence for output in bench.of(Heard)] == [1, 3, 2]


def test_a_viewer_that_takes_rtx_is_sent_again_under_numbers_that_never_come_back() -> None:
    bench = Bench()
    way = bench.join("p", [camera()])
    video, audio = viewer_lines()
    watching = bench.join("w", [video.model_copy(update={"formats": [H264, RTX]}), audio], "whep")
    slot = bench.relay.sessions["w"].slots[0]
    assert slot.repairs is not None
    bench.arrive(way, packet(1, key=True, stamp=9).data, packet(2, stamp=9, size=1_400).data)
    (entry,) = bench.of(SetEntry)
    first = bench.of(Forward)[0].packet.index - entry.number_offset
    for _ in range(3):
        bench.pass_time(100 * MS)
        bench.arrive(watching, rtcp.nack(9, entry.ssrc, [first & 0xFFFF, (first + 1) & 0xFFFF]))
    again = [rtp.read(output.data) for output in bench.of(Again)]
    repairs = [each for each in again if each is not None and each.ssrc == slot.repairs.ssrc]
    assert len({each.sequence for each in repairs}) == len(repairs) == 3
    for each in repairs:
        assert each.payload_type == 103
        original = rtp.repaired(each, 102, entry.ssrc)
        assert original is not None
        assert original.sequence == first & 0xFFFF
        assert original.timestamp == 9 + entry.stamp_offset & 0xFFFF_FFFF
        assert original.payload == packet(1, key=True).payload
    plain = [each for each in again if each is not None and each.ssrc == entry.ssrc]
    assert [each.sequence for each in plain] == [(first + 1) & 0xFFFF] * 3  # two octets more are too many for SRTP


def test_an_ssrc_that_no_offer_named_is_told_by_its_mid_and_its_layer_by_its_rid() -> None:
    bench = Bench()
    ids = {3: rtp.MID, 4: rtp.RID}
    lines = [
        camera(ssrcs=[], extensions=ids, rids=["h", "l"]),
        sending("1", "screen", 0).model_copy(update={"ssrcs": [], "extensions": ids}),
    ]
    way = bench.join("p", lines)

    def send(ssrc: int, mid: bytes, rid: bytes | None) -> None:
        elements = {3: mid} | ({4: rid} if rid else {})
        bench.arrive(way, rtp.build(102, 1, 0, ssrc, IDR, extensions=elements))

    send(70, b"0", b"l")
    send(71, b"0", b"h")
    send(72, b"1", None)
    camera_, screen = (output.source for output in bench.of(Started))
    assert [layer.ssrc for layer in camera_.layers] == [71, 70]
    assert screen.ssrc == 72
    send(73, b"9", None)
    send(74, b"0", b"m")
    send(75, b"0", None)
    assert bench.relay.drops[DropReason.UNKNOWN_SSRC] == 3


def test_another_ssrc_is_taken_only_once_the_last_one_is_silent() -> None:
    bench = Bench()
    way = bench.join("p", [camera(ssrcs=[CAMERA_SSRC, 77])])
    bench.arrive(way, packet(1).data, packet(1, ssrc=77).data)
    assert bench.relay.drops[DropReason.OTHER_LAYER] == 1
    bench.now += SECOND
    bench.arrive(way, packet(2, ssrc=77).data)
    first, second = (output.packet for output in bench.of(Heard))
    assert (second.index, second.restarted) == (first.index + 1, True)


def test_a_source_that_begins_anew_is_shown_from_its_next_key_frame_on() -> None:
    bench = Bench()
    way = bench.join("p", [camera(ssrcs=[CAMERA_SSRC, 77])])
    bench.join("w", viewer_lines(), "whep")
    bench.arrive(way, packet(1, key=True).data)
    bench.now += SECOND
    bench.arrive(way, packet(500, stamp=9, ssrc=77).data)
    assert len(bench.of(Forward)) == 1
    bench.arrive(way, packet(501, stamp=10, ssrc=77, key=True).data)
    first, second = bench.of(Forward)
    one, two = bench.of(SetEntry)
    assert second.packet.index - two.number_offset == first.packet.index - one.number_offset + 1


def test_a_still_screen_ends_and_begins_again_while_a_camera_stays() -> None:
    bench = Bench()
    way = bench.join("p", [camera(), sending("1", "screen", 55)])
    ice, _ = bench.relay.restart(0, "p", "wxyz", None)
    bench.arrive(way, packet(1).data, packet(1, ssrc=55).data)
    for _ in range(7):
        bench.pass_time(SECOND)
        bench.check(way, ice)
    (ended,) = bench.of(Ended)
    assert (ended.source.note.kind, ended.cause) == ("screen", "silent")
    bench.arrive(way, packet(2, ssrc=55).data)
    assert len(bench.of(Started)) == 3


def test_the_old_credentials_end_and_a_silent_peer_is_dropped() -> None:
    bench = Bench()
    way = Kept()
    old = bench.open("p", publisher_lines())
    new, _ = bench.relay.restart(bench.now, "p", "wxyz", None)
    for _ in range(32):
        bench.check(way, new)
        bench.pass_time(SECOND, 500 * MS)
    bench.check(way, old)
    assert bench.relay.drops[DropReason.UNKNOWN_UFRAG] == 1
    bench.pass_time(32 * SECOND, 500 * MS)
    assert [(output.session, output.cause) for output in bench.of(Closed)] == [("p", "silent")]
    assert not bench.relay.knows(way)
    bench.pass_time(12 * SECOND, 500 * MS)
    assert bench.relay.rooms == {}


def test_a_full_relay_says_so() -> None:
    bench = Bench(max_sessions=1)
    bench.open("p", publisher_lines())
    with pytest.raises(RelayFull):
        bench.open("q", publisher_lines())


def test_only_the_newest_ways_are_remembered() -> None:
    bench = Bench()
    ice = bench.open("p", publisher_lines())
    ways = [Kept() for _ in range(20)]
    for way in ways:
        bench.check(way, ice)
    assert [bench.relay.knows(way) for way in ways] == [False] * 4 + [True] * 16
    bench.relay.lost(ways[-1])
    assert bench.relay.way("p") is ways[-2]


def test_remb_is_halved_when_a_tenth_is_lost_and_comes_back() -> None:
    bench = Bench()
    way = bench.join("p", publisher_lines())

    def remb() -> int:
        reports = [report for output in bench.of(Rtcp) for report in rtcp.read(output.data).reports]
        return next(report.bitrate for report in reversed(reports) if isinstance(report, rtcp.Remb))

    bench.arrive(way, packet(1).data)
    bench.pass_time(SECOND)
    assert remb() == pytest.approx(2_500_000, rel=0.01)
    bench.arrive(way, packet(2).data, packet(5).data)
    bench.pass_time(500 * MS)
    assert remb() == pytest.approx(1_250_000, rel=0.01)
    bench.pass_time(6 * SECOND)
    assert remb() == pytest.approx(2_500_000, rel=0.01)


def test_mute_is_told_once_and_holds_for_a_source_that_begins_later() -> None:
    bench = Bench()
    way = bench.join("p", publisher_lines())
    bench.relay.mute(0, "p", "microphone", True, "locked")
    sound = rtp.build(111, 1, 0, MICROPHONE_SSRC, bytes(20))
    bench.arrive(way, sound)
    bench.relay.mute(0, "p", "microphone", True, "locked")
    bench.arrive(way)
    told = [output.body for output in bench.of(Event) if output.subject.endswith(".source")]
    assert [(body["state"], body["cause"]) for body in told] == [("started", ""), ("muted", "locked")]


def test_a_wanted_room_keeps_its_picture_while_nobody_is_there() -> None:
    bench = Bench()
    bench.relay.open_room("m")
    bench.relay.picture(0, "m", "q.device")
    bench.pass_time(2 * SECOND, 500 * MS)
    first, second = (bench.join(name, [camera()]) for name in ("p", "q"))
    bench.arrive(first, packet(1, key=True).data)
    bench.arrive(second, packet(1, key=True).data)
    bench.join("w", viewer_lines(), "whep")
    bench.arrive(second)
    told = [output.body["slots"][0]["publisher"] for output in bench.of(Event) if output.subject.endswith(".slots")]
    assert told == ["q.device"]
    bench.relay.close_room(bench.now, "m")
    bench.pass_time(12 * SECOND, 500 * MS)
    assert bench.relay.rooms == {}


def test_a_viewer_hears_who_speaks_while_the_picture_stays() -> None:
    bench = Bench()
    bench.relay.open_room("m")
    bench.relay.picture(0, "m", "p.device")
    first, second = (bench.join(name, publisher_lines()) for name in ("p", "q"))
    bench.arrive(first, packet(1, key=True, ssrc=CAMERA_SSRC).data)
    bench.join("w", viewer_lines(), "whep")
    for tick in range(80):
        bench.pass_time(20 * MS)
        bench.arrive(first, rtp.build(111, tick, 960 * tick, MICROPHONE_SSRC, bytes(5)))  # silence
        bench.arrive(second, rtp.build(111, tick, 960 * tick, MICROPHONE_SSRC, bytes(60)))
    told = [output.body["slots"] for output in bench.of(Event) if output.subject.endswith(".slots")][-1]
    assert {slot["kind"]: slot["publisher"] for slot in told} == {"video": "p.device", "audio": "q.device"}


def test_picture_and_sound_captured_together_are_told_to_a_viewer_as_together() -> None:
    """The sender reports of both slots place one capture moment at one moment of the relay's clock."""
    bench = Bench()
    bench.now = 5 * SECOND
    way = bench.join("p", publisher_lines())
    bench.join("w", viewer_lines(), "whep")
    clock = 1_234 << 32  # the publisher's own, far from ours
    for tick in range(50):  # sound takes 15 ms to come, the picture 70
        bench.now += 20 * MS
        bench.arrive(way, rtp.build(111, tick, 960 * tick, MICROPHONE_SSRC, bytes(60)))
        if tick % 2 == 0:
            late = packet(tick, stamp=7_000 + 90 * (20 * tick - 55), key=tick == 0, ssrc=CAMERA_SSRC)
            bench.arrive(way, late.data)
        if tick == 10:
            seconds = (1 << 32) * 20 * tick // 1_000
            sound = rtcp.SenderReport(MICROPHONE_SSRC, clock + seconds, 960 * tick, 0, 0)
            sight = rtcp.SenderReport(CAMERA_SSRC, clock + seconds, 7_000 + 90 * 20 * tick, 0, 0)
            bench.arrive(way, rtcp.sender_report(sound), rtcp.sender_report(sight))
    bench.pass_time(SECOND)
    told = {}
    for output in bench.of(Rtcp):
        for report in rtcp.read(output.data).reports:
            if isinstance(report, rtcp.SenderReport):
                told[report.ssrc] = report
    moments = []
    for entry in bench.of(SetEntry):
        rate, captured = (48_000, 960 * 30) if entry.payload_type == 111 else (90_000, 7_000 + 90 * 20 * 30)
        report = told[entry.ssrc]
        ahead = distance32(captured + entry.stamp_offset & 0xFFFF_FFFF, report.rtp_time)
        moments.append(ntp_ns(report.ntp) + ahead * SECOND // rate)
    assert len(moments) == 2
    assert abs(moments[0] - moments[1]) < MS


def test_quality_says_loss_rates_and_round_trip() -> None:
    bench = Bench()
    way = bench.join("p", publisher_lines())
    watching = bench.join("w", viewer_lines(), "whep")
    bench.pass_time(20 * MS)
    bench.arrive(way, packet(1, key=True, size=900).data, packet(2, size=900).data, packet(5, size=900).data)
    bench.pass_time(1_100 * MS)
    reports = [report for output in bench.of(Rtcp) for report in rtcp.read(output.data).reports]
    sent = next(report for report in reports if isinstance(report, rtcp.SenderReport))
    bench.pass_time(240 * MS)
    half_second_held = (bench.now - SECOND) * 65_536 // SECOND  # so that it looks like a round trip of about a second
    block = rtcp.ReportBlock(sent.ssrc, 64, 0, 0, 0, sent.ntp >> 16 & 0xFFFF_FFFF, half_second_held)
    bench.arrive(watching, rtcp.receiver_report(rtcp.ReceiverReport(9, (block,))))
    bench.pass_time(SECOND)
    told = [output.body["sessions"] for output in bench.of(Event) if output.subject.endswith(".quality")][-1]
    assert told["w"]["loss"] == 0.25
    assert 0 < told["w"]["rtt_ms"] <= 1_100
    assert told["w"]["out_kbps"] == told["p"]["in_kbps"] == 3 * 906 * 8 // 2 // 1_000
    assert told["p"]["level"] == 127
