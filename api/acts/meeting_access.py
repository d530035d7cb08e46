"""What an actor may do about one meeting: rights at its unit, for taking part also at its sites' units; over what one
part does, its roster, items, votes and records, at the unit of that part alone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.parts import Part, parts_from, rows_of
from api.domain.rights import Place
from api.errors.recordings import RestrictedPart
from api.errors.request import Forbidden, NotFound
from storage.tables import AgendaItem, Meeting, Site


@dataclass(frozen=True, slots=True)
class Access:
    meeting: Meeting
    path: list[str]
    places: frozenset[str]  # the meeting's unit and those of its sites and parts, with all above them
    parts: tuple[Part, ...]

    def part(self, number: int) -> Part:
        """Raises NotFound."""
        found = next((part for part in self.parts if part.number == number), None)
        if found is None:
            raise NotFound(f"part {number} of {self.meeting.id}")
        return found

    def part_of(self, item: AgendaItem) -> Part:
        return self.part(item.part)

    def may_in_one(self, actor: Actor, act: str) -> bool:
        """At the meeting's own unit or at that of one of its parts."""
        return self.may(actor, act) or bool(self.own_parts(actor, act))

    def own_parts(self, actor: Actor, act: str) -> list[Part]:
        """In which he may do it."""
        return [part for part in self.parts if actor.may(act, part.place())]

    def require_in_one(self, actor: Actor, act: str) -> None:
        """In whichever part; which one is asked with what it is done to. Raises Forbidden."""
        if not self.own_parts(actor, act):
            raise Forbidden(act)

    def may(self, actor: Actor, act: str, access_class: str | None = None) -> bool:
        """At the meeting's own unit."""
        return actor.may(act, Place(self.path, None, access_class or self.meeting.access_class))

    def may_take_part(self, actor: Actor, act: str) -> bool:
        """At the meeting's unit or at a unit that has a site in it."""
        return actor.may(act, Place(self.places, None, self.meeting.access_class))

    def seen_by(self, actor: Actor) -> bool:
        return self.may_take_part(actor, "meeting.look") or self.may_in_one(actor, "recording.look")

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
    rows = await rows_of(session, meeting_id)
    paths = await tree.paths_of(session, {meeting.unit_id, *sites, *(row.unit_id for row in rows)})
    parts = parts_from(meeting, rows, paths)
    return Access(meeting, paths[meeting.unit_id], frozenset().union(*paths.values()), parts)


async def named_item(session: AsyncSession, actor: Actor, access: Access, item_id: str) -> AgendaItem:
    """The meeting's item, for whoever takes the minutes of its part: a restricted one, or another category than his, is
    not his to start, to open to all, or to vote on. Raises NotFound, RestrictedPart, Forbidden."""
    item = await session.get(AgendaItem, item_id)
    if item is None or item.meeting_id != access.meeting.id:
        raise NotFound(f"item {item_id}")
    matter = actor.catalogue.matters.get(item.matter or "")
    part = access.part_of(item)
    if not actor.may("meeting.minute", part.place(matter.category if matter else None, item.access_class)):
        raise Forbidden("meeting.minute") if item.access_class == "open" else RestrictedPart(item_id)
    return item
