"""A session: one client's offer and answer, its credentials, ways, keys, what it sends and the slots it is sent."""

from collections import deque
from dataclasses import dataclass, field

from media_server.engine import rtp
from media_server.engine.capture import Least
from media_server.engine.downlink import Downlink
from media_server.engine.drops import DropReason, Drops
from media_server.engine.figures import Figures
from media_server.engine.ice import Credentials
from media_server.engine.limit import Limit
from media_server.engine.outputs import Event, Inbound, Path, Srtp
from media_server.engine.rate import Rate
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from media_server.engine.transport_feedback import Arrivals
from media_server.records import MediaLine, PayloadFormat, SessionRequest

MAX_PATHS = 16
MAX_SSRCS = 64
MAX_EARLY = 128  # SRTP held until DTLS is through: a key frame of 720p is 40 to 60 packets
# What one session is taken of in a second: camera in three layers, screen, microphone and their repair at 2.5 Mbit/s a
# picture are half of it. More would be work for every viewer.
CHECKS_PER_SECOND = 100  # a browser with 16 ways sends 20 while it connects, then one each 2.5 s
REPEATS_PER_SECOND = 20  # of checks answered before: a browser whose answer was lost asks again under a new name
HANDSHAKES_PER_SECOND = 200  # DTLS once keys are there: a last flight that was lost, a good-bye; forged ones cost 8 µs
MAX_TRANSACTIONS = 128  # remembered: five minutes of a quiet way
PACKETS_PER_SECOND = 2_000
OCTETS_PER_SECOND = 2_000_000
REPORTS_PER_SECOND = 500  # a viewer of 19 slots on a bad line asks for losses of each up to 20 times
TAKEOVER_NS = 500_000_000  # another SSRC of the same m-line is taken once the last one was silent for so long


@dataclass(slots=True)
class Sending:
    """An m-line in which the client sends."""

    line: MediaLine
    formats: dict[int, PayloadFormat]
    level_id: int | None
    source: Source | None = None
    muted: bool = False  # the page's own word
    mute_cause: str = ""


@dataclass(slots=True)
class Round:
    """Round trip and loss as the client's reports about our slots say."""

    rtt_ms: float | None = None
    fraction_lost: dict[int, float] = field(default_factory=dict)
    _last: deque[float] = field(default_factory=lambda: deque(maxlen=5))

    def took(self, trip_ms: float) -> None:
        self.rtt_ms = trip_ms
        self._last.append(trip_ms)

    @property
    def least_ns(self) -> int | None:
        """Of the last few: what the way itself takes, without the queues of a moment."""
        return int(min(self._last) * 1_000_000) if self._last else None


