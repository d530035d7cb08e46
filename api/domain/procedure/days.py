"""Days of postings, deadlines and months (docs/PROCEDURES.md, Time); ISO dates in Shanghai."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from api.domain.entries import Step, Within
from api.domain.procedure.record import Objection, Posting
from api.domain.workdays import works

DAY = timedelta(days=1)


def between(first: str, second: str) -> int:
    return (date.fromisoformat(second) - date.fromisoformat(first)).days


def later(on: str, days: int) -> str:
    return (date.fromisoformat(on) + days * DAY).isoformat()


def months_after(on: str, months: int) -> str:
    """The same day so many months on, or that month's last day."""
    day = date.fromisoformat(on)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).isoformat()


def last_day(within: Within, on: str) -> str:
    return later(on, within.days) if within.days is not None else months_after(on, within.months or 0)


def needs_answer(posting: Posting, objection: Objection) -> bool:
    """One that comes when the posting is off already needs none."""
    return posting.off_on is None or objection.on < posting.off_on


def counted(step: Step, posting: Posting, objections: Sequence[Objection]) -> Iterator[date]:
    """The days on which the clock ran, without an end while it hangs and none is open for good: those after the first
    and before it came off, working days where the step says so, without those on which an objection was open."""
    open_ = [] if step.as_notice else [each for each in objections if needs_answer(posting, each)]
    for_good = min((each.on for each in open_ if each.answered_on is None), default=None)
    day = date.fromisoformat(posting.on) + DAY
    end = min(filter(None, (posting.off_on, for_good, date.max.isoformat())))
    while (on := day.isoformat()) < end:
        stopped = any(each.on <= on < (each.answered_on or "") for each in open_)
        if not stopped and (not step.working or works(day)):
            yield day
        day += DAY


def full_on(step: Step, posting: Posting, objections: Sequence[Objection]) -> str | None:
    """The day on which its days are full, if they ever are as things stand."""
    days = step.days or 0
    if not days:
        return posting.on
    if step.as_notice:
        full = later(posting.on, days)
        return full if posting.off_on is None or full <= posting.off_on else None
    for at, day in enumerate(counted(step, posting, objections), 1):
        if at == days:
            return (day + DAY).isoformat()
    return None


def hung(step: Step, posting: Posting, objections: Sequence[Objection], today: str) -> int:
    """How many days count by a day."""
    until = min(today, posting.off_on or today)
    if step.as_notice:
        return max(0, between(posting.on, until))
    return len(list(_until(counted(step, posting, objections), until)))


def _until(days: Iterator[date], until: str) -> Iterator[date]:
    for day in days:
        if day.isoformat() >= until:
            return
        yield day
