"""Spans of time as sorted, disjoint pairs (from, until) in nanoseconds: union, intersection, difference, length."""

from collections.abc import Iterable

Spans = list[tuple[int, int]]


def union(spans: Iterable[tuple[int, int]], apart: int = 0) -> Spans:
    """Any spans as sorted disjoint ones; empty and inverted spans vanish, touching ones join, and ones no further than
    `apart` from each other."""
    joined: Spans = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1] + apart:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def intersection(one: Spans, other: Spans) -> Spans:
    out: Spans = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            out.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return out


def difference(one: Spans, other: Spans) -> Spans:
    """What of `one` is not in `other`."""
    out: Spans = []
    j = 0
    for start, end in one:
        while j < len(other) and other[j][1] <= start:
            j += 1
        k = j
        while k < len(other) and other[k][0] < end:
            if start < other[k][0]:
                out.append((start, other[k][0]))
            start = max(start, other[k][1])
            k += 1
        if start < end:
            out.append((start, end))
    return out


def length(spans: Spans) -> int:
    return sum(end - start for start, end in spans)
