"""What the code of a printed page says: of which paper it is, which page of how many, and a mark over that.

    SITE/papers/KIND/SUBJECT?p=2-3-7KQ4        page 2 of 3

It is the paper's own address, so any scanner opens the paper; it holds no name and no figure. The mark is 20 bits of a
SHA-256: it tells a code that was printed from one that was typed or half read, and is no secret, because who hands a
page in needs a right to. Papers printed before bear the address alone: of those the page's number isn't known.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import get_args

from api.domain.papers import Kind

DOMAIN = b"huilu-page-1\x00"  # these bits are used for nothing else
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MOST_PAGES = 99
HANDED_IN: tuple[Kind, ...] = ("record", "minutes", "roster", "tally", "notice")  # what is signed, or hangs

_PAGE = re.compile(
    rf"https?://[^\s?#]{{1,200}}/papers/({'|'.join(get_args(Kind))})/([A-Za-z0-9_-]{{1,64}})"
    r"(?:\?p=([1-9][0-9]?)-([1-9][0-9]?)-([0-9A-Z]{4}))?"
)
_ALIKE = re.compile(r"https?://[^\s?#]{1,200}/papers/[a-z]")


class NoPageCode(ValueError):
    """Some other code: of a shop, of a telephone, of a second of video."""


class BrokenPageCode(ValueError):
    """One that looks like ours and isn't as it was printed."""


@dataclass(frozen=True, slots=True)
class PageCode:
    kind: Kind
    subject: str
    number: int | None = None  # neither is known of papers that were printed before pages had numbers
    of: int | None = None


def address(site: str, kind: Kind, subject: str) -> str:
    return f"{site}/papers/{kind}/{subject}"


def written(address: str, kind: Kind, subject: str, number: int, of: int) -> str:
    return f"{address}?p={number}-{of}-{_mark(kind, subject, number, of)}"


def read(text: str) -> PageCode:
    """Raises NoPageCode, BrokenPageCode."""
    found = _PAGE.fullmatch(text)
    if found is None:
        raise BrokenPageCode(text) if _ALIKE.match(text) else NoPageCode(text)
    kind, subject, number, of, mark = found.groups()
    if number is None:
        return PageCode(kind, subject)  # type: ignore[arg-type]  # one of them, by the pattern
    if int(number) > int(of) or mark != _mark(kind, subject, int(number), int(of)):
        raise BrokenPageCode(text)
    return PageCode(kind, subject, int(number), int(of))  # type: ignore[arg-type]


def _mark(kind: str, subject: str, number: int, of: int) -> str:
    hashed = int.from_bytes(hashlib.sha256(DOMAIN + f"{kind} {subject} {number} {of}".encode()).digest()[:4])
    return "".join(ALPHABET[hashed >> shift & 31] for shift in (27, 22, 17, 12))
