"""Who is here, told page by page: a page gets the rows that it shows, then only what changes among them.

With 600 sites the whole list is 120 kB, and somebody comes or goes each second: told whole it would cost each page a
megabit. What a page shows is a window: rows `first` to `first + count` of those that fit its search.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from api.records.meetings import PersonHere

PAGE = 50  # rows; a meeting of no more is known whole to each of its pages
MAX_COUNT = 100


@dataclass(frozen=True, slots=True)
class Window:
    first: int = 0
    count: int = PAGE
    query: str = ""
    line: Literal["weak", "lost"] | None = None  # only those; known to who chairs


@dataclass(slots=True)
class Told:
    """What a page knows."""

    window: Window = field(default_factory=Window)
    rows: list[PersonHere] | None = None  # None: nothing yet, or it had to wait outside
    total: int = 0
    found: int = 0


def fitting(people: Sequence[PersonHere], window: Window) -> Sequence[PersonHere]:
    """Those whose town, unit or name has every word of the search, with such a line where one is asked for."""
    if window.line is not None:
        people = [person for person in people if person.line == window.line]
    words = _plain(window.query).split()
    if not words:
        return people
    return [person for person in people if all(word in _plain(_text(person)) for word in words)]


def _text(person: PersonHere) -> str:
    return f"{person.within or ''} {person.unit.name if person.unit else ''} {person.name}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def page(people: Sequence[PersonHere], window: Window) -> tuple[list[PersonHere], int]:
    """The window's rows, and how many fit its search."""
    found = fitting(people, window)
    return list(found[window.first : window.first + window.count]), len(found)


def whole(told: Told, window: Window, rows: list[PersonHere], found: int, total: int) -> dict[str, Any]:
    """The answer to a page that looks somewhere else; `found` fit its search of `total` who are here."""
    told.window, told.rows, told.total, told.found = window, rows, total, found
    return {
        "type": "people", "first": window.first, "query": window.query, "line": window.line, "total": total,
        "found": found, "people": [_row(person) for person in rows],
    }  # fmt: skip


def change(told: Told, rows: list[PersonHere], found: int, total: int) -> dict[str, Any] | None:
    """What a page is to be told to get from what it knows to `rows`; None when that is what it knows already.

    It takes away who has `left`, and who is among those that `came`; then puts these at their places, in order."""
    before = told.rows or []
    if rows == before and (told.total, told.found) == (total, found):
        return None
    now = {person.publisher for person in rows}
    known = {person.publisher: person for person in before}
    left = [publisher for publisher in known if publisher not in now]
    came = [(at, person) for at, person in enumerate(rows) if known.get(person.publisher) != person]
    moved = {person.publisher for _, person in came}
    stayed = [person for person in before if person.publisher in now and person.publisher not in moved]
    if stayed != [person for person in rows if person.publisher not in moved]:
        return whole(told, told.window, rows, found, total)
    told.rows, told.total, told.found = rows, total, found
    message: dict[str, Any] = {"type": "people", "total": total, "found": found}
    if left:
        message["left"] = left
    if came:
        message["came"] = [[at, _row(person)] for at, person in came]
    return message


def _row(person: PersonHere) -> dict[str, Any]:
    return person.model_dump(exclude_none=True)
