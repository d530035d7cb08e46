"""A session: one client's offer and answer, its credentials, ways, keys, what it sends and the slots it is sent."""

from collections import deque
from dataclasses import dataclass, field

from media_server.engine import rtp
from media_server.engine.capture import Least
from media_server.engine.drops import DropReason, Drops
from media_server.engine.figures import Figures
from media_server.engine.ice import Credentials
from media_server.engine.limit import Limit
from media_server.engine.outputs import Path, Srtp
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
        self.rx: Srtp | None = None
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
        self.remb_bps = 0
        self.octets_told = (0, 0)  # in, out, at the last quality event
        self.again_budget = 0
        self.report_due = self.sender_report_due = 0  # now
        self.checks = Limit(CHECKS_PER_SECOND, now)
        self._packets = Limit(PACKETS_PER_SECOND, now)
        self._octets = Limit(OCTETS_PER_SECOND, now)
        self._reports = Limit(REPORTS_PER_SECOND, now)
        self._by_ssrc: dict[int, Sending] = {}
        self._rtx: dict[int, tuple[Sending, int]] = {}  # RTX SSRC → its m-line and media SSRC
        for sending in self.sending:
            repairs = {
                pair[1]: pair[0] for group, pair in sending.line.ssrc_groups if group == "FID" and len(pair) == 2
            }
            for number in sending.line.ssrcs[:MAX_SSRCS]:
                if number in repairs:
                    self._rtx[number] = (sending, repairs[number])
                else:
                    self._by_ssrc[number] = sending
        self._mid_id = self._any_id(rtp.MID)
        self._rid_id = self._any_id(rtp.RID)
        self.number_id = self._any_id(rtp.TRANSPORT_WIDE)
        self.arrivals = Arrivals()

    def _any_id(self, uri: str) -> int | None:
        """An extension has one id throughout a bundle (RFC 8843 §9.1)."""
        numbers = [_id_of(sending.line, uri) for sending in self.sending]
        return next((number for number in numbers if number is not None), None)

    @property
    def sources(self) -> list[Source]:
        return [sending.source for sending in self.sending if sending.source is not None]

    def source_by_ssrc(self, ssrc: int) -> Source | None:
        return next((source for source in self.sources if source.ssrc == ssrc), None)

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

    def route(self, now: int, packet: rtp.Rtp) -> tuple[Sending, PayloadFormat, rtp.Rtp] | DropReason:
        """Whose packet this is and in which format; of an RTX packet, the one that it repairs."""
        repaired = self._rtx.get(packet.ssrc)
        if repaired is not None:
            return self._repair(repaired, packet)
        sending = self._by_ssrc.get(packet.ssrc) or self._latch(packet)
        if sending is None:
            return DropReason.UNKNOWN_SSRC
        fmt = sending.formats.get(packet.payload_type)
        if fmt is None:
            return DropReason.UNKNOWN_PAYLOAD
        source = sending.source
        if fmt.codec == "rtx":
            if source is None:
                return DropReason.UNKNOWN_SSRC
            return self._repair((sending, source.ssrc), packet)
        if source is not None and source.ssrc != packet.ssrc and now - source.last_arrival < TAKEOVER_NS:
            return DropReason.OTHER_LAYER
        return sending, fmt, packet

    def _repair(
        self, repairs: tuple[Sending, int], packet: rtp.Rtp
    ) -> tuple[Sending, PayloadFormat, rtp.Rtp] | DropReason:
        sending, ssrc = repairs
        rtx = sending.formats.get(packet.payload_type)
        fmt = sending.formats.get(rtx.apt) if rtx is not None and rtx.apt is not None else None
        if fmt is None or sending.source is None or sending.source.ssrc != ssrc:
            return DropReason.UNKNOWN_PAYLOAD
        original = rtp.repaired(packet, fmt.payload_type, ssrc)
        return (sending, fmt, original) if original is not None else DropReason.PADDING

    def _latch(self, packet: rtp.Rtp) -> Sending | None:
        """An SSRC that the offer did not name: by MID (RFC 9143 §9.2), else by a payload type of one m-line alone."""
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
        rid = elements.get(self._rid_id) if self._rid_id is not None else None
        if rid is not None and found.line.rids and rid.decode("utf-8", "replace") != found.line.rids[0]:
            return None
        fmt = found.formats.get(packet.payload_type)
        if fmt is not None and fmt.codec != "rtx":
            self._by_ssrc[packet.ssrc] = found
        return found


def _id_of(line: MediaLine, uri: str) -> int | None:
    return next((number for number, known in line.extensions.items() if known == uri), None)
