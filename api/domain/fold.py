"""A decision record is the fold of its chain: the row is a cache that this rebuilds (DESIGN §7).

created    {decision, unit, title, access_class, by, created_ms, …begin}
item       {agenda_item, meeting, title}               discussed here
class      {access_class, agenda_item}                 its item was closed to others after the record was made
ACTS       {…act, outcome, by}                         an act (docs/PROCEDURES.md), and what the record came to with it
recording  {recording, meeting, root, seq, key_id}     the closed recording that it rests on
judged     {proper, reasons, on}                       whether it is done properly, each time when that became another
printed    {by, by_name, codes}                        on paper, with these codes; changes nothing of the record
correction-…, minutes-…                                what waits for a second person's word (`second_words`)

What an act comes to is the procedure engine's to say. Where an entry's payload was erased the row itself is the last
to know what it said: those fields stay as they are, and a record that lacks an act is walked no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.domain.day import day_of
from api.domain.procedure import acts
from api.domain.procedure.record import Record
from api.domain.procedure.table import Outcome
from api.domain.procedure.walk import walked
from api.domain.second_words import SecondWords

Payload = Mapping[str, Any]
CREATED = "created"
MODELS = {model.model_fields["act"].default: model for model in acts.MODELS}
ACTS = frozenset(MODELS) - {"begin"}


@dataclass(slots=True)
class DecisionState:
    id: str = ""
    unit_id: str = ""
    matter: str = ""
    title: str = ""
    access_class: str = "open"
    created_by: str = ""
    created_wall: int = 0
    begun_on: str = ""
    outcome: Outcome | None = None
    proper: bool | None = None
    items: list[str] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)  # by item that began it
    votes: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    record: Record | None = None  # none: an act of it was erased
    latest: str = ""  # the newest day that an act names
    second_words: SecondWords = field(default_factory=SecondWords)

    @property
    def state(self) -> str:
        return "open" if self.outcome in (None, "no_quorum") else "decided"


def fold(entries: Iterable[tuple[str, Payload | None]], before: DecisionState | None = None) -> DecisionState:
    """Entries in chain order, with None for an erased payload, and what the row says now; a kind that is not known here
    changes nothing."""
    decision = DecisionState()
    taken: list[dict[str, Any]] | None = []
    for kind, payload in entries:
        if payload is None:
            if kind in ACTS or kind == CREATED:
                taken = None
            if before is not None:
                for name in _KEPT.get(kind, ("outcome",) if kind in ACTS else ()):
                    setattr(decision, name, getattr(before, name))
            continue
        if kind in ACTS or kind == CREATED:
            act = act_of(kind, payload)
            decision.latest = max(decision.latest, str(act.get("on", "")))
            if taken is not None:
                taken.append(act)
        if kind in ACTS:
            decision.outcome = payload["outcome"]
        decision.second_words.read(kind, payload)
        if kind in _READ:
            _READ[kind](decision, payload)
    if taken:
        decision.record = walked(taken)
        decision.outcome, decision.latest = decision.record.outcome, decision.record.newest
    return decision


def numbers(kinds: Iterable[str]) -> list[int | None]:
    """Of each entry the number of its act on the record; none of what is no act."""
    found: list[int | None] = []
    taken = 0
    for kind in kinds:
        taken += kind == CREATED or kind in ACTS
        found.append(taken if kind == CREATED or kind in ACTS else None)
    return found


def act_of(kind: str, payload: Payload) -> dict[str, Any]:
    """The act that an entry holds, without what stands beside it."""
    name = "begin" if kind == CREATED else kind
    fields = {key: payload[key] for key in MODELS[name].model_fields if key in payload} | {"act": name}
    if kind == CREATED:
        fields.setdefault("on", day_of(payload["created_ms"] * 1_000_000))
    return fields


def _created(decision: DecisionState, payload: Payload) -> None:
    decision.id = payload["decision"]
    decision.unit_id = payload["unit"]
    decision.matter = payload["matter"]
    decision.title = payload["title"]
    decision.access_class = payload["access_class"]
    decision.created_by = payload["by"]
    decision.created_wall = payload["created_ms"] * 1_000_000
    decision.begun_on = payload.get("on") or day_of(decision.created_wall)


def _item(decision: DecisionState, payload: Payload) -> None:
    if payload["agenda_item"] not in decision.items:
        decision.items.append(payload["agenda_item"])


def _class(decision: DecisionState, payload: Payload) -> None:
    decision.access_class = payload["access_class"]


def _sitting(decision: DecisionState, payload: Payload) -> None:
    if "agenda_item" in payload:
        decision.steps[payload["agenda_item"]] = payload["step"]


def _vote(decision: DecisionState, payload: Payload) -> None:
    decision.votes.append(dict(payload))


def _recording(decision: DecisionState, payload: Payload) -> None:
    decision.recordings.append(payload["recording"])


def _judged(decision: DecisionState, payload: Payload) -> None:
    decision.proper = payload["proper"]


# What an entry of a kind sets in the row.
_KEPT = {
    CREATED: ("id", "unit_id", "matter", "title", "access_class", "created_by", "created_wall", "begun_on"),
    "class": ("access_class",),
    "judged": ("proper",),
}
_READ = {
    CREATED: _created,
    "item": _item,
    "class": _class,
    "sitting": _sitting,
    "vote": _vote,
    "recording": _recording,
    "judged": _judged,
}
