"""Who acts: an account with the rights it holds today, found by the token's SHA-256."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.catalogue import Catalogue, catalogue
from api.domain.day import day_of, holds
from api.domain.rights import Grant, Place, may, subtrees
from api.errors import Forbidden
from storage.tables import Right, SignIn, User


@dataclass(frozen=True, slots=True)
class Actor:
    user_id: str
    username: str
    name: str
    person_id: str | None
    must_change: bool
    grants: tuple[Grant, ...]
    on: str  # today in Shanghai
    token_hash: str = ""
    carrier: str = ""
    seen_wall: int = 0
    enrolled: bool = False  # has a second factor; known of who asks (sign_in.recognise)

    @property
    def catalogue(self) -> Catalogue:
        return catalogue(self.on)

    @property
    def home(self) -> str | None:
        """The unit of the first right: where the account belongs."""
        return self.grants[0].unit_id if self.grants else None

    def may(self, act: str, place: Place) -> bool:
        return may(act, place, self.grants, self.catalogue)

    def require(self, act: str, place: Place) -> None:
        if not self.may(act, place):
            raise Forbidden(act)

    def subtrees(self, act: str) -> set[str]:
        return subtrees(act, self.grants, self.catalogue)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def load_actor(session: AsyncSession, user: User, sign_in: SignIn | None = None) -> Actor:
    return (await load_actors(session, [(user, sign_in)]))[0]


async def load_actors(session: AsyncSession, holders: Sequence[tuple[User, SignIn | None]]) -> list[Actor]:
    """In the order of `holders`, with one question for all."""
    on = day_of(time.time_ns())
    grants: dict[str, list[Grant]] = defaultdict(list)
    for right in await session.scalars(
        select(Right).where(Right.user_id.in_({user.id for user, _ in holders})).order_by(Right.from_on, Right.id)
    ):
        if holds(right.from_on, right.until_on, on):
            grants[right.user_id].append(
                Grant(right.role, right.unit_id, right.category, right.access_class, right.from_on, right.until_on)
            )
    return [_actor(user, tuple(grants[user.id]), on, sign_in) for user, sign_in in holders]


def _actor(user: User, grants: tuple[Grant, ...], on: str, sign_in: SignIn | None) -> Actor:
    return Actor(
        user.id,
        user.username,
        user.name,
        user.person_id,
        user.must_change,
        grants,
        on,
        sign_in.token_hash if sign_in else "",
        sign_in.carrier if sign_in else "",
        sign_in.seen_wall if sign_in else 0,
    )
