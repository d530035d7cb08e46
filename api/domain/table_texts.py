"""Every text of a table that is to hang on a notice board, with its place: .xlsx, .docx, .csv.

Cells with their formulas and what they came to, headers, comments, hidden sheets, text boxes, properties, and what was
deleted with changes tracked: whatever goes along with the file.
"""

import codecs
import csv
import io
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from api.domain.office_parts import ELSEWHERE, Element, Parts
from api.domain.private_numbers import SHORTEST
from api.errors.papers import BadAttachment

MAX_CELLS = 400_000
MAX_BYTES = 10 * 1024 * 1024
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, .doc, and any with a password
INLINE = {"t", "delText", "instrText", "r", "rPr", "rPh", "tab", "br", "fld"}
# What programs write by themselves into attributes: sizes and moments, typefaces.
_OWN = re.compile(r"-?[0-9]*\.[0-9]+(?:[Ee][-+]?[0-9]+)?|\{[-0-9A-Fa-f]{36}\}")
UNSPOKEN = {"panose", "id", "Id"}
# What fetches or starts something when a file is opened: fields of a document, functions of a workbook, links to parts
# that lie elsewhere; not what waits for a press, nor a template on the disk of whoever wrote it.
_FIELD = re.compile(r"^\s*(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT)\b", re.IGNORECASE)
_FUNCTION = re.compile(r"(?<![A-Za-z])(?:WEBSERVICE|IMAGE|RTD|CALL|REGISTER)\s*\(", re.IGNORECASE)
_OWN_DISK = re.compile(r"file:///[A-Za-z]:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Rows and columns count from 1; 0: no cell. `part` is what it is besides a cell: a comment, a header."""

    sheet: str = ""
    row: int = 0
    column: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    place: Place
    text: str
    figure: bool = False  # a cell that holds a number: Excel keeps 15 of its digits and makes the rest zeros


def texts(name: str, data: bytes) -> Iterator[Said]:
    """Raises BadAttachment, before the first or on the way."""
    if len(data) > MAX_BYTES:
        raise BadAttachment(f"more than {MAX_BYTES >> 20} MiB")
    if data.startswith(OLD_OFFICE):
        raise BadAttachment("an old format, or it has a password: save it as .xlsx or .docx without one")
    if data.startswith(b"PK"):
        parts = Parts(data)
        if "xl/workbook.xml" in parts.names:
            found = _workbook(parts)
        elif "word/document.xml" in parts.names:
            found = _document(parts)
        else:
            raise BadAttachment("neither a workbook nor a document")
    elif name.lower().endswith((".csv", ".txt")):
        found = _lines(data)
    else:
        raise BadAttachment("only .xlsx, .docx and .csv are looked through")
    for count, each in enumerate(found):
        if count >= MAX_CELLS:
            raise BadAttachment(f"more than {MAX_CELLS} cells")
        yield each


def _lines(data: bytes) -> Iterator[Said]:
    text = _decoded(data)
    if "\0" in text:
        raise BadAttachment("not a text")
    first = text.partition("\n")[0]
    mark = max(",;\t，", key=first.count)
    try:
        for row, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 1):
            for column, cell in enumerate(cells, 1):
                yield Said(Place("", row, column), cell)
    except csv.Error as error:
        raise BadAttachment("the lines can't be read") from error


def _decoded(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):  # what Excel and WPS write on Chinese machines
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadAttachment("neither UTF-8 nor GB 18030")


def _workbook(parts: Parts) -> Iterator[Said]:
    shared = _Shared(parts)
    links = _links(parts, "xl/workbook.xml")
    read = {"xl/sharedStrings.xml"}
    for begins, element in parts.events("xl/workbook.xml"):
        sheet = links.get(element.attributes.get("id", ""))
        if not begins or element.name != "sheet" or sheet not in parts.names:
            continue
        title = element.attributes.get("name", "")
        read.add(sheet)
        yield from _sheet(parts, sheet, title, shared)
        for of_sheet in _links(parts, sheet).values():
            if "omment" in of_sheet and of_sheet in parts.names:
                read.add(of_sheet)
                yield from _blocks(parts, of_sheet, Place(title, part="comment"))
    # Texts that no cell shows are kept in the file all the same.
    for text in shared.unused():
        yield Said(Place(part="xl/sharedStrings.xml"), text)
    for name in parts.xml_names():
        if name not in read:
            yield from _blocks(parts, name, Place(part=name))


