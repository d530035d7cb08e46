"""Units, party organisations, persons, posts, rosters, and their import."""

from typing import Annotated

from pydantic import ConfigDict, Field

from api.records.base import Answer, Code, Day, Id, Level, Name, PartyLevel, Request, UnitRef


class UnitView(Answer):
    id: str
    name: str
    level: str
    code: str | None
    parent: UnitRef | None
    closed_on: str | None
    successor: UnitRef | None
    path: str  # 县 / 镇 / 村
    former_names: list[str]


class NewUnit(Request):
    name: Name
    level: Level
    parent: Id | None = None
    code: Code | None = None
    from_on: Day | None = None


class UnitChange(Request):
    name: Name | None = None
    code: Code | None = None
    parent: Id | None = None
    from_on: Day | None = None


class NewSuccessor(Request):
    name: Name
    level: Level = "village"
    parent: Id
    code: Code | None = None


class Merger(Request):
    units: Annotated[list[Id], Field(min_length=1, max_length=50)]
    successor: Id | NewSuccessor
    on: Day


class PartyOrganisationView(Answer):
    id: str
    name: str
    level: str
    parent: str | None
    unit: UnitRef | None
    closed_on: str | None


class NewPartyOrganisation(Request):
    name: Name
    level: PartyLevel
    parent: Id | None = None
    unit: Id
    from_on: Day | None = None


class PersonRef(Answer):
    id: str
    name: str
    known_as: str | None


class PostView(Answer):
    id: str
    body: str
    body_name: str
    title: str
    votes: bool
    from_on: str
    until_on: str | None


class PersonView(PersonRef):
    unit: UnitRef


class PersonWhole(PersonView):
    posts: list[PostView]


class BodyOfUnit(Answer):
    id: str
    kind: str
    name: str
    unit: UnitRef


class RosterEntry(Answer):
    person: PersonRef
    title: str
    votes: bool


class ImportCounts(Answer):
    new: int
    changed: int
    same: int


class ImportError_(Answer):
    model_config = ConfigDict(extra="forbid", title="ImportError")
    sheet: str
    row: int
    column: str
    code: str
    zh: str
    en: str


class ImportAnswer(Answer):
    dry: bool
    counts: dict[str, ImportCounts]
    errors: list[ImportError_]
