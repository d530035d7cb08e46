"""Who acts in whose place, for a time."""

from typing import Annotated

from pydantic import Field

from api.records.accounts import RightView
from api.records.base import Answer, Day, Id, Key, Request, Secret, Text, UnitRef


class NewSubstitute(Request):
    substitute: Secret  # user name
    role: Key | None = None  # with the unit: one right; without: all that one holds
    unit: Id | None = None
    from_on: Day
    last_on: Day  # inclusive
    reason: Annotated[Text, Field(max_length=200)]


class SubstituteView(Answer):
    id: str
    giver: str
    substitute: str
    role: str | None
    unit: UnitRef | None
    from_on: str
    last_on: str
    reason: str
    in_force: bool  # today; else it is still to come


class Candidate(Answer):
    username: str
    name: str
    posts: str


class Substitutes(Answer):
    given: list[SubstituteView]
    received: list[SubstituteView]
    rights: list[RightView]  # of one's own that can be lent
    most_days: int
