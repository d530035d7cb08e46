"""Whether two accounts are one person, where two are asked for: both his, or one acts in the other's place."""

import time

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.acts.actor import Actor
from api.domain.day import day_of
from api.domain.substitutes import one_person
from storage.tables import Substitute, User


async def same_person(session: AsyncSession, actor: Actor, user_id: str, since_wall: int) -> bool:
    """`since_wall`: when the other account spoke. Who stood in for whom at any time since then counts."""
    if actor.user_id == user_id:
        return True
    other = await session.scalar(select(User.person_id).where(User.id == user_id))
    first, second = actor.person_id or actor.user_id, other or user_id
    if first == second:
        return True
    substitute, giver = aliased(User), aliased(User)
    now = time.time_ns()
    rows = await session.execute(
        select(substitute.id, substitute.person_id, giver.id, giver.person_id)
        .select_from(Substitute)
        .join(substitute, substitute.id == Substitute.substitute_id)
        .join(giver, giver.id == Substitute.giver_id)
        .where(
            or_(substitute.id.in_([first, second]), substitute.person_id.in_([first, second])),
            Substitute.from_on <= day_of(now),
            Substitute.until_on > day_of(since_wall),
            or_(Substitute.ended_wall.is_(None), Substitute.ended_wall >= since_wall),
        )
    )
    return one_person(first, second, [(sp or s, gp or g) for s, sp, g, gp in rows])
