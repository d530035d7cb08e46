"""Full reception of one client's slots: decrypted packets put in order, asked for where missing, units judged.

Nothing is decoded. A frame is complete when all of its packets came, shown when the frames since its key frame are
complete too.
"""

from collections import Counter
from dataclasses import dataclass, field, fields

from media_server.codecs import h264
from media_server.codecs.access_units import AccessUnit, Assembler
from media_server.codecs.errors import Malformed
from media_server.engine import rtp
from media_server.engine.rtcp import remb
from ops.bench.load import stamp
from ops.bench.load.client import Client
from ops.bench.load.estimate import Estimate
from ops.sender import rtcp
from ops.sender.description import H264
from ops.sender.viewer import Incoming, Seen, rtp_payload

NACK_EVERY_NS = 20_000_000
AGAIN_EVERY_S, GIVE_UP_S = 0.1, 1.0  # as a browser that only watches: a round trip that it doesn't know, ten times
KEY_WAIT_NS = 1_000_000_000  # without a picture so long: ask for a key frame …
KEY_PAUSE_NS = 300_000_000  # … at once where a packet was given up, as browsers do, but no more often
LATENCY_STEP_US = 10  # of the histogram


@dataclass(slots=True)
class Counts:
    """What one or many have received since counting began."""

    packets: int = 0
    octets: int = 0
    holes: int = 0  # numbers that weren't there when a later one came
    missing: int = 0  # that never came
    late: int = 0  # came after a later one, or twice
    frames: int = 0
    complete: int = 0
    shown: int = 0  # of those that are decrypted
    decrypted_frames: int = 0
    sounds: int = 0  # packets of sound
    sounds_missing: int = 0
    nacked: int = 0
    broken: int = 0  # pictures shown that are mixed, or refer to another than the one before

    def add(self, other: "Counts", sign: int = 1) -> None:
        for each in fields(Counts):
            setattr(self, each.name, getattr(self, each.name) + sign * getattr(other, each.name))


@dataclass(slots=True)
class _Picture:
    """The units of one video slot."""

    counts: Counts
    assembler: Assembler = field(default_factory=lambda: Assembler(h264.is_key_frame_start))
    padded: int = 0
    decodable: bool = False
    shown: bool = False
    gave_up: bool = False  # a packet, since a key frame was last asked for
    now: int = 0
    shown_at: int | None = None  # ns, the last one
    longest_pause: int = 0  # ns
    turns: list[tuple[int, int]] = field(default_factory=list)  # ns, from when on it has so many lines
    name: int = 0  # of the last one that was shown

    def take(self, index: int, packet: bytes) -> None:
        payload = rtp_payload(packet)
        if not payload:
            self.padded += 1  # padding alone: it has a number and nothing else
            return
        time = int.from_bytes(packet[4:8], "big")
        for unit in self.assembler.push(index - self.padded, time, bool(packet[1] & 0x80), payload):
            self.decodable = unit.whole and (unit.key or self.decodable)
            self.shown = self.shown or self.decodable
            if self.shown:  # what comes before the first key frame is nobody's loss
                self.counts.frames += 1
                self.counts.decrypted_frames += 1
                self.counts.complete += unit.whole
                self.counts.shown += self.decodable
                if self.decodable:
                    self._show(unit)

    def _show(self, unit: AccessUnit) -> None:
        if self.shown_at is not None:
            self.longest_pause = max(self.longest_pause, self.now - self.shown_at)
        self.shown_at = self.now
        names = {stamp.read(payload)[1] for payload in unit.payloads if len(payload) >= stamp.BYTES}
        follows = unit.key or any(stamp.follows(name, self.name) for name in names)
        self.counts.broken += len(names) != 1 or not follows
        self.name = max(names, default=0)
        if unit.key:
            lines = _lines(unit.payloads[0])
            if lines is not None and (not self.turns or self.turns[-1][1] != lines):
                self.turns.append((self.now, lines))

    def mark(self, now: int) -> None:
        """Pauses and turns count from here on."""
        self.longest_pause = 0
        self.shown_at = None if self.shown_at is None else max(self.shown_at, now)
        self.turns = [(now, self.turns[-1][1])] if self.turns else []


def _lines(payload: bytes) -> int | None:
    """How many a key frame has, by its parameter sets."""
    try:
        nals = h264.split_stap(payload) if payload[0] & 0x1F == h264.STAP_A else [payload]
        sets, _ = h264.parameter_sets(nals)
        return h264.parse_sps(sets[0]).height if sets else None
    except Malformed:
        return None


