"""Objections to minutes as a chain tells them, for an export and for who checks one: what the minutes say wrongly, what
was found in the recording, whether the supervisor found the same."""

from collections.abc import Iterable, Mapping
from typing import Any

KINDS = OBJECTED, FOUND, AGREED, DISPUTED = (
    "minutes-objected", "minutes-found", "minutes-agreed", "minutes-disputed",
)  # fmt: skip


def objections(said: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """In their order. One whose first entry says nothing any more is left out; of several findings the last counts."""
    told: dict[str, dict[str, Any]] = {}
    for kind, each in said:
        name = str(each.get("objection"))
        if kind == OBJECTED:
            first = {key: each.get(key) for key in ("agenda_item", "at_ms", "text")}
            told[name] = {"id": name, **first, "finding": None, "note": None, "word": None, "reason": None}
        elif name in told and kind == FOUND:
            told[name] |= {"finding": each.get("finding"), "note": each.get("note"), "word": None, "reason": None}
        elif name in told and kind == AGREED:
            told[name] |= {"word": "agreed"}
        elif name in told and kind == DISPUTED:
            told[name] |= {"word": "disputed", "reason": each.get("reason")}
    return list(told.values())
