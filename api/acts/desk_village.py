"""The village's desk: what is next, one line and one press each, the most urgent on top; and what waits for others, for
days to pass, or for whenever there is time."""

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.desk_due import due_page
from api.acts.desk_scope import scope
from api.acts.desk_words import calendar_notes
from api.domain.procedure.awaited import TOWN
from api.records.desks import VillageDesk
from storage.tables import AwaitedStep

A = AwaitedStep
WAITING = ("days", "off")  # a notice that has its days may come off whenever somebody passes by


async def village_desk(session: AsyncSession, actor: Actor, unit: str | None) -> VillageDesk:
    """Raises Forbidden, NotFound."""
    seen = await scope(session, actor, unit)
    others = or_(A.who.in_(TOWN), A.act.in_(WAITING))
    return VillageDesk(
        on=actor.on,
        next=await due_page(session, seen, A.late_on.is_not(None), A.who.not_in(TOWN), order=(A.late_on,)),
        waiting=await due_page(session, seen, others, order=(A.due_on.is_(None), A.due_on)),
        notes=calendar_notes(actor.on),
    )
