"""One source of the relay on its way into a track: order, capture time, units, and when they may be written.

A first segment waits for the source's first sender report, or 4 s (Chromium's comes 2.45 s after its first packet).
No socket and no clock of its own: `now` is CLOCK_MONOTONIC, passed in.
"""

from collections import deque
from collections.abc import Sequence

from media_server.engine.capture import CaptureClock, Least
from media_server.engine.rtp import media
from media_server.engine.wrap import near32
from media_server.wire import Arrived
from recorder.notes import Source
from recorder.reorder import Lost, Reorder
from recorder.track import Writer
from recorder.units import Pictures, Sounds, Unit, pictures
from storage.clock import Origin

REPORT_WAIT_NS = 4_000_000_000
# Held units of a first segment: 4 s of a picture at 60 a second, and then some.
MAX_HELD = 1024
# Without a packet for so long a file of sound is sealed; a picture may stand still for longer.
IDLE_NS = {"microphone": 2_500_000_000, "camera": 5_000_000_000, "screen": 8_000_000_000}
# Without a packet for so long a source isn't sending.
PAUSE_NS = 1_000_000_000
KEY_PAUSE_NS = 1_000_000_000  # the relay asks a publisher at most once a second
# The relay asks publishers for lost packets by itself; this reminds it of the ones still missing.
MISSING_PAUSE_NS = 300_000_000
JUMP_NS = 2_000_000_000  # of time stamps, against time
_SECOND = 1_000_000_000
_MARKED = 0x80  # of the second byte
_NO_MIDDLE = (-1, 0, b"none", 0)


