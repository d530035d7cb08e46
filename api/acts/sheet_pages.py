"""A paper laid out on A4, page by page, each with its own code: once, for the printed page and for the document.

Heights are estimated from above (CJK letters are as wide as high, others a little more than half of that), so that
what is put on a page fits on it by either way; a browser or WPS decides nothing. Texts longer than a page go on in a
further row.
"""

import math
import unicodedata
from dataclasses import dataclass, field

from api.acts.sheet_codes import page_code
from api.domain.papers import abreast
from api.records.sheets import Sheet, SheetCode, SheetField, SheetPage, SheetTable

WIDE, HIGH = 170.0, 252.0  # mm between the margins of A4; 257 are there
HEAD, TITLE, LEAST_HEAD = 18.0, 7.6, 31.0  # name and page, a line of the title, the page's code beside them
LETTER, LINE, PADDING = 4.0, 5.6, 3.9  # mm: of 11 pt, what a line takes, what a cell adds to its sides
LARGE = 5.4 / LETTER  # a title's letters
OTHERS = 0.6  # of a letter's width: Latin ones and figures
ROW, TALL, HAND, UNDER = 8.3, 13.4, 22.6, 10.6  # a row, one that is signed in, one that is written in, a heading
CODE = {"video": 29.0}
OTHER_CODE = 41.0
NAMES = 22.0  # of a hundred: the fields' names
LONGEST = 24  # lines of one row


def pages_of(sheet: Sheet) -> list[SheetPage]:
    if sheet.page is None:
        return []
    filling = _Filling(max(LEAST_HEAD, HEAD + _lines(sheet.title, (WIDE - 34) / LARGE) * TITLE))
    for each in sheet.fields:
        for at, value in enumerate(_pieces(each.value, WIDE * (100 - NAMES) / 100)):
            high = _row([each.name, value], [NAMES, 100 - NAMES], HAND if each.by_hand else ROW)
            name = each.name if at == 0 else f"{each.name}（续）"
            filling.room(high)
            filling.page.fields.append(SheetField(key=each.key, name=name, value=value, by_hand=each.by_hand))
    for table in sheet.tables:
        _table(filling, table)
    if sheet.signs:
        filling.room(4 + 13.6 * math.ceil(len(sheet.signs) / abreast(len(sheet.signs))))
        filling.page.signs.extend(sheet.signs)
    under = UNDER if len(sheet.codes) > 1 else 0  # a single one's title says enough
    for code in sheet.codes:
        high = CODE.get(code.key, OTHER_CODE)
        filling.room(high, 0 if filling.page.codes else under, under)
        filling.page.codes.append(code)
    for note in sheet.notes:
        filling.room(_lines(note, WIDE) * LINE + 2)
        filling.page.notes.append(note)
    return [each.made(sheet, at, len(filling.pages)) for at, each in enumerate(filling.pages, 1)]


def _table(filling: "_Filling", table: SheetTable) -> None:
    shares = [float(column.share) for column in table.columns]
    head = UNDER + _row([column.name for column in table.columns], shares, ROW)
    for row in table.rows:
        for piece in _split(table, row, shares):
            high = _row(list(piece.values()), shares, TALL if table.tall else ROW)
            known = filling.page.tables
            begun = bool(known) and known[-1].key == table.key
            if filling.room(high, 0 if begun else head, head) or not begun:
                filling.page.tables.append(table.model_copy(update={"rows": []}))
            filling.page.tables[-1].rows.append(piece)


def _split(table: SheetTable, row: dict[str, str], shares: list[float]) -> list[dict[str, str]]:
    whole = sum(shares)
    cells = {
        column.key: _pieces(row[column.key], WIDE * share / whole)
        for column, share in zip(table.columns, shares, strict=True)
    }
    most = max(map(len, cells.values()), default=1)
    return [{key: texts[at] if at < len(texts) else "" for key, texts in cells.items()} for at in range(most)]


@dataclass(slots=True)
class _Page:
    fields: list[SheetField] = field(default_factory=list)
    tables: list[SheetTable] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    codes: list[SheetCode] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def made(self, sheet: Sheet, number: int, of: int) -> SheetPage:
        assert sheet.page is not None
        return SheetPage(
            number=number, fields=self.fields, tables=self.tables, signs=self.signs, codes=self.codes,
            notes=self.notes, code=page_code(sheet.page, sheet.kind, sheet.subject, number, of),
        )  # fmt: skip


class _Filling:
    def __init__(self, head: float) -> None:
        self._full = HIGH - head
        self._left = self._full
        self.pages = [_Page()]

    @property
    def page(self) -> _Page:
        return self.pages[-1]

    def room(self, high: float, before: float = 0, anew: float = 0) -> bool:
        """Room for something and what has to stand before it, `anew` if that is on another page. Whether it is."""
        turned = high + before > self._left and self._left < self._full
        if turned:
            self.pages.append(_Page())
            self._left = self._full
        self._left -= high + (anew if turned else before)
        return turned


def _row(texts: list[str], shares: list[float], least: float) -> float:
    whole = sum(shares)
    lines = max(_lines(text, WIDE * share / whole) for text, share in zip(texts, shares, strict=True))
    return max(least, lines * LINE + 2)


def _lines(text: str, width: float) -> int:
    """A line ends before what may not begin the next one (。，》), so of several each loses a letter."""
    line = max(1.0, (width - PADDING) / LETTER)
    longs = [_long(each) for each in text.split("\n")]
    return sum(1 if long <= line else math.ceil(long / max(1.0, line - 1)) for long in longs)


def _long(text: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(each) in "WFA" else OTHERS for each in text)


def _pieces(text: str, width: float) -> list[str]:
    """As it is, or cut where it is longer than a row may be."""
    if _lines(text, width) <= LONGEST:
        return [text]
    line = max(1, int((width - PADDING) / LETTER))
    pieces = [""]
    for each in text.split("\n"):
        for at in range(0, max(1, len(each)), line):
            more = each[at : at + line]
            joined = f"{pieces[-1]}{'' if at or not pieces[-1] else chr(10)}{more}"
            if _lines(joined, width) > LONGEST:
                pieces.append(more)
            else:
                pieces[-1] = joined
    return pieces