class Watch:
    def __init__(self, client: Client, ssrcs: dict[int, str], repairs: dict[int, int], estimates: bool) -> None:
        """`repairs`: SSRCs of retransmissions; `estimates`: tell the relay what the line carries (REMB)."""
        self.counts = Counts()
        self.latencies: Counter[int] | None = None  # steps of LATENCY_STEP_US; None: not measured now
        self.first_frame_at: int | None = None  # ns
        self._client = client
        self._repairs = repairs
        self._estimate = Estimate() if estimates else None
        self._streams: dict[int, tuple[Incoming, Seen, _Picture | None]] = {}
        for ssrc, kind in ssrcs.items():
            picture = _Picture(self.counts) if kind == "video" else None
            take = picture.take if picture is not None else _heard
            stream = Incoming(ssrc, take, nack_every_s=AGAIN_EVERY_S, give_up_s=GIVE_UP_S)
            self._streams[ssrc] = stream, Seen(), picture
        self._ask_due = 0
        self._asked_key_at = 0

    def take(self, packet: bytes, when: int) -> None:
        if self._estimate is not None:
            self._estimate.arrived(when, len(packet))
        again = self._repairs.get(int.from_bytes(packet[8:12], "big"))
        if again is not None:
            read = rtp.read(packet)
            original = rtp.repaired(read, H264, again) if read is not None else None
            if original is None:  # padding
                return
            packet = original.data
        found = self._streams.get(int.from_bytes(packet[8:12], "big")) if len(packet) >= 12 else None
        if found is None:
            return
        stream, seen, picture = found
        duplicates, holes, missing, highest = seen.duplicates, seen.holes, seen.missing, stream.highest
        if picture is not None:
            picture.now = when
            if stream.holes and h264.is_key_frame_start(rtp_payload(packet)):
                key = stream.index(packet)
                if key > stream.key:
                    stream.key, stream.key_at = key, when / 1e9
        stream.push(packet, when / 1e9, seen)
        counts = self.counts
        counts.packets += 1
        counts.octets += len(packet)
        counts.sounds += picture is None and seen.duplicates == duplicates
        counts.late += seen.duplicates - duplicates
        counts.holes += seen.holes - holes
        self._missed(seen.missing - missing, picture)
        if self.latencies is not None and seen.duplicates == duplicates:
            payload = rtp_payload(packet)
            if len(payload) >= stamp.BYTES:
                self.latencies[(when - stamp.read(payload)[0]) // (1_000 * LATENCY_STEP_US)] += 1
        if self._estimate is not None and picture is not None and stream.highest > highest:
            self._estimate.delayed(when, when / 1e6 - int.from_bytes(packet[4:8], "big") / 90)
        if picture is not None and picture.shown and self.first_frame_at is None:
            self.first_frame_at = when

    def control(self, compound: bytes, when: int) -> None:
        for packet in rtcp.split(compound):
            if packet.kind == rtcp.SENDER and len(packet.body) >= 24:
                found = self._streams.get(int.from_bytes(packet.body[:4], "big"))
                if found is not None:
                    found[0].last_report = int.from_bytes(packet.body[6:10], "big")
                    found[0].last_report_at = when / 1e9

    def _missed(self, count: int, picture: _Picture | None) -> None:
        self.counts.missing += count
        if picture is None:
            self.counts.sounds_missing += count
        elif count:
            picture.gave_up = True

    @property
    def pictures(self) -> list[_Picture]:
        return [picture for _, _, picture in self._streams.values() if picture is not None]

    def ask(self, now: int) -> None:
        """What is due: an estimate, NACKs (RFC 4585 §6.2.1), a key frame where no picture comes by itself."""
        if now < self._ask_due:
            return
        self._ask_due = now + NACK_EVERY_NS
        if self._estimate is not None and (bps := self._estimate.due(now)) is not None:
            about = [ssrc for ssrc, (_, _, picture) in self._streams.items() if picture is not None]
            empty = rtcp.receiver_report(self._client.ssrc, [])
            self._client.send_rtcp(empty + remb(self._client.ssrc, bps, about))
        for ssrc, (stream, seen, picture) in self._streams.items():
            if not stream.holes and (picture is None or picture.decodable or stream.next is None):
                continue
            missing = seen.missing
            if picture is not None:
                picture.now = now
            stream.drain(now / 1e9, seen)
            self._missed(seen.missing - missing, picture)
            asked = stream.to_ask(now / 1e9)
            if asked:
                self.counts.nacked += len(asked)
                self._client.send_rtcp(rtcp.nack(self._client.ssrc, ssrc, asked))
            if picture is None or picture.decodable:
                continue
            if now - self._asked_key_at > (KEY_PAUSE_NS if picture.gave_up else KEY_WAIT_NS):
                picture.gave_up = False
                if self._asked_key_at:
                    self._client.send_rtcp(rtcp.picture_loss(self._client.ssrc, ssrc))
                self._asked_key_at = now

    def blocks(self, now: int) -> list[rtcp.Block]:
        return [stream.block(now / 1e9) for stream, _, _ in self._streams.values() if stream.next is not None]

    def next_numbers(self) -> dict[int, tuple[int | None, bool]]:
        """Per SSRC: the number that follows the highest, if any came, and whether it is a picture's."""
        return {
            ssrc: (None if stream.next is None else (stream.highest + 1) & 0xFFFF, picture is not None)
            for ssrc, (stream, _, picture) in self._streams.items()
        }


def _heard(_: int, __: bytes) -> None:
    """Sound is counted as it arrives."""
