"""The catalogue in force on a day: kinds, bodies, matters, roles, notices, judging, retention; validated data.

Entries carry effective dates; of several with one key the latest that holds counts. A file with an unknown field, a
key twice from one day on, or a reference into nothing is refused as a whole, at start.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.domain.day import holds
from api.errors import NoSuchKey

AccessClass = Literal["open", "restricted", "file", "award"]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class Dated(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str
    from_on: Day
    until_on: Day | None = None


class Kind(Dated):
    name: str
    name_en: str
    body: str | None = None
    group: Literal["village", "party", "training", "county"]
    recording: Literal["always", "choice", "never"]
    pictures_up_to_sites: Annotated[int, Field(ge=1)] | None = None
    access_class: AccessClass = "open"


class Share(BaseModel):
    """A fraction of a base: `at_least` is ≥ (以上), otherwise > (过半)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    base: Literal["due", "present", "all"]
    numerator: Annotated[int, Field(ge=1)]
    denominator: Annotated[int, Field(ge=1)]
    at_least: bool

    def met(self, count: int, base: int) -> bool:
        left, right = count * self.denominator, base * self.numerator
        return left >= right if self.at_least else left > right


class BodyRule(Dated):
    name: str
    name_en: str
    quorum: Share | None = None
    majority: Share | None = None
    online: bool  # whether a person on video counts as present
    source: str


class Category(Dated):
    name: str
    name_en: str


class Matter(Dated):
    category: str
    name: str
    name_en: str
    procedure: Literal["P1", "P2", "P3", "P4", "P5", "P6a", "P6b", "P7a", "P7b", "P7c"]
    body: Literal["V", "VA", "M", "MA"] | None = None
    access: AccessClass = "open"
    note: str | None = None

    @property
    def item_class(self) -> AccessClass:
        """The access class of an agenda item on this matter, unless the chair sets another. A tender's deliberation is
        open, only its evaluation is restricted (T 37, 38), so `award` is chosen, never assumed."""
        return "open" if self.access == "award" else self.access


class Role(Dated):
    name: str
    name_en: str
    acts: frozenset[str]
    classes: frozenset[AccessClass]


class Notice(Dated):
    version: str
    text: str
    text_en: str
    term: str | None = None
    term_en: str | None = None

    def said(self, keeper: str | None) -> tuple[str, str]:
        """In both languages, with the unit that keeps the recording and answers for it."""
        zh, en = keeper or "本单位", keeper or "the unit"
        return (
            self.text.format(keeper=zh, term=self.term or "", contact=zh),
            self.text_en.format(keeper=en, term=self.term_en or "", contact=en),
        )


class Judging(Dated):
    meeting_coverage_permille: int
    item_coverage_permille: int
    vote_span_ms: int
    hole_tolerated_ms: int
    break_longest_ms: int
    break_share_permille: int


class Retention(Dated):
    """How long media of a class of record are kept (`api.domain.retention`)."""

    name: str
    name_en: str
    years: Annotated[int, Field(ge=1, le=200)] | None = None  # none: for ever
    groups: frozenset[Literal["village", "party", "training", "county"]]
    matters: bool = False  # also every meeting that dealt with a matter


D = TypeVar("D", bound=Dated)


class Files(BaseModel):
    """All data files together, before a day is chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: list[Kind]
    body: list[BodyRule]
    category: list[Category]
    matter: list[Matter]
    role: list[Role]
    notice: list[Notice]
    judging: list[Judging]
    retention: list[Retention]

    @model_validator(mode="after")
    def whole(self) -> Self:
        for name, entries in (
            ("kind", self.kind),
            ("body", self.body),
            ("matter", self.matter),
            ("role", self.role),
            ("retention", self.retention),
        ):
            seen = [(entry.key, entry.from_on) for entry in entries]
            if len(set(seen)) != len(seen):
                raise ValueError(f"{name}: a key twice from one day on")
        bodies, categories = {b.key for b in self.body}, {c.key for c in self.category}
        for kind in self.kind:
            if kind.body is not None and kind.body not in bodies:
                raise ValueError(f"kind {kind.key}: no body {kind.body}")
            if not any(kind.group in rule.groups for rule in self.retention):
                raise ValueError(f"kind {kind.key}: nothing says how long it is kept")
        for matter in self.matter:
            if matter.category not in categories:
                raise ValueError(f"matter {matter.key}: no category {matter.category}")
        return self


class Catalogue:
    """What holds on one day, by key."""

    def __init__(self, data: Files, on: str) -> None:
        self.on = on
        self.kinds = _in_force(data.kind, on)
        self.bodies = _in_force(data.body, on)
        self.categories = _in_force(data.category, on)
        self.matters = _in_force(data.matter, on)
        self.roles = _in_force(data.role, on)
        self.notices = _in_force(data.notice, on)
        self.retentions = _in_force(data.retention, on)
        self.judging = _in_force(data.judging, on)["default"]

    def kind(self, key: str) -> Kind:
        return _of(self.kinds, key, "kind")

    def matter(self, key: str) -> Matter:
        return _of(self.matters, key, "matter")

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


def read_files(texts: Iterable[str]) -> Files:
    """Raises ValueError (tomllib, pydantic) when a file is wrong."""
    merged: dict[str, object] = {}
    for text in texts:
        for name, value in tomllib.loads(text).items():
            if name in merged:
                raise ValueError(f"{name} stands in two files")
            merged[name] = value
    return Files.model_validate(merged)


@cache
def shipped() -> Files:
    folder = files("api.domain") / "data"
    return read_files(f.read_text("utf-8") for f in sorted(folder.iterdir(), key=str) if f.name.endswith(".toml"))


@cache
def catalogue(on: str) -> Catalogue:
    """The shipped catalogue on a day."""
    return Catalogue(shipped(), on)
