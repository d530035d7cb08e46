"""The acts of a decision record as they stand on its chain: flat, each names itself in `act` (docs/PROCEDURES.md)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, TypeAdapter, ValidationError

from api.domain.entries import Count, Serves
from api.domain.entries import Day as AnyDay
from api.domain.procedure.refusals import ActForm, ActUnknown


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text


def _sane(day: str) -> str:
    if day > LAST_DAY:  # so that no count of days runs away, or past the calendar's end
        raise ValueError(f"after {LAST_DAY}")
    return day


LAST_DAY = "2199-12-31"
Day = Annotated[AnyDay, AfterValidator(_sane)]
Text = Annotated[str, AfterValidator(_said)]
Amount = Annotated[int, Field(ge=0)]
Permille = Annotated[int, Field(ge=0, le=1000)]


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Begin(_Act):
    act: Literal["begin"] = "begin"
    matter: Text
    on: Day
    urgent: Text | None = None
    amount: Amount | None = None
    procedure: Text | None = None
    body: Serves | None = None
    guarantee: bool = False  # somebody else's debt is answered for, or collective property pledged
    others: Annotated[tuple[Amount, ...], Field(strict=False)] = ()  # of the village's other records of this matter


class Plan(_Act):
    act: Literal["plan"] = "plan"
    on: Day
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    material: bool


class Ask(_Act):
    act: Literal["ask"] = "ask"
    step: Text
    on: Day


class Opinion(_Act):
    act: Literal["opinion"] = "opinion"
    step: Text
    on: Day
    opinion: Literal["agree", "return", "risk", "refuse"]
    reasons: str | None = None
    plan: Count | None = None
    office: Text | None = None  # whose it is, where several are asked


class Sitting(_Act):
    act: Literal["sitting"] = "sitting"
    step: Text
    meeting: Text
    on: Day
    called_on: Day | None = None
    body: str | None = None
    way: Literal["adults", "households"] | None = None
    due: int
    present: int
    plan: Count | None = None
    bidders: Amount | None = None


class Supervisor(_Act):
    present: bool
    away_ms: Amount
    confirmed: bool


class Sealed(_Act):
    act: Literal["sealed"] = "sealed"
    step: Text
    meeting: Text
    recorded: bool
    coverage_permille: Permille = 0
    longest_break_ms: Amount = 0
    breaks_permille: Permille = 0
    supervisor: Supervisor = Supervisor(present=False, away_ms=0, confirmed=False)
    gaps: tuple[Count, ...] = Field(default=(), strict=False)


class Vote(_Act):
    act: Literal["vote"] = "vote"
    step: Text
    meeting: Text
    way: Literal["hands", "named", "secret"]
    due: int
    present: int
    recused: int = 0
    issued: int = 0
    returned: int = 0
    invalid: int = 0
    other: int = 0
    in_favour: int
    against: int
    abstained: int
    written_in_favour: int = 0
    round: Literal[1, 2] = 1
    proxies: int = 0  # ballots handed in for others
    proxies_most: int = 0  # by one person
    proxies_of_candidates: int = 0
    supervisor_present: bool = False


class Post(_Act):
    act: Literal["post"] = "post"
    step: Text
    on: Day


class Off(_Act):
    act: Literal["off"] = "off"
    step: Text
    on: Day


class Object(_Act):
    act: Literal["object"] = "object"
    step: Text
    on: Day
    number: Count


class Answer(_Act):
    act: Literal["answer"] = "answer"
    number: Count
    on: Day


class Done(_Act):
    act: Literal["done"] = "done"
    step: Text
    on: Day


class Sign(_Act):
    act: Literal["sign"] = "sign"
    step: Text
    on: Day
    person: Text


class Withdraw(_Act):
    act: Literal["withdraw"] = "withdraw"
    on: Day
    reason: Text


class End(_Act):
    act: Literal["end"] = "end"
    on: Day
    reason: Text


Plain = (
    Begin | Plan | Ask | Opinion | Sitting | Sealed | Vote | Post | Off | Object | Answer | Done | Sign | Withdraw | End
)


class Correct(_Act):
    """`should`: the whole act as it ought to be; none: there was no such thing."""

    act: Literal["correct"] = "correct"
    of: Count
    should: Annotated[Plain, Discriminator("act")] | None = None
    reason: Text
    on: Day
    agreed: bool = False  # by the township and the supervisor together


Act = Plain | Correct
MODELS = (
    Begin, Plan, Ask, Opinion, Sitting, Sealed, Vote, Post, Off, Object, Answer, Done, Sign, Withdraw, End, Correct
)  # fmt: skip
NOBODYS_WORD = (Sealed, Correct)  # not corrected: what the recording shows; the corrected act itself is, once more
InStep = Ask | Opinion | Sitting | Sealed | Vote | Post | Off | Object | Done | Sign
_ANY: TypeAdapter[Act] = TypeAdapter(Annotated[Act, Discriminator("act")])


def _without_nulls(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value is not None}


def act_of(raw: Mapping[str, Any]) -> Act:
    """Raises ActUnknown or ActForm. What may be left out may also be null."""
    given = _without_nulls(raw)
    if isinstance(given.get("should"), Mapping):
        given["should"] = _without_nulls(given["should"])
    try:
        return _ANY.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] in ("union_tag_invalid", "union_tag_not_found") and not first["loc"]:
            raise ActUnknown(str(raw.get("act"))) from None
        fields = [".".join(str(part) for part in each["loc"][1:]) for each in error.errors()]
        raise ActForm(", ".join(fields), fields=fields) from None