class Session:
    def __init__(self, request: SessionRequest, viewer: int, ssrc: int, now: int, credentials: Credentials) -> None:
        self.request = request
        self.id = request.session
        self.viewer = viewer
        self.ssrc = ssrc  # ours, as the sender of reports
        self.opened_at = now
        self.heard_at = now
        self.state = "new"  # new | connected | silent
        self.credentials = [credentials]  # the newest last
        self.client_ufrag = request.ice.ufrag  # another one is an ICE restart (RFC 8445 §2.4)
        self.paths: dict[Path, None] = {}
        self.path: Path | None = None
        self.tx: Srtp | None = None
        self.rx: Inbound | None = None
        self.early: list[tuple[int, Path, bytes]] = []  # what came while the handshake's last step was being taken
        self.slots: list[Slot] = []
        self.slots_by_ssrc: dict[int, Slot] = {}
        self.publisher_offset = Least()
        self.sending = [
            Sending(
                line,
                {fmt.payload_type: fmt for fmt in line.formats},
                _id_of(line, rtp.AUDIO_LEVEL),
            )
            for line in request.media
            if line.direction in ("sendonly", "sendrecv") and not line.rejected and line.source is not None
        ]
        self.round = Round()
        self.figures = Figures()
        self.drops = Drops()
        self.received_octets = 0
        self.downlink = Downlink()
        self._sent = Rate()
        self.remb_bps = 0
        self.octets_told = (0, 0)  # in, out, at the last quality event
        self.again_budget = 0
        self.report_due = self.sender_report_due = 0  # now
        self.checks = Limit(CHECKS_PER_SECOND, now)
        self.repeats = Limit(REPEATS_PER_SECOND, now)
        self.handshakes = Limit(HANDSHAKES_PER_SECOND, now)
        self.transactions: dict[bytes, None] = {}  # of the last checks that held
        self._packets = Limit(PACKETS_PER_SECOND, now)
        self._octets = Limit(OCTETS_PER_SECOND, now)
        self._reports = Limit(REPORTS_PER_SECOND, now)
        self._by_ssrc: dict[int, tuple[Sending, str]] = {}  # SSRC → its m-line and layer
        self._repaired: dict[int, int] = {}  # RTX SSRC → the media SSRC, where the offer names both
        for sending in self.sending:
            if sending.line.rids:
                continue  # which layer an SSRC is, only packets tell (RFC 8853 §6.2)
            for number in sending.line.ssrcs[:MAX_SSRCS]:
                self._by_ssrc[number] = (sending, "")
            self._repaired |= {
                pair[1]: pair[0] for group, pair in sending.line.ssrc_groups if group == "FID" and len(pair) == 2
            }
        self._mid_id = self._any_id(rtp.MID)
        self._rid_id = self._any_id(rtp.RID)
        self._repaired_id = self._any_id(rtp.REPAIRED_RID)
        self.number_id = self._any_id(rtp.TRANSPORT_WIDE)
        self.arrivals = Arrivals()

    def _any_id(self, uri: str) -> int | None:
        """An extension has one id throughout a bundle (RFC 8843 §9.1)."""
        numbers = [_id_of(sending.line, uri) for sending in self.sending]
        return next((number for number in numbers if number is not None), None)

    def becomes(self, state: str, cause: str) -> Event:
        """The state, and what others are told of it."""
        self.state = state
        body = {"room": self.request.room, "session": self.id, "state": state, "cause": cause}
        return Event("huilu.event.relay.session", body)

    def sent_bps(self, now: int) -> int:
        """What all of its slots are sent."""
        return self._sent.look(now, sum(slot.octets for slot in self.slots))

    @property
    def sources(self) -> list[Source]:
        return [sending.source for sending in self.sending if sending.source is not None]

    @property
    def streams(self) -> list[Source]:
        """Every layer of every source that has begun to flow."""
        return [layer for source in self.sources for layer in source.layers if layer.newest >= 0]

    def source_by_ssrc(self, ssrc: int) -> Source | None:
        return next((source for source in self.streams if source.ssrc == ssrc), None)

    def remember(self, transaction: bytes) -> None:
        self.transactions[transaction] = None
        if len(self.transactions) > MAX_TRANSACTIONS:
            del self.transactions[next(iter(self.transactions))]

    def learn(self, path: Path) -> Path | None:
        """A way that a check vouched for; gives back one that is forgotten for it."""
        self.paths.pop(path, None)
        self.paths[path] = None
        if len(self.paths) <= MAX_PATHS:
            return None
        oldest = next(known for known in self.paths if known != self.path)
        del self.paths[oldest]
        return oldest

    def may_send(self, now: int, octets: int, is_rtcp: bool) -> bool:
        """False: more than a session is taken of."""
        return (self._reports if is_rtcp else self._packets).allows(now) and self._octets.allows(now, octets)

    def route(self, now: int, packet: rtp.Rtp) -> "Routed | DropReason":
        """Whose packet this is and in which format; of an RTX packet, the one that it repairs."""
        found = self._by_ssrc.get(packet.ssrc) or self._latch(packet)
        if found is None:
            return DropReason.UNKNOWN_SSRC
        sending, rid = found
        fmt = sending.formats.get(packet.payload_type)
        if fmt is None:
            return DropReason.UNKNOWN_PAYLOAD
        layer = sending.source.layer(rid) if sending.source is not None else None
        if fmt.codec == "rtx":
            return self._repair(sending, layer, fmt, packet)
        if layer is not None and layer.flowed_as_another(now, packet.ssrc, TAKEOVER_NS):
            return DropReason.OTHER_LAYER
        return Routed(sending, rid, fmt, packet)

    def _repair(
        self, sending: Sending, layer: Source | None, rtx: PayloadFormat, packet: rtp.Rtp
    ) -> "Routed | DropReason":
        if layer is None or layer.newest < 0:
            return DropReason.UNKNOWN_SSRC
        fmt = sending.formats.get(rtx.apt) if rtx.apt is not None else None
        if fmt is None or self._repaired.get(packet.ssrc, layer.ssrc) != layer.ssrc:
            return DropReason.UNKNOWN_PAYLOAD
        original = rtp.repaired(packet, fmt.payload_type, layer.ssrc)
        return Routed(sending, layer.rid, fmt, original) if original is not None else DropReason.PADDING

    def _latch(self, packet: rtp.Rtp) -> tuple[Sending, str] | None:
        """An SSRC that the offer did not name: by MID (RFC 9143 §9.2), else by a payload type of one m-line alone; its
        layer by RID, that of an RTX packet by the repaired RID (RFC 8852 §3)."""
        if len(self._by_ssrc) >= MAX_SSRCS:
            return None
        found: Sending | None = None
        elements = packet.extensions() if self._mid_id is not None or self._rid_id is not None else {}
        mid = elements.get(self._mid_id) if self._mid_id is not None else None
        if mid is not None:
            name = mid.decode("utf-8", "replace")
            found = next((sending for sending in self.sending if sending.line.mid == name), None)
        else:
            having = [sending for sending in self.sending if packet.payload_type in sending.formats]
            if len(having) == 1:
                found = having[0]
        if found is None:
            return None
        fmt = found.formats.get(packet.payload_type)
        is_rtx = fmt is not None and fmt.codec == "rtx"
        rid = ""
        if found.line.rids:
            number = self._repaired_id if is_rtx else self._rid_id
            rid = elements.get(number, b"").decode("utf-8", "replace") if number is not None else ""
            if rid not in found.line.rids:
                return None
        # Without layers nothing but its payload type is known of an RTX packet: another source may take its place.
        if fmt is not None and (rid or not is_rtx):
            self._by_ssrc[packet.ssrc] = (found, rid)
        return found, rid


@dataclass(frozen=True, slots=True)
class Routed:
    """A packet's m-line, layer and format."""

    sending: Sending
    rid: str
    fmt: PayloadFormat
    packet: rtp.Rtp


def _id_of(line: MediaLine, uri: str) -> int | None:
    return next((number for number, known in line.extensions.items() if known == uri), None)
