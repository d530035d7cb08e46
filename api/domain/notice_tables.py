"""Tables that are to hang with a notice: how many, how large, what they're called; each looked through as a whole."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.domain import attachments, private_numbers
from api.domain.private_numbers import NAMES
from api.domain.table_texts import texts
from api.errors.papers import BadAttachment, PrivateNumbers, TableUnfit, TooManyTables

MOST = 3
MAX_BYTES = 5 * 1024 * 1024  # a telephone on a village's line saves it in half a minute
LONGEST_NAME = 60
_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "csv": "text/csv",
}


@dataclass(frozen=True, slots=True)
class Attached:
    """As people see it: what it is called, how large it is, the file's name in its address."""

    file: str
    name: str
    bytes: int


def check(files: Sequence[tuple[str, bytes]]) -> list[str]:
    """The media type of each. Raises TooManyTables, TableUnfit, BadAttachment, PrivateNumbers with the table's name."""
    if len(files) > MOST:
        raise TooManyTables(f"{len(files)}, {MOST} at most", most=MOST)
    found = []
    for at, (name, data) in enumerate(files):
        mime = _fit(name, data)
        if name.lower() in {each.lower() for each, _ in files[:at]}:
            raise TableUnfit("two of one name")
        try:
            attachments.check(name, data)
        except PrivateNumbers as error:
            places = [{**each, "file": name} for each in error.more["places"]]
            raise PrivateNumbers(str(error), places=places) from error
        if mime == KINDS["csv"] and any(_runs(each.text) for each in texts(name, data)):
            raise BadAttachment("a formula")
        found.append(mime)
    return found


# Which mark parts the cells is for each program to guess: any of them may begin one. -5 and +5 are figures, and so is
# what has no call in it.
_BEGINS = re.compile(r"(?:^|[,;\t\n\r，])[\s\"']*(?:[=@＝＠]|[-+－＋][^,;\t\n\r]*(?:\||[A-Za-z.]\())")


def _runs(cell: str) -> bool:
    """Whether Excel takes a cell of a .csv, or a piece of it, for something to reckon or start."""
    return _BEGINS.search(cell) is not None


def _fit(name: str, data: bytes) -> str:
    for each in private_numbers.find(name):
        zh, en = NAMES[each.kind]
        raise PrivateNumbers(
            f"{en} in the file's name",
            places=[{"kind": each.kind, "sheet": "", "row": 0, "column": "", "zh": f"文件名中有{zh}",
                     "en": f"{en} stands in the file's name"}],
        )  # fmt: skip
    stem, dot, suffix = name.rpartition(".")
    kind = suffix.lower()
    if not stem.strip() or not dot or kind not in KINDS:
        raise TableUnfit("its name or kind")
    if len(name) > LONGEST_NAME or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        raise TableUnfit("its name")
    if not 0 < len(data) <= MAX_BYTES:
        raise TableUnfit("its size")
    if data.startswith(b"PK") is (kind == "csv"):
        raise TableUnfit("not what its name says")
    return KINDS[kind]
