"""A paper as a plain record of what stands on it: the page shows it, a document is filled with it."""

from api.domain.papers import Kind
from api.records.base import Answer


class SheetField(Answer):
    key: str
    name: str
    value: str
    by_hand: bool  # room to write


class SheetColumn(Answer):
    key: str
    name: str
    share: int  # of the width, in parts of the columns' sum


class SheetTable(Answer):
    key: str
    name: str
    columns: list[SheetColumn]
    rows: list[dict[str, str]]
    tall: bool


class SheetCode(Answer):
    key: str  # page | video | decision | recording | notice
    title: str
    text: str
    code: str | None  # to type and compare, of the archive's checkpoint
    holds: str  # what the QR code says
    qr: str  # its picture's address


class SheetPage(Answer):
    """What of it stands on one page of A4."""

    number: int
    fields: list[SheetField]
    tables: list[SheetTable]
    signs: list[str]
    codes: list[SheetCode]
    notes: list[str]
    code: SheetCode  # by which a photograph of the page finds its place


class Sheet(Answer):
    kind: Kind
    subject: str
    name: str
    title: str
    fields: list[SheetField]
    tables: list[SheetTable]
    signs: list[str]
    codes: list[SheetCode]
    notes: list[str]
    copies: int  # how often it stands on a page
    page: SheetCode | None  # of which paper a page is; none on ballots
    digest: str = ""  # SHA-256 of the canonical bytes of what stands on it: what a signature on a screen is of
    pages: list[SheetPage] = []  # of what is printed as one paper; none of ballots and dossiers
    parts: list["Sheet"]  # of a dossier
