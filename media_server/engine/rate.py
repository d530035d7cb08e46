"""How fast something flows, from a count of octets that is looked at now and then."""

LEAST_SPAN_NS = 200_000_000
_SECOND = 1_000_000_000


class Rate:
    def __init__(self, over_ns: int = 2 * LEAST_SPAN_NS) -> None:
        """Over about the last `over_ns`."""
        self.bps = 0
        self._over_ns = over_ns
        self._octets = 0
        self._at: int | None = None

    def skip(self, now: int, octets: int) -> None:
        """What has flowed, or not, since the last look says nothing."""
        self._at, self._octets = now, octets

    def look(self, now: int, octets: int) -> int:
        """bit/s; `octets` is all that has flowed so far."""
        if self._at is None:
            self.skip(now, octets)
            return self.bps
        span = now - self._at
        if span >= LEAST_SPAN_NS:
            latest = max(0, octets - self._octets) * 8 * _SECOND // span
            # A short span moves the mean a little, a long one replaces it.
            weight = min(1.0, span / self._over_ns)
            self.bps += int((latest - self.bps) * weight)
            self._at, self._octets = now, octets
        return self.bps
