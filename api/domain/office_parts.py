"""A stranger's Office file (a zip of XML) taken apart: its parts within bounds, read as events, nothing expanded.

Refused are what isn't one, what is larger than a table for a notice board can be, entities and document types (a few
bytes that unfold to gigabytes), what can't be looked into (macros, embedded files, pictures), two parts of one name (of
which each program reads another), and what fetches or starts something elsewhere when it is opened.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from api.errors.papers import BadAttachment

MAX_PARTS = 1000
MAX_UNPACKED = 24 * 1024 * 1024
READ_AT_ONCE = 64 * 1024
MAX_DEPTH = 200
_PRINTER = re.compile(r"xl/printersettings/printersettings[0-9]{1,4}\.bin")  # how it is printed: a driver's, unread
_FETCHED = ("macrosheets/", "externallinks/", "xl/connections", "querytables/")
ELSEWHERE = "it holds macros, or fetches something from elsewhere: keep its values only"


@dataclass(slots=True)
class Element:
    """One element as it ends: its name and attributes without namespaces, and its own text, parts of children in it."""

    name: str
    attributes: Mapping[str, str]
    text: list[str] = field(default_factory=list)


class Parts:
    def __init__(self, data: bytes) -> None:
        """Raises BadAttachment."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError) as error:
            raise BadAttachment("not a workbook or document") from error
        infos = self._zip.infolist()
        if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
            raise BadAttachment(f"more than {MAX_PARTS} parts or {MAX_UNPACKED >> 20} MiB unpacked")
        self._infos = {info.filename.lstrip("/"): info for info in infos if not info.is_dir()}
        if len({name.lower() for name in self._infos}) < sum(not info.is_dir() for info in infos):
            raise BadAttachment("two of its parts have one name")
        for name in self._infos:
            _refuse_unseen(name.lower())

    @property
    def names(self) -> list[str]:
        return list(self._infos)

    def xml_names(self) -> list[str]:
        return [name for name in self._infos if name.lower().endswith((".xml", ".rels", ".vml"))]

    def events(self, name: str) -> Iterator[tuple[bool, Element]]:
        """(True, element) as it begins, (False, element) as it ends. Raises BadAttachment."""
        reader = _Reader()
        try:
            with self._zip.open(self._infos[name]) as part:
                while piece := part.read(READ_AT_ONCE):
                    reader.parser.Parse(piece, False)
                    yield from reader.taken()
                reader.parser.Parse(b"", True)
                yield from reader.taken()
        except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            # RuntimeError: it has a password. What the parser says may quote the text, so it isn't passed on.
            raise BadAttachment(f"{name} can't be read") from error


def _refuse_unseen(name: str) -> None:
    if _PRINTER.fullmatch(name):
        return
    if not name.endswith((".xml", ".rels", ".vml")) or any(part in name for part in ("embeddings/", "activex/")):
        raise BadAttachment("it holds pictures, macros or other files, which can't be looked through")
    if any(part in name for part in _FETCHED):
        raise BadAttachment(ELSEWHERE)


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.buffer_text = True
        self._open: list[Element] = []
        self._events: list[tuple[bool, Element]] = []

    def taken(self) -> list[tuple[bool, Element]]:
        events, self._events = self._events, []
        return events

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ValueError("too deep")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        self._open.append(element)
        self._events.append((True, element))

    def _end(self, _: str) -> None:
        self._events.append((False, self._open.pop()))

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)


def _local(name: str) -> str:
    return name.rpartition("\n")[2]


def _refuse(*_: object) -> None:
    raise ValueError("a document type or an entity")
