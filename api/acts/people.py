"""Reading persons, posts, bodies and rosters: who sits in what, on which day."""

import time

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.domain.day import day_of
from api.domain.rights import Place
from api.errors.request import NotFound
from api.records.people import BodyOfUnit, PersonRef, PersonView, PersonWhole, PostView, RosterEntry
from storage.database import Database
from storage.tables import Body, Person, Post


async def list_bodies(database: Database, actor: Actor, unit: str) -> list[BodyOfUnit]:
    async with database.reading() as session:
        actor.require("people.look", Place(await tree.path_of(session, unit)))
        rows = (await session.scalars(select(Body).where(Body.unit_id == unit).order_by(Body.id))).all()
        ref = await tree.ref(session, unit)
        return [BodyOfUnit(id=row.id, kind=row.kind, name=row.name, unit=ref) for row in rows]


async def roster(database: Database, actor: Actor, body_id: str, on: str | None) -> list[RosterEntry]:
    async with database.reading() as session:
        body = await session.get(Body, body_id)
        if body is None or not actor.may("people.look", Place(await tree.path_of(session, body.unit_id))):
            raise NotFound(body_id)
        rows = await roster_rows(session, [body_id], on or day_of(time.time_ns()))
        return [RosterEntry(person=person_ref(person), title=post.title, votes=post.votes) for post, person in rows]


async def roster_rows(session: AsyncSession, body_ids: list[str], on: str) -> list[tuple[Post, Person]]:
    """The posts of bodies on a day; a person with two posts in one body stands there once."""
    rows = await session.execute(
        select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(
            Post.body_id.in_(body_ids),
            Post.from_on <= on,
            or_(Post.until_on.is_(None), Post.until_on > on),
        )
        .order_by(Post.id)
    )
    seen: dict[str, tuple[Post, Person]] = {}
    for post, person in rows:
        known = seen.get(person.id)
        if known is None or (post.votes and not known[0].votes):
            seen[person.id] = (post, person)
    return list(seen.values())


def person_ref(person: Person) -> PersonRef:
    return PersonRef(id=person.id, name=person.name, known_as=person.known_as)


async def list_persons(database: Database, actor: Actor, unit: str | None, query: str) -> list[PersonView]:
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("people.look"))
        if unit is not None:
            actor.require("people.look", Place(await tree.path_of(session, unit)))
            allowed &= await tree.subtree(session, [unit])
        found = select(Person).where(Person.unit_id.in_(allowed))
        if query:
            found = found.where(
                or_(Person.name.contains(query, autoescape=True), Person.known_as.contains(query, autoescape=True))
            )
        rows = (await session.scalars(found.order_by(Person.unit_id, Person.id).limit(500))).all()
        refs = await tree.refs(session, [row.unit_id for row in rows])
        return [PersonView(id=row.id, name=row.name, known_as=row.known_as, unit=refs[row.unit_id]) for row in rows]


async def person(database: Database, actor: Actor, person_id: str) -> PersonWhole:
    async with database.reading() as session:
        row = await session.get(Person, person_id)
        if row is None or not actor.may("people.look", Place(await tree.path_of(session, row.unit_id))):
            raise NotFound(person_id)
        posts = await session.execute(
            select(Post, Body)
            .join(Body, Body.id == Post.body_id)
            .where(Post.person_id == person_id)
            .order_by(Post.from_on)
        )
        return PersonWhole(
            id=row.id,
            name=row.name,
            known_as=row.known_as,
            unit=await tree.ref(session, row.unit_id),
            posts=[
                PostView(
                    id=post.id,
                    body=body.id,
                    body_name=body.name,
                    title=post.title,
                    votes=post.votes,
                    from_on=post.from_on,
                    until_on=post.until_on,
                )
                for post, body in posts
            ],
        )
