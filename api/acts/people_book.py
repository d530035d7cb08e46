"""The import workbook: the template that the hub writes, with instructions; and reading a filled-in one as text.

A workbook is a stranger's zip file: its unpacked size is bounded before anything is parsed.
"""

import io
import zipfile
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from api.domain.people_sheet import SHEETS, Sheet, TextRow
from api.errors.county import BadWorkbook

MAX_UNPACKED = 100 * 1024 * 1024
MAX_ROWS = 50_000
GUIDE = "填写说明"
HEADER_ROW = 1

_GUIDE = (
    "会录 · 人员与名册导入模板",
    "1. 依次填写“单位”“党组织”“人员”“任职与名册”四张表；不需要的表可以留空。",
    "2. 表头不要改动；标有 * 的列必须填写；灰色示例行请删除或覆盖。",
    "3. “单位”可以填全称或 12 位统计用区划代码；同名单位请填代码。",
    "4. 同一单位有同名的人时，用“区别称呼”区分，例如：二组、大张伟。",
    "5. 严禁填写身份证号、银行账号、电话、住址、病情等信息。",
    "6. 先点“试导入”，按提示改正后再正式导入；有一处错误则全部不导入。",
    "7. 可以反复导入：内容没有变化的行不会产生任何改动；换届时在原行填“任职止”，另起一行填新任。",
)
_EXAMPLES = {
    "units": ("张庄村", "村", "371599101201", "清河镇"),
    "party_organisations": ("中共张庄村支部委员会", "党支部", "中共清河镇委员会", "张庄村"),
    "persons": ("张庄村", "王建国", ""),
    "posts": ("张庄村", "村民代表会议", "王建国", "", "代表", "是", "2026-01-01", ""),
}
_EXAMPLE_NOTE = "（示例，请删除）"


def template() -> bytes:
    book = Workbook()
    guide = book.active
    assert guide is not None
    guide.title = GUIDE
    for number, line in enumerate(_GUIDE, 1):
        cell = guide.cell(number, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=number == 1, size=16 if number == 1 else 12)
    guide.column_dimensions["A"].width = 90
    for sheet in SHEETS:
        _write_sheet(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _write_sheet(book: Workbook, sheet: Sheet) -> None:
    page = book.create_sheet(sheet.title)
    page.freeze_panes = "A2"
    for number, column in enumerate(sheet.columns, 1):
        cell = page.cell(HEADER_ROW, number, column.title + ("*" if column.required else ""))
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B5CAD")
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = 24
        example = page.cell(2, number, _EXAMPLES[sheet.key][number - 1])
        example.font = Font(color="808080", italic=True)
        if column.kind in ("code", "date"):
            for row in range(2, 500):
                page.cell(row, number).number_format = "@"  # text: no 3.7E+11, no 46023
        choices = list(column.choices) if column.choices else ["是", "否"] if column.kind == "votes" else []
        if choices:
            listed = DataValidation(type="list", formula1='"' + ",".join(choices) + '"', allow_blank=True)
            listed.prompt, listed.promptTitle = column.hint, column.title
        else:
            listed = DataValidation()
            listed.prompt, listed.promptTitle = column.hint, column.title
        listed.showInputMessage = True
        page.add_data_validation(listed)
        listed.add(f"{letter}2:{letter}5000")
    page.cell(2, len(sheet.columns) + 1, _EXAMPLE_NOTE).font = Font(color="808080", italic=True)


def read_book(data: bytes) -> dict[str, list[TextRow]]:
    """Rows of each sheet by the sheet's key; raises BadWorkbook whatever the bytes are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise BadWorkbook("too large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        return {sheet.key: _read_sheet(book, sheet) for sheet in SHEETS}
    except BadWorkbook:
        raise
    except Exception as error:
        # zipfile, zlib, expat and openpyxl raise whatever they stumble over in a stranger's file.
        raise BadWorkbook(type(error).__name__) from error


def _read_sheet(book: Workbook, sheet: Sheet) -> list[TextRow]:
    if sheet.title not in book.sheetnames:
        return []
    page = book[sheet.title]
    titles: list[str] = []
    rows: list[TextRow] = []
    for number, cells in enumerate(page.iter_rows(values_only=True), 1):
        if number > MAX_ROWS:
            raise BadWorkbook(f"more than {MAX_ROWS} rows")
        texts = [_text(cell) for cell in cells]
        if number == HEADER_ROW:
            titles = [text.rstrip("*").strip() for text in texts]
            missing = [column.title for column in sheet.columns if column.required and column.title not in titles]
            if missing:
                raise BadWorkbook(f"{sheet.title}: {'、'.join(missing)}")
        elif any(texts) and _EXAMPLE_NOTE not in texts:
            rows.append((number, {title: text for title, text in zip(titles, texts, strict=False) if title}))
    return rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
