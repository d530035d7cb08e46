"""A decision's plan (方案) as a file: received, checked, sealed; the act `plan` carries the hash that the hub
computed."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_entries import add_act, folded, place_of
from api.acts.decisions import seen_decision
from api.acts.hub_log import log_to_hub
from api.acts.recording_streams import Piece
from api.domain import plan_files
from api.domain.day import day_of
from api.domain.procedure.rights import WRITE
from api.errors.decisions import Erased
from api.errors.request import ApiError, NotFound
from storage import receiving
from storage.database import Database
from storage.ids import new_id
from storage.sealing import Sealed, SealingFile, remove_sealed
from storage.tables import Decision, PlanFile

PLANS = "plans"


@dataclass(frozen=True, slots=True)
class Given:
    """A plan as it is given back."""

    piece: Piece
    title: str
    mime: str


async def put_in(
    database: Database, actor: Actor, spool: Path, limit: int, decision_id: str, title: str, data: bytes, material: bool
) -> None:
    """As the plan's next version. Raises Forbidden, BadPlanFile, NoRoom, Erased, and what the engine refuses."""
    async with database.reading() as session:
        await _may_write(session, actor, decision_id)
    mime = await asyncio.to_thread(plan_files.check, title, data)
    await asyncio.to_thread(receiving.check_room, spool, len(data), limit)
    plan_id = new_id("pln")
    suffix = title.rpartition(".")[2].lower()
    name = f"{PLANS}/{decision_id}/{plan_id}.{suffix}"
    sealed = await asyncio.to_thread(seal, spool, name, data, {"plan": plan_id, "decision": decision_id, "mime": mime})
    try:
        async with database.writing() as session:
            row = await _may_write(session, actor, decision_id, lock=True)
            record = (await folded(session, row.id)).record
            if record is None:
                raise Erased(row.id)
            place, now = await place_of(session, actor, row), time.time_ns()
            act = {"act": "plan", "on": day_of(now), "sha256": sealed.sha256, "material": material}
            said = {"file": plan_id, "name": title, "mime": mime, "bytes": sealed.bytes, "sm3": sealed.sm3}
            await add_act(session, row, act, said | actor.by(WRITE, place))
            session.add(
                PlanFile(
                    id=plan_id, decision_id=row.id, title=title, mime=mime, bytes=sealed.bytes,
                    sha256=sealed.sha256, sm3=sealed.sm3, name=name, user_id=actor.user_id,
                    user_as=actor.signs(WRITE, place), received_wall=now, state="sealed",
                )
            )  # fmt: skip
    except ApiError:  # it never was a version; what else fails may have been written all the same (`recorder.plans`)
        await asyncio.to_thread(remove_sealed, spool, name)
        raise


async def give(database: Database, hub_id: str, actor: Actor, spool: Path, decision_id: str, number: int) -> Given:
    """To whoever may see the record; each look is on the hub's chain before the first byte goes out."""
    async with database.writing() as session:
        row = await seen_decision(session, actor, decision_id)
        record = (await folded(session, row.id)).record
        named = [each.sha256 for each in record.plans[number - 1 : number]] if record is not None else []
        files = select(PlanFile).where(PlanFile.decision_id == row.id, PlanFile.sha256.in_(named))
        found = await session.scalar(files.limit(1))
        if found is None:
            raise NotFound(f"plan {number} of {decision_id}")
        said = {"user": actor.user_id, "decision": row.id, "plan": found.id, "number": number, "sha256": found.sha256}
        await log_to_hub(session, hub_id, "plan-looked", said)
        piece = Piece(found.id, "", spool, found.name, found.bytes, 0, 0, False, found.name, found.version)
        return Given(piece, found.title, found.mime)


async def _may_write(session: AsyncSession, actor: Actor, decision_id: str, lock: bool = False) -> Decision:
    row = await seen_decision(session, actor, decision_id, lock=lock)
    actor.require(WRITE, await place_of(session, actor, row))
    return row


def seal(spool: Path, name: str, data: bytes, facts: dict[str, str]) -> Sealed:
    file = SealingFile(spool, name)
    try:
        file.write(data)
        return file.seal(name, facts)
    except OSError:
        file.abandon()
        raise
