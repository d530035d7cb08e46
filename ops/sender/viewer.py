"""A viewer through WHEP that counts: whole frames, what stayed missing, and how long the first picture took.

It does what a browser does on the wire (NACK, PLI, receiver reports) and decodes nothing: a frame counts as shown
when all of its packets came and every frame since the last key frame was whole.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from media_server.codecs import h264
from media_server.codecs.access_units import AccessUnit, Assembler
from ops.sender import rtcp
from ops.sender.description import Line, sending_ssrcs, write
from ops.sender.session import Session, client, pause

NACK_EVERY_S = 0.04
NACKS_EACH = 10
GIVE_UP_S = 0.5  # a packet that stays away so long is a gap
# … and so is one before a key frame, which needs nothing of it, once that is due: a browser holds pictures back for
# about so long on a line that loses (libwebrtc's jitter estimate takes in the round trip), then shows what it can.
KEY_GIVE_UP_S = 0.2
REPORT_EVERY_S = 1.0
KEY_WAIT_S = 1.0  # without a decodable frame so long: ask for a key frame
MAX_WAITING = 4096


@dataclass(slots=True)
class Seen:
    packets: int = 0
    bytes: int = 0
    duplicates: int = 0
    holes: int = 0  # numbers that weren't there when a later one came
    missing: int = 0  # numbers that never came
    nacked: int = 0
    reports: int = 0  # sender reports
    frames: int = 0  # whole, and decodable from the last key frame on
    key_frames: int = 0
    broken: int = 0  # not whole, or after one that wasn't
    first_packet_s: float | None = None  # since the offer was posted
    first_frame_s: float | None = None


@dataclass(slots=True)
class Incoming:
    """One SSRC: numbers unwrapped, put in order, holes asked for."""

    ssrc: int
    deliver: Callable[[int, bytes], None]
    next: int | None = None
    highest: int = 0
    waiting: dict[int, bytes] = field(default_factory=dict)
    holes: dict[int, tuple[float, float, int]] = field(default_factory=dict)  # index → since, last asked, how often
    received: int = 0
    first: int = 0
    pair: tuple[int, int] | None = None  # NTP and RTP time of the last sender report
    last_report: int = 0
    last_report_at: float = 0.0
    reported: tuple[int, int] = (0, 0)
    key: int = -1  # a key frame begins there …
    key_at: float = 0.0  # … and came then
    nack_every_s: float = NACK_EVERY_S
    give_up_s: float = GIVE_UP_S

    def push(self, packet: bytes, now: float, seen: Seen) -> None:
        sequence = int.from_bytes(packet[2:4], "big")
        if self.next is None:
            self.next = self.highest = self.first = sequence + 0x10000
            self.highest -= 1
        index = self.index(packet)
        if index < self.next or index in self.waiting:
            seen.duplicates += 1
            return
        self.received += 1
        for hole in range(self.highest + 1, min(index, self.highest + MAX_WAITING)):
            self.holes[hole] = (now, 0.0, 0)
            seen.holes += 1
        self.highest = max(self.highest, index)
        self.holes.pop(index, None)
        self.waiting[index] = packet
        self.drain(now, seen)

    def index(self, packet: bytes) -> int:
        """Its number, unwrapped; of the first packet on."""
        sequence = int.from_bytes(packet[2:4], "big")
        return self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000

    def drain(self, now: float, seen: Seen) -> None:
        while self.next is not None and self.next <= self.highest:
            packet = self.waiting.pop(self.next, None)
            if packet is None:
                since, _, _ = self.holes.get(self.next, (0.0, 0.0, 0))
                passed = self.next < self.key and now - max(since, self.key_at) >= KEY_GIVE_UP_S
                if not passed and now - since < self.give_up_s and len(self.waiting) < MAX_WAITING:
                    return
                self.holes.pop(self.next, None)
                seen.missing += 1
            else:
                self.deliver(self.next, packet)
            self.next += 1

    def to_ask(self, now: float) -> list[int]:
        due = []
        for index, (since, asked, times) in self.holes.items():
            if now - asked >= self.nack_every_s and times < NACKS_EACH:
                self.holes[index] = (since, now, times + 1)
                due.append(index & 0xFFFF)
        return due

    def block(self, now: float) -> rtcp.Block:
        expected = self.highest - self.first + 1
        lost = max(0, expected - self.received)
        since_expected, since_received = expected - self.reported[0], self.received - self.reported[1]
        self.reported = (expected, self.received)
        fraction = max(0, since_expected - since_received) * 256 // max(1, since_expected)
        delay = round((now - self.last_report_at) * 65536) if self.last_report else 0
        highest = (self.highest - 0x10000) & 0xFFFFFFFF
        return rtcp.Block(self.ssrc, min(fraction, 255), lost, highest, 0, self.last_report, delay)


class Viewer:
    def __init__(
        self,
        url: str,
        token: str,
        *,
        authority: Path | None = None,
        http: httpx.AsyncClient | None = None,
        on_unit: Callable[[AccessUnit], None] | None = None,
        on_sound: Callable[[int, bytes], None] | None = None,
    ) -> None:
        """`http`: a client that has its connection to the hub already, as a page has.
        `on_unit` gets each shown access unit (payloads as they came), `on_sound` RTP time and Opus packet."""
        self.url = url
        self.seen = Seen()
        self.sounds = Seen()
        self.shown = asyncio.Event()  # the first frame is here
        self._token = token
        self._authority = authority
        self._http = http
        self._on_unit = on_unit
        self._on_sound = on_sound
        self._assembler = Assembler(h264.is_key_frame_start)
        self._padded = 0
        self._decodable = False
        self._ssrc = secrets.randbits(31) | 1
        self._incoming: dict[int, tuple[Incoming, Seen]] = {}
        self._asked_key = 0.0
        self._began = 0.0
        self.live = False
        self.steps: dict[str, float] = {}

    async def run(self, stop: asyncio.Event, silent_s: float = 5.0) -> Seen:
        """Watches until `stop` is set or the relay falls silent. Raises SessionFailed when there is no session."""
        lasting = contextlib.nullcontext(self._http) if self._http else client(self._token, self._authority)
        async with lasting as http:
            session = Session(http, self._take_rtp, self._take_rtcp)
            lines = [Line("video", "recvonly"), Line("audio", "recvonly")]
            offer = write(lines, session.ice, session.fingerprint, "viewer")
            self._began = time.monotonic()
            answer = await session.open(self.url, offer)
            for ssrc, kind in sending_ssrcs(answer.description).items():
                if kind == "video":
                    self._incoming[ssrc] = Incoming(ssrc, self._take_picture), self.seen
                else:
                    self._incoming[ssrc] = Incoming(ssrc, self._take_sound), self.sounds
            self.steps = session.steps
            session.begin()
            self.live = True
            next_report = 0.0
            try:
                while not await pause(stop, NACK_EVERY_S / 2):
                    now = time.monotonic()
                    if not session.alive(now, silent_s):
                        break
                    self._ask(session, now)
                    if now >= next_report:
                        next_report = now + REPORT_EVERY_S
                        blocks = [stream.block(now) for stream, _ in self._incoming.values() if stream.next is not None]
                        report = rtcp.receiver_report(self._ssrc, blocks) + rtcp.description(self._ssrc, "viewer")
                        session.send_rtcp(report)
            finally:
                self.live = False
                await session.close()
        return self.seen  # a unit cut off by leaving is neither shown nor broken

    def wall_s(self, kind: str, timestamp: int) -> float | None:
        """The moment of an RTP time stamp on the sender's clock, by the last report of the video or audio slot."""
        for stream, seen in self._incoming.values():
            if (seen is self.seen) == (kind == "video") and stream.pair is not None:
                ntp, rtp_time = stream.pair
                ago = ((timestamp - rtp_time + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
                return ntp / (1 << 32) + ago / (90_000 if kind == "video" else 48_000)
        return None

    def _ask(self, session: Session, now: float) -> None:
        for stream, seen in self._incoming.values():
            stream.drain(now, seen)
            missing = stream.to_ask(now)
            if missing:
                seen.nacked += len(missing)
                session.send_rtcp(rtcp.nack(self._ssrc, stream.ssrc, missing))
            if seen is self.seen and seen.packets and not self._decodable and now - self._asked_key > KEY_WAIT_S:
                self._asked_key = now
                session.send_rtcp(rtcp.picture_loss(self._ssrc, stream.ssrc))

    def _take_rtp(self, packet: bytes) -> None:
        if len(packet) < 12:
            return
        found = self._incoming.get(int.from_bytes(packet[8:12], "big"))
        if found is None:
            return
        stream, seen = found
        now = time.monotonic()
        if seen.first_packet_s is None:
            seen.first_packet_s = now - self._began
            self._asked_key = max(self._asked_key, now)
        seen.packets += 1
        seen.bytes += len(packet)
        stream.push(packet, now, seen)

    def _take_rtcp(self, data: bytes) -> None:
        for packet in rtcp.split(data):
            if packet.kind == rtcp.SENDER and len(packet.body) >= 24:
                found = self._incoming.get(int.from_bytes(packet.body[:4], "big"))
                if found is not None:
                    found[1].reports += 1
                    found[0].pair = int.from_bytes(packet.body[4:12], "big"), int.from_bytes(packet.body[12:16], "big")
                    found[0].last_report = int.from_bytes(packet.body[6:10], "big")
                    found[0].last_report_at = time.monotonic()

    def _take_picture(self, index: int, packet: bytes) -> None:
        payload = rtp_payload(packet)
        if not payload:
            self._padded += 1  # padding alone: it has a number and nothing else
            return
        timestamp = int.from_bytes(packet[4:8], "big")
        for unit in self._assembler.push(index - self._padded, timestamp, bool(packet[1] & 0x80), payload):
            self._take_unit(unit)

    def _take_unit(self, unit: AccessUnit) -> None:
        self._decodable = unit.whole and (unit.key or self._decodable)
        if not self._decodable:
            self.seen.broken += 1
            return
        self.seen.frames += 1
        self.seen.key_frames += unit.key
        if self.seen.first_frame_s is None:
            self.seen.first_frame_s = time.monotonic() - self._began
            self.shown.set()
        if self._on_unit is not None:
            self._on_unit(unit)

    def _take_sound(self, _: int, packet: bytes) -> None:
        payload = rtp_payload(packet)
        if not payload:
            return
        self.sounds.frames += 1
        if self.sounds.first_frame_s is None:
            self.sounds.first_frame_s = time.monotonic() - self._began
        if self._on_sound is not None:
            self._on_sound(int.from_bytes(packet[4:8], "big"), payload)


def rtp_payload(packet: bytes) -> bytes:
    """What is behind the header, CSRCs and extension, without padding (RFC 3550 §5.1); empty when malformed."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet)
    if packet[0] & 0x20 and end > start:
        end -= packet[-1]
    return packet[start:end] if end > start else b""
