"""Working days of the mainland: Monday to Friday, but for what the State Council's notice of the year moves.

Years that are not listed have weekends only; a county adds a year when its notice is out (each November).
"""

from datetime import date, timedelta

HAND_IN_DAYS = 3  # working days after the day of the meeting


def _days(first: str, last: str) -> set[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=each) for each in range((end - start).days + 1)}


# 国务院办公厅关于2026年部分节假日安排的通知
FREE = frozenset(
    _days("2026-01-01", "2026-01-03") | _days("2026-02-15", "2026-02-23") | _days("2026-04-04", "2026-04-06")
    | _days("2026-05-01", "2026-05-05") | _days("2026-06-19", "2026-06-21") | _days("2026-09-25", "2026-09-27")
    | _days("2026-10-01", "2026-10-07")
)  # fmt: skip
MADE_UP = frozenset(
    map(date.fromisoformat,
        ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"))
)  # fmt: skip


def works(day: date) -> bool:
    return day in MADE_UP or (day.weekday() < 5 and day not in FREE)


def working_day_after(on: str, count: int) -> str:
    """The count-th working day after a day (ISO)."""
    day = date.fromisoformat(on)
    while count:
        day += timedelta(days=1)
        count -= works(day)
    return day.isoformat()


def last_day(meeting_on: str) -> str:
    """The last day on which a film of a meeting of this day (ISO) is handed in in time."""
    return working_day_after(meeting_on, HAND_IN_DAYS)
