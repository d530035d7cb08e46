"""When a supervisor was at a meeting: of the village's supervision committee by the roster, or a supervising account
with a device (全程监会)."""

import time

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.parts import Part
from api.domain.day import day_of
from api.domain.shown import Span, joined
from storage.tables import Body, Person, Post, Presence, Right, Unit

MS = 1_000_000
SUPERVISING_BODY, SUPERVISING_ROLES = "supervision", ("supervisor", "reviewer")


async def supervisors(session: AsyncSession, part: Part) -> list[tuple[Post, Person]]:
    """The committee of the part's village on the meeting's day, who sit in without a vote; a villagers' group is
    supervised by its village's."""
    on = part.meeting.opened_on or day_of(time.time_ns())
    rows = await session.execute(
        select(Post, Person)
        .join(Body, Body.id == Post.body_id)
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Body.unit_id)
        .where(or_(Unit.id == part.unit_id, and_(Unit.id.in_(part.path), Unit.level == "village")))
        .where(Body.kind == SUPERVISING_BODY, Post.from_on <= on,
               or_(Post.until_on.is_(None), Post.until_on > on))
        .order_by(Post.id)
    )  # fmt: skip
    return [(post, person) for post, person in rows]


async def supervised(session: AsyncSession, part: Part, until_ns: int | None) -> list[Span]:
    """Spans in which one was there: of the village's supervision committee by the roster, or one of the supervising
    accounts with a device (a supervisor, or the township's reviewer, who may sit in by video) whose right
    reaches the part's village."""
    meeting = part.meeting
    on = meeting.opened_on or day_of(time.time_ns())
    members = [person.id for _, person in await supervisors(session, part)]
    accounts = select(Right.user_id).where(
        Right.role.in_(SUPERVISING_ROLES), Right.unit_id.in_(part.path), Right.from_on <= on,
        or_(Right.until_on.is_(None), Right.until_on > on),
    )  # fmt: skip
    rows = await session.execute(
        select(Presence.start_ns, Presence.end_ns).where(
            Presence.meeting_id == meeting.id,
            or_(
                Presence.person_id.in_(members),
                and_(Presence.person_id.is_(None), Presence.user_id.in_(accounts)),
            ),
        )
    )
    end = until_ns if until_ns is not None else meeting.origin().meeting_now()
    return joined((start // MS, (end if until is None else until) // MS) for start, until in rows)


async def supervisor_here(session: AsyncSession, part: Part) -> bool:
    now = part.meeting.origin().meeting_now()
    return any(start <= now // MS <= end for start, end in await supervised(session, part, now))
