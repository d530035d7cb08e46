"""The parts of a meeting: each is one body's of one unit, with a roster, counts and agenda items of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.domain.meeting import part_name
from api.domain.rights import Place
from storage.tables import AgendaItem, Meeting, MeetingPart


@dataclass(frozen=True, slots=True)
class Part:
    meeting: Meeting
    number: int
    unit_id: str
    path: Sequence[str]  # the unit and all above it
    kind: str
    way: str | None
    begun_ns: int | None
    due: int | None
    present: int | None
    alone: bool  # the meeting has no other

    @property
    def name(self) -> str:
        """As a procedure and a paper name it."""
        return part_name(self.meeting.id, self.number)

    def place(self, category: str | None = None, access_class: str | None = None) -> Place:
        return Place(self.path, category, access_class or self.meeting.access_class)


async def rows_of(session: AsyncSession, meeting_id: str) -> Sequence[MeetingPart]:
    rows = await session.scalars(
        select(MeetingPart).where(MeetingPart.meeting_id == meeting_id).order_by(MeetingPart.number)
    )
    return rows.all()


def parts_from(meeting: Meeting, rows: Sequence[MeetingPart], paths: Mapping[str, Sequence[str]]) -> tuple[Part, ...]:
    return tuple(
        Part(
            meeting, row.number, row.unit_id, paths[row.unit_id], row.kind, row.way, row.begun_ns, row.due, row.present,
            len(rows) == 1,
        )
        for row in rows
    )  # fmt: skip


async def parts_of(session: AsyncSession, meeting: Meeting) -> tuple[Part, ...]:
    rows = await rows_of(session, meeting.id)
    return parts_from(meeting, rows, await tree.paths_of(session, {row.unit_id for row in rows}))


async def first_part(session: AsyncSession, meeting: Meeting) -> Part:
    return (await parts_of(session, meeting))[0]


async def part_of(session: AsyncSession, meeting: Meeting, item: AgendaItem) -> Part:
    return next(part for part in await parts_of(session, meeting) if part.number == item.part)
