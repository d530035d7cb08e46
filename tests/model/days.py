"""Days of the calendar: working days, and spans that count from a day (docs/PROCEDURES.md, Time)."""

import calendar
import re
from datetime import date, timedelta

ONE = timedelta(days=1)


def day(text: object) -> date | None:
    """None where it isn't a day written as YYYY-MM-DD."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def works(on: date, exceptional: frozenset[date]) -> bool:
    """Monday to Friday; an exceptional day is the other way round (a holiday in the week, a Sunday that is worked)."""
    return (on.weekday() < 5) != (on in exceptional)


def working_days_after(on: date, count: int, exceptional: frozenset[date]) -> date:
    """The count-th working day after a day."""
    while count:
        on += ONE
        count -= works(on, exceptional)
    return on


def months_after(on: date, count: int) -> date:
    """The same day so many months on, or that month's last day."""
    years, month = divmod(on.month - 1 + count, 12)
    year, month = on.year + years, month + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))
