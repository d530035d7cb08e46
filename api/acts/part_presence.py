"""Which part of a meeting ran from when to when, and who was there; of a meeting with one part, at any time of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.roster import VIDEO
from api.domain.attended import Span, within
from storage.tables import Meeting, MeetingPart, Presence


@dataclass(frozen=True, slots=True)
class Ran:
    begins_ns: int
    ends_ns: int | None  # None: it runs, or its meeting has no end


Spans = Mapping[str, Mapping[str, Sequence[Span]]]  # meeting → person → spans


async def parts_by_meeting(session: AsyncSession, meetings: Collection[str]) -> dict[str, list[MeetingPart]]:
    found: dict[str, list[MeetingPart]] = defaultdict(list)
    rows = select(MeetingPart).where(MeetingPart.meeting_id.in_(meetings)).order_by(MeetingPart.number)
    for row in await session.scalars(rows):
        found[row.meeting_id].append(row)
    return found


def ran(meeting: Meeting, parts: Sequence[MeetingPart], number: int) -> Ran | None:
    """None: that part was never begun. It ends where the same unit goes over to another body."""
    own = next(part for part in parts if part.number == number)
    if len(parts) == 1:
        return Ran(0, meeting.end_ns)
    if own.begun_ns is None:
        return None
    later = [
        part.begun_ns for part in parts
        if part.unit_id == own.unit_id and part.begun_ns is not None
        and (part.begun_ns, part.number) > (own.begun_ns, own.number)
    ]  # fmt: skip
    return Ran(own.begun_ns, min(later) if later else meeting.end_ns)


async def spans_at(
    session: AsyncSession, meetings: Collection[str], in_the_room: Collection[str] = ()
) -> dict[str, dict[str, list[Span]]]:
    """Of persons who were ticked; of meetings `in_the_room` without the time for which they were there by video."""
    found: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    rows = await session.execute(
        select(Presence.meeting_id, Presence.person_id, Presence.start_ns, Presence.end_ns).where(
            Presence.meeting_id.in_(meetings),
            Presence.person_id.is_not(None),
            or_(Presence.known_by != VIDEO, Presence.meeting_id.not_in(in_the_room)),
        )
    )
    for meeting, person, start, end in rows:
        found[meeting][person or ""].append((start, end))
    return found


def here(spans: Mapping[str, Sequence[Span]], during: Ran) -> set[str]:
    """Persons who were there at any time of it."""
    return {person for person, mine in spans.items() if within(mine, during.begins_ns, during.ends_ns)}
