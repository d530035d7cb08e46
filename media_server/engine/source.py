"""A source: what one m-line of a publisher sends, numbered by the relay, with its history and its cached GOP.

A camera in layers is a whole (engine.layered) whose layers are sources; any other source is its own only layer.
"""

from media_server.engine import rtcp
from media_server.engine.capture import CaptureClock, Least
from media_server.engine.drops import DropReason
from media_server.engine.history import History, Packet
from media_server.engine.keyframes import picture_size, starts_key_frame
from media_server.engine.losses import Losses, Reception
from media_server.engine.rate import Rate
from media_server.engine.rtp import Rtp
from media_server.engine.wrap import distance16, low16, near32
from media_server.records import MediaLine, PayloadFormat, SourceNote

_SECOND = 1_000_000_000
MAX_DROPOUT = 3_000  # RFC 3550 §A.1
MAX_BEHIND = 1_000  # SRTP's window is 1,024 (MEDIA.md)
FIRST_INDEX = 0x1_0000  # so that packets that come before the first one have an index too
KEY_FRAME_PAUSE_NS = _SECOND  # at most one request a second
GOP_BYTES = 400_000
GOP_AGE_NS = 3 * _SECOND
MEASURED_NS = 150_000_000
RATE_NS = 2 * _SECOND  # a key frame is several times a picture: over less a layer seems to grow with each of them
# By pixels: what browsers send in 720, 360 and 180 lines, until a layer has flowed for a while.
NOMINAL_BPS = ((300_000, 1_500_000), (100_000, 500_000), (0, 150_000))
FLOWS_NS = 700_000_000  # the slowest camera at dusk sends 5 pictures a second


