"""Strict DER (X.690 §10, §11) in the few forms that a time-stamp token is made of: one spelling, or NotDer.

Knows no schema and no network, keeps to the bytes it was given, and reads no deeper than it is asked to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8_STRING = 0x01, 0x02, 0x03, 0x04, 0x06, 0x0C
GENERALIZED_TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
MAX_INTEGER_BYTES = 64  # serial numbers and nonces are shorter (RFC 5280 §4.1.2.2: 20)


class NotDer(ValueError):
    """These bytes are not what was expected here."""


@dataclass(frozen=True, slots=True)
class Element:
    """A tag with its content."""

    tag: int  # the identifier octet, class and "constructed" bit included
    content: bytes
    whole: bytes  # with tag and length

    def inner(self) -> "Reader":
        return Reader(self.content)

    def expect(self, tag: int) -> "Element":
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#04x} where {tag:#04x} belongs")
        return self

    def integer(self) -> int:
        content = self.expect(INTEGER).content
        # X.690 §8.3.2: no byte more than needed.
        padded = len(content) > 1 and (content[0], content[1] >> 7) in ((0x00, 0), (0xFF, 1))
        if not content or padded or len(content) > MAX_INTEGER_BYTES:
            raise NotDer("an integer that is empty, padded or too long")
        return int.from_bytes(content, "big", signed=True)

    def boolean(self) -> bool:
        if self.expect(BOOLEAN).content not in (b"\x00", b"\xff"):  # X.690 §11.1
            raise NotDer("a boolean that is neither")
        return self.content == b"\xff"

    def octets(self) -> bytes:
        return self.expect(OCTET_STRING).content

    def oid(self) -> str:
        content = self.expect(OID).content
        if not content or content[-1] & 0x80 or len(content) > MAX_INTEGER_BYTES:
            raise NotDer("an object identifier that doesn't end")
        arcs, value, fresh = [], 0, True
        for byte in content:
            if fresh and byte == 0x80:  # X.690 §8.19.2
                raise NotDer("an object identifier with padding")
            value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
            if fresh:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

    def time(self) -> datetime:
        """GeneralizedTime as RFC 3161 §2.4.2 has it: UTC, seconds, a fraction without trailing zeros."""
        content = self.expect(GENERALIZED_TIME).content
        whole, _, fraction = content[:-1].partition(b".")
        plain = whole.isdigit() and len(whole) == 14 and content[-1:] == b"Z"
        if not plain or (b"." in content and (not fraction.isdigit() or fraction[-1:] == b"0" or len(fraction) > 9)):
            raise NotDer("a time that is not UTC to the second")
        try:
            moment = datetime.strptime(whole.decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise NotDer(str(error)) from error
        return moment.replace(microsecond=int(fraction[:6].ljust(6, b"0")))


class Reader:
    """The elements of a content, one after another; `end` says that there must be no more."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    @property
    def tag(self) -> int | None:
        """Of what comes next."""
        return self._rest[0] if self._rest else None

    def next(self, tag: int | None = None) -> Element:
        element = _first(self._rest)
        self._rest = self._rest[len(element.whole) :]
        return element if tag is None else element.expect(tag)

    def optional(self, tag: int) -> Element | None:
        return self.next() if self.tag == tag else None

    def all(self) -> Iterator[Element]:
        while self._rest:
            yield self.next()

    def end(self) -> None:
        if self._rest:
            raise NotDer("more than belongs here")


def read(content: bytes, tag: int = SEQUENCE) -> Element:
    """The one element that `content` is, with nothing after it."""
    reader = Reader(content)
    element = reader.next(tag)
    reader.end()
    return element


def _first(content: bytes) -> Element:
    if len(content) < 2 or content[0] & 0x1F == 0x1F:  # no tag above 30 occurs in a token
        raise NotDer("cut off, or a tag of several bytes")
    length, start = content[1], 2
    if length & 0x80:
        count = length & 0x7F
        # X.690 §10.1: a definite length in as few bytes as it takes.
        if not 1 <= count <= 4 or len(content) < 2 + count or content[2] == 0:
            raise NotDer("a length that is indefinite, padded or too long")
        length, start = int.from_bytes(content[2 : 2 + count], "big"), 2 + count
        if length < 0x80:
            raise NotDer("a length that needs fewer bytes")
    if len(content) < start + length:
        raise NotDer("cut off")
    return Element(content[0], content[start : start + length], content[: start + length])


def encode(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
