"""The clock of a trial that plays a year in minutes: the process's wall clock is set, meeting time goes on by waiting.

The event loop's own clock and every time-out are left alone, as is the machine's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from api.domain.day import SHANGHAI, day_of

SECOND = 1_000_000_000
DAWN = timedelta(minutes=5)


class Calendar:
    def __init__(self) -> None:
        self._wall, self._monotonic = time.time_ns, time.monotonic_ns
        self._wall_ahead = self._monotonic_ahead = 0

    @contextmanager
    def kept(self) -> Iterator["Calendar"]:
        """What the process sees of wall clock and meeting time; given back at the end."""
        before = time.time_ns, time.time, time.monotonic_ns
        time.time_ns, time.time, time.monotonic_ns = self.wall_ns, lambda: self.wall_ns() / SECOND, self.monotonic_ns
        try:
            yield self
        finally:
            time.time_ns, time.time, time.monotonic_ns = before

    def wall_ns(self) -> int:
        return self._wall() + self._wall_ahead

    def monotonic_ns(self) -> int:
        return self._monotonic() + self._monotonic_ahead

    @property
    def today(self) -> date:
        return date.fromisoformat(day_of(self.wall_ns()))

    def to(self, day: date) -> None:
        """The early morning of a day that hasn't come yet; of today nothing is taken back."""
        if not self._wall_ahead or day > self.today:
            dawn = datetime.combine(day, datetime.min.time(), SHANGHAI) + DAWN
            self._wall_ahead = int(dawn.timestamp()) * SECOND - self._wall()

    def wait(self, minutes: float) -> None:
        """As people wait: on every clock."""
        passed = round(minutes * 60) * SECOND
        self._wall_ahead += passed
        self._monotonic_ahead += passed
