"""A county's own template: read within bounds, filled in a sandbox, its mistakes named as sentences.

A template may show what stands on its paper, go through tables and ask whether something is there; it calls nothing,
counts nothing and defines nothing. So a county that takes one from anywhere lets nobody in, and none runs for ever.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml.etree import LxmlError

from api.acts.docx_default import QR_MM
from api.errors.papers import (
    PaperTooLong,
    TemplateField,
    TemplateFormat,
    TemplateMacro,
    TemplateTooLarge,
    TemplateWords,
)

MOST_BYTES, MOST_UNPACKED, MOST_PARTS = 4 << 20, 24 << 20, 500
MOST_STEPS = 200_000  # rows gone through in one document
DEEPEST = 4  # loops in loops
MADE = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If, nodes.Const,
    nodes.CondExpr, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand, nodes.Filter,
)  # fmt: skip
FILTERS = ("default", "length", "trim")
ACTIVE = ("vbaproject", "activex/", "embeddings/", ".bin", ".exe", ".js")
OUTSIDE = re.compile(rb'TargetMode\s*=\s*"External"')
LINK = b"/relationships/hyperlink"


class Rows(list[Any]):
    """What a template goes through; all of a document's share one count of steps."""

    def __init__(self, found: Any, count: list[int]) -> None:
        super().__init__(found)
        self._count = count

    def __iter__(self) -> Iterator[Any]:
        for each in super().__iter__():
            self._count[0] += 1
            if self._count[0] > MOST_STEPS:
                raise PaperTooLong(f"{MOST_STEPS} rows")
            yield each


class Named:
    """What a template names with a dot: keys, and never the methods of a dict."""

    __slots__ = ("_of",)

    def __init__(self, of: Mapping[str, Any]) -> None:
        self._of = of

    def __getitem__(self, key: str) -> Any:
        return self._of[key]


class _Sandbox(ImmutableSandboxedEnvironment):
    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=jinja2.StrictUndefined)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        try:
            return obj[attribute] if isinstance(obj, Named) else self.undefined(obj=obj, name=attribute)
        except KeyError:
            return self.undefined(obj=obj, name=attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _allow(tree, 0)
        return tree


def _allow(node: nodes.Node, depth: int) -> None:
    if not isinstance(node, MADE):
        raise TemplateWords(type(node).__name__.lower())
    if isinstance(node, nodes.For):
        depth += 1
        if depth > DEEPEST or node.recursive or node.test or not isinstance(node.iter, nodes.Name | nodes.Getattr):
            raise TemplateWords("for")
    for child in node.iter_child_nodes():
        _allow(child, depth)


def opened(data: bytes) -> DocxTemplate:
    """Raises TemplateFormat, TemplateMacro, TemplateTooLarge."""
    if len(data) > MOST_BYTES:
        raise TemplateTooLarge(f"{len(data)} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            _look_through(file)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise TemplateFormat("no .docx") from error
    return DocxTemplate(io.BytesIO(data))


def _look_through(file: zipfile.ZipFile) -> None:
    infos = file.infolist()
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise TemplateTooLarge(f"{len(infos)} parts")
    names = [info.filename.lower().lstrip("/") for info in infos]
    if "word/document.xml" not in names or "[content_types].xml" not in names:
        raise TemplateFormat("no .docx")
    if found := [name for name in names if any(each in name for each in ACTIVE)]:
        raise TemplateMacro(found[0])
    for info, name in zip(infos, names, strict=True):
        if not name.endswith((".xml", ".rels")):
            continue
        text = file.read(info)
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\x00" in text:
            raise TemplateFormat(name)
        if name == "[content_types].xml" and b"macroEnabled" in text:
            raise TemplateMacro(name)
        if name.endswith(".rels"):
            for one in re.findall(rb"<Relationship\b[^>]*>", text):
                if OUTSIDE.search(one) and LINK not in one:
                    raise TemplateMacro(f"{name}: what lies outside of the file")


def filled(data: bytes, values: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """The document. Raises what `opened` raises, TemplateField, TemplateWords, PaperTooLong."""
    template = opened(data)
    count = [0]
    try:
        template.render(_context(template, values, pictures, count), jinja_env=_Sandbox())
        out = io.BytesIO()
        template.save(out)
    except jinja2.UndefinedError as error:
        raise TemplateField(_field(str(error))) from error
    except jinja2.TemplateError as error:
        raise TemplateWords(str(error)) from error
    except (LxmlError, KeyError, ValueError, AttributeError, TypeError, RecursionError, zipfile.BadZipFile) as error:
        # What a library meets in a document that isn't made as it should be.
        raise TemplateFormat(f"{type(error).__name__}: {error}") from error
    return out.getvalue()


def _field(message: str) -> str:
    found = re.findall(r"'([^']*)'", message)
    return found[-1] if found else message


def _context(template: DocxTemplate, value: Any, pictures: Mapping[str, bytes], count: list[int]) -> dict[str, Any]:
    def shown(value: Any) -> Any:
        if isinstance(value, dict):
            return Named({key: shown(each) for key, each in value.items()})
        if isinstance(value, list):
            return Rows([shown(each) for each in value], count)
        if isinstance(value, str) and value in pictures:
            return InlineImage(template, io.BytesIO(pictures[value]), width=Mm(QR_MM))
        return value

    return {key: shown(each) for key, each in value.items()}
