"""Packets into the order of their index: a hole is waited for 1 s, then given up and counted. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

# A retransmission that isn't here after a second has lost its players long ago (MEDIA.md, "On disk").
PATIENCE_NS = 1_000_000_000
# 8 s of 4 Mbit/s; a source with more than that waiting behind a hole gets its first hole given up.
MAX_WAITING = 4096

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lost:
    """Indices that never came."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Reorder(Generic[T]):
    def __init__(self, next_index: int) -> None:
        self.next_index = next_index
        self._waiting: dict[int, tuple[int, T]] = {}

    @property
    def waits(self) -> bool:
        """Something waits behind a hole. While nothing does, whoever takes `next_index` may count it up himself."""
        return bool(self._waiting)

    def push(self, index: int, item: T, now: int) -> list[tuple[int, T] | Lost]:
        """What can go on now. Doubled and late ones (given up already) vanish: their hole was told."""
        if index == self.next_index and not self._waiting:
            self.next_index += 1
            return [(index, item)]
        if index >= self.next_index:
            self._waiting.setdefault(index, (now, item))
        return self.pop(now)

    def pop(self, now: int) -> list[tuple[int, T] | Lost]:
        """Call it also when nothing comes: patience ends by itself."""
        out: list[tuple[int, T] | Lost] = []
        while self._waiting:
            found = self._waiting.pop(self.next_index, None)
            if found is not None:
                out.append((self.next_index, found[1]))
                self.next_index += 1
                continue
            after = min(self._waiting)
            if now - self._waiting[after][0] < PATIENCE_NS and len(self._waiting) <= MAX_WAITING:
                break
            out.append(self._give_up(after))
        return out

    def flush(self) -> list[tuple[int, T] | Lost]:
        """Everything that waits, its holes given up: the source has ended."""
        out: list[tuple[int, T] | Lost] = []
        for index in sorted(self._waiting):
            if index > self.next_index:
                out.append(self._give_up(index))
            out.append((index, self._waiting.pop(index)[1]))
            self.next_index = index + 1
        return out

    def skip_to(self, index: int) -> Lost | None:
        """Everything before `index` is gone for good, the other side says."""
        if index <= self.next_index:
            return None
        for each in [each for each in self._waiting if each < index]:
            del self._waiting[each]
        return self._give_up(index)

    def _give_up(self, until: int) -> Lost:
        lost = Lost(self.next_index, until - 1)
        self.next_index = until
        return lost

    def missing(self) -> Lost | None:
        """The first hole that is waited for."""
        if not self._waiting or self.next_index in self._waiting:
            return None
        return Lost(self.next_index, min(self._waiting) - 1)
