"""A camera in layers (simulcast, RFC 8853): each layer a source of its own, the whole a source for listeners.

A listener hears one track: of the layers the best that flows, under one numbering that never jumps and with time
stamps of one clock, so that it comes back by index like to any other source. It goes down once the followed layer was
silent for SILENT_NS, and up at a key frame.
"""

from collections import deque
from dataclasses import dataclass

from media_server.engine import rtp
from media_server.engine.capture import Least
from media_server.engine.history import Packet
from media_server.engine.source import FIRST_INDEX, Source
from media_server.engine.wrap import low32, near32
from media_server.records import MediaLine, PayloadFormat, SourceNote

_SECOND = 1_000_000_000
SILENT_NS = _SECOND // 2
HOLD_NS = 10 * _SECOND  # a layer that nobody needs any more stays on for so long
NARROW_NS = 3 * _SECOND  # so long the best layer was silent while others flowed: the publisher's line is too narrow …
ALONE_NS = 60 * _SECOND  # … and the best one is sent alone for so long
AGAIN_NS = 5 * _SECOND
PIXELS = (1280 * 720, 640 * 360, 320 * 180)  # by place in the offer, until a key frame tells


@dataclass(slots=True)
class _Span:
    """Packets of one layer that went to listeners: first ≤ index ≤ last."""

    layer: Source
    first: int
    number_offset: int  # index − number for listeners
    stamp_offset: int  # stamp for listeners − stamp
    last: int | None = None  # None: it is followed now


