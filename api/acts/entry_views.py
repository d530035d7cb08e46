"""A decision record's entries for people: both the wrong one and what corrects it; what waits for a second word."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from api.acts.actor import Actor
from api.acts.decision_words import HIDDEN, correction, sentence
from api.domain.fold import DecisionState, numbers
from api.domain.procedure.correcting import BEGIN_STAYS, STAYS
from api.domain.procedure.record import Record
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, to_ask
from api.domain.rights import Place
from api.domain.second_words import Objected, SecondWords
from api.records.decisions import EntryView, MinutesView, WordView
from storage.chained import EntryRecord

Written = Sequence[tuple[EntryRecord, Mapping[str, Any] | None]]


def seqs_of(written: Written) -> list[int]:
    """The entry of each act, by the act's number on the record."""
    by_number = zip(numbers(entry.kind for entry, _ in written), written, strict=True)
    return [entry.seq for number, (entry, _) in by_number if number is not None]


def entry_views(
    actor: Actor, place: Place, record: Record | None, written: Written, hidden: Collection[str]
) -> list[EntryView]:
    corrections = [(entry.seq, said) for entry, said in written if entry.kind == "correct" and said is not None]
    corrected = {said["seq"]: seq for seq, said in corrections if "seq" in said}
    views = []
    for number, (entry, said) in zip(numbers(entry.kind for entry, _ in written), written, strict=True):
        closed = said is not None and said.get("agenda_item") in hidden
        zh, en = HIDDEN if closed else sentence(record, entry.kind, said)
        view = EntryView(seq=entry.seq, kind=entry.kind, at=entry.at, text_zh=zh, text_en=en)
        view.corrected_by = corrected.get(entry.seq)
        if said is not None and not closed:
            view.corrects = said.get("seq") if entry.kind == "correct" else None
            if record is not None and number is not None:
                view.fallen = number in record.fallen
                wrote = {said.get("by"), *(each.get("by") for _, each in corrections if each["of"] == number)}
                view.fields = None if actor.user_id in wrote else _fields(actor, place, record, number)
        views.append(view)
    return views


def _fields(actor: Actor, place: Place, record: Record, number: int) -> dict[str, str | int | bool | None] | None:
    """As they stand now, where the asker may correct them, or ask for it."""
    act = record.corrections.get(number) or record.said[number - 1]
    if not any(actor.may(right, place) for right in to_ask(record, act)):
        return None
    stays = (*STAYS, *BEGIN_STAYS) if act.act == "begin" else STAYS
    return {name: value for name, value in act.model_dump().items() if name not in stays}


def waiting_corrections(
    actor: Actor, place: Place, own: bool, state: DecisionState, written: Written, hidden: Collection[str]
) -> list[WordView]:
    """`own`: the asker proposed the record, and so has no word in it."""
    at = {said["correction"]: entry.seq for entry, said in written if said and entry.kind == "correction-asked"}
    sides = [side for side, right in (("town", REVIEW), ("supervisor", COUNTERSIGN)) if actor.may(right, place)]
    views = []
    for each, asked in state.second_words.corrections.items():
        if not asked.open or asked.said.get("agenda_item") in hidden:
            continue
        zh, en = correction(state.record, asked.said)
        views.append(
            WordView(
                id=each,
                entry=asked.said["seq"],
                at=at[each],
                reason=asked.said["reason"],
                text_zh=zh,
                text_en=en,
                words=sorted(asked.words),  # type: ignore[arg-type]  # by side
                may=not own and actor.user_id not in asked.words.values() and bool(set(sides[:1]) - set(asked.words)),
            )
        )
    return views


def minutes_views(
    actor: Actor, place: Place, words: SecondWords, hidden: Collection[str], decision: str
) -> list[MinutesView]:
    return [
        minutes_view(actor, place, each, objected, decision)
        for each, objected in words.minutes.items()
        if objected.said["agenda_item"] not in hidden
    ]


def minutes_view(actor: Actor, place: Place, name: str, objected: Objected, decision: str | None) -> MinutesView:
    said, found = objected.said, objected.found
    heard = {said["by"], found["by"] if found else ""}
    return MinutesView(
        id=name,
        decision=decision,
        item=said["agenda_item"],
        recording=said.get("recording"),
        at_ms=said["at_ms"],
        text=said["text"],
        state=objected.state,
        finding=found["finding"] if found else None,
        note=found["note"] if found else None,
        entry=found.get("entry") if found else None,
        disputed=objected.disputed["reason"] if objected.disputed else None,
        may_find=objected.state == "open" and actor.user_id not in heard and actor.may("meeting.chair", place),
        may_agree=objected.state == "found" and actor.user_id not in heard and actor.may(COUNTERSIGN, place),
    )
