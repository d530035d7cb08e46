"""The templates a hub comes with: each paper as a document with places to fill in, made from the table of papers.

Plain OOXML that Word and WPS open: A4, tables with borders, Chinese faces named beside the Latin ones (`w:eastAsia`).
`huilu papers FOLDER` writes them out for a county that wants to change them.
"""

import io
from functools import cache
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from api.domain.papers import BALLOTS_A_PAGE, PAPERS, STRUCK, Kind, Table, abreast

BODY, HEADING, LATIN = "仿宋", "黑体", "Times New Roman"  # on each Windows, UOS and in WPS
QR_MM = 26
WIDE = 170  # mm between the margins
PADDING = "45"  # twentieths of a point, above and below what stands in a cell
ROW, TALL, HAND = 8, 13, 22  # mm: a row, one that is signed in, one that is written in


@cache
def default_template(kind: Kind) -> bytes:
    document = Document()
    _setting(document)
    if kind == "ballot":
        _ballots(document)
    elif kind != "dossier":
        _leaves(document, kind)
    else:
        _heading(document, "{{ name }}", 20)
        _heading(document, "{{ title }}", 15)
        _fields(document, kind)
        for key, table in PAPERS[kind].tables.items():
            _rows(document, f"table.{key}", table)
        _signs(document, PAPERS[kind].signs)
        _codes(document, "codes")
        _lines(document, "notes")
        _parts(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _setting(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = Mm(20)
    section.bottom_margin = Mm(18)
    _face(document.styles["Normal"], BODY, 11)
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "会录", "", "{{ name }} {{ title }}"


def _face(styled: Any, chinese: str, points: float) -> None:
    """The face is asked for by script: without `eastAsia` Chinese letters come from whatever the theme says."""
    styled.font.name, styled.font.size = LATIN, Pt(points)
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), chinese)
    fonts.set(qn("w:cs"), LATIN)


def _say(paragraph: Any, text: str, points: float = 11, chinese: str = BODY, bold: bool = False) -> Any:
    run = paragraph.add_run(text)
    _face(run, chinese, points)
    run.bold = bold
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(0)
    return run


def _heading(document: Any, text: str, points: float) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _say(paragraph, text, points, HEADING, bold=True)
    paragraph.paragraph_format.space_after = Pt(6)
    return paragraph


def _tag(document: Any, tag: str) -> None:
    """A paragraph that is gone in the document that is made."""
    _say(document.add_paragraph(), tag, 4)


def _under(document: Any, text: str) -> None:
    paragraph = document.add_paragraph()
    _say(paragraph, text, 12, HEADING, bold=True)
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(8), Pt(3)
    paragraph.paragraph_format.keep_with_next = True


