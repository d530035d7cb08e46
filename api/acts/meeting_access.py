"""What an actor may do about one meeting: rights at its unit, and for taking part also at its sites' units."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.domain.rights import Place
from api.errors.request import Forbidden, NotFound
from storage.tables import Meeting, Site


@dataclass(frozen=True, slots=True)
class Access:
    meeting: Meeting
    path: list[str]
    places: frozenset[str]  # the meeting's unit and those of its sites, with all above them

    def may(self, actor: Actor, act: str, access_class: str | None = None) -> bool:
        """At the meeting's own unit."""
        return actor.may(act, Place(self.path, None, access_class or self.meeting.access_class))

    def may_take_part(self, actor: Actor, act: str) -> bool:
        """At the meeting's unit or at a unit that has a site in it."""
        return actor.may(act, Place(self.places, None, self.meeting.access_class))

    def seen_by(self, actor: Actor) -> bool:
        return self.may_take_part(actor, "meeting.look") or self.may(actor, "recording.look")

    def by(self, actor: Actor, act: str) -> dict[str, str]:
        """Who did it, and in whose place, as a ledger entry says it."""
        return actor.by(act, Place(self.path, None, self.meeting.access_class))

    def signs(self, actor: Actor, act: str) -> str:
        return actor.signs(act, Place(self.path, None, self.meeting.access_class))

    def require(self, actor: Actor, act: str) -> None:
        if not self.may(actor, act):
            raise Forbidden(act)


async def access_to(session: AsyncSession, actor: Actor, meeting_id: str, lock: bool = False) -> Access:
    """Raises NotFound also for a meeting that the actor may not see: that it exists is nobody's business."""
    access = await access_of(session, meeting_id, lock)
    if not access.seen_by(actor):
        raise NotFound(f"meeting {meeting_id}")
    return access


async def access_of(session: AsyncSession, meeting_id: str, lock: bool = False) -> Access:
    """For many actors, each of whom is asked about (`seen_by`)."""
    meeting = await session.get(Meeting, meeting_id, with_for_update=lock or None)
    if meeting is None:
        raise NotFound(f"meeting {meeting_id}")
    sites = await session.scalars(select(Site.unit_id).where(Site.meeting_id == meeting_id))
    paths = await tree.paths_of(session, {meeting.unit_id, *sites})
    return Access(meeting, paths[meeting.unit_id], frozenset().union(*paths.values()))
