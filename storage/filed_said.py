"""Files that people handed in, as a decision's chain tells them: versions of its plan, tables hung with notices, and
what came back signed of its papers. For an export, and for who checks one.

With a meeting go all versions of the plan, all tables, the record's own papers and the meeting's: a sheet of another
meeting, with names, hands and fingerprints, goes with that one. The chain speaks of all of them. What came back signed
of a meeting's papers where it dealt with no record stands on the meeting's own chain of what came later.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from storage import bag
from storage.chained import PAPER_PAGE, PAPER_SIGNED, PLAN, POST

KINDS = (PLAN, POST, PAPER_PAGE, PAPER_SIGNED)
SHEETS = ("minutes", "roster")  # papers that a part of a meeting has, and is called by: mtg_1, mtg_1-2
OF_ITEMS = ("tally", "ballot")
_OFFICE = "application/vnd.openxmlformats-officedocument"
SUFFIXES = {
    "application/pdf": ".pdf", f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx", "image/jpeg": ".jpg", "image/png": ".png", "image/svg+xml": ".svg",
}  # fmt: skip

_TABLES = (".xlsx", ".docx", ".csv")

Said = tuple[int, str, str, Mapping[str, Any]]  # an entry: its number, kind, time, and what it says
Line = dict[str, Any]

_FILE = ("file", "name", "mime", "bytes", "sha256", "sm3")
_PLAN = ("material",)
_PAPER = ("paper", "of", "number", "pages", "signer", "place", "by_name", "document")


def plans(said: Iterable[Said]) -> list[Line]:
    """Each version as it came; `path`: where it lies in the export, none where it stayed on paper."""
    return [
        {"seq": seq, "at": at, "path": _path(each), **{name: each.get(name) for name in (*_FILE, *_PLAN)}}
        for seq, kind, at, each in said
        if kind == PLAN
    ]


def tables(said: Iterable[Said]) -> list[Line]:
    """Each table of each notice; `step`: whose notice it was."""
    return [
        {
            "seq": seq,
            "at": at,
            "path": _path(each),
            "step": post.get("step"),
            **{name: each.get(name) for name in _FILE},
        }
        for seq, kind, at, post in said
        if kind == POST
        for each in post.get("tables") or ()
    ]


def filed(said: Iterable[Said], meeting: Any) -> list[Line]:
    """Of all kinds."""
    said = list(said)
    return [*plans(said), *tables(said), *signed(said, meeting)]


def signed(said: Iterable[Said], meeting: Any) -> list[Line]:
    """Each page and signature; `path`: where it lies in the export of this meeting, none if it goes with another."""
    said = list(said)
    items = {str(each.get("agenda_item")) for _, kind, _, each in said if _item_of(kind, each, meeting)}
    return [_signed(one, _goes_along(one[3], meeting, items)) for one in said if one[1] in (PAPER_PAGE, PAPER_SIGNED)]


def of_meeting(said: Iterable[Said]) -> list[Line]:
    """Each page and signature that the meeting's own chain speaks of: all of them go along."""
    return [_signed(one, True) for one in said if one[1] in (PAPER_PAGE, PAPER_SIGNED)]


def _signed(said: Said, along: bool) -> Line:
    seq, kind, at, each = said
    return {
        "seq": seq,
        "at": at,
        "way": "photo" if kind == PAPER_PAGE else "screen",
        "path": _path(each) if along else None,
        **{name: each.get(name) for name in (*_FILE, *_PAPER)},
    }


def part_of(line: Mapping[str, Any]) -> tuple[str, str] | None:
    """Of which meeting, and of which of its parts, a sheet is; of other papers nothing is said."""
    if line.get("paper") not in SHEETS:
        return None
    meeting, _, number = str(line.get("of")).partition("-")
    return meeting, number or "1"


def _goes_along(paper: Mapping[str, Any], meeting: Any, items: set[str]) -> bool:
    if (part := part_of(paper)) is not None:
        return part[0] == str(meeting)
    return str(paper.get("of")) in items if paper.get("paper") in OF_ITEMS else True


def _item_of(kind: str, each: Mapping[str, Any], meeting: Any) -> bool:
    return kind == "item" and str(each.get("meeting")) == str(meeting)


def _path(each: Mapping[str, Any]) -> str | None:
    if not each.get("file"):
        return None
    name = str(each.get("name")).lower()
    of_table = next((suffix for suffix in _TABLES if name.endswith(suffix)), "")
    return f"{bag.FILED}/{each['file']}{SUFFIXES.get(str(each.get('mime')), of_table)}"