def _grid(document: Any, rows: int, shares: list[int]) -> Any:
    table = document.add_table(rows, len(shares), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _padded(table)
    for column, share in zip(table.columns, shares, strict=True):
        for cell in (column, *column.cells):
            cell.width = Mm(WIDE * share / sum(shares))
    return table


def _padded(table: Any) -> None:
    """Two lines in a cell, and a code's picture, keep off its borders."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("top", "bottom"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), PADDING)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = table._tbl.tblPr.find(qn("w:tblLook"))  # ECMA-376 §17.4.59: before it
    look.addprevious(margins)


def _row(row: Any, texts: list[str], height: int = ROW, head: bool = False) -> None:
    row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for cell, text in zip(row.cells, texts, strict=True):
        cell.vertical_alignment = 1
        _say(cell.paragraphs[0], text, 10.5, HEADING if head else BODY)


def _fields(document: Any, kind: Kind) -> None:
    paper = PAPERS[kind]
    if not paper.fields:
        return
    table = _grid(document, len(paper.fields), [22, 78])
    for row, (key, name) in zip(table.rows, paper.fields.items(), strict=True):
        _row(row, [name, f"{{{{ field.{key} }}}}"], HAND if key in paper.by_hand else ROW)


def _rows(document: Any, named: str, table: Table) -> None:
    """A table with its heading; neither is there when it has no rows."""
    _tag(document, f"{{%p if {named} %}}")
    _under(document, table.name)
    grid = _grid(document, 4, [column.share for column in table.columns.values()])
    empty = [""] * (len(table.columns) - 1)
    _row(grid.rows[0], [column.name for column in table.columns.values()], head=True)
    _row(grid.rows[1], [f"{{%tr for row in {named} %}}", *empty])
    _row(grid.rows[2], [f"{{{{ row.{key} }}}}" for key in table.columns], TALL if table.tall else ROW)
    for cell, key in zip(grid.rows[2].cells, table.columns, strict=True):
        if key == STRUCK:
            cell.paragraphs[0].runs[0].font.strike = True
    _row(grid.rows[3], ["{%tr endfor %}", *empty])
    _tag(document, "{%p endif %}")


def _signs(document: Any, signs: tuple[str, ...]) -> None:
    if not signs:
        return
    _say(document.add_paragraph(), "", 6)
    wide = abreast(len(signs))
    beside = [signs[at : at + wide] for at in range(0, len(signs), wide)]
    table = _grid(document, len(beside), [20, 30] * 2 if wide == 2 else [14, 20] * wide)
    for row, few in zip(table.rows, beside, strict=True):
        _row(row, [text for at in range(wide) for text in ((few[at] if at < len(few) else ""), "")], TALL)


def _codes(document: Any, named: str) -> None:
    _tag(document, f"{{%p if {named}|length > 1 %}}")
    _under(document, "扫码查看与核验")
    _tag(document, "{%p endif %}")
    _tag(document, f"{{%p if {named} %}}")
    table = _grid(document, 3, [22, 78])
    _row(table.rows[0], [f"{{%tr for code in {named} %}}", ""])
    _row(table.rows[1], ["{{ code.picture }}", "{{ code.title }}"])
    told = table.rows[1].cells[1]
    _say(told.add_paragraph(), "{{ code.text }}", 10)
    _say(told.add_paragraph(), "{% if code.code %}校验码 {{ code.code }}{% endif %}", 14, HEADING, bold=True)
    _row(table.rows[2], ["{%tr endfor %}", ""])
    _tag(document, "{%p endif %}")


def _lines(document: Any, named: str) -> None:
    _tag(document, f"{{%p for note in {named} %}}")
    _say(document.add_paragraph(), "{{ note }}", 9.5)
    _tag(document, "{%p endfor %}")


def _parts(document: Any) -> None:
    """The papers of a dossier one after the other, whatever they are."""
    _tag(document, "{%p for part in parts %}")
    _heading(document, "{{ part.name }}", 18).paragraph_format.page_break_before = True
    _heading(document, "{{ part.title }}", 14)
    fields = _grid(document, 3, [22, 78])
    _row(fields.rows[0], ["{%tr for one in part.fields %}", ""])
    _row(fields.rows[1], ["{{ one.name }}", "{{ one.value }}"])
    _row(fields.rows[2], ["{%tr endfor %}", ""])
    _tag(document, "{%p for one in part.tables %}")
    _tag(document, "{%p if one.rows %}")
    _under(document, "{{ one.name }}")
    table = _grid(document, 4, [100])
    _row(table.rows[0], ["{%tc for column in one.columns %}"], head=True)
    _beside(table.rows[0], "{{ column.name }}", "{%tc endfor %}")
    _row(table.rows[1], ["{%tr for row in one.rows %}"])
    _row(table.rows[2], ["{%tc for cell in row %}"])
    _beside(table.rows[2], "{{ cell }}", "{%tc endfor %}")
    _row(table.rows[3], ["{%tr endfor %}"])
    _tag(document, "{%p endif %}")
    _tag(document, "{%p endfor %}")
    _tag(document, "{%p if part.signs %}")
    _say(document.add_paragraph(), "{% for sign in part.signs %}{{ sign }}：　　　　　　　{% endfor %}", 11)
    _tag(document, "{%p endif %}")
    _codes(document, "part.codes")
    _lines(document, "part.notes")
    _tag(document, "{%p endfor %}")


def _beside(row: Any, *texts: str) -> None:
    """Further cells of one row, which are as many as the loop in them makes."""
    for text in texts:
        cell = OxmlElement("w:tc")
        row._tr.append(cell)
        cell.append(OxmlElement("w:tcPr"))
        cell.append(OxmlElement("w:p"))
        row.cells[-1].vertical_alignment = 1
        _say(row.cells[-1].paragraphs[0], text, 10.5)


def _leaves(document: Any, kind: Kind) -> None:
    """Page by page, each with its own code on top, as it is printed from the screen."""
    _tag(document, "{%p for leaf in leaves %}")
    _tag(document, "{%p if not loop.first %}")
    _say(document.add_paragraph(), "", 1).add_break(WD_BREAK.PAGE)
    _tag(document, "{%p endif %}")
    head = document.add_table(1, 2)
    head.autofit = False
    for column, cell, width in zip(head.columns, head.rows[0].cells, (WIDE - QR_MM - 4, QR_MM + 4), strict=True):
        column.width = cell.width = Mm(width)
        cell.vertical_alignment = 1
    told = head.rows[0].cells[0]
    _say(told.paragraphs[0], "{{ name }}", 20, HEADING, bold=True)
    for text, points, face in (("{{ title }}", 15, HEADING), ("{{ leaf.code.text }}", 9, BODY)):
        _say(told.add_paragraph(), text, points, face, bold=face == HEADING)
    _say(head.rows[0].cells[1].paragraphs[0], "{{ leaf.code.picture }}", 9)
    _tag(document, "{%p if leaf.fields %}")
    table = _grid(document, 7, [22, 78])
    for row, tag in ((0, "for one in leaf.fields"), (1, "if one.by_hand"), (3, "else"), (5, "endif"), (6, "endfor")):
        _row(table.rows[row], [f"{{%tr {tag} %}}", ""])
    for at, height in ((2, HAND), (4, ROW)):
        _row(table.rows[at], ["{{ one.name }}", "{{ one.value }}"], height)
    _tag(document, "{%p endif %}")
    for key, one in PAPERS[kind].tables.items():
        _rows(document, f"leaf.table.{key}", one)
    if PAPERS[kind].signs:
        _tag(document, "{%p if leaf.signs %}")
        _signs(document, PAPERS[kind].signs)
        _tag(document, "{%p endif %}")
    _codes(document, "leaf.codes")
    _lines(document, "leaf.notes")
    _tag(document, "{%p endfor %}")


# Room for a mark that no line ends in: after spaces of its own width the second bracket would stand alone.
CHOICES = "{% for row in table.choices %}{{ row.choice }}（" + "\N{NO-BREAK SPACE}" * 5 + "） {% endfor %}"


def _ballots(document: Any) -> None:
    """To be cut apart; all alike, without a number or a code."""
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Mm(12)
    table = _grid(document, BALLOTS_A_PAGE // 2, [50, 50])
    for row in table.rows:
        row.height, row.height_rule = Mm(86), WD_ROW_HEIGHT_RULE.EXACTLY
        for cell in row.cells:
            first = cell.paragraphs[0]
            first.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _say(first, "{{ name }}", 18, HEADING, bold=True)
            first.paragraph_format.space_before = Pt(14)
            _heading(cell, "{{ title }}", 13)
            _say(cell.add_paragraph(), "{{ field.unit }}　{{ field.meeting }}　{{ field.on }}", 9.5)
            choices = cell.add_paragraph()
            choices.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _say(choices, CHOICES, 12)
            choices.paragraph_format.space_before = choices.paragraph_format.space_after = Pt(24)
            _say(cell.add_paragraph(), "{% for note in notes %}{{ note }}{% endfor %}", 9.5)
