"""A wrong entry of a decision record is corrected by a second one, by another person than its author, with a reason.

What a single person may correct, and what takes the township and the supervisor together, the procedure engine says
(docs/PROCEDURES.md, Corrections). The latter somebody asks for, and each side gives its word on the chain; the second
word is the correction.
"""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import add_act, add_entry, folded, place_of
from api.acts.decisions import hidden_items, seen_decision
from api.acts.persons import same_person
from api.domain.day import day_of
from api.domain.fold import DecisionState, numbers
from api.domain.procedure.acts import NOBODYS_WORD
from api.domain.procedure.record import Record
from api.domain.procedure.refusals import CorrectionAlone, CorrectionUnknown
from api.domain.procedure.rights import COUNTERSIGN, REVIEW, to_ask, to_correct
from api.domain.procedure.walk import apply
from api.domain.rights import Place
from api.domain.second_words import Side
from api.errors.decisions import CorrectionSettled, Erased, OwnEntry, OwnProposal
from api.errors.request import Forbidden
from api.records.decisions import NewCorrection, SecondWord
from storage.database import Database
from storage.ids import new_id
from storage.ledger import entries, open_chain
from storage.tables import Decision

SIDE_OF: dict[str, Side] = {REVIEW: "town", COUNTERSIGN: "supervisor"}


@dataclass(frozen=True, slots=True)
class _Wrong:
    """The entry that is corrected."""

    number: int  # of its act on the record
    authors: frozenset[str]  # of the entry, and of what corrected it before
    item: str | None  # the agenda item that it belongs to


async def correct(database: Database, actor: Actor, decision_id: str, new: NewCorrection) -> None:
    """Done at once, or asked for where it takes two. Raises Erased, OwnEntry, OwnProposal, Forbidden, and what the
    engine refuses."""
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id, lock=True)
        state = await folded(session, row.id)
        record, place = _whole(row, state), await place_of(session, actor, row)
        wrong = await _wrong(session, row, record, new.entry)
        if wrong.item in await hidden_items(session, actor, row.id):
            raise CorrectionUnknown(str(new.entry))
        act = _act(record, wrong.number, new)
        was = record.said[wrong.number - 1]
        right = next((each for each in to_ask(record, was) if actor.may(each, place)), None)
        if right is None:
            raise Forbidden("decision.correct")
        await _another(session, actor, row, wrong)
        beside = {"seq": new.entry} | ({"agenda_item": wrong.item} if wrong.item else {})
        try:
            apply(record, act)
        except CorrectionAlone:
            apply(record, act | {"agreed": True})
            # Who began the record may ask, and speaks for no side: both still have to.
            side = None if await _began(session, actor, row) else _side(actor, place)
            by = actor.by(right, place)
            asked = {name: value for name, value in act.items() if name != "act"}
            said = {"correction": new_id("cor"), **asked, **beside, "side": side, **by}
            await add_entry(session, row, "correction-asked", {k: v for k, v in said.items() if v is not None})
            return
        if right not in to_correct(record, was):
            raise Forbidden(right)
        await add_act(session, row, act, beside | actor.by(right, place))


async def second_word(database: Database, actor: Actor, decision_id: str, asked_id: str, new: SecondWord) -> None:
    """A side's word on what was asked for. Raises CorrectionSettled, Forbidden, OwnEntry, OwnProposal, Erased, and what
    the engine refuses now."""
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id, lock=True)
        state = await folded(session, row.id)
        record, place = _whole(row, state), await place_of(session, actor, row)
        asked = state.second_words.corrections.get(asked_id)
        side = _side(actor, place)
        if side is None:
            raise Forbidden(REVIEW)
        if await _began(session, actor, row):
            raise OwnProposal(row.id)
        if asked is None or not asked.open or side in asked.words:
            raise CorrectionSettled(asked_id)
        said = asked.said
        if said.get("agenda_item") in await hidden_items(session, actor, row.id):
            raise CorrectionSettled(asked_id)
        await _another(session, actor, row, await _wrong(session, row, record, said["seq"]))
        for other in asked.words.values():
            if await same_person(session, actor, other, row.created_wall):
                raise OwnEntry(asked_id)
        by = actor.by(REVIEW if side == "town" else COUNTERSIGN, place)
        if not new.agree:
            declined = {"correction": asked_id, "side": side, "reason": new.reason or "", **by}
            await add_entry(session, row, "correction-declined", declined)
        elif not asked.words:
            await add_entry(session, row, "correction-agreed", {"correction": asked_id, "side": side, **by})
        else:
            act = {
                "act": "correct", "of": said["of"], "should": said.get("should"), "reason": said["reason"],
                "on": _today(record), "agreed": True,
            }  # fmt: skip
            beside = {name: said[name] for name in ("seq", "agenda_item") if name in said}
            await add_act(session, row, act, {"correction": asked_id, "words": asked.words | {side: by["by"]},
                                              **beside, **by})  # fmt: skip


def _side(actor: Actor, place: Place) -> Side | None:
    """The side that the actor speaks for."""
    held = next((right for right in (REVIEW, COUNTERSIGN) if actor.may(right, place)), None)
    return SIDE_OF[held] if held is not None else None


async def _began(session: AsyncSession, actor: Actor, row: Decision) -> bool:
    return await same_person(session, actor, row.created_by, row.created_wall)


def _whole(row: Decision, state: DecisionState) -> Record:
    if state.record is None:
        raise Erased(row.id)
    return state.record


async def _another(session: AsyncSession, actor: Actor, row: Decision, wrong: _Wrong) -> None:
    for author in wrong.authors:
        if await same_person(session, actor, author, row.created_wall):
            raise OwnEntry(str(wrong.number))


async def _wrong(session: AsyncSession, row: Decision, record: Record, seq: int) -> _Wrong:
    chain_id = await open_chain(session, "decision", row.id)
    found = [(entry, payload) async for entry, _, payload in entries(session, chain_id)]
    number, item, authors = None, None, set()
    for at, (entry, said) in zip(numbers(entry.kind for entry, _ in found), found, strict=True):
        if at is None or said is None:
            continue
        if entry.seq == seq:
            number, item = at, said.get("agenda_item")
        if at == number or (entry.kind == "correct" and said["of"] == number):
            authors |= {said[name] for name in ("by", "for") if name in said}
    if number is None or isinstance(record.said[number - 1], NOBODYS_WORD):
        raise CorrectionUnknown(str(seq))
    return _Wrong(number, frozenset(authors), item)


def _act(record: Record, number: int, new: NewCorrection) -> dict[str, Any]:
    """`should` is the act as it stands now with what is changed in it; of one that is struck out, as it was written."""
    stands = record.corrections.get(number) or record.said[number - 1]
    should = None if new.struck else stands.model_dump(exclude_unset=True) | new.changes
    return {
        "act": "correct", "of": number,
        "should": should and {name: value for name, value in should.items() if value is not None},
        "reason": new.reason, "on": _today(record), "agreed": False,
    }  # fmt: skip


def _today(record: Record) -> str:
    """No act of the record is of a later day."""
    return max(day_of(time.time_ns()), record.newest)
