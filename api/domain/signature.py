"""A signature as it was written: strokes of a pen or a finger, as a picture that says nothing but them and of what.

SVG made of whole numbers and of escaped texts alone: whatever was sent, there is nothing in it that runs or fetches.
"""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

Stroke = Sequence[tuple[int, int]]
LEAST_LONG = 12  # units that a pen must have gone: a dot by mistake is no signature


def long(strokes: Sequence[Stroke]) -> int:
    """How far the pen went, along both sides."""
    return sum(
        abs(x - u) + abs(y - v)
        for stroke in strokes
        for (x, y), (u, v) in pairwise(stroke)
    )  # fmt: skip


def svg(strokes: Sequence[Stroke], width: int, height: int, says: Mapping[str, str]) -> bytes:
    """`says`: what it is of, as `data-` attributes."""
    about = "".join(f' data-{name}="{escape(value)}"' for name, value in sorted(says.items()))
    paths = "".join(f'<path d="{_path(stroke)}"/>' for stroke in strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f'{about}><rect width="{width}" height="{height}" fill="#fff"/><g fill="none" stroke="#0b2a6b" '
        f'stroke-width="3" stroke-linecap="round" stroke-linejoin="round">{paths}</g></svg>\n'
    ).encode()


def _path(stroke: Stroke) -> str:
    points = [*stroke, stroke[0]] if len(stroke) == 1 else stroke
    return "M" + "L".join(f"{x} {y}" for x, y in points)
