"""When a packet was captured, on the relay's clock.

A publisher's sender reports pair its wall clock with time stamps; its wall clock may be minutes off and its first
report seconds late (MEDIA.md). So capture time = the publisher's clock + one offset per publisher, the least of
arrival − capture over 30 s, shared by its tracks so that they stay in step. Until the first report a track goes by
its own least of arrival − stamp.
"""

from media_server.engine.wrap import ntp_ns

WINDOW_NS = 30 * 1_000_000_000
SET_CLOCK_NS = 500_000_000  # a report that is so far off the last one's line: somebody has set the clock
_SECOND = 1_000_000_000


class Least:
    """The least value of the last 30 to 60 s, in two buckets."""

    def __init__(self) -> None:
        self._began: int | None = None
        self._current: int | None = None
        self._previous: int | None = None

    def add(self, now: int, value: int) -> None:
        if self._began is None or now - self._began > WINDOW_NS:
            self._began, self._previous, self._current = now, self._current, None
        if self._current is None or value < self._current:
            self._current = value

    def forget(self) -> None:
        self._began = self._current = self._previous = None

    @property
    def value(self) -> int | None:
        if self._current is None or self._previous is None:
            return self._previous if self._current is None else self._current
        return min(self._current, self._previous)


class CaptureClock:
    """One track's time stamps ⇄ the relay's clock; `publisher` is the offset that its tracks share."""

    def __init__(self, clock_rate: int, publisher: Least) -> None:
        self._rate = clock_rate
        self._publisher = publisher
        self._own = Least()
        self._arrived = 0  # now
        self._report: tuple[int, int] | None = None  # publisher's wall clock in ns, stamp

    def arrived(self, now: int, stamp: int) -> None:
        self._arrived = now
        self._own.add(now, now - stamp * _SECOND // self._rate)
        if self._report is not None:
            self._publisher.add(now, now - self._wall(stamp))

    def reported(self, ntp: int, stamp: int) -> None:
        """A sender report: `stamp` is its RTP time, unwrapped."""
        set_anew = self._report is not None and abs(ntp_ns(ntp) - self._wall(stamp)) > SET_CLOCK_NS
        if set_anew:
            self._publisher.forget()
        first, self._report = self._report is None, (ntp_ns(ntp), stamp)
        if (first or set_anew) and self._own.value is not None:
            # What came before the report counts as well: one late packet beside it would place a whole segment.
            self._publisher.add(self._arrived, self._own.value - self._wall(0))

    def restarted(self) -> None:
        self._own, self._report = Least(), None

    def _wall(self, stamp: int) -> int:
        assert self._report is not None
        wall, reported = self._report
        return wall + (stamp - reported) * _SECOND // self._rate

    def pair(self) -> tuple[int, int] | None:
        """now, in ns, and the stamp of what was captured then; None before the first packet."""
        if self._report is not None and (offset := self._publisher.value) is not None:
            wall, reported = self._report
            return wall + offset, reported
        return None if (own := self._own.value) is None else (own, 0)

    def moment(self, stamp: int) -> int | None:
        """now, in ns, at which `stamp` was captured; None before the first packet."""
        if (pair := self.pair()) is None:
            return None
        return pair[0] + (stamp - pair[1]) * _SECOND // self._rate

    def stamp(self, now: int) -> int | None:
        """The stamp of what is captured at `now`."""
        zero = self.moment(0)
        return None if zero is None else (now - zero) * self._rate // _SECOND
