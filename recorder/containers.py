"""Which container a segment is: it follows the codec of the source, and the file's first bytes say it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from recorder import mp4, webm
from recorder.mp4 import Fragment, Sample

WEBM = ".webm"


class Container(Protocol):
    def fragment(self, sequence: int, start: int, samples: Sequence[Sample]) -> bytes: ...
    def head_length(self, data: bytes) -> int: ...
    def fragments(self, data: bytes) -> Iterator[Fragment]: ...
    def rest(self, data: bytes, begin: int) -> tuple[int, list[Sample]]: ...
    def picture_size(self, head: bytes) -> tuple[int, int] | None: ...


def of(head: bytes) -> Container:
    """By a file's or a head's first bytes."""
    return webm if head.startswith(webm.MAGIC) else mp4


def suffix(head: bytes) -> str:
    """Of a sealed file's name."""
    return "webm" if head.startswith(webm.MAGIC) else "mp4"


def is_webm(name: str) -> bool:
    return name.endswith(WEBM)
