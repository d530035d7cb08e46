"""A mistake in a data file, and where: a sentence in two languages for a person who edits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.domain.entries import Dated
from api.domain.toml_lines import Place, line_of


@dataclass(frozen=True, slots=True)
class Mistake:
    file: str
    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} / {self.en}"

    def problem(self) -> dict[str, str | int]:
        """As a member of a problem document."""
        return {"file": self.file, "line": self.line, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where it stands."""

    table: str
    entry: Dated
    file: str
    place: Place
    lines: Mapping[Place, int]

    def mistake(self, zh: str, en: str, *within: str | int) -> Mistake:
        key = self.entry.key
        where = line_of(self.lines, (*self.place, *within))
        return Mistake(self.file, where, f"{self.table} {key}：{zh}", f"{self.table} {key}: {en}")


# pydantic's types of errors → sentences; {name} and what the error's context holds may stand in them.
_SAID = {
    "missing": ("缺少“{name}”", "{name} is missing"),
    "extra_forbidden": ("没有“{name}”这一项", "there is no field {name}"),
    "literal_error": ("“{name}”只能是 {expected}", "{name} is one of {expected}"),
    "greater_than_equal": ("“{name}”不得小于 {ge}", "{name} is at least {ge}"),
    "less_than_equal": ("“{name}”不得大于 {le}", "{name} is at most {le}"),
    "string_type": ("“{name}”应为文字", "{name} is a text in quotes"),
    "int_type": ("“{name}”应为整数", "{name} is a whole number"),
    "int_parsing": ("“{name}”应为整数", "{name} is a whole number"),
    "bool_type": ("“{name}”应为 true 或 false", "{name} is true or false"),
    "bool_parsing": ("“{name}”应为 true 或 false", "{name} is true or false"),
    "too_short": ("“{name}”不能为空", "{name} is empty"),
}


def said(error: Any) -> tuple[str, str]:
    """A validation error of pydantic's, in two languages."""
    name = next((str(part) for part in reversed(error["loc"]) if isinstance(part, str)), "")
    zh, en = _SAID.get(error["type"], ("“{name}”填写有误：{msg}", "{name} is wrong: {msg}"))
    words = {**error.get("ctx", {}), "name": name, "msg": error["msg"]}
    return zh.format(**words), en.format(**words)
