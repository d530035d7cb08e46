"""An objection to the minutes of an agenda item is settled by the recording: it names the second, the chair notes what
was found there, the supervisor says that he found the same. All of it stands on the chain of the item's record; of an
item without one on the meeting's (`minutes_of_meeting`)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import minutes_of_meeting
from api.acts.actor import Actor
from api.acts.decision_entries import MS, add_entry, folded, place_of
from api.acts.decisions import hidden_items, recording_at, seen_decision
from api.acts.meeting_access import access_to
from api.acts.meeting_views import sees_item
from api.acts.minutes_of_meeting import chain_of
from api.acts.persons import same_person
from api.domain.procedure.rights import COUNTERSIGN
from api.domain.rights import Place
from api.domain.second_words import Objected
from api.errors.decisions import CorrectionSettled, MinutesMoment, MinutesSettled, OwnMinutes
from api.errors.request import NotFound
from api.records.decisions import MinutesFinding, MinutesObjection, SecondWord
from storage.database import Database
from storage.ids import new_id
from storage.ledger import entries, open_chain
from storage.minutes_said import AGREED, DISPUTED, FOUND, OBJECTED
from storage.tables import AgendaItem, Decision, DecisionItem

CHAIR = "meeting.chair"


async def object_to(database: Database, actor: Actor, meeting_id: str, item_id: str, new: MinutesObjection) -> str:
    """By whoever may see the meeting and the item: its id. Raises NotFound, MinutesMoment."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id)
        item = await session.get(AgendaItem, item_id)
        if item is None or item.meeting_id != meeting_id or not sees_item(actor, access.part_of(item).path, item):
            raise NotFound(f"item {item_id}")
        at_ns = new.at_ms * MS
        if item.start_ns is None or item.end_ns is None or not item.start_ns <= at_ns <= item.end_ns:
            raise MinutesMoment(str(new.at_ms))
        decision_id = await session.scalar(
            select(DecisionItem.decision_id).where(DecisionItem.agenda_item_id == item_id).limit(1)
        )
        said = {
            "objection": new_id("obj"), "agenda_item": item_id, "meeting": meeting_id, "at_ms": new.at_ms,
            "text": new.text, **access.by(actor, "meeting.look"),
        }  # fmt: skip
        recording = await recording_at(session, meeting_id, at_ns)
        said |= {"recording": recording} if recording else {}
        if decision_id is None:
            await minutes_of_meeting.note(session, await chain_of(session, meeting_id, recording), OBJECTED, said)
        else:
            row = await session.get_one(Decision, decision_id, with_for_update=True)
            await add_entry(session, row, OBJECTED, said)
        return str(said["objection"])


async def find(database: Database, actor: Actor, decision_id: str, objection: str, new: MinutesFinding) -> None:
    """The chair's. Raises Forbidden, OwnMinutes, MinutesSettled, CorrectionSettled where `entry` corrects nothing."""
    async with database.writing() as session:
        row, place, objected = await _objected(session, actor, decision_id, objection)
        actor.require(CHAIR, place)
        if objected.state != "open":
            raise MinutesSettled(objection)
        await _another(session, actor, row, objected.said["by"])
        if new.entry is not None:
            chain_id = await open_chain(session, "decision", row.id)
            kinds = [entry.kind async for entry, _, _ in entries(session, chain_id, new.entry, new.entry)]
            if kinds != ["correct"]:
                raise CorrectionSettled(str(new.entry))
        said = {
            "objection": objection,
            "agenda_item": objected.said["agenda_item"],
            **new.model_dump(exclude_none=True),
        }
        await add_entry(session, row, FOUND, said | actor.by(CHAIR, place))


async def share(database: Database, actor: Actor, decision_id: str, objection: str, new: SecondWord) -> None:
    """The supervisor's. Raises Forbidden, OwnMinutes, MinutesSettled."""
    async with database.writing() as session:
        row, place, objected = await _objected(session, actor, decision_id, objection)
        actor.require(COUNTERSIGN, place)
        if objected.state != "found" or objected.found is None:
            raise MinutesSettled(objection)
        for other in (objected.said["by"], objected.found["by"]):
            await _another(session, actor, row, other)
        said = {"objection": objection, "agenda_item": objected.said["agenda_item"], **actor.by(COUNTERSIGN, place)}
        if new.agree:
            await add_entry(session, row, AGREED, said)
        else:
            await add_entry(session, row, DISPUTED, said | {"reason": new.reason or ""})


async def _objected(
    session: AsyncSession, actor: Actor, decision_id: str, objection: str
) -> tuple[Decision, Place, Objected]:
    row = await seen_decision(session, actor, decision_id, lock=True)
    found = (await folded(session, row.id)).second_words.minutes.get(objection)
    if found is None or found.said["agenda_item"] in await hidden_items(session, actor, row.id):
        raise NotFound(f"objection {objection}")
    return row, await place_of(session, actor, row), found


async def _another(session: AsyncSession, actor: Actor, row: Decision, other: str) -> None:
    if await same_person(session, actor, other, row.created_wall):
        raise OwnMinutes(row.id)
