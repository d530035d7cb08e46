"""A county's own rules: files, their proposal, what became of it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Request
from api.records.keeping import Reason

MAX_FILES = 20
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-\u4e00-\u9fff]{1,60}\.toml$")]
FileText = Annotated[str, StringConstraints(strip_whitespace=False, max_length=200_000, pattern=r"^[^\x00]*$")]


class RuleFile(Request):
    name: FileName
    text: FileText


class RuleFiles(Request):
    files: Annotated[list[RuleFile], Field(min_length=1, max_length=MAX_FILES)]

    def named(self) -> list[tuple[str, str]]:
        return [(each.name, each.text) for each in self.files]


class NewRules(RuleFiles):
    reason: Reason


class RulesChecked(Answer):
    entries: int
    from_on: str  # the first day on which anything of them would hold
    under_way: int  # decision records that keep the rules under which they began


class RuleEntry(Answer):
    table: str
    key: str
    name: str
    name_en: str
    from_on: str
    until_on: str | None
    number: int | None  # of the set by which it was taken up; none: of a proposal, or it came with the hub
    state: Literal["holds", "to-come", "over"]  # over: another one counts, or its time has passed


class RulesInForce(Answer):
    on: str
    own: list[RuleEntry]
    shipped: list[RuleEntry]
    under_way: int


class RuleSetBrief(Answer):
    id: str
    state: Literal["open", "over", "confirmed", "refused", "withdrawn"]
    number: int | None
    reason: str
    sha256: str
    from_on: str
    proposed_as: str
    proposed_wall: str
    expires_wall: str
    own: bool  # waits, and was proposed by who asks: another person confirms it
    answered_as: str | None
    answered_wall: str | None
    confirmed_on: str | None  # nothing of it holds on this day or before


class RuleFileView(Answer):
    name: str
    text: str


class RuleSetView(RuleSetBrief):
    files: list[RuleFileView]
    entries: list[RuleEntry]
    under_way: int
