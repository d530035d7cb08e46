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
from api.domain.rights import Giver, Grant, Place, may, subtrees, used
from api.domain.substitutes import Lending, with_lent
from api.errors.request import Forbidden
from storage.tables import Right, SignIn, Substitute, User


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

    def giver(self, act: str, place: Place) -> Giver | None:
        """In whose place he does it; None: by a right of his own, or not at all."""
        grant = used(act, place, self.grants, self.catalogue)
        return grant.giver if grant else None

    def by(self, act: str, place: Place) -> dict[str, str]:
        """As a ledger entry says who did it, and in whose place."""
        giver = self.giver(act, place)
        return {"by": self.user_id} | ({"for": giver.user_id, "for_name": giver.name} if giver else {})

    def signs(self, act: str, place: Place) -> str:
        """As a screen or a paper names him."""
        return signed(self.name, self.giver(act, place))

    def subtrees(self, act: str) -> set[str]:
        return subtrees(act, self.grants, self.catalogue)


def signed(name: str, giver: Giver | None) -> str:
    return f"{name}（代{giver.name}）" if giver else name


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def load_actor(session: AsyncSession, user: User, sign_in: SignIn | None = None) -> Actor:
    return (await load_actors(session, [(user, sign_in)]))[0]


async def load_actors(session: AsyncSession, holders: Sequence[tuple[User, SignIn | None]]) -> list[Actor]:
    """In the order of `holders`, with one question for all."""
    on = day_of(time.time_ns())
    ids = {user.id for user, _ in holders}
    lendings = await _lendings(session, ids, on)
    own = await _own_grants(session, ids | {one.giver.user_id for each in lendings.values() for one in each}, on)
    return [
        _actor(user, with_lent(own.get(user.id, ()), lendings.get(user.id, ()), own, on), on, sign_in)
        for user, sign_in in holders
    ]


async def _own_grants(session: AsyncSession, user_ids: set[str], on: str) -> dict[str, tuple[Grant, ...]]:
    grants: dict[str, list[Grant]] = defaultdict(list)
    for right in await session.scalars(
        select(Right).where(Right.user_id.in_(user_ids)).order_by(Right.from_on, Right.id)
    ):
        if holds(right.from_on, right.until_on, on):
            grants[right.user_id].append(
                Grant(right.role, right.unit_id, right.category, right.access_class, right.from_on, right.until_on)
            )
    return {user_id: tuple(held) for user_id, held in grants.items()}


async def _lendings(session: AsyncSession, substitutes: set[str], on: str) -> dict[str, list[Lending]]:
    """By substitute; a giver whose account was disabled lends nothing."""
    found: dict[str, list[Lending]] = defaultdict(list)
    rows = await session.execute(
        select(Substitute, User.name)
        .join(User, User.id == Substitute.giver_id)
        .where(
            Substitute.substitute_id.in_(substitutes),
            Substitute.ended_wall.is_(None),
            Substitute.from_on <= on,
            Substitute.until_on > on,
            User.disabled.is_(False),
        )
        .order_by(Substitute.created_wall, Substitute.id)
    )
    for row, name in rows:
        giver = Giver(row.giver_id, name)
        found[row.substitute_id].append(
            Lending(giver, row.substitute_id, row.role, row.unit_id, row.from_on, row.until_on)
        )
    return found


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
