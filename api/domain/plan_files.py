"""Whether a file may be a plan (方案): its name, its kind by its own bytes, its size, nothing in it that runs.

What is cheap to find is refused: programs in a PDF, macros and embedded files in an Office document, what it would
fetch from elsewhere. It is no virus scanner, so a plan is only ever given back as a file to save, shown by no page.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

from api.errors.decisions import BadPlanFile

MAX_BYTES = 20 * 1024 * 1024
LONGEST_NAME = 120
MAX_PARTS = 2000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_LOOKED = 16 * 1024 * 1024  # of compressed objects of a PDF, and of one document's relations
HEAD = 1000  # bytes before a stream in which its dictionary says what it is

_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_RUNS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)(?![A-Za-z])")
_FETCHES = re.compile(rb'(?:attachedTemplate|oleObject|subDocument|frame)"[^>]*TargetMode="External"'
                      rb'|TargetMode="External"[^>]*(?:attachedTemplate|oleObject|subDocument|frame)"')  # fmt: skip
_INSIDE = ("vbaproject", "vbadata", "/embeddings/", "/activex/", "/macrosheets/", "externallinks/")


def check(name: str, data: bytes) -> str:
    """Its media type. Raises BadPlanFile."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or not dot or len(name) > LONGEST_NAME or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        raise BadPlanFile("name")
    found = KINDS.get(suffix.lower())
    if found is None:
        raise BadPlanFile("kind")
    if not 0 < len(data) <= MAX_BYTES:
        raise BadPlanFile("size")
    mime, look = found
    look(data)
    return mime


def _pdf(data: bytes) -> None:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise BadPlanFile("not a PDF")
    looked, left = [], MAX_LOOKED
    for outside, packed in _streams(data):
        looked.append(outside)
        if b"/ObjStm" not in outside[-HEAD:]:
            continue  # in what is packed otherwise any three letters turn up by chance
        reader = zlib.decompressobj()
        try:
            looked.append(reader.decompress(packed, left))
        except zlib.error as error:
            raise BadPlanFile("a PDF that can't be read") from error
        left -= len(looked[-1])
        if left <= 0 or reader.unconsumed_tail:
            raise BadPlanFile("a PDF of too many objects")
    for part in looked:
        plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), part)
        if _RUNS.search(plain):
            raise BadPlanFile("a PDF with a program or another file in it")


def _streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What stands outside of streams, and the stream that follows; one way through, whatever the file is."""
    at = 0
    while (start := data.find(b"stream", at)) >= 0 and (end := data.find(b"endstream", start + 6)) >= 0:
        yield data[at:start], data[start + 6 : end].lstrip(b"\r\n")
        at = end + 9
    yield data[at:], b""


def _office(main: str) -> Callable[[bytes], None]:
    def look(data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                _parts(book, main)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError) as error:
            raise BadPlanFile("not a document, or one with a password") from error

    return look


def _parts(book: zipfile.ZipFile, main: str) -> None:
    infos = book.infolist()
    names = [info.filename for info in infos]
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise BadPlanFile("too large unpacked")
    if main not in names or "[Content_Types].xml" not in names:
        raise BadPlanFile("not such a document")
    for name in names:
        if any(part in f"/{name.lower()}" for part in _INSIDE):
            raise BadPlanFile("macros or other files in it")
    left = MAX_LOOKED
    for info in infos:
        if info.filename == "[Content_Types].xml" or info.filename.endswith(".rels"):
            with book.open(info) as part:
                text = part.read(left + 1)
            left -= len(text)
            if left < 0 or b"<!DOCTYPE" in text or b"macroEnabled" in text or _FETCHES.search(text):
                raise BadPlanFile("it would fetch or run something")


def _jpeg(data: bytes) -> None:
    if not data.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in data[-4096:]:
        raise BadPlanFile("not a JPEG picture")


def _png(data: bytes) -> None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or b"IEND" not in data[-32:]:
        raise BadPlanFile("not a PNG picture")


_OOXML = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, tuple[str, Callable[[bytes], None]]] = {
    "pdf": ("application/pdf", _pdf),
    "docx": (f"{_OOXML}wordprocessingml.document", _office("word/document.xml")),
    "xlsx": (f"{_OOXML}spreadsheetml.sheet", _office("xl/workbook.xml")),
    "jpg": ("image/jpeg", _jpeg),
    "jpeg": ("image/jpeg", _jpeg),
    "png": ("image/png", _png),
}
