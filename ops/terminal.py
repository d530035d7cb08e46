"""What a person at the terminal reads: Chinese first, English after it, and tables that line up."""

import sys
import unicodedata
from collections.abc import Sequence


def say(zh: str, en: str) -> None:
    print(f"{zh} / {en}", flush=True)


def complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    columns = [max(width(row[number]) for row in (head, *rows)) for number in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        return "  ".join(cell + " " * (columns[i] - width(cell)) for i, cell in enumerate(row)).rstrip()

    rule = "  ".join("─" * column for column in columns)
    return "\n".join((line(head), rule, *(line(row) for row in rows)))
