"""What was corrected on a decision record, as its chain tells it: the old entry's words beside the new ones. For an
export, and for who checks one."""

from collections.abc import Iterable, Mapping
from typing import Any

CORRECT = "correct"
_OF_THE_ACT = frozenset({"act"})


def corrections(said: Iterable[tuple[int, str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Of entries with their numbers, in their order. An entry that was corrected twice stands twice, each time against
    what it said then; what was struck out altogether has no new words."""
    out: list[dict[str, Any]] = []
    stands: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for seq, kind, each in said:
        stands[seq] = (kind, each)
        wrong = each.get("seq")
        if kind != CORRECT or not isinstance(wrong, int) or wrong not in stands:
            continue
        of, old = stands[wrong]
        should = each.get("should")
        new = should if isinstance(should, dict) else None
        out.append(
            {
                "seq": seq,
                "of": wrong,
                "kind": of,
                "struck": new is None,
                "changed": [] if new is None else _changed(old, new),
                "reason": each.get("reason"),
            }
        )
        stands[wrong] = (of, old if new is None else {**old, **new})
    return out


def standing_votes(said: Iterable[tuple[int, str, Mapping[str, Any]]]) -> tuple[list[Mapping[str, Any]], bool]:
    """What vote entries say now, and whether one may have fallen with another entry that was corrected, which only the
    procedure's engine can tell. Whether a corrected vote passed is counted anew, and said by no entry."""
    votes: dict[int, Mapping[str, Any]] = {}
    fell = False
    for seq, kind, each in said:
        wrong, should = each.get("seq"), each.get("should")
        if kind == "vote":
            votes[seq] = each
        elif kind == CORRECT and isinstance(wrong, int) and wrong not in votes:
            fell = True
        elif kind == CORRECT and isinstance(wrong, int):
            if isinstance(should, dict):
                votes[wrong] = {key: value for key, value in {**votes[wrong], **should}.items() if key != "passed"}
            else:
                del votes[wrong]
    return list(votes.values()), fell


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[list[Any]]:
    """Name, before, after; what is left out says nothing, none or nought."""
    return [
        [name, old.get(name), new[name]]
        for name in sorted(new)
        if name not in _OF_THE_ACT and (old.get(name) or None) != (new[name] or None)
    ]