class Source:
    def __init__(
        self, note: SourceNote, line: MediaLine, fmt: PayloadFormat, ssrc: int, publisher: Least, history_ns: int,
        rid: str = "",
    ) -> None:  # fmt: skip
        self.note = note
        self.line = line
        self.rid = rid
        self.whole: Source = self
        self.layers: tuple[Source, ...] = (self,)
        self.pixels = 0  # of its pictures, as far as is known
        self.size: tuple[int, int] | None = None  # width and height, as the last key frame said
        self.rate = Rate(RATE_NS)
        self.flowed = False  # when it was last looked
        self.asked_at: int | None = None  # now, when the publisher was asked to send this layer
        self.needed_at = 0
        self.barred = False  # it would take the place of what is recorded
        self.kept_from: int | None = None  # index; engine.keeping
        self.kept_to = -1  # index, of the time before
        self.ssrc = ssrc
        self.feedback = frozenset(fmt.feedback)
        self.video = line.kind == "video"
        self.history = History(history_ns)
        self.losses = Losses()
        self.reception = Reception(fmt.clock_rate)
        self.clock = CaptureClock(fmt.clock_rate, publisher)
        self.newest = -1  # index
        self.newest_stamp = 0
        self.first_index = 0
        self.last_arrival = 0
        self.ended_at: int | None = None
        self.end_cause: str | None = None
        self.muted = False
        self.mute_cause = ""
        self.muted_at = 0
        self.last_report: tuple[int, int, int] | None = None  # arrival, NTP, RTP time
        self._offset = 0  # index − the publisher's own number, modulo 2¹⁶
        self._floor = 0  # where the publisher's numbers last began anew: what is older cannot be told apart
        self._suspect: int | None = None  # the number that would confirm a jump
        self._gop: Packet | None = None
        self._gop_bytes = 0
        self._key_wanted = False
        self._key_asked_at: int | None = None
        self._fir_number = 0

    def take(self, now: int, packet: Rtp) -> Packet | DropReason:
        """Number a packet and keep it, or say why not."""
        restarted = packet.ssrc != self.ssrc and self.newest >= 0
        self.ssrc = packet.ssrc
        if self.newest < 0:
            index, stamp = FIRST_INDEX + packet.sequence, packet.timestamp
            self.first_index = index
        elif restarted:
            index, stamp = self.newest + 1, near32(packet.timestamp, self.newest_stamp)
            self._base_moves_to(index, packet.sequence)
        else:
            ahead = distance16(packet.sequence, low16(self._number(self.newest)))
            if not -MAX_BEHIND <= ahead <= MAX_DROPOUT:
                if self._suspect != packet.sequence:
                    self._suspect = low16(packet.sequence + 1)
                    return DropReason.JUMP
                index = self.newest + max(ahead, 1)
                self._base_moves_to(index, packet.sequence)
                restarted = ahead < 0
            else:
                index = self.newest + ahead
            stamp = near32(packet.timestamp, self.newest_stamp)
        self._suspect = None
        if index in self.history:
            return DropReason.DUPLICATE
        if index < self._floor or index < self.history.floor:
            return DropReason.TOO_OLD
        if restarted:
            self.clock.restarted()
            self.last_report = None
        taken = Packet(index, now, stamp, packet, restarted=restarted)
        in_order = index > self.newest
        if in_order:
            if self.newest >= 0 and index > self.newest + 1 and not self.losses.hole(now, self.newest + 1, index - 1):
                self.want_key_frame()
            self.newest, self.newest_stamp = index, stamp
            self.clock.arrived(now, stamp)
        else:
            self.losses.found(now, index)
        self.last_arrival = now
        self.reception.arrived(now, index, stamp, packet.end - packet.start, in_order)
        if self.video:
            self._into_gop(taken, in_order)
        self.history.put(taken)
        return taken

    def _number(self, index: int) -> int:
        return index - self._offset

    def _base_moves_to(self, index: int, sequence: int) -> None:
        self._offset = low16(index - sequence)
        self._floor = index

    def sequence(self, index: int) -> int:
        """The publisher's own number of an index, to name it in a NACK."""
        return low16(self._number(index))

    def _into_gop(self, packet: Packet, in_order: bool) -> None:
        if packet.rtp.end > packet.rtp.start and starts_key_frame(self.note.codec, packet.rtp.payload):
            # SPS, PPS and each slice of one picture share a time stamp: the first of them begins it
            if self._gop is None or packet.stamp > self._gop.stamp or packet.restarted:
                packet.starts_key_frame = True
                self._gop, self._gop_bytes = packet, 0
                self._key_wanted = False
                size = picture_size(self.note.codec, packet.rtp.payload)
                if size is not None and size != self.size:
                    self.size, self.pixels = size, size[0] * size[1]
            elif packet.stamp == self._gop.stamp and packet.index < self._gop.index:
                self._gop = packet
        elif packet.restarted:
            self._gop = None
        if self._gop is not None and packet.index >= self._gop.index:
            self._gop_bytes += packet.rtp.end - packet.rtp.start

    def gop(self, now: int) -> list[Packet] | None:
        """Everything since the last key frame; None when there is none, or one too large or too old to start with."""
        first = self._gop
        if first is None or self._gop_bytes > GOP_BYTES or now - first.arrival > GOP_AGE_NS:
            return None
        if first.index not in self.history:
            return None
        return list(self.history.between(first.index, self.newest))

    def beginning(self, now: int) -> int:
        """The index from which one who begins now has pictures that decode: a young key frame's, or the next one of
        all, and a key frame is asked for. What was given once is not given again."""
        first = self._gop
        young = first is not None and now - first.arrival <= GOP_AGE_NS
        if first is not None and young and first.index > self.kept_to and first.index in self.history:
            return first.index
        self.want_key_frame()
        return self.newest + 1

    def whole_gop(self, now: int) -> list[Packet] | None:
        """The cached GOP when nothing of it is missing and its last picture has ended."""
        gop = self.gop(now)
        if not gop or not gop[-1].rtp.marker or len(gop) != gop[-1].index - gop[0].index + 1:
            return None
        return gop

    def want_key_frame(self) -> None:
        if self.video and self.whole.ended_at is None:
            self._key_wanted = True

    def wanted(self, now: int, index: int) -> None:
        """A listener lacks this packet: NACK it once more if it is not here."""
        if index not in self.history:
            self.losses.wanted(now, index)

    def flows(self, now: int) -> bool:
        """A picture track that sends: something came lately."""
        return self.newest >= 0 and now - self.last_arrival < FLOWS_NS

    def flowed_as_another(self, now: int, ssrc: int, lately_ns: int) -> bool:
        """Lately packets came under another SSRC."""
        return self.newest >= 0 and self.ssrc != ssrc and now - self.last_arrival < lately_ns

    def measure(self, now: int) -> None:
        """The rate stays what it was while nothing comes, and rises from there when it begins again."""
        if self.newest >= 0 and now - self.last_arrival < MEASURED_NS:
            self.rate.bps = self.rate.bps or nominal_bps(self.pixels)
            self.rate.look(now, self.reception.octets)
        else:
            self.rate.skip(now, self.reception.octets)

    def layer(self, rid: str) -> "Source | None":
        """By its rid (RFC 8851)."""
        return self if rid == self.rid else None

    def look(self, now: int) -> None:
        """Called ten times a second, for what is due by time."""

    def follow(self, now: int, layer: "Source", packet: Packet) -> Packet | None:
        """A packet of this layer as listeners get it; None when they don't."""
        return packet

    def reported(self, layer: "Source") -> bool:
        """A sender report of this layer has come: whether it is now that of the whole."""
        return True

    def bytes_of(self, packet: Packet) -> bytes:
        """RTP for listeners."""
        return packet.rtp.data

    def forget(self, now: int) -> None:
        self.history.forget(now)

    def sender_report(self, now: int, report: rtcp.SenderReport) -> None:
        if self.newest < 0:
            return
        self.last_report = (now, report.ntp, report.rtp_time)
        self.clock.reported(report.ntp, near32(report.rtp_time, self.newest_stamp))
        self.reception.sender_report(now, report.ntp)

    def feedback_due(self, now: int, sender: int, round_trip: int | None) -> bytes:
        """NACKs and a key frame request that are due; only feedback that was negotiated. `round_trip` in ns."""
        out = b""
        if len(self.losses):
            asked, given_up = self.losses.due(now, round_trip)
            if given_up:
                self.want_key_frame()
            if asked and "nack" in self.feedback:
                out += rtcp.nack(sender, self.ssrc, [self.sequence(index) for index in asked])
        if (
            self._key_wanted
            and self.newest >= 0
            and (self._key_asked_at is None or now - self._key_asked_at >= KEY_FRAME_PAUSE_NS)
        ):
            self._key_asked_at = now
            if "nack pli" in self.feedback:
                out += rtcp.pli(sender, self.ssrc)
            elif "ccm fir" in self.feedback:
                self._fir_number += 1
                out += rtcp.fir(sender, self.ssrc, self._fir_number)
        return out


def nominal_bps(pixels: int) -> int:
    return next(bps for least, bps in NOMINAL_BPS if pixels >= least)
