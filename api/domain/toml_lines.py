"""On which line of a TOML text each table and key stands, which `tomllib` doesn't say; for a text that it can read."""

import re
from collections.abc import Mapping

Place = tuple[str | int, ...]  # ("procedure", 0, "step", 2, "form")

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$"""
)
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|[\[\]{}]|#.*')


def lines(text: str) -> dict[Place, int]:
    """Places to line numbers from 1; keys within inline tables aren't told apart from the key they stand under."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    depth, string = 0, ""  # of brackets that are open; the quotes of a string over several lines
    for number, line in enumerate(text.splitlines(), 1):
        if not string and not depth:
            if header := _HEADER.match(line):
                table = _table(_names(header[2]), header[1] == "[[", counts)
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                found.setdefault((*table, *_names(key[1])), number)
                line = key[2]
        depth, string = _open(line, depth, string)
    return found


def line_of(found: Mapping[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest thing around it that has one."""
    while place and place not in found:
        place = place[:-1]
    return found.get(place, 1)


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _table(names: tuple[str, ...], of_array: bool, counts: dict[Place, int]) -> Place:
    place: Place = ()
    for name in names[:-1]:
        place = (*place, name)
        if place in counts:
            place = (*place, counts[place])
    place = (*place, names[-1])
    if not of_array:
        return place
    counts[place] = counts.get(place, -1) + 1
    return (*place, counts[place])


def _open(line: str, depth: int, string: str) -> tuple[int, str]:
    at = 0
    while at < len(line):
        if string:
            end = line.find(string, at)
            if end < 0:
                return depth, string
            at, string = end + 3, ""
            continue
        token = _TOKEN.search(line, at)
        if token is None:
            break
        at = token.end()
        if token[0] in ('"""', "'''"):
            string = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return depth, string
