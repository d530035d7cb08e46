"""What a receiver makes of its line, as libwebrtc's receiving side does in principle: a delay that grows cuts to 0.85
of what arrives, else 8% more a second, and at most half as much again as what arrives.

The draft of REMB (draft-alvestrand-rmcat-remb-03) leaves the way to the sender's side; that of the estimate is the
sketch of draft-ietf-rmcat-gcc-02 §4 to §5 with a threshold in place of its filter. Pure: takes `now` in ns.
"""

from collections import deque

_MS = 1_000_000
_SECOND = 1_000 * _MS
EVERY_NS = 200 * _MS  # a fall is told so soon, anything else each second
_WINDOW_NS = _SECOND // 2
_BEGINS_NS = 5 * _SECOND  # nothing is told before; then the estimate begins with what arrives
_OVERUSE_MS = 120.0
_PAUSE_NS = 300 * _MS
_FORGET_MS = 0.01  # a packet: the least delay is not the least of all times


class Estimate:
    def __init__(self) -> None:
        self.bps = 0.0
        self._least_ms: float | None = None
        self._came: deque[tuple[int, int]] = deque()  # now, octets
        self._overuse_at = -_SECOND
        self._told_at: int | None = None
        self._began: int | None = None
        self._due = 0

    def arrived(self, now: int, octets: int) -> None:
        """Any packet of RTP, padding and retransmissions too."""
        self._came.append((now, octets))
        self._began = now if self._began is None else self._began

    def delayed(self, now: int, delay_ms: float) -> None:
        """What a packet that is new took on its way, but for a constant."""
        self._least_ms = delay_ms if self._least_ms is None else min(delay_ms, self._least_ms + _FORGET_MS)
        if delay_ms - self._least_ms > _OVERUSE_MS and now - self._overuse_at > _PAUSE_NS:
            self._overuse_at = now
            rate = self._rate(now)
            self.bps = min(self.bps or rate, 0.85 * rate)

    def _rate(self, now: int) -> float:
        while self._came and self._came[0][0] <= now - _WINDOW_NS:
            self._came.popleft()
        return sum(octets for _, octets in self._came) * 8 * _SECOND / _WINDOW_NS

    def due(self, now: int) -> int | None:
        """To be asked often: what is to be told now, bit/s."""
        if now < self._due or self._began is None or now - self._began < _BEGINS_NS:
            return None
        self._due = now + EVERY_NS
        fell = now - self._overuse_at < EVERY_NS
        if self._told_at is not None and now - self._told_at < _SECOND and not fell:
            return None
        if self._told_at is None or now - self._told_at >= _SECOND:
            rate = self._rate(now)
            most = 1.5 * rate + 10_000
            if now - self._overuse_at > _SECOND and self.bps < most:
                self.bps = min(self.bps * 1.08 or rate, most)
            self._told_at = now
        return int(self.bps)
