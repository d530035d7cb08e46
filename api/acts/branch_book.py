"""The reports' table as a workbook: one sheet, a row a meeting; texts stay texts, so that none is read as a formula."""

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from api.domain.entries import ReportColumn

SHEET = "三会一课"


def book(columns: Sequence[ReportColumn], rows: Sequence[Sequence[str | int]]) -> bytes:
    made = Workbook()
    page = made.active
    assert page is not None
    page.title, page.freeze_panes = SHEET, "A2"
    for at, column in enumerate(columns, 1):
        page.cell(1, at, column.name).font = Font(bold=True)
        page.column_dimensions[get_column_letter(at)].width = column.width
    for number, cells in enumerate(rows, 2):
        for at, value in enumerate(cells, 1):
            cell = page.cell(number, at)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, int):
                cell.value = value
            else:
                cell.value, cell.data_type = ILLEGAL_CHARACTERS_RE.sub("", value), "s"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()