class Layered(Source):
    def __init__(
        self, note: SourceNote, line: MediaLine, fmt: PayloadFormat, publisher: Least, history_ns: int
    ) -> None:
        super().__init__(note, line, fmt, 0, publisher, history_ns)
        self.layers = tuple(Source(note, line, fmt, 0, publisher, history_ns, rid) for rid in line.rids)
        for layer, pixels in zip(self.layers, PIXELS, strict=False):
            layer.whole, layer.pixels = self, pixels
        self._payload_type = fmt.payload_type
        self._spans: deque[_Span] = deque(maxlen=2)
        self._told: list[str] | None = None  # the rids that the publisher was asked for
        self._told_at = 0
        self._alone_until = 0

    def layer(self, rid: str) -> Source | None:
        return next((layer for layer in self.layers if layer.rid == rid), None)

    @property
    def ranked(self) -> list[Source]:
        """The best first."""
        return sorted(self.layers, key=lambda layer: -layer.pixels)

    # -- what listeners hear

    @property
    def followed(self) -> Source | None:
        return self._spans[-1].layer if self._spans and self._spans[-1].last is None else None

    def follow(self, now: int, layer: Source, packet: Packet) -> Packet | None:
        """A packet of a layer as listeners get it; None when they don't."""
        followed = self.followed
        if layer is followed and packet.restarted:
            self._leave(packet.index - 1)
            followed = None
            layer.want_key_frame()
        if layer is not followed and packet.starts_key_frame and self._better(now, layer):
            self._turn_to(now, layer, packet)
        span = next((each for each in self._spans if each.layer is layer), None)
        if span is None or packet.index < span.first or (span.last is not None and packet.index > span.last):
            return None
        index = packet.index - span.number_offset
        if index in self.history or index < self.history.floor:
            return None
        taken = Packet(index, packet.arrival, packet.stamp + span.stamp_offset, packet.rtp, packet.starts_key_frame)
        if index > self.newest:
            self.newest, self.newest_stamp = index, taken.stamp
        self.last_arrival = now
        if taken.starts_key_frame:
            self._gop = taken
        self.history.put(taken)
        return taken

    def _better(self, now: int, layer: Source) -> bool:
        followed = self.followed
        if followed is None or now - followed.last_arrival > SILENT_NS:
            return True
        return layer.pixels > followed.pixels

    def _turn_to(self, now: int, layer: Source, first: Packet) -> None:
        """On in numbers; in time stamps on the line of the layer before, so that what was captured when stays true."""
        number, stamp = self.newest + 1, first.stamp
        if self.newest < 0:
            number = self.first_index = FIRST_INDEX
        before = self._spans[-1] if self._spans else None
        if before is not None and before.last is None:
            captured = layer.clock.moment(first.stamp)
            line = before.layer.clock.stamp(first.arrival if captured is None else captured)
            stamp = self.newest_stamp if line is None else line + before.stamp_offset
            # Late packets of the layer before still have their numbers.
            number = max(number, before.layer.newest - before.number_offset + 1)
            self._leave(before.layer.newest)
        elif before is not None:
            stamp = self.newest_stamp + (now - self.last_arrival) * self.note.clock_rate // _SECOND
        if before is not None:
            stamp = max(stamp, self.newest_stamp + 1)
        if any(each.layer is layer for each in self._spans):
            self._spans = deque((each for each in self._spans if each.layer is not layer), maxlen=2)
        self._spans.append(_Span(layer, first.index, first.index - number, stamp - first.stamp))
        if layer.last_report is not None:
            self._report(layer)

    def _leave(self, last: int) -> None:
        self._spans[-1].last = last

    def look(self, now: int) -> None:
        """Ask for a key frame where it is time for another layer."""
        best = next((layer for layer in self.ranked if layer.flows(now)), None)
        followed = self.followed
        if best is None or best is followed:
            return
        if followed is None or best.pixels > followed.pixels or now - followed.last_arrival > SILENT_NS:
            best.want_key_frame()

    def reported(self, layer: Source) -> bool:
        """A layer's sender report has come: whether it is now that of the whole."""
        if layer is not self.followed:
            return False
        self._report(layer)
        return True

    def _report(self, layer: Source) -> None:
        assert layer.last_report is not None
        arrival, ntp, rtp_time = layer.last_report
        stamp = near32(rtp_time, layer.newest_stamp) + self._spans[-1].stamp_offset
        self.last_report = (arrival, ntp, low32(stamp))

    def want_key_frame(self) -> None:
        for layer in (self.followed,) if self.followed else self.layers:
            layer.want_key_frame()

    def wanted(self, now: int, index: int) -> None:
        for span in self._spans:
            there = index + span.number_offset
            if span.first <= there <= (span.layer.newest if span.last is None else span.last):
                span.layer.wanted(now, there)

    def bytes_of(self, packet: Packet) -> bytes:
        return rtp.build(
            self._payload_type, packet.index, packet.stamp, self.ssrc, packet.rtp.payload, packet.rtp.marker
        )

    def forget(self, now: int) -> None:
        super().forget(now)
        for layer in self.layers:
            layer.forget(now)

    # -- what the publisher is asked for

    def ask(self, now: int, aimed: set[Source], listened: bool, alone: bool) -> list[str] | None:
        """The layers that the publisher is to send, by rid, when that has changed. `aimed`: those that somebody is to
        be shown; `listened`: somebody records; `alone`: the publisher is in a small meeting, whose picture is ready
        for a recording, or a guest, at once."""
        best = self.ranked[0]
        needed = set(aimed)
        if listened or (not needed and alone):
            needed.add(best)
        elif not needed:
            needed.add(self.ranked[-1])
        asked = best.asked_at is not None and now - best.asked_at > NARROW_NS
        if listened and asked and now - best.last_arrival > NARROW_NS and any(each.flows(now) for each in self.layers):
            # A browser serves small layers first. What is archived is worth more than a small layer beside it.
            self._alone_until = now + ALONE_NS
        is_narrow = listened and now < self._alone_until
        if is_narrow:
            needed = {best}
        for layer in self.layers:
            layer.barred = is_narrow and layer is not best
            if layer in needed:
                layer.needed_at = now
                if layer.asked_at is None:
                    layer.asked_at = now
            elif layer.asked_at is not None and (is_narrow or now - layer.needed_at > HOLD_NS):
                layer.asked_at = None
        asked_for = [layer for layer in self.layers if layer.asked_at is not None]
        rids = [layer.rid for layer in asked_for]
        # Once more to one who does not follow: words get lost with a control channel that is being renewed.
        heeded = all(layer.flows(now) for layer in asked_for)
        if rids == self._told and (heeded or now - self._told_at < AGAIN_NS):
            return None
        self._told, self._told_at = rids, now
        return rids
