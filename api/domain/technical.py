"""Which gaps of a closed recording wait for an explanation: technical ones that are long enough. What the meeting did
by itself (a declared break, a device that left or was switched off) needs none. Pure; times in ns of meeting time."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from api.domain.entries import Judging
from api.domain.shown import overlap


class Hole(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def cause(self) -> str: ...


H = TypeVar("H", bound=Hole)


def technical(holes: Iterable[H], breaks: Iterable[tuple[int, int]], judging: Judging) -> list[H]:
    pauses = list(breaks)
    return [
        hole
        for hole in holes
        if hole.cause not in judging.own_causes
        and hole.end_ns - hole.start_ns - overlap(pauses, [(hole.start_ns, hole.end_ns)])
        > judging.explained_above_ms * 1_000_000
    ]
