"""A border: a story told with one thing changed, up to that thing, and what it comes to."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.model.stories import STORIES
from tests.model.told import (
    Act,
)

Changes = dict[str, Any]


class Border(NamedTuple):
    says: str
    procedure: str
    changed: dict[str, Changes | None]  # by act and step; None: that act is left out
    upto: str  # the last act of the story that is told
    outcome: str | None = None
    marks: tuple[str, ...] = ()  # rule and step
    refused: str | None = None  # the last act
    then: tuple[Act, ...] = ()  # told behind
    standing: str = ""  # step and how it stands on `today`
    today: str = ""  # left out: the day of the newest act
    compliant: str = ""  # yes | no | none, where it is asked
    lifted: tuple[str, ...] = ()  # rule, step and the number of the correction


def named(act: Act) -> str:
    return f"{act['act']} {act.get('step', '')}".strip()


def told(procedure: str, changed: dict[str, Changes | None], upto: str, then: Iterable[Act] = ()) -> list[Act]:
    """The story's acts with what is changed in them; a name stands for the first act of that name."""
    story = STORIES[procedure]
    acts, left = [], dict(changed)
    for act in [story.begin, *(each.act for each in story.told)]:
        change = left.pop(named(act), {})
        if change is not None:
            acts.append(act | change)
        if named(act) == upto:
            break
    else:
        raise ValueError(f"{procedure}: no {upto}")
    assert not left, left
    return [*acts, *then]


def members(present: int = 60, in_favour: int = 60, body: str = "members", due: int = 90) -> dict[str, Changes | None]:
    """The road as a project of the collective: its members decide (b2, M)."""
    return {
        "begin": {"matter": "b2"},
        "sitting resolution": {"body": body, "due": due, "present": present, "called_on": "2026-03-13"},
        "vote resolution": {
            "due": due, "present": present, "in_favour": in_favour, "against": present - in_favour, "abstained": 0
        },
    }  # fmt: skip
