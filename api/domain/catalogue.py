"""The catalogue in force on a day: kinds, bodies, matters, procedures, rules, roles, notices; validated data.

Entries carry effective dates; of several with one key the latest that holds counts.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TypeVar

from api.domain.day import holds
from api.domain.entries import (
    BodyRule,
    Category,
    Dated,
    Duty,
    Filing,
    Judging,
    Kind,
    Matter,
    MessageText,
    Notice,
    Posting,
    Procedure,
    ReportColumn,
    Retention,
    Role,
    Rule,
    Statute,
)
from api.domain.reading import Files, read_files
from api.errors.request import NoSuchKey

D = TypeVar("D", bound=Dated)


class Catalogue:
    """What holds on one day, by key."""

    def __init__(self, data: Files, on: str) -> None:
        self.on = on
        self.kinds = _in_force(data.of(Kind), on)
        self.bodies = _in_force(data.of(BodyRule), on)
        self.categories = _in_force(data.of(Category), on)
        self.matters = _in_force(data.of(Matter), on)
        self.procedures = _in_force(data.of(Procedure), on)
        self.rules = _in_force(data.of(Rule), on)
        self.statutes = _in_force(data.of(Statute), on)
        self.roles = _in_force(data.of(Role), on)
        self.notices = _in_force(data.of(Notice), on)
        self.retentions = _in_force(data.of(Retention), on)
        self.messages = _in_force(data.of(MessageText), on)
        self.postings = _in_force(data.of(Posting), on)
        self.duties = _in_force(data.of(Duty), on)
        self.filing = _in_force(data.of(Filing), on)["default"]
        self.report_columns = _in_force(data.of(ReportColumn), on)
        self.judging = _in_force(data.of(Judging), on)["default"]

    def kind(self, key: str) -> Kind:
        return _of(self.kinds, key, "kind")

    def matter(self, key: str) -> Matter:
        return _of(self.matters, key, "matter")

    def procedure(self, key: str) -> Procedure:
        return _of(self.procedures, key, "procedure")

    def rule(self, key: str) -> Rule:
        return _of(self.rules, key, "rule")

    def role(self, key: str) -> Role:
        return _of(self.roles, key, "role")

    def body_of(self, kind: str) -> BodyRule | None:
        """The rule of the body that meets in this kind, where there is one in force."""
        known = self.kinds.get(kind)
        return self.bodies.get(known.body) if known and known.body else None


def _in_force(entries: Iterable[D], on: str) -> dict[str, D]:
    ordered = sorted((e for e in entries if holds(e.from_on, e.until_on, on)), key=lambda e: e.from_on)
    later = {e.key: e for e in ordered}
    # The files' order is the order on screen.
    return {e.key: later[e.key] for e in entries if e.key in later}


def _of(entries: dict[str, D], key: str, what: str) -> D:
    if key not in entries:
        raise NoSuchKey(f"{what}: {key}")
    return entries[key]


@cache
def shipped() -> Files:
    folder = files("api.domain") / "data"
    named = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return read_files([(each.name, each.read_text("utf-8")) for each in named])


_taken_up: Files | None = None  # by the composition root, as the county's own days off are (workdays)


def take_up(data: Files | None) -> None:
    """What the county has taken up beside what is shipped; None: nothing. What it says holds on later days only, so a
    day's catalogue that somebody has in hand stays right."""
    global _taken_up
    _taken_up = data
    catalogue.cache_clear()


@cache
def catalogue(on: str) -> Catalogue:
    """What holds on a day in this county."""
    return Catalogue(shipped() if _taken_up is None else _taken_up, on)
