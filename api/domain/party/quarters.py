"""Quarters, and the periods in which something is to be held: a month, a quarter, a year; days are ISO texts."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Per = Literal["month", "quarter", "year"]
_WRITTEN = re.compile(r"(20[0-9]{2}|21[0-9]{2})Q([1-4])")


@dataclass(frozen=True, slots=True)
class Period:
    first_on: str
    last_on: str

    def holds(self, on: str) -> bool:
        return self.first_on <= on <= self.last_on


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    year: int
    number: int  # 1 to 4

    @classmethod
    def of(cls, on: str) -> "Quarter":
        day = date.fromisoformat(on)
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def read(cls, text: str) -> "Quarter":
        """2026Q4. Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    def later(self, by: int = 1) -> "Quarter":
        year, at = divmod(self.year * 4 + self.number - 1 + by, 4)
        return Quarter(year, at + 1)

    @property
    def whole(self) -> Period:
        return Period(_first(self.year, self.number * 3 - 2), _last(self.year, self.number * 3))

    @property
    def months(self) -> tuple[Period, ...]:
        first = self.number * 3 - 2
        return tuple(Period(_first(self.year, month), _last(self.year, month)) for month in range(first, first + 3))

    def periods(self, per: Per) -> tuple[Period, ...]:
        """Those in which this quarter lies or which lie in it, in order."""
        if per == "month":
            return self.months
        return (self.whole,) if per == "quarter" else (year_of(self.year),)

    def plan_due(self, plan_day: int) -> str:
        """The last day on which its plan is filed in time: of its first month."""
        return date(self.year, self.number * 3 - 2, plan_day).isoformat()


def year_of(year: int) -> Period:
    return Period(_first(year, 1), _last(year, 12))


def days_before(on: str, days: int) -> str:
    return (date.fromisoformat(on) - timedelta(days=days)).isoformat()


def _first(year: int, month: int) -> str:
    return date(year, month, 1).isoformat()


def _last(year: int, month: int) -> str:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).isoformat()
