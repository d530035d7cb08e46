"""The import workbook's columns and what a cell may hold: rows of text to records, each wrong cell named.

Pure: reading .xlsx is `api.acts.people_book`, comparing with the database `api.acts.import_people`. Rows are numbered
as the spreadsheet shows them. Nothing here asks for an ID-card number, and a cell that looks like one is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

ColumnKind = Literal["text", "code", "choice", "date", "votes"]


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    required: bool
    kind: ColumnKind
    hint: str
    choices: Mapping[str, str] | None = None  # 中文 → key


@dataclass(frozen=True, slots=True)
class Sheet:
    key: str
    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class LineError:
    sheet: str
    row: int
    column: str
    code: str
    zh: str
    en: str


Row = dict[str, str | None]
TextRow = tuple[int, dict[str, str]]  # as read: row number, text by column title

LEVELS = {
    "县": "county", "镇街": "town", "片区": "area", "村": "village", "村民小组": "group", "机关": "office",
    "企业": "enterprise", "学校": "school",
}  # fmt: skip
PARTY_LEVELS = {"党委": "committee", "党总支": "general_branch", "党支部": "branch", "党小组": "group"}
BODIES = {
    "村民会议": "assembly", "户代表": "households", "村民代表会议": "representatives", "村民小组": "villagers_group",
    "村两委": "two_committees",
    "成员大会": "members", "成员代表大会": "member_representatives", "理事会": "board", "村务监督委员会": "supervision",
    "党支部": "branch", "支部委员会": "branch_committee", "党小组": "party_group",
}  # fmt: skip

UNIT_HINT = "单位全称，或 12 位统计用区划代码"

UNITS = Sheet(
    "units", "单位",
    (
        Column("name", "名称", True, "text", "单位全称，例如：张庄村"),
        Column("level", "层级", True, "choice", "从下拉列表选择", LEVELS),
        Column("code", "统计用区划代码", False, "code", "12 位数字，没有可不填"),
        Column("parent", "上级单位", False, "text", UNIT_HINT + "；最高一级不填"),
    ),
)  # fmt: skip
PARTY = Sheet(
    "party_organisations", "党组织",
    (
        Column("name", "名称", True, "text", "例如：中共张庄村支部委员会"),
        Column("level", "类别", True, "choice", "从下拉列表选择", PARTY_LEVELS),
        Column("parent", "上级党组织", False, "text", "党组织全称；最高一级不填"),
        Column("unit", "所在单位", False, "text", UNIT_HINT),
    ),
)  # fmt: skip
PERSONS = Sheet(
    "persons", "人员",
    (
        Column("unit", "所在单位", True, "text", UNIT_HINT),
        Column("name", "姓名", True, "text", "不要填写身份证号"),
        Column("known_as", "区别称呼", False, "text", "同一单位有同名的人时填写，例如：二组、大张伟"),
    ),
)  # fmt: skip
POSTS = Sheet(
    "posts", "任职与名册",
    (
        Column("unit", "所在单位", True, "text", UNIT_HINT),
        Column("body", "组织", True, "choice", "从下拉列表选择", BODIES),
        Column("name", "姓名", True, "text", "必须先在“人员”表中填写"),
        Column("known_as", "区别称呼", False, "text", "与“人员”表一致"),
        Column("title", "职务", True, "text", "例如：书记、主任、代表、委员"),
        Column("votes", "有表决权", False, "votes", "是 或 否；不填为“是”"),
        Column("from_on", "任职起", True, "date", "例如：2026-01-01"),
        Column("until_on", "任职止", False, "date", "在任不填"),
    ),
)  # fmt: skip
SHEETS = (UNITS, PARTY, PERSONS, POSTS)

# GB 11643: 17 digits and a check character. Never asked for, never stored.
_ID_CARD = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_MAX_TEXT = 80
TERM = ("import.term", "任职止必须晚于任职起", "The term ends before it begins.")


def read_rows(
    sheet: Sheet, rows: Sequence[tuple[int, Mapping[str, str]]]
) -> tuple[list[tuple[int, Row]], list[LineError]]:
    """Rows as (number, {column title: text}), to (number, {column key: value}); every wrong cell becomes an error."""
    good: list[tuple[int, Row]] = []
    errors: list[LineError] = []
    for number, cells in rows:
        row: Row = {}
        wrong = False
        for column in sheet.columns:
            value, problem = _cell(column, cells.get(column.title, "").strip())
            if problem:
                errors.append(LineError(sheet.title, number, column.title, *problem))
                wrong = True
            row[column.key] = value
        start, end = row.get("from_on"), row.get("until_on")
        if start and end and end <= start:
            errors.append(LineError(sheet.title, number, "任职止", *TERM))
            wrong = True
        if not wrong:
            good.append((number, row))
    return good, errors


def _cell(column: Column, text: str) -> tuple[str | None, tuple[str, str, str] | None]:
    if not text:
        if column.required:
            return None, ("import.missing", f"“{column.title}”必须填写", "This column must be filled in.")
        return ("yes" if column.kind == "votes" else None), None
    if _ID_CARD.search(text):
        return None, ("import.id-card", "不得填写身份证号", "No ID-card number is asked for or stored.")
    if len(text) > _MAX_TEXT:
        return None, ("import.too-long", f"超过 {_MAX_TEXT} 个字", f"Longer than {_MAX_TEXT} characters.")
    if column.kind == "code" and not re.fullmatch(r"[0-9]{12}", text):
        return None, ("import.code", "区划代码应为 12 位数字", "A code has 12 digits.")
    if column.kind == "choice":
        choices = column.choices or {}
        if text not in choices:
            return None, ("import.choice", f"应为：{'、'.join(choices)}", "Not one of the list.")
        return choices[text], None
    if column.kind == "votes":
        if text not in ("是", "否"):
            return None, ("import.votes", "应为“是”或“否”", "Must be 是 or 否.")
        return ("yes" if text == "是" else "no"), None
    if column.kind == "date":
        return _date(text)
    return text, None


def _date(text: str) -> tuple[str | None, tuple[str, str, str] | None]:
    match = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]00:00:00)?", text)
    try:
        if match is None:
            raise ValueError
        return date(*(int(part) for part in match.groups())).isoformat(), None
    except ValueError:
        return None, ("import.date", "日期应为 2026-01-01 的形式", "A date looks like 2026-01-01.")
