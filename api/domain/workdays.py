"""Working days of the mainland: Monday to Friday, but for what the State Council's notice of the year moves.

The notices come with the package `chinesecalendar`, which is brought out anew when one is published (each November); a
county that is ahead of it, or knows better, names days in two settings. A year that neither knows has weekends only,
and who counts days in it is told so (`unknown`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
from chinese_calendar import constants

HAND_IN_DAYS = 3  # working days after the day of the meeting
DAY = timedelta(days=1)
LISTED = frozenset(day.year for day in constants.holidays)
LONGEST_SPAN = 31  # days of one holiday; a longer span in a setting is a slip of the pen


@dataclass(frozen=True, slots=True)
class Calendar:
    """The package's days, but for those that a county names itself."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        if day in self.worked:
            return True
        if day in self.off:
            return False
        return _listed(day) if day.year in LISTED else day.weekday() < 5

    def knows(self, year: int) -> bool:
        return year in LISTED or any(day.year == year for day in self.off)


@lru_cache(maxsize=4096)
def _listed(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def read_days(texts: Iterable[str]) -> frozenset[date]:
    """Days and spans of a setting: 2027-01-01, 2027-02-05..2027-02-11. Raises ValueError."""
    found: set[date] = set()
    for text in texts:
        first, _, last = (part.strip() for part in text.partition(".."))
        start = date.fromisoformat(first)
        count = (date.fromisoformat(last or first) - start).days
        if not 0 <= count < LONGEST_SPAN:
            raise ValueError(f"{text}: 1 … {LONGEST_SPAN} days")
        found |= {start + each * DAY for each in range(count + 1)}
    return frozenset(found)


def read_calendar(off: Iterable[str], worked: Iterable[str]) -> Calendar:
    """Raises ValueError, also for a day that is said to be both."""
    found = Calendar(read_days(off), read_days(worked))
    if both := found.off & found.worked:
        raise ValueError(f"{min(both)}: off and worked")
    return found


# The county's, taken up once when a process starts and never changed while it runs: what works is no argument of the
# rules, as the length of a year is none.
_taken_up = Calendar()


def take_up(calendar: Calendar) -> None:
    global _taken_up
    _taken_up = calendar


def works(day: date) -> bool:
    return _taken_up.works(day)


def unknown(first: str, days: int) -> list[int]:
    """The years, of a span of days from one on (ISO), whose holidays nobody has told."""
    start = date.fromisoformat(first)
    return [year for year in range(start.year, (start + days * DAY).year + 1) if not _taken_up.knows(year)]


def working_day_after(on: str, count: int) -> str:
    """The count-th working day after a day (ISO)."""
    day = date.fromisoformat(on)
    while count:
        day += DAY
        count -= works(day)
    return day.isoformat()


def last_day(meeting_on: str) -> str:
    """The last day on which a film of a meeting of this day (ISO) is handed in in time."""
    return working_day_after(meeting_on, HAND_IN_DAYS)
