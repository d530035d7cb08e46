"""Until when a recording is to be kept: by the kind of its meeting, by what it dealt with, by the rules of two days."""

from dataclasses import dataclass
from datetime import date, datetime

from api.domain.catalogue import Catalogue
from api.domain.day import SHANGHAI
from api.domain.entries import Retention

FOR_EVER = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule's key, and the first day on which the media need no longer be there; none: for ever."""

    retention: str
    until_on: str | None

    @property
    def until_wall(self) -> int | None:
        """The beginning of that day in Shanghai, ns UTC."""
        if self.until_on is None:
            return None
        day = date.fromisoformat(self.until_on)
        return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp()) * 1_000_000_000


def kept(kind: str, dealt_with_matters: bool, opened_on: str, then: Catalogue, today: Catalogue) -> Kept:
    """By the rules of the meeting's day (`then`) and of today: the longer one counts."""
    both = [_longest(kind, dealt_with_matters, opened_on, each) for each in (then, today)]
    return max(both, key=lambda each: each.until_on or FOR_EVER)


def _longest(kind: str, dealt_with_matters: bool, opened_on: str, catalogue: Catalogue) -> Kept:
    known = catalogue.kinds.get(kind)
    rules = [
        rule
        for rule in catalogue.retentions.values()
        if (known is not None and known.group in rule.groups) or (rule.matters and dealt_with_matters)
    ]
    # A kind that no rule knows: the longest of those for media.
    rules = rules or [rule for rule in catalogue.retentions.values() if rule.groups]
    return max((_kept(rule, opened_on) for rule in rules), key=lambda each: each.until_on or FOR_EVER)


def _kept(rule: Retention, opened_on: str) -> Kept:
    return Kept(rule.key, None if rule.years is None else years_after(opened_on, rule.years))


def years_after(on: str, years: int) -> str:
    """The same day so many years later; of 29 February the day after the 28th, where there is none."""
    day = date.fromisoformat(on)
    try:
        return day.replace(year=day.year + years).isoformat()
    except ValueError:
        return date(day.year + years, 3, 1).isoformat()
