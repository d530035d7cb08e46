"""Why somebody who is due isn't there: entered on the roster once, before, in or after the meeting."""

import time

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import access_to
from api.acts.roster import due
from api.errors.meetings import NotOnRoster, WrongState
from storage.database import Database
from storage.tables import AbsenceReason


async def excuse(database: Database, actor: Actor, meeting_id: str, person_id: str, reason: str | None) -> None:
    """None takes it back. Raises NotFound, Forbidden, WrongState, NotOnRoster."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        if access.meeting.state == "cancelled":
            raise WrongState(access.meeting.state, state=access.meeting.state)
        known: set[str] = set()
        for part in access.own_parts(actor, "meeting.minute"):
            known |= {person.id for _, person in await due(session, actor.catalogue, part)}
        if person_id not in known:
            raise NotOnRoster(person_id)
        await _note(session, actor, meeting_id, person_id, reason)


async def _note(session: AsyncSession, actor: Actor, meeting_id: str, person_id: str, reason: str | None) -> None:
    row = await session.get(AbsenceReason, (meeting_id, person_id))
    if reason is None:
        if row is not None:
            await session.delete(row)
        return
    if row is None:
        row = AbsenceReason(meeting_id=meeting_id, person_id=person_id)
        session.add(row)
    row.reason, row.noted_by, row.noted_wall = reason, actor.user_id, time.time_ns()
