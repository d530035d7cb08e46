"""A meeting over weak networks in a clock of its own: a publisher and viewers as browsers are, the engine between them.

No socket, no sleep, no SRTP: what the engine puts out goes to the emulator's links, what they deliver to the engine.
Both ends do what libwebrtc does about losses: NACK a hole at once and again each round trip, ten times at most, then
ask for a key frame; a publisher sends a packet again at most once a round trip, and a key frame at most each 300 ms.

    python -m tests.relay.weak random --minutes 10
"""

import argparse
import json
import struct
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from aioice import stun

from media_server.engine import rtcp, rtp
from media_server.engine.outputs import Again, Forward, RemoveViewer, Rtcp, SetEntry, SetViewer
from media_server.engine.relay import TICK_NS, EngineSettings, Relay
from media_server.engine.wrap import low32, middle32, near16, ntp_of
from media_server.fanout.python import PythonFanout
from media_server.records import Fingerprint, Ice, MediaLine, SessionRequest, SlotAnswer
from ops.bench.emulator import MS, PRESETS, SECOND, Link, Network
from tests.relay.client import CAMERA_SSRC, H264, IDR, MICROPHONE_SSRC, RTX, SLICE, publisher_lines, viewer_lines

CAMERA_RTX_SSRC = 1112
PICTURE_NS = 40 * MS
SOUND_NS = 20 * MS
PART_BYTES = 1_000
PARTS, KEY_PARTS = 3, 20  # of a picture: 600 kbit/s
DEFAULT_ROUND_NS = 100 * MS  # what a browser that only watches takes for the round trip
NACK_TRIES = 10
KEY_PAUSE_NS = 300 * MS
STUCK_NS = 3 * SECOND  # without a picture that can be shown a browser asks for a key frame
SOUND_BUFFER_NS = 300 * MS  # so late a sound packet may be after the soonest possible moment
SETTLE_NS = 2 * SECOND  # at the end, in which what is under way may still arrive

_MARK = struct.Struct("!IBB")  # number of the picture or sound, part, parts


class Open:
    """SRTP that hides nothing."""

    def protect(self, data: bytes) -> bytes:
        return data

    protect_rtcp = unprotect = unprotect_rtcp = protect


class Way:
    """The relay's way to one end, and that end's way to the relay."""

    def __init__(self, meeting: "Meeting", network: Network, seed: int, port: int) -> None:
        self.address = ("192.0.2.1", port)
        self.up = Link(network.up, 2 * seed)
        self.down = Link(network.down, 2 * seed + 1)
        self.sent_down = 0
        self._meeting = meeting
        self._bytes: dict[tuple[int, int], bytes] = {}
        self._newest: dict[int, int] = {}

    def send(self, data: bytes) -> bool:
        if not _is_rtcp(data):
            self.sent_down += 1
            self._never_other_bytes(data)
        self.down.send(self._meeting.now, data)
        return True

    def _never_other_bytes(self, data: bytes) -> None:
        packet = rtp.read(data)
        assert packet is not None
        number = near16(packet.sequence, self._newest.get(packet.ssrc, packet.sequence))
        self._newest[packet.ssrc] = max(number, self._newest.get(packet.ssrc, number))
        assert self._bytes.setdefault((packet.ssrc, number), data) == data, "a number went out with other bytes"
        if len(self._bytes) > 50_000:
            del self._bytes[next(iter(self._bytes))]


def _is_rtcp(data: bytes) -> bool:
    return 192 <= data[1] <= 223


class Nacking:
    """What one incoming stream lacks."""

    def __init__(self) -> None:
        self.newest: int | None = None
        self.gave_up = False
        self._missing: dict[int, tuple[int, int]] = {}  # number → last asked, tries

    def took(self, sequence: int) -> int:
        """The unwrapped number."""
        if self.newest is None:
            self.newest = 0x1_0000 + sequence
            return self.newest
        number = near16(sequence, self.newest)
        for lost in range(self.newest + 1, number):
            self._missing[lost] = (-SECOND, 0)
        self.newest = max(self.newest, number)
        self._missing.pop(number, None)
        return number

    def due(self, now: int, round_trip: int) -> list[int]:
        asked = []
        for number, (at, tries) in sorted(self._missing.items()):
            if tries >= NACK_TRIES:
                del self._missing[number]
                self.gave_up = True
            elif now - at >= round_trip:
                self._missing[number] = (now, tries + 1)
                asked.append(number & 0xFFFF)
        return asked


