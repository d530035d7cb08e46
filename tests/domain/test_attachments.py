"""Tables that are to hang in public: a number of a person anywhere in the file refuses it whole, and says where."""

import contextlib
import io
import struct
import warnings
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.comments import Comment

from api.domain.attachments import check
from api.domain.table_texts import texts
from api.errors.papers import BadAttachment, PrivateNumbers

PHONE = "13800138001"
CARD = "11010519491231002X"
BANK = "6222020200112230"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def packed(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return buffer.getvalue()


def docx(body: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    return packed({"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>", **(parts or {})})


def p(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def refused(name: str, data: bytes) -> list[dict[str, Any]]:
    with pytest.raises(PrivateNumbers) as refusal:
        check(name, data)
    said = str(refusal.value) + str(refusal.value.more)
    for number in (PHONE, CARD, BANK):
        assert number not in said
    places: list[dict[str, Any]] = refusal.value.more["places"]
    return places


def where(place: dict[str, Any]) -> tuple[str, str, int, str]:
    return place["kind"], place["sheet"], place["row"], place["column"]


def test_a_clean_table_passes_and_every_cell_was_looked_at() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["户主", "人数", "金额（元）", "日期"])
    for number in range(500):
        sheet.append([f"王{number}", 3, 1234.56, "2026-11-28"])
    assert check("表.xlsx", saved(book)) >= 501 * 4
    assert check("表.csv", "户主,人数\n王建国,3\n".encode("gb18030")) == 4
    assert check("表.docx", docx(p("公示"))) >= 1


def test_cells_of_every_kind_are_named_by_sheet_row_and_column() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "低保"
    sheet["B3"] = f"联系电话{PHONE}"
    sheet["AA5"] = int(PHONE)
    sheet["C7"] = f'="{CARD}"'
    sheet["D8"] = "本人"
    sheet["D8"].comment = Comment(f"卡号 {BANK}", "会计")
    hidden = book.create_sheet("后台")
    hidden.sheet_state = "veryHidden"
    hidden["A1"] = CARD
    places = refused("表.xlsx", saved(book))
    assert [where(each) for each in places] == [
        ("telephone", "低保", 3, "B"), ("telephone", "低保", 5, "AA"), ("id-card", "低保", 7, "C"),
        ("bank-card", "低保", 8, "D"), ("id-card", "后台", 1, "A"),
    ]  # fmt: skip
    assert places[0]["zh"] == "“低保”第3行B列有电话号码"
    assert places[3]["zh"] == "“低保”第8行D列的批注有银行卡号或账号"


@pytest.mark.parametrize("at", ["header", "title", "author", "validation", "name"])
def test_what_no_cell_shows_is_seen(at: str) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "公示"
    if at == "header":
        sheet.oddHeader.left.text = f"电话 {PHONE}"
    elif at == "title":
        sheet.title = PHONE
    elif at == "author":
        book.properties.creator = PHONE
    elif at == "name":
        from openpyxl.workbook.defined_name import DefinedName

        book.defined_names["电话"] = DefinedName("电话", attr_text=f'"{PHONE}"')
    else:
        from openpyxl.worksheet.datavalidation import DataValidation

        sheet.add_data_validation(DataValidation(type="list", formula1=f'"{PHONE},无"', sqref="A1"))
    assert {each["kind"] for each in refused("表.xlsx", saved(book))} == {"telephone"}


def test_a_number_that_excel_rounded_is_still_one() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = 110105194912310000
    sheet["A2"] = 6222020200112000
    sheet["A3"] = 123456789.25
    assert [where(each)[0] for each in refused("表.xlsx", saved(book))] == ["id-card", "bank-card"]


def test_texts_that_cells_share_and_one_that_no_cell_uses_any_more() -> None:
    data = packed({
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="表" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<x><Relationship Id="r1" Target="worksheets/sheet1.xml"/></x>',
        "xl/worksheets/sheet1.xml": '<x><sheetData><row r="2"><c r="C2" t="s"><v>0</v></c></row></sheetData></x>',
        "xl/sharedStrings.xml": f"<sst><si><r><t>1380</t></r><r><t>0138001</t></r></si><si><t>{CARD}</t></si></sst>",
    })  # fmt: skip
    found = [where(each) for each in refused("表.xlsx", data)]
    assert found == [("telephone", "表", 2, "C"), ("id-card", "", 0, "")]


def test_a_document_is_read_in_its_tables_and_around_them() -> None:
    table = f"<w:tbl><w:tr><w:tc>{p('户主')}</w:tc><w:tc>{p(PHONE[:3], PHONE[3:])}</w:tc></w:tr></w:tbl>"
    deleted = f"<w:p><w:r><w:t>卡</w:t></w:r><w:del><w:r><w:delText>{BANK}</w:delText></w:r></w:del></w:p>"
    places = refused(
        "表.docx",
        docx(
            p("公示") + table + deleted,
            {
                "word/comments.xml": f"<w:comments {W}><w:comment>{p(CARD)}</w:comment></w:comments>",
                "word/_rels/document.xml.rels": f'<x><Relationship Target="tel:{PHONE}"/></x>',
            },
        ),
    )
    assert [where(each) for each in places] == [
        ("telephone", "表格1", 1, "B"), ("bank-card", "", 2, ""), ("id-card", "", 1, ""), ("telephone", "", 0, ""),
    ]  # fmt: skip
    assert places[0]["zh"] == "“表格1”第1行B列有电话号码"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_lines_of_any_encoding(encoding: str) -> None:
    text = f'户主;电话\r\n"王\n建国";{PHONE}\r\n'
    assert [where(each) for each in refused("表.CSV", text.encode(encoding))] == [("telephone", "", 2, "B")]


BOMB = '<!DOCTYPE d [<!ENTITY a "1"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("表.docx", packed({"word/document.xml": f"{BOMB}<w:document {W}>&b;</w:document>"})),
        ("表.docx", packed({"word/document.xml": "<w:document>"})),
        ("表.docx", packed({"word/document.xml": "<a>" * 5000})),
        ("表.docx", docx(p("图"), {"word/media/image1.png": b"\x89PNG"})),
        ("表.docx", docx(p("宏"), {"word/vbaProject.bin": b"x"})),
        ("表.docx", docx(p("大"), {"word/header1.xml": b" " * (25 << 20)})),
        ("表.docx", packed({"hello.xml": "<a/>"})),
        ("表.xlsx", packed({"xl/workbook.xml": "<workbook/>"} | {f"xl/{n}.xml": "<a/>" for n in range(1001)})),
        ("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512),
        ("表.pdf", b"%PDF-1.7"), ("表.csv", b"\xff\xff\xff"), ("表.csv", b"a\0b"), ("表.xlsx", b"PK\x03\x04 no zip"),
        ("表.csv", b"a," * 6_000_000), ("表.csv", b"," * 400_001),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_through_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(BadAttachment):
        check(name, data)


def with_more(data: bytes, *more: tuple[str, str | bytes]) -> bytes:
    """The same file with further parts, also of names that it has already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two of one name
        for info in old.infolist():
            file.writestr(info.filename, old.read(info))
        for name, text in more:
            file.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        # An ID card's photograph under a name that is let through unread.
        ("表.xlsx", with_more(saved(Workbook()), ("xl/media/printerSettings.png", b"\x89PNG"))),
        ("表.xlsx", with_more(saved(Workbook()), ("docProps/thumbnail.jpeg", b"\xff\xd8"))),
        ("表.docx", docx(p("附"), {"word/embeddings/printerSettings1.bin": b"x"})),
        # One program reads the first of two, another the last.
        ("表.docx", with_more(docx(p(PHONE)), ("word/document.xml", f"<w:document {W}>{p('无')}</w:document>"))),
        ("表.docx", with_more(docx(p("无")), ("Word/Document.xml", f"<w:document {W}>{p('无')}</w:document>"))),
        # What fetches or starts something when it is opened.
        ("表.xlsx", with_more(saved(Workbook()), ("xl/macrosheets/sheet1.xml", "<a/>"))),
        ("表.xlsx", with_more(saved(Workbook()), ("xl/externalLinks/externalLink1.xml", '<a ddeService="cmd"/>'))),
        ("表.xlsx", with_more(saved(Workbook()), ("xl/connections.xml", "<a/>"))),
        ("表.docx", docx(p("模板"), {"word/_rels/settings.xml.rels": (
            '<x><Relationship Type="x/attachedTemplate" Target="http://e/x.dotm" TargetMode="External"/></x>')})),
        ("表.docx", docx(p("图"), {"word/_rels/document.xml.rels": (
            '<x><Relationship Type="x/image" Target="file:///\\\\e\\x.png" TargetMode="External"/></x>')})),
        ("表.docx", docx('<w:p><w:r><w:instrText> DDEAUTO cmd "/k calc"</w:instrText></w:r></w:p>')),
        ("表.docx", docx('<w:p><w:fldSimple w:instr="INCLUDEPICTURE http://e/x.png"/></w:p>')),
        ("表.xlsx", packed({
            "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="表" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<x><Relationship Id="r1" Target="worksheets/sheet1.xml"/></x>',
            "xl/worksheets/sheet1.xml": '<x><row r="1"><c r="A1"><f>_xlfn.WEBSERVICE("http://e")</f></c></row></x>',
        })),
    ],
)  # fmt: skip
def test_what_is_hidden_from_the_reader_or_reaches_elsewhere_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(BadAttachment):
        check(name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("表.docx", docx(f'<w:p><v:textpath xmlns:v="v" string="{PHONE}"/></w:p>')),
        ("表.docx", docx(f'<w:p><w:sdt><w:listItem w:displayText="张三 {PHONE}" w:value="1"/></w:sdt></w:p>')),
        ("表.docx", docx(p("无"), {"word/settings.xml": f'<w:settings {W}><w:docVar w:val="{CARD}"/></w:settings>'})),
        ("表.xlsx", with_more(saved(Workbook()), ("xl/pivotCache/pivotCacheRecords1.xml", f'<a><s v="{CARD}"/></a>'))),
        ("表.xlsx", with_more(saved(Workbook()), ("xl/tables/table1.xml", f'<a><filter val="{PHONE}"/></a>'))),
        ("表.xlsx", with_more(saved(Workbook()), ("xl/s.xml", f'<a><numFmt formatCode="&quot;{PHONE}&quot;"/></a>'))),
    ],
)  # fmt: skip
def test_numbers_in_attributes_of_any_name_are_seen(name: str, data: bytes) -> None:
    refused(name, data)


def test_what_programs_write_by_themselves_passes() -> None:
    link = '<Relationship Type="x/hyperlink" Target="https://www.gov.cn/" TargetMode="External"/>'
    disk = '<Relationship Type="x/attachedTemplate" Target="file:///C:/a/Normal.dotm" TargetMode="External"/>'
    font = '<w:font w:name="宋体"><w:panose1 w:val="02010600030101010101"/><w:sig w:usb0="00000003"/></w:font>'
    parts: dict[str, str | bytes] = {
        "word/_rels/document.xml.rels": f"<x>{link}{disk}</x>", "word/fontTable.xml": f"<w:fonts {W}>{font}</w:fonts>",
        "word/x.xml": '<a uid="{13800138-0010-4380-0138-001380013800}" width="12.13800138001"/>',
    }  # fmt: skip
    assert check("表.docx", docx('<w:p><w:fldSimple w:instr="HYPERLINK https://www.gov.cn"/></w:p>', parts))
    printer = ("xl/printerSettings/printerSettings1.bin", b"x")
    assert check("表.xlsx", with_more(saved(Workbook()), printer))


def test_a_zip_that_lies_about_its_sizes() -> None:
    data = bytearray(docx(p("公示" * 5000)))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 100)
    with pytest.raises(BadAttachment):
        check("表.docx", bytes(data))


@given(st.binary(max_size=400), st.sampled_from(["a.xlsx", "a.csv", "a.docx"]))
def test_garbage_is_refused_or_read(data: bytes, name: str) -> None:
    for start in (b"", b"PK\x03\x04"):
        try:
            for each in texts(name, start + data):
                assert isinstance(each.text, str)
        except BadAttachment:
            pass


@given(st.data())
def test_a_file_that_was_damaged_is_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(docx(p("公示", "王建国")))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadAttachment, PrivateNumbers):
        check("a.docx", bytes(whole))
