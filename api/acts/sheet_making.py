"""A sheet put together by the table of papers: every field and table that stands there, in its order, and no other."""

import hashlib
from collections.abc import Container, Mapping, Sequence

from api.acts.sheet_pages import pages_of
from api.domain.paper_words import plain
from api.domain.papers import BALLOTS_A_PAGE, PAPERS, Kind
from api.records.sheets import Sheet, SheetCode, SheetColumn, SheetField, SheetTable
from storage.canonical import canonical_bytes

Rows = Sequence[Mapping[str, object]]
Known = object  # text, a figure, or nothing


def make(
    kind: Kind,
    subject: str,
    title: str,
    fields: Mapping[str, Known],
    tables: Mapping[str, Rows],
    *,
    codes: Sequence[SheetCode] = (),
    notes: Sequence[str] = (),
    page: SheetCode | None = None,
    parts: Sequence[Sheet] = (),
    without: Container[str] = (),
) -> Sheet:
    """What isn't given is left to be written by hand, and fields of `without` are left away. Raises KeyError for what
    doesn't stand on this paper."""
    paper = PAPERS[kind]
    if wrong := [*(fields.keys() - paper.fields.keys()), *(tables.keys() - paper.tables.keys())]:
        raise KeyError(f"{kind}: {wrong}")
    sheet = Sheet(
        kind=kind,
        subject=subject,
        name=paper.name,
        title=plain(title),
        fields=[
            SheetField(key=key, name=name, value=_text(fields.get(key)), by_hand=key in paper.by_hand)
            for key, name in paper.fields.items()
            if key not in without
        ],
        tables=[
            SheetTable(
                key=key,
                name=table.name,
                columns=[SheetColumn(key=each, name=of.name, share=of.share) for each, of in table.columns.items()],
                rows=[{each: _text(row.get(each)) for each in table.columns} for row in tables.get(key, ())],
                tall=table.tall,
            )
            for key, table in paper.tables.items()
        ],
        signs=list(paper.signs),
        codes=list(codes),
        notes=[plain(note) for note in notes],
        copies=BALLOTS_A_PAGE if kind == "ballot" else 1,
        page=page,
        parts=list(parts),
    )
    sheet.pages, sheet.digest = pages_of(sheet), hashlib.sha256(document(sheet)).hexdigest()
    return sheet


def document(sheet: Sheet) -> bytes:
    """What somebody signs: all that stands on the paper but codes, notes, and what the record's history goes on to say,
    his signature among it."""
    return canonical_bytes(
        {
            "kind": sheet.kind,
            "subject": sheet.subject,
            "title": sheet.title,
            "fields": {each.key: each.value for each in sheet.fields},
            "tables": {each.key: each.rows for each in sheet.tables if each.key != "history"},
            "signs": sheet.signs,
        }
    )


def _text(value: object) -> str:
    return "" if value is None else plain(str(value))
