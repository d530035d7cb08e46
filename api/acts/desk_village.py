"""The village's desk: what is next, one line and one press each; and what waits for others or for days to pass."""

from sqlalchemy import or_

from api.acts.actor import Actor
from api.acts.desk_due import due_page
from api.acts.desk_scope import scope
from api.acts.desk_words import calendar_notes
from api.domain.procedure.awaited import TOWN
from api.records.desks import VillageDesk
from storage.database import Database
from storage.tables import AwaitedStep

A = AwaitedStep


async def village_desk(database: Database, actor: Actor, unit: str | None) -> VillageDesk:
    """Raises Forbidden, NotFound."""
    async with database.reading() as session:
        seen = await scope(session, actor, unit)
        others = or_(A.who.in_(TOWN), A.act == "days")
        return VillageDesk(
            on=actor.on,
            # What has no clock at all (taking a notice off that has its days) comes last.
            next=await due_page(
                session, seen, A.act.not_in(("days", "sealed", "opinion")), A.who.not_in(TOWN),
                order=(A.late_on.is_(None), A.late_on),
            ),
            waiting=await due_page(session, seen, others, order=(A.due_on.is_(None), A.due_on)),
            notes=calendar_notes(actor.on),
        )  # fmt: skip