class Publisher:
    def __init__(self, meeting: "Meeting", way: Way, rtx: bool) -> None:
        self.way = way
        self.pictures = 0
        self.sounds = 0
        self.asked = 0
        self.again = 0
        self.key_frames = 0
        self.captured: dict[int, int] = {}  # picture → now
        self._meeting = meeting
        self._rtx = rtx
        self._numbers = {CAMERA_SSRC: 65_000, MICROPHONE_SSRC: 300, CAMERA_RTX_SSRC: 40_000}
        self._kept: dict[tuple[int, int], tuple[bytes, int]] = {}  # SSRC, number → packet, last sent
        self._key_wanted, self._key_at = True, -SECOND
        self._counts = {CAMERA_SSRC: (0, 0), MICROPHONE_SSRC: (0, 0)}
        self._round_trip = way.up.conditions.delay_ns + way.down.conditions.delay_ns

    def work(self, now: int) -> None:
        if now % SOUND_NS == 0:
            self._sound(now)
        if now % PICTURE_NS == 0:
            self._picture(now)
        if now % SECOND == 500 * MS:
            for ssrc, rate in ((CAMERA_SSRC, 90_000), (MICROPHONE_SSRC, 48_000)):
                packets, octets = self._counts[ssrc]
                report = rtcp.SenderReport(ssrc, ntp_of(now), low32(now * rate // SECOND), packets, octets)
                self.way.up.send(now, rtcp.sender_report(report) + rtcp.description(ssrc, "p"))

    def _sound(self, now: int) -> None:
        payload = b"\x78" + _MARK.pack(self.sounds, 0, 1) + bytes(60)
        self.sounds += 1
        self._send(now, MICROPHONE_SSRC, 111, now * 48_000 // SECOND, payload, {1: b"\x9e"})

    def _picture(self, now: int) -> None:
        key = self._key_wanted and now - self._key_at >= KEY_PAUSE_NS
        if key:
            self._key_wanted, self._key_at = False, now
            self.key_frames += 1
        parts = KEY_PARTS if key else PARTS
        for part in range(parts):
            head = IDR if key else SLICE
            payload = head + _MARK.pack(self.pictures, part, parts) + bytes(PART_BYTES)
            self._send(now, CAMERA_SSRC, 102, now * 90_000 // SECOND, payload, None, part == parts - 1)
        self.captured[self.pictures] = now
        self.pictures += 1

    def _send(
        self, now: int, ssrc: int, kind: int, stamp: int, payload: bytes,
        extensions: dict[int, bytes] | None, marker: bool = False,
    ) -> None:  # fmt: skip
        number = self._numbers[ssrc] = self._numbers[ssrc] + 1
        packet = rtp.build(kind, number, stamp, ssrc, payload, marker, extensions)
        self._kept[ssrc, number & 0xFFFF] = (packet, now)
        packets, octets = self._counts[ssrc]
        self._counts[ssrc] = (packets + 1, octets + len(payload))
        self.way.up.send(now, packet)

    def take(self, now: int, data: bytes) -> None:
        for report in rtcp.read(data).reports:
            if isinstance(report, rtcp.KeyFrameRequest):
                self._key_wanted = True
            elif isinstance(report, rtcp.Nack):
                for number in report.sequences:
                    self._send_again(now, report.media, number)

    def _send_again(self, now: int, ssrc: int, number: int) -> None:
        self.asked += 1
        packet, last = self._kept[ssrc, number]
        if now - last < self._round_trip:
            return
        self._kept[ssrc, number] = (packet, now)
        self.again += 1
        if self._rtx and ssrc == CAMERA_SSRC:
            read = rtp.read(packet)
            assert read is not None
            fresh = self._numbers[CAMERA_RTX_SSRC] = self._numbers[CAMERA_RTX_SSRC] + 1
            body = number.to_bytes(2, "big") + read.payload
            packet = rtp.build(103, fresh, read.timestamp, CAMERA_RTX_SSRC, body, read.marker)
        self.way.up.send(now, packet)


@dataclass
class Shown:
    """What a viewer had of the meeting, in the end."""

    pictures: int = 0  # due
    complete: int = 0
    shown: int = 0
    longest_freeze_ms: float = 0.0
    latency_ms: dict[str, float] = field(default_factory=dict)
    sounds: int = 0
    sound_gaps: int = 0
    nacked: int = 0
    key_requests: int = 0
    twice: int = 0  # media packets that came though they were here already
    by_rtx: int = 0

    @property
    def complete_share(self) -> float:
        return self.complete / self.pictures

    @property
    def gap_share(self) -> float:
        return self.sound_gaps / self.sounds


class Viewer:
    def __init__(self, meeting: "Meeting", way: Way, slots: list[SlotAnswer]) -> None:
        self.way = way
        self.result = Shown()
        self._meeting = meeting
        self._video, self._audio = slots
        self._nacking = {slot.ssrc: Nacking() for slot in slots}
        self._had: set[tuple[int, int]] = set()
        self._parts: dict[int, set[int]] = {}
        self._complete: dict[int, int] = {}  # picture → now
        self._keys: set[int] = set()
        self._first: int | None = None
        self._decoded = -1
        self._decoded_at = 0
        self._latencies: list[int] = []
        self._asked_at = 0
        self._sounds: dict[int, int] = {}  # number → now
        self._last_sr: dict[int, tuple[int, int]] = {}

    def take(self, now: int, data: bytes) -> None:
        if _is_rtcp(data):
            for report in rtcp.read(data).reports:
                if isinstance(report, rtcp.SenderReport):
                    self._last_sr[report.ssrc] = (middle32(report.ntp), now)
            return
        packet = rtp.read(data)
        assert packet is not None
        if packet.ssrc == self._video.rtx_ssrc:
            self.result.by_rtx += 1
            original = rtp.repaired(packet, 102, self._video.ssrc)
            assert original is not None
            packet = original
        number = self._nacking[packet.ssrc].took(packet.sequence)
        if (packet.ssrc, number) in self._had:
            self.result.twice += 1
            return
        self._had.add((packet.ssrc, number))
        if packet.ssrc == self._audio.ssrc:
            sound, _, _ = _MARK.unpack_from(packet.payload, 1)
            self._sounds[sound] = now
        else:
            self._picture(now, packet.payload)

    def _picture(self, now: int, payload: bytes) -> None:
        number, part, parts = _MARK.unpack_from(payload, 2)
        have = self._parts.setdefault(number, set())
        have.add(part)
        if len(have) < parts:
            return
        self._complete[number] = now
        if payload.startswith(IDR):
            self._keys.add(number)
            if self._first is None:
                self._first, self._decoded_at = number, now
        self._decode(now)

    def _decode(self, now: int) -> None:
        while self._first is not None:
            following = self._decoded + 1
            if following not in self._complete or (self._decoded < 0 and following not in self._keys):
                following = min((key for key in self._keys if key > self._decoded), default=-1)
                if following < 0:
                    return
            self.result.shown += 1
            freeze = (now - self._decoded_at) / MS
            self.result.longest_freeze_ms = max(self.result.longest_freeze_ms, freeze)
            self._latencies.append(now - self._meeting.publisher.captured[following])
            self._decoded, self._decoded_at = following, now

    def work(self, now: int) -> None:
        if now % TICK_NS == 0:
            self._feed_back(now)
        if now % SECOND == 250 * MS:
            blocks = []
            for ssrc, nacking in self._nacking.items():
                sr, at = self._last_sr.get(ssrc, (0, now))
                delay = (now - at) * 65_536 // SECOND
                blocks.append(rtcp.ReportBlock(ssrc, 0, 0, nacking.newest or 0, 0, sr, delay))
            self.way.up.send(now, rtcp.receiver_report(rtcp.ReceiverReport(7, tuple(blocks))))

    def _feed_back(self, now: int) -> None:
        out = b""
        for ssrc, nacking in self._nacking.items():
            asked = nacking.due(now, DEFAULT_ROUND_NS)
            self.result.nacked += len(asked)
            if asked:
                out += rtcp.nack(7, ssrc, asked)
        video = self._nacking[self._video.ssrc]
        stuck = now - max(self._decoded_at, self._asked_at) >= STUCK_NS
        if video.gave_up or stuck:
            video.gave_up, self._asked_at = False, now
            self.result.key_requests += 1
            out += rtcp.pli(7, self._video.ssrc)
        if out:
            self.way.up.send(now, rtcp.receiver_report(rtcp.ReceiverReport(7)) + out)

    def judge(self) -> Shown:
        publisher, result = self._meeting.publisher, self.result
        assert self._first is not None, "nothing was ever shown"
        until = self._meeting.now - SETTLE_NS
        due = [n for n, at in publisher.captured.items() if n >= self._first and at <= until]
        result.pictures = len(due)
        result.complete = sum(number in self._complete for number in due)
        result.longest_freeze_ms = max(result.longest_freeze_ms, (self._meeting.now - self._decoded_at) / MS)
        ordered = sorted(self._latencies)
        result.latency_ms = {name: ordered[int(len(ordered) * share)] / MS for name, share in QUANTILES}
        soonest = publisher.way.up.conditions.delay_ns + self.way.down.conditions.delay_ns
        first = min(self._sounds)
        for number in range(first, until // SOUND_NS):
            result.sounds += 1
            late = self._sounds.get(number, 1 << 62) - (number * SOUND_NS + self._meeting.began + soonest)
            result.sound_gaps += late > SOUND_BUFFER_NS
        return result


QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999))


class Meeting:
    """One publisher, `viewers` of his picture and sound, each over a network of its own."""

    def __init__(self, publishes: Network, watches: Network, *, seed: int, viewers: int = 1, rtx: bool = False) -> None:
        self.now = 20 * MS
        self.began = self.now + SOUND_NS - self.now % SOUND_NS
        self.relay = Relay(EngineSettings("epoch", 0), Random(seed))
        self.fanout = PythonFanout(self.relay.drops)
        formats = {"formats": [H264, RTX]} if rtx else {}
        camera, microphone = publisher_lines()
        groups = {"ssrc_groups": [("FID", [CAMERA_SSRC, CAMERA_RTX_SSRC])]} if rtx else {}
        way, _ = self._join("p", [camera.model_copy(update=formats | groups), microphone], "whip", publishes, seed)
        self.publisher = Publisher(self, way, rtx)
        self.viewers = []
        for number in range(viewers):
            video, audio = viewer_lines()
            lines = [video.model_copy(update=formats), audio]
            self.viewers.append(Viewer(self, *self._join(f"v{number}", lines, "whep", watches, seed + 1 + number)))

    def _join(
        self, name: str, media: list[MediaLine], mode: Any, network: Network, seed: int
    ) -> tuple[Way, list[SlotAnswer]]:
        request = SessionRequest(
            session=name, room="m", publisher=f"{name}.device", mode=mode, ice=Ice(ufrag="abcd", pwd="p" * 24),
            fingerprint=Fingerprint(algorithm="sha-256", value="00"), setup="actpass", media=media,
        )  # fmt: skip
        ice, slots = self.relay.open(self.now, request)
        way = Way(self, network, seed, len(self.relay.sessions))
        self.relay.datagram(self.now, way, check(ice))
        self.relay.keys(self.now, name, Open(), Open())
        self.act()
        return way, slots

    def act(self) -> None:
        batch: list[Forward] = []
        for output in self.relay.drain():
            if isinstance(output, Forward):
                batch.append(output)
                continue
            if batch:
                self.fanout.forward(batch)
                batch = []
            if isinstance(output, Rtcp):
                self.fanout.rtcp(output.viewer, output.data)
            elif isinstance(output, SetEntry):
                self.fanout.set_entry(output)
            elif isinstance(output, Again):
                self.fanout.again(output.viewer, output.data)
            elif isinstance(output, SetViewer):
                assert isinstance(output.path, Way)
                self.fanout.set_viewer(output.viewer, output.path, output.tx)
            elif isinstance(output, RemoveViewer):
                self.fanout.remove_viewer(output.viewer)
        self.fanout.forward(batch)

    def _next(self, until: int) -> int:
        """The next full millisecond at which something arrives or is due: what is due by time is so each 10 ms."""
        ends = [self.publisher, *self.viewers]
        arrivals = [link.next_at for end in ends for link in (end.way.up, end.way.down)]
        due = self.now - self.now % (10 * MS) + 10 * MS
        soonest = min([due, until, *(at for at in arrivals if at is not None)])
        return max(self.now + MS, -(-soonest // MS) * MS)

    def run(self, span: int) -> None:
        """`span` in whole milliseconds."""
        ends = [self.publisher, *self.viewers]
        until = self.now + span
        while self.now < until:
            now = self.now = self._next(until)
            for end in ends:
                for _, data in end.way.up.arrived(now):
                    self.relay.datagram(now, end.way, data)
            self.act()
            if now % TICK_NS == 0:
                self.relay.tick(now)
                self.act()
            for end in ends:
                for _, data in end.way.down.arrived(now):
                    end.take(now, data)
                end.work(now)


def check(ice: Ice) -> bytes:
    """A connectivity check that nominates its way."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{ice.ufrag}:abcd"})
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(ice.pwd.encode())
    return bytes(message)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.relay.weak", description=__doc__)
    parser.add_argument("preset", choices=sorted(PRESETS))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--where", choices=("publisher", "viewer", "both"), default="both", help="whose network is weak"
    )
    parser.add_argument("--rtx", action="store_true", help="retransmissions by RFC 4588")
    given = parser.parse_args()
    clear, weak = PRESETS["clear"], PRESETS[given.preset]
    meeting = Meeting(
        clear if given.where == "viewer" else weak, clear if given.where == "publisher" else weak,
        seed=given.seed, rtx=given.rtx,
    )  # fmt: skip
    meeting.run(int(given.minutes * 60 * SECOND))
    (viewer,) = meeting.viewers
    shown, publisher = viewer.judge(), meeting.publisher
    told = asdict(shown) | {
        "complete_share": round(shown.complete_share, 6), "gap_share": round(shown.gap_share, 6),
        "publisher_asked": publisher.asked, "publisher_sent_again": publisher.again, "key_frames": publisher.key_frames,
        "relay_sent": viewer.way.sent_down, "drops": {reason.value: n for reason, n in meeting.relay.drops.items()},
        "networks": {
            name: asdict(link.counts)
            for name, link in (
                ("publisher up", publisher.way.up), ("publisher down", publisher.way.down),
                ("viewer up", viewer.way.up), ("viewer down", viewer.way.down),
            )
        },
    }  # fmt: skip
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