class _Shared:
    """The texts that cells name by number."""

    def __init__(self, parts: Parts) -> None:
        self._texts: list[str] = []
        self._used: set[int] = set()
        text: list[str] = []
        for begins, element in parts.events("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in parts.names else ():
            if not begins and element.name == "t":
                text += element.text
            elif not begins and element.name == "si":
                self._texts.append("".join(text))
                text = []

    def of(self, number: str) -> str:
        index = _whole(number, -1)
        if not 0 <= index < len(self._texts):
            raise BadAttachment("a cell names a text that isn't there")
        self._used.add(index)
        return self._texts[index]

    def unused(self) -> list[str]:
        return [text for index, text in enumerate(self._texts) if index not in self._used]


def _links(parts: Parts, name: str) -> dict[str, str]:
    """The parts that a part names, by their ids."""
    folder, file = posixpath.split(name)
    rels = f"{folder}/_rels/{file}.rels"
    if rels not in parts.names:
        return {}
    return {
        element.attributes.get("Id", ""): posixpath.normpath(
            posixpath.join("/", folder, element.attributes.get("Target", ""))
        ).lstrip("/")
        for begins, element in parts.events(rels)
        if begins and element.name == "Relationship"
    }


def _sheet(parts: Parts, name: str, title: str, shared: _Shared) -> Iterator[Said]:
    cell, at = None, Place(title)
    row = column = 0
    value = formula = ""
    inline: list[str] = []
    for begins, element in parts.events(name):
        if begins:
            if element.name == "row":
                row, column = _whole(element.attributes.get("r"), row + 1), 0
            elif element.name == "c":
                cell, value, formula, inline = element, "", "", []
                row, column = _cell(element.attributes.get("r", ""), row, column + 1)
                at = Place(title, row, column)
            yield from _attributes(element, at if cell else Place(title))
        elif element.name == "c":
            yield from _value(at, element.attributes.get("t", "n"), value, "".join(inline), shared)
            if formula:
                _stays_here(formula, _FUNCTION)
                yield Said(replace(at, part="formula"), formula)
            cell = None
        elif cell is None:
            yield from _own(element, Place(title))
        elif element.name == "v":
            value = "".join(element.text)
        elif element.name == "f":
            formula = "".join(element.text)
        elif element.name == "t":
            inline += element.text


def _value(at: Place, kind: str, value: str, inline: str, shared: _Shared) -> Iterator[Said]:
    if inline:
        yield Said(at, inline)
    if kind == "s":
        yield Said(at, shared.of(value))
    elif kind == "n" and value:
        try:
            figure = Decimal(value)
        except InvalidOperation:
            yield Said(at, value)
            return
        whole = figure.is_finite() and figure == figure.to_integral_value() and figure.adjusted() < 30
        yield Said(at, str(int(figure)) if whole else value, figure=True)
    elif value:
        yield Said(at, value)


_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def _cell(reference: str, row: int, column: int) -> tuple[int, int]:
    """Of `B3` (3, 2); of nothing what would come next."""
    named = _REFERENCE.fullmatch(reference)
    if named is None:
        return row, column
    letters = 0
    for letter in named[1]:
        letters = letters * 26 + ord(letter) - 64
    return int(named[2]), letters


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else otherwise


def _attributes(element: Element, at: Place) -> Iterator[Said]:
    """Words stand in attributes of any name: a choice of a list, what a filter looks for, a picture made of letters."""
    said = element.attributes
    if element.name == "Relationship" and said.get("TargetMode") == "External":
        pressed = said.get("Type", "").endswith("/hyperlink")
        if not pressed and not _OWN_DISK.match(said.get("Target", "")):
            raise BadAttachment(ELSEWHERE)
    for key, value in said.items():
        if key == "instr":
            _stays_here(value, _FIELD)
        if len(value) >= SHORTEST and key not in UNSPOKEN and not _OWN.fullmatch(value):
            yield Said(at, value)


def _stays_here(code: str, elsewhere: re.Pattern[str]) -> None:
    if elsewhere.search(code):
        raise BadAttachment(ELSEWHERE)


def _own(element: Element, at: Place) -> Iterator[Said]:
    text = "".join(element.text)
    if text.strip():
        yield Said(at, text)


def _blocks(parts: Parts, name: str, at: Place) -> Iterator[Said]:
    """Any part, text by text: a run of words may be cut into pieces (`t`) within its paragraph."""
    running: list[str] = []
    for begins, element in parts.events(name):
        if begins:
            if "ref" in element.attributes and element.name in ("comment", "threadedComment"):
                row, column = _cell(element.attributes["ref"], 0, 0)
                at = replace(at, row=row, column=column)
            yield from _attributes(element, at)
        elif element.name in INLINE:
            running += element.text
        else:
            if running:
                yield Said(at, "".join(running))
                running = []
            yield from _own(element, at)


def _document(parts: Parts) -> Iterator[Said]:
    for name in parts.xml_names():
        if posixpath.dirname(name) == "word" and name.endswith(".xml"):
            yield from _story(parts, name, "" if name == "word/document.xml" else name)
        else:
            yield from _blocks(parts, name, Place(part=name))


def _story(parts: Parts, name: str, part: str) -> Iterator[Said]:
    """Paragraphs in their order, those of tables by table, row and column."""
    tables = paragraphs = 0
    cells: list[list[int]] = []  # of the tables that are open: number, row, column
    open_paragraphs: list[tuple[list[str], list[str], list[str]]] = []  # a text box lies within one
    for begins, element in parts.events(name):
        at = Place(f"表格{cells[-1][0]}", cells[-1][1], cells[-1][2], part) if cells else Place("", paragraphs, 0, part)
        if begins:
            if element.name == "tbl":
                tables += 1
                cells.append([tables, 0, 0])
            elif element.name == "tr" and cells:
                cells[-1][1:] = [cells[-1][1] + 1, 0]
            elif element.name == "tc" and cells:
                cells[-1][2] += 1
            elif element.name == "p":
                paragraphs += not cells
                open_paragraphs.append(([], [], []))
            elif element.name in ("tab", "br", "cr") and open_paragraphs:
                open_paragraphs[-1][0].append("\n")
            yield from _attributes(element, at)
        elif element.name == "tbl" and cells:
            cells.pop()
        elif element.name == "p" and open_paragraphs:
            stands, was, codes = open_paragraphs.pop()
            _stays_here("".join(codes), _FIELD)
            for text in {"".join(stands), "".join(was), "".join(codes)}:
                yield Said(at, text)
        elif element.name in ("t", "delText", "instrText") and open_paragraphs:
            stands, was, codes = open_paragraphs[-1]
            if element.name == "instrText":
                codes += element.text
            else:
                was += element.text
                stands += element.text if element.name == "t" else []
        else:
            yield from _own(element, at)
