"""A county's own rules: files, their proposal, what became of it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.records.base import Answer, Request
from api.records.keeping import Reason

MAX_FILES = 20
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,60}\.toml$")]
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


class RuleSetBrief(Answer):
    id: str
    state: Literal["open", "over", "confirmed", "refused", "withdrawn"]
    number: int | None
    reason: str
    sha256: str
    from_on: str
    proposed_as: str
    proposed_wall: str
    answered_as: str | None
    answered_wall: str | None


class RuleFileView(Answer):
    name: str
    text: str


class RuleSetView(RuleSetBrief):
    files: list[RuleFileView]
