"""Asking somebody to act in one's place for a time; both see it, and either ends it."""

import time
from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import case, or_, select
from sqlalchemy.orm import aliased

from api.acts import tree
from api.acts.actor import Actor, load_actor
from api.acts.hub_log import log_to_hub
from api.domain.rights import Giver, Grant
from api.domain.substitutes import DEVICES, MOST_DAYS, MOST_OPEN, Lending, clash, lent
from api.errors.accounts import NothingToLend, OfficesApart, SubstituteOver, TooManySubstitutes, UnfitSubstitute
from api.errors.request import BadRequest, NotFound
from api.records.accounts import RightView
from api.records.substitutes import Candidate, NewSubstitute, Substitutes, SubstituteView
from storage.database import Database
from storage.ids import new_id
from storage.tables import Right, Substitute, User

MOST_CANDIDATES = 50


async def overview(database: Database, actor: Actor) -> Substitutes:
    """What is in force or to come, of both sides."""
    giver, substitute = aliased(User), aliased(User)
    query = (
        select(Substitute, giver.name, substitute.name)
        .join(giver, giver.id == Substitute.giver_id)
        .join(substitute, substitute.id == Substitute.substitute_id)
        .where(
            or_(Substitute.giver_id == actor.user_id, Substitute.substitute_id == actor.user_id),
            Substitute.ended_wall.is_(None),
            Substitute.until_on > actor.on,
        )
        .order_by(Substitute.from_on, Substitute.id)
    )
    async with database.reading() as session:
        rows = (await session.execute(query)).all()
        own = _lendable(actor)
        units = [row.unit_id for row, _, _ in rows if row.unit_id] + [grant.unit_id for grant in own]
        refs = await tree.refs(session, units)
        views = {True: list[SubstituteView](), False: list[SubstituteView]()}
        for row, giver_name, substitute_name in rows:
            views[row.giver_id == actor.user_id].append(
                SubstituteView(
                    id=row.id,
                    giver=giver_name,
                    substitute=substitute_name,
                    role=row.role,
                    unit=refs[row.unit_id] if row.unit_id else None,
                    from_on=row.from_on,
                    last_on=_later(row.until_on, -1),
                    reason=row.reason,
                    in_force=row.from_on <= actor.on,
                )
            )
    rights = [
        RightView(role=grant.role, role_name=actor.catalogue.role(grant.role).name, unit=refs[grant.unit_id])
        for grant in own
    ]
    return Substitutes(given=views[True], received=views[False], rights=rights, most_days=MOST_DAYS)


async def candidates(database: Database, actor: Actor, query: str) -> list[Candidate]:
    """Accounts with a post at one's own units, then those above or below them, by a part of their name."""
    async with database.reading() as session:
        roots = {grant.unit_id for grant in _lendable(actor)}
        near = await tree.subtree(session, roots)
        for path in (await tree.paths_of(session, roots)).values():
            near |= set(path)
        holding = select(Right.user_id).where(
            Right.unit_id.in_(near),
            Right.role.not_in(DEVICES),
            or_(Right.until_on.is_(None), Right.until_on > actor.on),
        )
        found = select(User).where(User.id.in_(holding), User.id != actor.user_id, User.disabled.is_(False))
        if query:
            found = found.where(
                or_(
                    User.name.contains(query, autoescape=True),
                    User.username.contains(query.casefold(), autoescape=True),
                )
            )
        here = User.id.in_(select(Right.user_id).where(Right.unit_id.in_(roots), Right.role.not_in(DEVICES)))
        found = found.order_by(case((here, 0), else_=1), User.name, User.username)
        users = (await session.scalars(found.limit(MOST_CANDIDATES))).all()
        posts: dict[str, list[str]] = defaultdict(list)
        rights = (await session.scalars(select(Right).where(Right.user_id.in_([user.id for user in users])))).all()
        refs = await tree.refs(session, [right.unit_id for right in rights])
        roles = actor.catalogue.roles
        for right in rights:
            name = roles[right.role].name if right.role in roles else right.role
            posts[right.user_id].append(f"{refs[right.unit_id].name}{name}")
    return [Candidate(username=user.username, name=user.name, posts="、".join(posts[user.id])) for user in users]


