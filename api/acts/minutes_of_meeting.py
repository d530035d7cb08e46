"""Objections to the minutes of a meeting's items: all that its reader may see, and the words on those whose item has no
decision record.

These stand on the chain of what came later to the recording, as its own is closed by then; of a meeting that wasn't
recorded on one of the same kind that bears the meeting's id. The chains alone know them, as a record's does its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import MS, folded, place_of
from api.acts.entry_views import minutes_view
from api.acts.meeting_access import Access, access_to
from api.acts.meeting_views import sees_item
from api.acts.persons import same_person
from api.acts.recording_access import refused
from api.acts.secluded import secluded_from
from api.domain.procedure.rights import COUNTERSIGN
from api.domain.rights import Place
from api.domain.second_words import Objected, SecondWords
from api.errors.decisions import CorrectionSettled, MinutesSettled, OwnMinutes
from api.errors.request import NotFound
from api.records.decisions import MinutesFinding, MinutesView, SecondWord
from storage.database import Database
from storage.ledger import append, last_checkpoint, open_chain
from storage.minutes_said import AGREED, DISPUTED, FOUND, KINDS
from storage.statements import rests_on
from storage.tables import AgendaItem, Chain, Decision, DecisionItem, Entry, Payload, Recording

CHAIR = "meeting.chair"
LATER = "delivered"  # the kind of chain


async def of_meeting(database: Database, actor: Actor, meeting_id: str) -> list[MinutesView]:
    async with database.reading() as session:
        return await seen_of(session, actor, await access_to(session, actor, meeting_id))


async def seen_of(session: AsyncSession, actor: Actor, access: Access) -> list[MinutesView]:
    """Of items that he may see, in their order; where an item has a record, where he may read that, and his own."""
    rows = await session.scalars(
        select(AgendaItem).where(AgendaItem.meeting_id == access.meeting.id).order_by(AgendaItem.position)
    )
    items = {item.id: item for item in rows.all() if sees_item(actor, access.part_of(item).path, item)}
    found = await _without_record(session, actor, access, items) + await _with_record(session, actor, items)
    order = {item: at for at, item in enumerate(items)}
    return sorted(found, key=lambda each: (order[each.item], each.at_ms))


async def _without_record(
    session: AsyncSession, actor: Actor, access: Access, items: Mapping[str, AgendaItem]
) -> list[MinutesView]:
    told = await _told(session, access.meeting.id)
    recordings = {str(each.said["recording"]) for each in told.words.minutes.values() if each.said.get("recording")}
    closed = await secluded_from(session, actor, recordings) if recordings else {}
    return [
        minutes_view(actor, _place(actor, access, items[each.said["agenda_item"]]), name, each, None)
        for name, each in told.words.minutes.items()
        if each.said["agenda_item"] in items
        and not refused(closed.get(each.said.get("recording", ""), []), (at := each.said["at_ms"] * MS), at + 1)
    ]


async def _with_record(session: AsyncSession, actor: Actor, items: Mapping[str, AgendaItem]) -> list[MinutesView]:
    named = select(DecisionItem.decision_id).where(DecisionItem.agenda_item_id.in_(items))
    found = []
    for row in (await session.scalars(select(Decision).where(Decision.id.in_(named)))).all():
        place = await place_of(session, actor, row)
        reads = actor.may("decision.look", place)
        found += [
            minutes_view(actor, place, name, each, row.id)
            for name, each in (await folded(session, row.id)).second_words.minutes.items()
            if each.said["agenda_item"] in items and (reads or each.said["by"] == actor.user_id)
        ]
    return found


async def find(database: Database, actor: Actor, meeting_id: str, objection: str, new: MinutesFinding) -> None:
    """The chair's. Raises Forbidden, OwnMinutes, MinutesSettled, CorrectionSettled as there is no record to correct."""
    async with database.writing() as session:
        at = await _objected(session, actor, meeting_id, objection)
        actor.require(CHAIR, at.place)
        if at.objected.state != "open":
            raise MinutesSettled(objection)
        await _another(session, actor, at, at.objected.said["by"])
        if new.entry is not None:
            raise CorrectionSettled(str(new.entry))
        said = new.model_dump(exclude_none=True)
        await note(session, at.chain, FOUND, at.said(objection) | said | actor.by(CHAIR, at.place))


