"""A decision record is the fold of its chain: the row is a cache that this rebuilds (DESIGN §7).

created    {decision, unit, matter, title, access_class, by, created_ms}
item       {agenda_item, meeting, title}                 discussed here
class      {access_class, agenda_item}                its item was closed to others after the record was made
vote       {vote, agenda_item, …figures, passed, outcome}
outcome    {outcome, by}                                 withdrawn | ended, without a vote
recording  {recording, meeting, root, seq, key_id}       the closed recording that it rests on
judged     {proper, reasons}                             done properly, or why not
printed    {by, by_name, codes}                          on paper, with these codes; changes nothing of the record

Where an entry's payload was erased the row itself is the last to know what it said: those fields stay as they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Payload = Mapping[str, Any]


@dataclass(slots=True)
class DecisionState:
    id: str = ""
    unit_id: str = ""
    matter: str = ""
    title: str = ""
    access_class: str = "open"
    created_by: str = ""
    created_wall: int = 0
    state: str = "open"
    outcome: str | None = None
    proper: bool | None = None
    improper_reasons: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    votes: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)


def fold(entries: Iterable[tuple[str, Payload | None]], before: DecisionState | None = None) -> DecisionState:
    """Entries in chain order, with None for an erased payload, and what the row says now; a kind that is not known here
    changes nothing."""
    decision = DecisionState()
    for kind, payload in entries:
        step = STEPS.get(kind)
        if step is None:
            continue
        if payload is not None:
            step(decision, payload)
        elif before is not None:
            for name in _KEPT.get(kind, ()):
                setattr(decision, name, getattr(before, name))
            if kind == "vote":  # it asks for a new judgement, whatever it said
                decision.proper, decision.improper_reasons = None, []
    return decision


def _created(decision: DecisionState, payload: Payload) -> None:
    decision.id = payload["decision"]
    decision.unit_id = payload["unit"]
    decision.matter = payload["matter"]
    decision.title = payload["title"]
    decision.access_class = payload["access_class"]
    decision.created_by = payload["by"]
    decision.created_wall = payload["created_ms"] * 1_000_000


def _item(decision: DecisionState, payload: Payload) -> None:
    if payload["agenda_item"] not in decision.items:
        decision.items.append(payload["agenda_item"])


def _class(decision: DecisionState, payload: Payload) -> None:
    decision.access_class = payload["access_class"]


def _vote(decision: DecisionState, payload: Payload) -> None:
    # A vote that is taken again replaces what the earlier one decided; both stay in the record.
    decision.votes.append(dict(payload))
    decision.state, decision.outcome = "decided", payload["outcome"]
    decision.proper, decision.improper_reasons = None, []


def _outcome(decision: DecisionState, payload: Payload) -> None:
    decision.state, decision.outcome = "decided", payload["outcome"]


def _recording(decision: DecisionState, payload: Payload) -> None:
    decision.recordings.append(payload["recording"])


def _judged(decision: DecisionState, payload: Payload) -> None:
    decision.proper, decision.improper_reasons = payload["proper"], list(payload["reasons"])


# What an entry of a kind sets in the row.
_KEPT = {
    "created": ("id", "unit_id", "matter", "title", "access_class", "created_by", "created_wall"),
    "class": ("access_class",),
    "vote": ("state", "outcome"),
    "outcome": ("state", "outcome"),
    "judged": ("proper", "improper_reasons"),
}
STEPS = {
    "created": _created,
    "item": _item,
    "class": _class,
    "vote": _vote,
    "outcome": _outcome,
    "recording": _recording,
    "judged": _judged,
}
