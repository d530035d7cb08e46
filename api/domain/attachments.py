"""Whether a table may hang in public: refused as a whole, by place, when a number of a person stands anywhere in it."""

from dataclasses import dataclass

from api.domain import private_numbers
from api.domain.private_numbers import NAMES, Kind, is_id_card
from api.domain.table_texts import Place, Said, texts
from api.errors.papers import PrivateNumbers

NAMED = 50  # places that a refusal names
_PARTS = {"comment": ("的批注", ", in its comment"), "formula": ("的公式", ", in its formula")}


@dataclass(frozen=True, slots=True)
class Stands:
    """Where and what; the number itself is nowhere in it."""

    kind: Kind
    sheet: str
    row: int
    column: str
    zh: str
    en: str

    def problem(self) -> dict[str, str | int]:
        return {
            "kind": self.kind, "sheet": self.sheet, "row": self.row, "column": self.column, "zh": self.zh, "en": self.en
        }  # fmt: skip


def check(name: str, data: bytes) -> int:
    """How many texts were looked at. Raises BadAttachment, and PrivateNumbers with `places`."""
    looked = 0
    found: dict[tuple[Kind, Place], Stands] = {}
    for each in texts(name, data):
        looked += 1
        for kind in _kinds(each):
            if len(found) < NAMED:
                found.setdefault((kind, each.place), _stands(kind, each.place))
    if found:
        places = list(found.values())
        raise PrivateNumbers("; ".join(each.en for each in places[:3]), places=[each.problem() for each in places])
    return looked


def _kinds(said: Said) -> set[Kind]:
    kinds = {each.kind for each in private_numbers.find(said.text)}
    if not kinds and said.figure and said.text.isdecimal() and 16 <= len(said.text) <= 19:
        # Its last digits are lost, but no sum of a village has sixteen.
        day = len(said.text) == 18 and any(is_id_card(f"{said.text[:15]}00{last}") for last in "0123456789X")
        kinds = {"id-card" if day else "bank-card"}
    return kinds


def _stands(kind: Kind, place: Place) -> Stands:
    sheet = "" if private_numbers.find(place.sheet) else place.sheet
    column = _letters(place.column)
    zh, en = NAMES[kind]
    of_part = _PARTS.get(place.part, (f"（{place.part}）", f" ({place.part})") if place.part else ("", ""))
    where_zh = f"“{sheet}”" if sheet else ""
    where_en = f" {sheet}" if sheet else ""
    if place.row and column:
        where_zh += f"第{place.row}行{column}列"
        where_en += f" row {place.row} column {column}"
    elif place.row:
        where_zh += f"第{place.row}段"
        where_en += f" paragraph {place.row}"
    where_zh, where_en = where_zh + of_part[0] or "文件中", where_en + of_part[1]
    return Stands(kind, sheet, place.row, column, f"{where_zh}有{zh}", f"{en} stands in{where_en or ' the file'}")


def _letters(column: int) -> str:
    """1 → A, 28 → AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
