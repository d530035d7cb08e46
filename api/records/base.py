"""What the records share: how answers and requests are read, the types of their fields, a sentence, a unit's name."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


LAST_DAY = "2199-12-31"  # as of an act (docs/PROCEDURES.md): no count of days runs past the calendar's end


def _on_calendar(day: str) -> str:
    date.fromisoformat(day)  # 31 April is none
    if day > LAST_DAY:
        raise ValueError(f"after {LAST_DAY}")
    return day


# PostgreSQL takes no NUL, and no name has control characters.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"), AfterValidator(_on_calendar)
]
MOST = 1_000_000  # of whatever is counted
Count = Annotated[int, Field(ge=0, le=MOST, strict=True)]  # neither true nor "5" is a figure
Milliseconds = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
Device = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8,32}$")]
SourceKind = Literal["camera", "screen", "microphone"]
Level = Literal["county", "town", "area", "village", "group", "office", "enterprise", "school"]
PartyLevel = Literal["committee", "general_branch", "branch", "group"]
Access = Literal["open", "restricted", "file", "award"]


class Sentence(Answer):
    code: str
    zh: str
    en: str


class UnitRef(Answer):
    id: str
    name: str
    level: str
