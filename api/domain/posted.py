"""A notice that is to hang in public, held against its matter's list of fields; and until when it hangs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.domain.catalogue import Catalogue
from api.domain.entries import PostedField
from api.domain.private_numbers import NAMES, find
from api.domain.workdays import works
from api.errors.papers import NoPosting, PrivateNumbers, WrongNotice

LONGEST_TITLE = 120
LONGEST_NAME = 40
MOST_MONEY = 10**15  # fen
LAW_DAYS = 15  # A 35
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Wrong:
    field: str
    code: str
    zh: str
    en: str

    def problem(self) -> dict[str, str]:
        return {
            "field": self.field,
            "code": self.code,
            "message": f"{self.zh} / {self.en}",
            "zh": self.zh,
            "en": self.en,
        }


def checked(
    catalogue: Catalogue, matter: str, step: str | None, title: str, filled: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields in their list's order. Raises NoPosting, WrongNotice, PrivateNumbers; both name every mistake."""
    posting = catalogue.postings.get(matter)
    fields = posting.fields_of(step) if posting else ()
    if not fields:
        raise NoPosting(matter)
    wrong = list(_title(title))
    for key in filled:
        if all(field.key != key for field in fields):
            zh, en = "此事项的公示没有这一项", "a notice of this matter has no such field"
            wrong.append(Wrong(key[:64], "notice.field-unknown", zh, en))
    said: dict[str, Any] = {}
    for field in fields:
        value = filled.get(field.key)
        if value is None or value in ("", []):
            if field.needed:
                wrong.append(
                    Wrong(field.key, "notice.field-missing", f"缺少“{field.name}”", f"{field.name_en} is missing")
                )
            continue
        wrong += _field(field, value)
        said[field.key] = value
    private = [each for each in wrong if each.code == PrivateNumbers.code]
    if private:
        raise PrivateNumbers(fields=[each.problem() for each in wrong])
    if wrong:
        raise WrongNotice(fields=[each.problem() for each in wrong])
    return said


def _title(title: str) -> Iterable[Wrong]:
    if not title.strip() or len(title) > LONGEST_TITLE or _CONTROL.search(title) or "\n" in title:
        zh, en = f"标题须为 1 至 {LONGEST_TITLE} 字，不换行", f"a title is a line of 1 to {LONGEST_TITLE} characters"
        yield Wrong("title", "notice.field-kind", zh, en)
    yield from _private("title", "标题", "the title", [title])


def _field(field: PostedField, value: Any) -> Iterable[Wrong]:
    fits, texts = _read(field, value)
    if not fits:
        yield Wrong(field.key, "notice.field-kind", f"“{field.name}”{_KINDS[field.kind][0]}",
                    f"{field.name_en} {_KINDS[field.kind][1]}")  # fmt: skip
        return
    length = len("、".join(texts))
    if length > field.longest:
        zh = f"“{field.name}”不得超过 {field.longest} 字，现有 {length} 字"
        yield Wrong(field.key, "notice.field-too-long", zh, f"{field.name_en} has at most {field.longest} characters")
    yield from _private(field.key, f"“{field.name}”", field.name_en, texts)


_KINDS = {
    "text": ("应为文字", "is a text"),
    "number": ("应为不小于零的整数", "is a whole number from 0 on"),
    "money": ("应为金额，以分计的整数", "is an amount in fen"),
    "date": ("应为日期，如 2026-11-28", "is a day such as 2026-11-28"),
    "people": (f"应为姓名，每个不超过 {LONGEST_NAME} 字", f"are names of at most {LONGEST_NAME} characters"),
}


def _read(field: PostedField, value: Any) -> tuple[bool, Sequence[str]]:
    """Whether it is of its kind, and its texts as people read them."""
    if field.kind in ("number", "money"):
        fits = type(value) is int and 0 <= value <= MOST_MONEY
        return fits, [shown(field.kind, value)] if fits else []
    if field.kind == "people":
        fits = isinstance(value, list) and all(
            isinstance(name, str) and len(name.strip()) > 0 and len(name) <= LONGEST_NAME and _one_line(name)
            for name in value
        )
        return fits, value if fits else []
    if not isinstance(value, str) or _CONTROL.search(value):
        return False, []
    if field.kind == "date":
        try:
            return date.fromisoformat(value).isoformat() == value, [value]
        except ValueError:
            return False, []
    return True, [value]


def _one_line(text: str) -> bool:
    return not _CONTROL.search(text) and "\n" not in text


def _private(key: str, name: str, name_en: str, texts: Iterable[str]) -> Iterable[Wrong]:
    for kind in sorted({each.kind for text in texts for each in find(text)}):
        zh, en = NAMES[kind]
        yield Wrong(
            key, PrivateNumbers.code, f"{name}中有{zh}，不得公开", f"{name_en} holds {en}, which is never made public"
        )


def shown(kind: str, value: Any) -> str:
    """As people read it."""
    if kind == "money":
        yuan, fen = divmod(value, 100)
        return f"{yuan:,}.{fen:02} 元" if fen else f"{yuan:,} 元"
    if kind == "number":
        return str(value)
    if kind == "people":
        return "、".join(value)
    if kind == "date":
        day = date.fromisoformat(value)
        return f"{day.year}年{day.month}月{day.day}日"
    return str(value)


@dataclass(frozen=True, slots=True)
class Period:
    """How long a step's notice hangs: the first day isn't counted (docs/PROCEDURES.md)."""

    days: int
    working: bool = False
    stops: bool = True  # by an objection; an election's roster isn't


def period(catalogue: Catalogue, matter: str, step: str | None) -> Period:
    """What the procedure asks for. A list that only begins, and a notice of no decision, hang as long as the law asks
    of a resolution."""
    known = catalogue.matters.get(matter)
    procedure = catalogue.procedures.get(known.procedure) if known else None
    found = procedure.find(step) if procedure and step else None
    if found is None or not found.days:
        return Period(LAW_DAYS)
    return Period(found.days, found.working, not found.as_notice)


def over_on(from_on: str, hangs: Period, objections: Sequence[tuple[str, str | None]] = ()) -> str | None:
    """The first day on which it need not hang any more. Days on which an objection is open (from its day until the day
    before its answer) don't count; None: one isn't answered, so there is no such day yet."""
    day, left = date.fromisoformat(from_on), hangs.days
    while left:
        day += timedelta(days=1)
        text = day.isoformat()
        # One that comes when the days are full stops nothing.
        counted = objections if hangs.stops else ()
        open_now = [until for since, until in counted if since <= text and (until is None or text < until)]
        if None in open_now:
            return None
        if not open_now and (works(day) or not hangs.working):
            left -= 1
    return (day + timedelta(days=1)).isoformat()
