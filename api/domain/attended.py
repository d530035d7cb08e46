"""How somebody attended what a body did, by the spans for which he was ticked: facts of one meeting, never a score."""

from collections.abc import Sequence
from dataclasses import dataclass

# The minute taker ticks while people come and sit down, and unticks when somebody has found his coat.
TOLERATED_NS = 10 * 60 * 1_000_000_000

Span = tuple[int, int | None]  # meeting time; None: until the end


@dataclass(frozen=True, slots=True)
class Attended:
    came_ns: int | None  # None: he wasn't there
    left_ns: int | None
    late: bool = False
    left_early: bool = False

    @property
    def present(self) -> bool:
        return self.came_ns is not None


def attended(spans: Sequence[Span], begins_ns: int, ends_ns: int) -> Attended:
    mine = within(spans, begins_ns, ends_ns)
    if not mine:
        return Attended(None, None)
    came = max(begins_ns, min(start for start, _ in mine))
    left = min(ends_ns, max(ends_ns if end is None else end for _, end in mine))
    return Attended(came, left, came - begins_ns > TOLERATED_NS, ends_ns - left > TOLERATED_NS)


def within(spans: Sequence[Span], begins_ns: int, ends_ns: int | None) -> list[Span]:
    """Those in which he was there between the two, be it for a moment."""
    return [
        (start, end) for start, end in spans
        if (end is None or end >= begins_ns) and (ends_ns is None or start <= ends_ns)
    ]  # fmt: skip