class Feed:
    def __init__(
        self,
        source: Source,
        codec: str,
        writer: Writer,
        publisher: Least,
        origin: Origin,
        start_ns: int,
        next_index: int,
        begun_ns: int,
        *,
        follows: bool = False,
        cause: str = "network",
        away: str = "recorder",
    ) -> None:
        """`follows`: the writer's open file ends with the packet before `next_index`. `cause`: of the hole between
        the track's last unit and this source's first; `away`: of what the relay's history has no more."""
        self.source = source
        self.begun_ns = begun_ns  # now
        self.writer = writer
        self._clock = CaptureClock(writer.scale, publisher)
        self._origin = origin
        self._start_ns = start_ns
        self._reorder: Reorder[tuple[int, bytes]] = Reorder(next_index)
        after = next_index - 1 if follows else None
        self._units: Pictures | Sounds = (
            Sounds(after) if writer.sound else pictures(codec, after, writer.open_head() if follows else b"")
        )
        self._follows = follows
        self.cause = cause
        self._away = away
        self._device = writer.track.kind  # what gives nothing, where nothing else is known
        self._first_now: int | None = None
        self._reported = False
        self._early: tuple[int, int] | None = None
        self._held: deque[Unit] = deque()
        self._stamp: int | None = None
        self._low: int | None = None  # its low 32 bits
        self._ssrc: int | None = None
        self._before_start = False
        self._key_owed = False  # it was there before the opening: the recording begins with a key frame made for it
        self.end_ns: int | None = None
        self.ended = False
        self.muted: str | None = None  # the cause, while it is muted
        self.last_packet_ns: int | None = None  # now
        self.late_or_doubled = 0
        self._middle = _NO_MIDDLE  # of a picture: by what its further packets are known
        self._progress = begun_ns  # now, when something was last written, or first came after a pause
        self.past_end = False
        self._key_asked: int | None = None
        self._missing_asked = 0

    @property
    def next_index(self) -> int:
        return self._reorder.next_index

    def packets(self, run: Sequence[Arrived], now: int) -> None:
        """What one read brought of it, as it came."""
        if self._first_now is None:
            self._first_now = now
        if self.last_packet_ns is None or now - self.last_packet_ns > PAUSE_NS:
            self._progress = now
        self.last_packet_ns = now
        at = 0
        while (at := self._in_order(run, at, now)) < len(run):
            index, arrival, rtp = run[at]
            if index < self._reorder.next_index:
                self.late_or_doubled += 1
            self._go_on(self._reorder.push(index, (arrival, rtp), now), now)
            at += 1
        if self._held:
            self._release(now)

    def _in_order(self, run: Sequence[Arrived], at: int, now: int) -> int:
        """Take the packets that go on at once, from place `at` on: by far the most. Gives the place of one that waits,
        or the end."""
        reorder, more = self._reorder, self._units.more
        if reorder.waits:
            return at
        first, begin, head, start = self._middle
        for place in range(at, len(run)):
            index, arrival, data = run[place]
            if index != reorder.next_index:
                return place
            reorder.next_index += 1
            if data[4:begin] == head and data[0] == first and data[1] < _MARKED and more(index, data[start:]):
                continue
            self._take(index, arrival, data, now)
            first, begin, head, start = self._middle
        return len(run)

    def report(self, ntp: int, rtp_time: int) -> None:
        """One that comes before the first packet (a relay's last report goes ahead of its history) waits for it: only
        beside a packet is it known to which turn of the 32 bits its time stamp belongs."""
        if self._stamp is None:
            self._early = (ntp, rtp_time)
            return
        self._reported = True
        self._clock.reported(ntp, near32(rtp_time, self._stamp))

    @property
    def holding(self) -> bool:
        """Units of a first segment wait for its time."""
        return bool(self._held)

    def stuck(self, now: int, patience_ns: int) -> bool | None:
        """Packets come, and nothing of them was written for this long; None: none come, which is the sender's gap."""
        if self.last_packet_ns is None or now - self.last_packet_ns > PAUSE_NS:
            return None
        return not self._held and now - self._progress > patience_ns

    def gone(self, last: int, now: int) -> None:
        """The relay's history no longer has what was asked for, up to `last`."""
        if self._reorder.skip_to(last + 1) is not None:
            self.cause = self._away
            self._units.interrupt()
        self._go_on(self._reorder.pop(now), now)

    def mute(self, muted: bool, cause: str) -> None:
        self.muted = cause if muted else None
        if muted:
            self.cause = cause

    def tick(self, now: int) -> None:
        """Patience that ends, reports that don't come, and sources that fall silent."""
        self._go_on(self._reorder.pop(now), now)
        idle = IDLE_NS[self.writer.track.kind]
        silent = self.last_packet_ns is not None and now - self.last_packet_ns > idle and not self._held
        if silent and self.writer.open_source == self.source:
            self.writer.seal()
            self.cause = self.muted or self._device
            self._units.interrupt()
        elif silent and self.cause == "starting":
            self.cause = self.muted or self._device  # it had begun, and stopped before the opening's key frame

    def end(self, now: int, cause: str) -> None:
        """Everything that came is written; the track may go on with another source."""
        self._go_on(self._reorder.flush(), now)
        self._release(now, force=True)
        self.ended = True
        if self.writer.open_source == self.source:
            self.writer.seal()

    def wants_key(self, now: int) -> bool:
        """Whether to ask for a key frame now; saying so once a second at most."""
        wants = self.writer.wants_key if self.writer.open_source == self.source else False
        wants |= self._key_owed or (self._before_start and not self.writer.sound)
        if not (self._units.wants_key or wants) or self.ended or self._first_now is None:
            return False
        if self._key_asked is not None and now - self._key_asked < KEY_PAUSE_NS:
            return False
        self._key_asked, self._key_owed = now, False
        return True

    def missing(self, now: int) -> Lost | None:
        """Packets to remind the relay of."""
        hole = self._reorder.missing()
        if hole is None or now - self._missing_asked < MISSING_PAUSE_NS:
            return None
        self._missing_asked = now
        return hole

    def _go_on(self, items: list[tuple[int, tuple[int, bytes]] | Lost], now: int) -> None:
        for item in items:
            if isinstance(item, Lost):
                self._units.lose(item.count)
            else:
                self._take(item[0], *item[1], now)
        if items or self._held:
            self._release(now)

    def _take(self, index: int, arrival: int, data: bytes, now: int) -> None:
        """The next packet."""
        packet = media(data)
        if packet is None:
            self._units.lose(1)
            return
        marker, low, ssrc, payload = packet
        if ssrc != self._ssrc:
            if self._ssrc is not None:
                self._begin_anew(now)
            self._ssrc = ssrc
        stamp = self._stamp
        if stamp is None or low != self._low:
            before, stamp = stamp, low if stamp is None else near32(low, stamp)
            if before is not None and self._jumps(before, stamp, arrival):
                self._begin_anew(now)
            self._stamp, self._low = stamp, low
            if not self.writer.sound and self._origin.meeting_ns(arrival) < self._start_ns:
                # Asked at once: what is held until the first report would be found to lack one seconds later.
                self._key_owed = True
            if self._early is not None:
                early, self._early = self._early, None
                self.report(*early)
            self._clock.arrived(arrival, stamp)  # of one picture the first packet tells it
        self._held += self._units.push(index, stamp, marker, payload)
        self._middle = _NO_MIDDLE if marker or self.writer.sound else _middle(data, len(data) - len(payload))

    def _jumps(self, before: int, stamp: int, arrival: int) -> bool:
        """Whether a stamp goes back, or would be captured in the future. (One that comes late is late.)"""
        most = JUMP_NS * self.writer.scale // _SECOND
        if abs(stamp - before) <= most:
            return False
        moment = self._clock.moment(stamp)
        return stamp < before or (moment is not None and moment > arrival + JUMP_NS)

    def _begin_anew(self, now: int) -> None:
        """The publisher has: its stamps have nothing to do with the old ones, nor with its other track's offset."""
        self._release(now, force=True)  # by their own clock
        self._clock.restarted()
        self._reported = False
        self._first_now = now
        self._units.interrupt()
        self._low = None

    def _ready(self, now: int) -> bool:
        assert self._first_now is not None
        return (
            self._reported
            or now - self._first_now >= REPORT_WAIT_NS
            or len(self._held) > MAX_HELD
            or (self._follows and self.writer.open_source == self.source)
        )

    def _release(self, now: int, force: bool = False) -> None:
        if not self._held or not (force or self._ready(now)):
            return
        pair = self._clock.pair()
        assert pair is not None  # something has come
        base, stamp, scale = self._origin.meeting_ns(pair[0]), pair[1], self.writer.scale
        steady = self._reported or not self._follows
        while self._held:
            unit = self._held.popleft()
            ideal_ns = base + (unit.stamp - stamp) * _SECOND // scale
            if self.end_ns is not None and ideal_ns >= self.end_ns:
                self.past_end, self._progress = True, now
                continue
            if ideal_ns < self._start_ns:
                # Before the opening: nothing of it is kept, and what follows begins with a key frame.
                self._before_start = self.writer.due_from_start = True
                self.cause, self._progress = self.muted or "starting", now
                continue
            if self._before_start and not unit.key:
                continue
            self._before_start = False
            if self.writer.put(unit, ideal_ns, self.source, self.muted or self.cause, steady=steady):
                self.cause, self._progress = self.muted or self._device, now
            else:
                self._to_next_key()

    def _to_next_key(self) -> None:
        """The writer can't go on from the last unit: the next one must be a key frame."""
        lost = 0
        while self._held and not self._held[0].key:
            lost += self._held.popleft().lost
        if self._held:
            self._held[0].broken = True
            self._held[0].lost += lost
        else:
            self._units.lose(lost)
            self._units.interrupt()


def _middle(data: bytes, start: int) -> tuple[int, int, bytes, int]:
    """By what a packet of the same picture is known, but for its number and mark: its first byte, and what stands from
    the time stamp to the header extension's length (RFC 3550 §5.1, §5.3.1); and where its payload begins then."""
    if data[0] & 0xEF != 0x80:  # padding, or sources
        return _NO_MIDDLE
    begin = 16 if data[0] & 0x10 else 12
    return data[0], begin, data[4:begin], start