async def appoint(database: Database, hub_id: str, actor: Actor, new: NewSubstitute) -> str:
    """Raises NothingToLend, UnfitSubstitute, OfficesApart, TooManySubstitutes."""
    until_on = _span(actor.on, new)
    if (new.role is None) != (new.unit is None):
        raise _wrong("unit", "role and unit together, or neither")
    async with database.writing() as session:
        user = await session.scalar(select(User).where(User.username == new.substitute.strip().casefold()))
        same = user is not None and (user.id == actor.user_id or (user.person_id or "") == (actor.person_id or "-"))
        if user is None or user.disabled or same:
            raise UnfitSubstitute
        target = await load_actor(session, user)
        if not any(grant.role not in DEVICES and grant.giver is None for grant in target.grants):
            raise UnfitSubstitute
        # As on its first day, with the rights that he holds now: one that begins later is his then.
        lending = Lending(Giver(actor.user_id, actor.name), user.id, new.role, new.unit, actor.on, until_on)
        gives = lent(lending, _lendable(actor), actor.on)
        if not gives:
            raise NothingToLend
        if any(clash(grant.role, {held.role for held in target.grants}) for grant in gives):
            raise OfficesApart
        open_ones = select(Substitute.id).where(
            Substitute.giver_id == actor.user_id, Substitute.ended_wall.is_(None), Substitute.until_on > actor.on
        )
        if len((await session.scalars(open_ones)).all()) >= MOST_OPEN:
            raise TooManySubstitutes
        row = Substitute(
            id=new_id("sub"),
            giver_id=actor.user_id,
            substitute_id=user.id,
            role=new.role,
            unit_id=new.unit,
            from_on=new.from_on,
            until_on=until_on,
            reason=new.reason,
            created_wall=time.time_ns(),
        )
        session.add(row)
        await session.flush()
        await log_to_hub(session, hub_id, "substitute", _statement(row) | {"verb": "appointed", "by": actor.user_id})
        return row.id


async def end(database: Database, hub_id: str, actor: Actor, substitute_id: str) -> None:
    """By either of the two; to anybody else it is unknown."""
    async with database.writing() as session:
        row = await session.get(Substitute, substitute_id, with_for_update=True)
        if row is None or actor.user_id not in (row.giver_id, row.substitute_id):
            raise NotFound(f"substitute {substitute_id}")
        if row.ended_wall is not None or row.until_on <= actor.on:
            raise SubstituteOver(substitute_id)
        row.ended_wall, row.ended_by = time.time_ns(), actor.user_id
        await session.flush()
        await log_to_hub(session, hub_id, "substitute", _statement(row) | {"verb": "ended", "by": actor.user_id})


def _lendable(actor: Actor) -> tuple[Grant, ...]:
    return tuple(grant for grant in actor.grants if grant.giver is None and grant.role not in DEVICES)


def _span(today: str, new: NewSubstitute) -> str:
    """The day after the last. Raises BadRequest."""
    try:
        first, last = date.fromisoformat(new.from_on), date.fromisoformat(new.last_on)
    except ValueError:
        raise _wrong("last_on", "no such day") from None
    furthest = _later(today, MOST_DAYS)
    if not today <= new.from_on <= furthest:
        raise _wrong("from_on", f"today … {furthest}")
    if not first <= last < first + timedelta(MOST_DAYS):
        raise _wrong("last_on", f"1 … {MOST_DAYS} days")
    return _later(new.last_on, 1)


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def _wrong(field: str, message: str) -> BadRequest:
    return BadRequest(fields=[{"field": field, "code": "span", "message": message}])


def _statement(row: Substitute) -> dict[str, str | None]:
    return {
        "substitution": row.id,
        "giver": row.giver_id,
        "substitute": row.substitute_id,
        "role": row.role,
        "unit": row.unit_id,
        "from": row.from_on,
        "until": row.until_on,
        "reason": row.reason,
    }