async def share(database: Database, actor: Actor, meeting_id: str, objection: str, new: SecondWord) -> None:
    """The supervisor's. Raises Forbidden, OwnMinutes, MinutesSettled."""
    async with database.writing() as session:
        at = await _objected(session, actor, meeting_id, objection)
        actor.require(COUNTERSIGN, at.place)
        found = at.objected.found
        if at.objected.state != "found" or found is None:
            raise MinutesSettled(objection)
        for other in (at.objected.said["by"], found["by"]):
            await _another(session, actor, at, other)
        said = at.said(objection) | actor.by(COUNTERSIGN, at.place)
        if new.agree:
            await note(session, at.chain, AGREED, said)
        else:
            await note(session, at.chain, DISPUTED, said | {"reason": new.reason or ""})


# --- the chain


async def chain_of(session: AsyncSession, meeting_id: str, recording: str | None) -> str:
    return await open_chain(session, LATER, recording or meeting_id)


async def note(session: AsyncSession, chain: str, kind: str, said: dict[str, Any]) -> None:
    """It rests on what the recording was last signed at."""
    of = await session.scalar(
        select(Recording.chain_id).join(Chain, Chain.subject == Recording.id).where(Chain.id == chain)
    )
    ground = await last_checkpoint(session, of) if of else None
    await append(session, chain, kind, said | ({"rests_on": [rests_on(ground)]} if ground else {}))


@dataclass(frozen=True, slots=True)
class _Told:
    words: SecondWords
    chains: dict[str, str]  # of each objection


async def _told(session: AsyncSession, meeting_id: str) -> _Told:
    parts = select(Recording.id).where(Recording.meeting_id == meeting_id)
    rows = await session.execute(
        select(Entry.kind, Entry.chain_id, Payload.payload)
        .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
        .join(Chain, Chain.id == Entry.chain_id)
        .where(Chain.kind == LATER, or_(Chain.subject.in_(parts), Chain.subject == meeting_id), Entry.kind.in_(KINDS))
        .order_by(Entry.chain_id, Entry.seq)
    )
    told = _Told(SecondWords(), {})
    for kind, chain, said in rows:
        told.words.read(kind, said)
        told.chains[said["objection"]] = chain
    return told


@dataclass(frozen=True, slots=True)
class _At:
    access: Access
    place: Place
    objected: Objected
    chain: str

    def said(self, objection: str) -> dict[str, Any]:
        """Which one, and where in the meeting: an export withholds what lies in a closed part by that."""
        return {"objection": objection} | {key: self.objected.said[key] for key in ("agenda_item", "at_ms")}


async def _objected(session: AsyncSession, actor: Actor, meeting_id: str, objection: str) -> _At:
    access = await access_to(session, actor, meeting_id, lock=True)
    told = await _told(session, meeting_id)
    found = told.words.minutes.get(objection)
    item = await session.get(AgendaItem, found.said["agenda_item"]) if found else None
    if found is None or item is None or not sees_item(actor, access.part_of(item).path, item):
        raise NotFound(f"objection {objection}")
    return _At(access, _place(actor, access, item), found, told.chains[objection])


def _place(actor: Actor, access: Access, item: AgendaItem) -> Place:
    matter = actor.catalogue.matters.get(item.matter or "")
    return access.part_of(item).place(matter.category if matter else None, item.access_class)


async def _another(session: AsyncSession, actor: Actor, at: _At, other: str) -> None:
    if await same_person(session, actor, other, at.access.meeting.created_wall):
        raise OwnMinutes(at.access.meeting.id)
