"""体外事项: an inspector enters an affair that he found settled outside the system; another one strikes an entry made
in error. Both stand on the hub's chain, with the hash of what was written, as the chain goes along with exports."""

import hashlib
import time

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.desk_scope import matter_ref
from api.acts.hub_log import log_to_hub
from api.acts.persons import same_person
from api.domain.day import utc_text
from api.domain.rights import Place
from api.errors.decisions import AffairStruck, OnAFutureDay, OwnProposal
from api.errors.request import NotFound
from api.records.desks import NewOutsideAffair, OutsideAffairView
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.ids import new_id
from storage.tables import OutsideAffair

ENTER, LOOK = "decision.enter-outside", "decision.look"


async def enter(database: Database, actor: Actor, hub_id: str, new: NewOutsideAffair) -> str:
    """Raises Forbidden, NotFound, NoSuchKey, OnAFutureDay."""
    async with database.writing() as session:
        matter = actor.catalogue.matter(new.matter)
        place = Place(await tree.path_of(session, new.unit), matter.category, matter.item_class)
        actor.require(ENTER, place)
        if new.on > actor.on:
            raise OnAFutureDay(new.on)
        row = OutsideAffair(
            id=new_id("out"), unit_id=new.unit, matter=matter.key, title=new.title, access_class=matter.item_class,
            on=new.on, found=new.found, found_by=actor.user_id, found_as=actor.signs(ENTER, place),
            found_wall=time.time_ns(),
        )  # fmt: skip
        session.add(row)
        await session.flush()
        said = {"affair": row.id, "unit": row.unit_id, "matter": row.matter, "on": row.on, "sha256": _hash(row)}
        await log_to_hub(session, hub_id, "outside-affair", said | actor.by(ENTER, place))
        return row.id


async def strike(database: Database, actor: Actor, hub_id: str, affair_id: str, reason: str) -> None:
    """By another person than who entered it. Raises Forbidden, NotFound, OwnProposal, AffairStruck."""
    async with database.writing() as session:
        row, place = await _seen(session, actor, affair_id, lock=True)
        actor.require(ENTER, place)
        if await same_person(session, actor, row.found_by, row.found_wall):
            raise OwnProposal(row.id)
        if row.struck_wall is not None:
            raise AffairStruck(row.id)
        row.struck_by, row.struck_as = actor.user_id, actor.signs(ENTER, place)
        row.struck_wall, row.struck_reason = time.time_ns(), reason
        await session.flush()
        said = {"affair": row.id, "reason_sha256": hashlib.sha256(reason.encode()).hexdigest()}
        await log_to_hub(session, hub_id, "outside-affair-struck", said | actor.by(ENTER, place))


async def view(database: Database, actor: Actor, affair_id: str) -> OutsideAffairView:
    async with database.reading() as session:
        row, place = await _seen(session, actor, affair_id)
        above = await tree.paths_of(session, [row.unit_id])
        refs = await tree.refs(session, above[row.unit_id])
        town = next((refs[each] for each in above[row.unit_id][1:] if refs[each].level == "town"), None)
        own = await same_person(session, actor, row.found_by, row.found_wall)
        return OutsideAffairView(
            id=row.id, unit=refs[row.unit_id], town=town, title=row.title,
            matter=matter_ref(actor.catalogue, row.matter), on=row.on, found=row.found, found_as=row.found_as,
            found_wall=utc_text(row.found_wall), struck_as=row.struck_as, struck_reason=row.struck_reason,
            struck_wall=utc_text(row.struck_wall) if row.struck_wall is not None else None,
            may_strike=row.struck_wall is None and not own and actor.may(ENTER, place),
        )  # fmt: skip


async def _seen(session: AsyncSession, actor: Actor, affair_id: str, lock: bool = False) -> tuple[OutsideAffair, Place]:
    """One that may not be seen is as unknown as one that never was."""
    row = await session.get(OutsideAffair, affair_id, with_for_update=lock or None)
    if row is None:
        raise NotFound(f"outside affair {affair_id}")
    matter = actor.catalogue.matters.get(row.matter)
    path = await tree.path_of(session, row.unit_id)
    place = Place(path, matter.category if matter else None, row.access_class)
    if not actor.may(LOOK, place):
        raise NotFound(f"outside affair {affair_id}")
    return row, place


def _hash(row: OutsideAffair) -> str:
    return hashlib.sha256(canonical_bytes({"title": row.title, "found": row.found})).hexdigest()
