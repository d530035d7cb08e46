"""When a supervisor was at a meeting: of the village's supervision committee by the roster, or a supervising account
with a device (全程监会)."""

import time
from collections.abc import Collection, Sequence

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.parts import Part
from api.domain.day import day_of
from api.domain.shown import Span, joined
from storage.tables import Body, Person, Post, Presence, Right, Substitute, Unit

MS = 1_000_000
SUPERVISING_BODY, SUPERVISING_ROLES = "supervision", ("supervisor", "reviewer")
MEETING_ROLES = ("secretary", "minutes")  # hold a village's meetings, and write its records
FOR_EVER = 2**63 - 1  # ns


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
    reaches the part's village, or who stood in for such a one. Who holds the meeting isn't his own supervisor, whatever
    other post he has."""
    meeting = part.meeting
    on = meeting.opened_on or day_of(time.time_ns())
    members = [person.id for _, person in await supervisors(session, part)]
    own = set(await session.scalars(_holding(SUPERVISING_ROLES, part, on)))
    lent = await _standing_in(session, part, own, on)
    holders = set(await session.scalars(_holding(MEETING_ROLES, part, on)))
    rows = await session.execute(
        select(Presence.person_id, Presence.user_id, Presence.start_ns, Presence.end_ns).where(
            Presence.meeting_id == meeting.id,
            or_(
                Presence.person_id.in_(members),
                and_(Presence.person_id.is_(None), Presence.user_id.in_((own | lent.keys()) - holders)),
            ),
        )
    )
    now = until_ns if until_ns is not None else meeting.origin().meeting_now()
    spans = []
    for person, user, start, end in rows:
        until = now if end is None else end
        if person is None and user not in own:
            until = min(until, lent[user or ""])
        if start <= until:
            spans.append((start // MS, until // MS))
    return joined(spans)


def _holding(roles: Sequence[str], part: Part, on: str) -> Select[str]:
    return select(Right.user_id).where(
        Right.role.in_(roles), Right.unit_id.in_(part.path), Right.from_on <= on,
        or_(Right.until_on.is_(None), Right.until_on > on),
    )  # fmt: skip


async def _standing_in(session: AsyncSession, part: Part, givers: Collection[str], on: str) -> dict[str, int]:
    """Who stands in for one of them on that day, and until which moment of the meeting: one of the two may end it."""
    rows = await session.execute(
        select(Substitute.substitute_id, Substitute.ended_wall).where(
            Substitute.giver_id.in_(givers), Substitute.from_on <= on, Substitute.until_on > on,
            or_(Substitute.role.is_(None), Substitute.role.in_(SUPERVISING_ROLES)),
            or_(Substitute.unit_id.is_(None), Substitute.unit_id.in_(part.path)),
        )
    )  # fmt: skip
    found: dict[str, int] = {}
    for user, ended in rows:
        until = FOR_EVER if ended is None else ended - (part.meeting.opened_wall or ended)
        if until > 0:
            found[user] = max(until, found.get(user, 0))
    return found


async def supervisor_here(session: AsyncSession, part: Part) -> bool:
    now = part.meeting.origin().meeting_now()
    return any(start <= now // MS <= end for start, end in await supervised(session, part, now))
