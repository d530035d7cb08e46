"""A plan is what its name says, of a bounded size, with nothing in it that runs or fetches."""

import contextlib
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from api.domain.plan_files import MAX_BYTES, check
from api.errors.decisions import BadPlanFile


def pdf(inside: bytes = b"", packed: bytes | None = None) -> bytes:
    stream = b""
    if packed is not None:
        body = zlib.compress(packed)
        stream = (
            b"5 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\n" + body + b"\nendstream endobj\n"
        )
    return b"%PDF-1.7\n1 0 obj << /Type /Catalog " + inside + b" >> endobj\n" + stream + b"trailer\n%%EOF\n"


def office(main: str = "word/document.xml", **parts: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in {"[Content_Types].xml": "<Types/>", main: "<w/>", **parts}.items():
            book.writestr(name, text)
    return buffer.getvalue()


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, kind)
    return buffer.getvalue()


def xlsx() -> bytes:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    return buffer.getvalue()


RELATION = '<Relationship Type="http://x/relationships/{}" Target="http://x/a" TargetMode="External"/>'
GOOD = {
    "方案.pdf": pdf(b"/OpenAction [3 0 R /FitH null]", b"4 0 << /Type /Page >>"),
    "道路硬化方案（修改稿）.PDF": pdf(),
    "方案.docx": office(
        **{"word/media/image1.png": picture("PNG"), "word/_rels/document.xml.rels": RELATION.format("hyperlink")}
    ),
    "预算.xlsx": xlsx(),
    "图纸.jpg": picture("JPEG"),
    "图纸.jpeg": picture("JPEG"),
    "图纸.png": picture("PNG"),
}  # fmt: skip
BAD = {
    "javascript.pdf": pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    "escaped.pdf": pdf(b"/OpenAction << /S /J#61va#53cript >>"),
    "launch.pdf": pdf(b"/A << /S /Launch /F (cmd.exe) >>"),
    "embedded.pdf": pdf(b"/Names << /EmbeddedFiles 3 0 R >>"),
    "packed.pdf": pdf(packed=b"4 0 << /S /JavaScript >>"),
    "bomb.pdf": pdf(packed=b"\0" * (17 << 20)),
    "torn.pdf": pdf().replace(b"%%EOF", b""),
    "picture.pdf": picture("PNG"),
    "macro.docx": office(**{"word/vbaProject.bin": b"x"}),
    "ole.docx": office(**{"word/embeddings/oleObject1.bin": b"x"}),
    "template.docx": office(**{"word/_rels/settings.xml.rels": RELATION.format("attachedTemplate")}),
    "doctype.docx": office(**{"word/_rels/document.xml.rels": "<!DOCTYPE x>"}),
    "book.docx": xlsx(),
    "document.xlsx": office(),
    "none.docx": b"PK\x03\x04",
    "links.xlsx": office("xl/workbook.xml", **{"xl/externalLinks/externalLink1.xml": "<x/>"}),
    "script.jpg": b"<script>alert(1)</script>",
    "page.png": b"<svg onload=alert(1)>",
    "torn.png": picture("PNG")[:-20],
    "empty.pdf": b"",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_plan(name: str) -> None:
    assert "/" in check(name, GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plan(name: str) -> None:
    with pytest.raises(BadPlanFile):
        check(name, BAD[name])


NO_NAMES = ["", "方案", ".pdf", "a.exe", "a.pdf.exe", "a.docm", "../a.pdf", "a\\b.pdf", "a\n.pdf", "a\u202epdf.pdf",
            "x" * 117 + ".pdf"]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_no_plan_has(name: str) -> None:
    with pytest.raises(BadPlanFile):
        check(name, pdf())


def test_the_border_of_its_size_and_of_its_name() -> None:
    whole = pdf()
    fits = whole[:9] + b" " * (MAX_BYTES - len(whole)) + whole[9:]
    assert check("x" * 116 + ".pdf", fits) == "application/pdf"
    with pytest.raises(BadPlanFile):
        check("x.pdf", fits + b" ")


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=60), st.integers(0, 400))
def test_no_bytes_raise_anything_else(name: str, noise: bytes, at: int) -> None:
    """What is put anywhere into a good file makes another good one, or none."""
    data = GOOD[name]
    with contextlib.suppress(BadPlanFile):
        check(name, data[:at] + noise + data[at + len(noise) :])
