"""Which m-line, layer and format a client's packet belongs to: by SSRC, else by MID and RID, else by payload type."""

from collections.abc import Iterable
from dataclasses import dataclass

from media_server.engine import rtp
from media_server.engine.drops import DropReason
from media_server.engine.source import Source
from media_server.records import MediaLine, PayloadFormat

MAX_SSRCS = 64
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


@dataclass(frozen=True, slots=True)
class Routed:
    """A packet's m-line, layer and format."""

    sending: Sending
    rid: str
    fmt: PayloadFormat
    packet: rtp.Rtp


class Routing:
    """Of one client, by its offer."""

    def __init__(self, lines: Iterable[MediaLine]) -> None:
        self.sending = [
            Sending(line, {fmt.payload_type: fmt for fmt in line.formats}, _id_of(line, rtp.AUDIO_LEVEL))
            for line in lines
            if line.direction in ("sendonly", "sendrecv") and not line.rejected and line.source is not None
        ]
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

    def _any_id(self, uri: str) -> int | None:
        """An extension has one id throughout a bundle (RFC 8843 §9.1)."""
        numbers = [_id_of(sending.line, uri) for sending in self.sending]
        return next((number for number in numbers if number is not None), None)

    def route(self, now: int, packet: rtp.Rtp) -> Routed | DropReason:
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
    ) -> Routed | DropReason:
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


def _id_of(line: MediaLine, uri: str) -> int | None:
    return next((number for number, known in line.extensions.items() if known == uri), None)
