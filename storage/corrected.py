"""What was corrected on a decision record, as its chain tells it: the old entry's words beside the new ones. For an
export, and for who checks one."""

from collections.abc import Iterable, Mapping
from typing import Any

CORRECT = "correct"
VOTES = "votes"  # of a correction: {vote: whether it passed}, of all that stand with it
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
    """What vote entries say now, and whether one may have fallen unsaid. A correction says which votes stand with it,
    and whether each passed (`VOTES`): it may let one fall, or count otherwise, that it isn't of. An older one that
    doesn't say so leaves both to the procedure's engine."""
    votes: dict[int, Mapping[str, Any]] = {}
    gone: set[int] = set()
    fell = False
    for seq, kind, each in said:
        wrong, should, stand = each.get("seq"), each.get("should"), each.get(VOTES)
        if kind == "vote":
            votes[seq] = each
        if kind != CORRECT or not isinstance(wrong, int):
            continue
        fell |= wrong not in votes or wrong in gone
        if wrong in votes and isinstance(should, dict):
            gone.discard(wrong)
            votes[wrong] = {key: value for key, value in {**votes[wrong], **should}.items() if key != "passed"}
        elif wrong in votes:
            gone.add(wrong)
        if isinstance(stand, dict):
            gone = {at for at, vote in votes.items() if str(vote.get("vote")) not in stand}
            votes |= {at: {**votes[at], "passed": stand[str(votes[at].get("vote"))]} for at in votes.keys() - gone}
            fell = False
    return [each for at, each in votes.items() if at not in gone], fell


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[list[Any]]:
    """Name, before, after; what is left out says nothing, none or nought."""
    return [
        [name, old.get(name), new[name]]
        for name in sorted(new)
        if name not in _OF_THE_ACT and (old.get(name) or None) != (new[name] or None)
    ]
