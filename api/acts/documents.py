"""Papers as documents, by the county's template where it has one, else by the hub's own; one at a time, off the loop.

A county's template is tried once with a paper on which everything stands, so that a wrong name in a row that is empty
today is told today.
"""

import asyncio
import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import segno

from api.domain.papers import PAPERS, Kind
from api.errors.papers import PaperBusy, PaperTooLong, TemplateError, TemplateFormat, TemplateTooLarge
from api.records.sheets import Sheet, SheetCode, SheetPage

WAIT_S = 20.0
MOST_CELLS = 40_000
MOST_BYTES = 4 << 20
MOST_PROVED = 50


class Documents:
    """Of one api process. `folder` is the county's own, by names as `minutes.docx`."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._turn = asyncio.Semaphore(1)
        self._thread = ThreadPoolExecutor(1, "documents")
        self._proved: set[str] = set()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def make(self, sheet: Sheet) -> bytes:
        """Raises TemplateError, PaperTooLong, PaperBusy."""
        if sum(1 for _ in _texts(sheet)) > MOST_CELLS:
            raise PaperTooLong(f"{MOST_CELLS} places")
        try:
            async with asyncio.timeout(WAIT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise PaperBusy from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._make, sheet)
        finally:
            self._turn.release()

    def _make(self, sheet: Sheet) -> bytes:
        # Word's libraries take a quarter of a second to read; most processes make no document.
        from api.acts.docx_default import default_template
        from api.acts.docx_template import filled

        values, pictures = values_of(sheet)
        own = own_template(self._folder, sheet.kind)
        if own is None:
            return filled(default_template(sheet.kind), values, pictures)
        mark = f"{sheet.kind} {hashlib.sha256(own).hexdigest()}"
        if mark not in self._proved:
            check(sheet.kind, own)
            self._proved = {*list(self._proved)[-MOST_PROVED:], mark}
        try:
            return filled(own, values, pictures)
        except TemplateError as error:
            raise named(error, sheet.kind) from error


def own_template(folder: Path | None, kind: Kind) -> bytes | None:
    """Raises TemplateTooLarge, TemplateFormat."""
    path = None if folder is None else folder / f"{kind}.docx"
    if path is None or not path.exists():
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise named(TemplateFormat(type(error).__name__), kind) from error
    if len(data) > MOST_BYTES:
        raise named(TemplateTooLarge(f"over {MOST_BYTES} bytes"), kind)
    return data


def check(kind: Kind, data: bytes) -> None:
    """Fills a template with a paper on which everything stands. Raises TemplateError."""
    from api.acts.docx_template import filled

    try:
        filled(data, *values_of(sample(kind)))
    except TemplateError as error:
        raise named(error, kind) from error


def named(error: TemplateError, kind: Kind) -> TemplateError:
    """The same with file and place in its sentences."""
    told = type(error)(error.detail, template=f"{kind}.docx", place=error.detail)
    told.zh = f"{type(error).zh}（{kind}.docx：{error.detail}）"  # type: ignore[misc]  # this one's alone
    told.en = f"{type(error).en} ({kind}.docx: {error.detail})"  # type: ignore[misc]
    return told


def sample(kind: Kind) -> Sheet:
    """A paper on which everything stands, each text being its own name."""
    from api.acts.sheet_making import make

    code = SheetCode(key="page", title="码", text="说明", code="0000", holds="huilu", qr="")
    paper = PAPERS[kind]
    tables = {key: [{each: each for each in table.columns}] for key, table in paper.tables.items()}
    parts = [sample("minutes")] if kind == "dossier" else []
    return make(
        kind, "sample", "题名", {key: key for key in paper.fields}, tables, codes=[code], notes=["注"], page=code,
        parts=parts,
    )  # fmt: skip


def values_of(sheet: Sheet) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What a template may name, and the pictures that stand for texts in it."""
    pictures: dict[str, bytes] = {}

    def code(of: SheetCode) -> dict[str, Any]:
        mark = f"\x00{of.holds}"  # no text of a sheet is like it
        if mark not in pictures:
            out = io.BytesIO()
            segno.make(of.holds, error="m", micro=False).save(out, kind="png", scale=6, border=4)
            pictures[mark] = out.getvalue()
        return {"key": of.key, "title": of.title, "text": of.text, "code": of.code or "", "picture": mark}

    def tables(of: Sheet | SheetPage) -> dict[str, list[dict[str, str]]]:
        return {each.key: list(each.rows) for each in of.tables}

    def leaf(of: SheetPage, empty: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
        return {
            "fields": [{"name": each.name, "value": each.value, "by_hand": each.by_hand} for each in of.fields],
            "table": empty | tables(of),
            "signs": list(of.signs),
            "codes": [code(each) for each in of.codes],
            "notes": list(of.notes),
            "code": code(of.code),
        }

    def whole(of: Sheet) -> dict[str, Any]:
        empty: dict[str, list[dict[str, str]]] = {each.key: [] for each in of.tables}
        return {
            "leaves": [leaf(each, empty) for each in of.pages],
            "name": of.name,
            "title": of.title,
            "field": {each.key: each.value for each in of.fields},
            "table": tables(of),
            "fields": [{"name": each.name, "value": each.value} for each in of.fields],
            "tables": [
                {
                    "name": each.name,
                    "columns": [{"name": column.name} for column in each.columns],
                    "rows": [[row[column.key] for column in each.columns] for row in each.rows],
                }
                for each in of.tables
            ],
            "signs": list(of.signs),
            "notes": list(of.notes),
            "codes": [code(each) for each in of.codes],
            "page": code(of.page) if of.page else {"title": "", "text": "", "picture": ""},
            "parts": [whole(each) for each in of.parts],
        }

    return whole(sheet), pictures


def _texts(sheet: Sheet) -> Iterator[str]:
    yield from (each.value for each in sheet.fields)
    for table in sheet.tables:
        for row in table.rows:
            yield from row.values()
    for part in sheet.parts:
        yield from _texts(part)
