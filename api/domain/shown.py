"""What a closed recording shows of a sitting: how much of it, where a vote has a gap, how long the breaks were, and how
long the supervisor was away. Pure; spans in milliseconds of meeting time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.domain.entries import Judging

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Held:
    """The items of one meeting, or of one part of it, that dealt with one step, and the meeting around them."""

    items: Sequence[Span]
    recorded: bool
    holes: Sequence[Span]  # of the meeting's main picture and sound
    sealed_ms: int
    due_ms: int
    begins_ms: int = 0
    breaks: Sequence[Span] = ()
    votes: Sequence[tuple[int | None, int]] = ()  # in order: read (none: nobody said), announced
    supervised: Sequence[Span] = ()  # a supervisor was there
    confirmed: bool = False


def shown(held: Held, judging: Judging) -> dict[str, Any]:
    """The figures of `sealed` (docs/PROCEDURES.md)."""
    whole = held.due_ms + sum(end - start for start, end in held.breaks)
    items = _cut(held.items, [(held.begins_ms, held.begins_ms + max(1, whole))]) or list(held.items)
    there = overlap(held.supervised, items)
    length = overlap(items, items)
    paused = overlap(held.breaks, items)
    return {
        "recorded": held.recorded,
        "coverage_permille": held.sealed_ms * 1000 // held.due_ms if held.due_ms else 0,
        "longest_break_ms": max((end - start for start, end in held.breaks), default=0),
        "breaks_permille": -(-sum(end - start for start, end in held.breaks) * 1000 // whole) if whole else 0,
        "supervisor": {
            "present": there > 0,
            "away_ms": max(0, length - there - paused),
            "confirmed": held.confirmed,
        },
        "gaps": _gaps(held, judging),
    }


def within(held: Held, span: Span) -> Held:
    """The same of one part of a meeting, as if nothing had been before it nor after it."""
    breaks = joined(_cut(held.breaks, [span]))
    due = span[1] - span[0] - overlap(breaks, [span])
    missing = overlap([*held.holes, *breaks], [span]) - overlap(breaks, [span])
    sealed = max(0, due - missing) if held.sealed_ms else 0
    return replace(held, breaks=breaks, due_ms=due, sealed_ms=sealed, begins_ms=span[0])


def _gaps(held: Held, judging: Judging) -> list[int]:
    """Numbers of the votes in whose span, from the reading of the question to the announcement of the result, something
    is missing; where nobody said when it was read, `vote_span_ms` before. A hole is cut where its causes change, and is
    long or short as a whole; one below the tolerance is none."""
    real = [hole for hole in joined(held.holes) if hole[1] - hole[0] >= judging.hole_tolerated_ms]
    first = min((start for start, _ in held.items), default=0)
    return [
        number
        for number, (asked, at) in enumerate(held.votes, 1)
        if not held.recorded
        or overlap(real, [(max(first, at - judging.vote_span_ms) if asked is None else asked, at)]) > 0
    ]


def joined(spans: Iterable[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _cut(spans: Iterable[Span], to: Sequence[Span]) -> list[Span]:
    return [(max(a, c), min(b, d)) for a, b in spans for c, d in to if max(a, c) < min(b, d)]


def overlap(spans: Iterable[Span], within: Sequence[Span]) -> int:
    """Milliseconds of `within` that `spans` cover; overlapping spans count once."""
    total, reached = 0, -1
    for start, end in sorted(_cut(spans, within)):
        start = max(start, reached)
        if end > start:
            total += end - start
            reached = end
    return total
