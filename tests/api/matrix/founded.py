"""A county in which everything is there once in each place: people of each role, whole and narrowed; meetings planned,
running and ended, with a part of each class; records, films, notices, accounts."""

import secrets
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.keys import Signer
from storage.tables import (
    Body,
    Feedback,
    OutsideAffair,
    PartyOrganisationAttributes,
    Person,
    Post,
    Right,
    RuleSet,
    Substitute,
    Unit,
    UnitAttributes,
    User,
)
from tests.api.conftest import Hub
from tests.api.matrix.county import (
    FROM,
    County,
    Somebody,
    signed_in,
)
from tests.api.matrix.held import meetings, notices
from tests.api.matrix.table import ROLES

NARROW_CLASSES = ("restricted", "file", "award")
NARROW_CATEGORIES = ("D", "G")
PLACES_OF_THINGS = ("village", "far", "town", "county")
PLACES_OF_PEOPLE = ("village", "sibling", "town", "town2", "county")
Account = Callable[..., Awaitable[str]]


async def found(hub: Hub, client: httpx.AsyncClient, signer: Signer) -> County:
    county = County(hub, client)
    await _people(county)
    for place in PLACES_OF_THINGS:
        await meetings(county, place, signer)
        await notices(county, place)
    return county


async def _people(county: County) -> None:
    hub = county.hub
    async with hub.database.writing() as session:

        async def unit(name: str) -> str:
            query = select(UnitAttributes.unit_id).where(UnitAttributes.name == name)
            return str((await session.scalars(query)).one())

        names = {"village": "孙家寨村", "sibling": "马家集村", "far": "张庄村", "town": "清河镇", "town2": "城关街道",
                 "county": "示范县"}  # fmt: skip
        county.units = {place: await unit(name) for place, name in names.items()}

        async def account(username: str, role: str, place: str, *narrowed: str | None) -> str:
            category, access_class = narrowed or (None, None)
            user = User(id=county.new("usr"), username=username, name=f"{names[place]}{role}",
                        created_wall=1)  # fmt: skip
            session.add(user)
            await session.flush()
            session.add(Right(id=county.new("rgt"), user_id=user.id, role=role, unit_id=county.units[place],
                              category=category, access_class=access_class, from_on=FROM))  # fmt: skip
            return user.id

        people = [Somebody(role, place) for place in PLACES_OF_PEOPLE for role in ROLES]
        people += [Somebody(role, "village", category) for category in NARROW_CATEGORIES for role in ROLES]
        people += [Somebody(role, "village", None, each) for each in NARROW_CLASSES for role in ROLES]
        people.append(Somebody("secretary", "far"))
        people.append(Somebody("supervisor", "far"))
        people.append(Somebody("minutes", "far"))
        people.append(Somebody("inspector", "far"))
        people.append(Somebody("member", "far"))
        for number, each in enumerate(people):
            each.user_id = await account(f"mx{number}", each.role, each.place, each.category, each.access_class)
            each.token = secrets.token_hex(16)
            session.add(signed_in(each.user_id, each.token, county.new("sgn")))
        county.people = people
        for place in PLACES_OF_THINGS:
            await _office(county, session, place, names[place], account)
        await session.flush()


async def _office(county: County, session: AsyncSession, place: str, name: str, account: Account) -> None:
    """What is no meeting's."""
    unit = county.units[place]
    child = county.new("unt")
    session.add(Unit(id=child, level="group"))
    await session.flush()
    session.add(UnitAttributes(id=county.new("una"), unit_id=child, name=f"{name}一组", parent_id=unit, from_on=FROM))
    query = select(Body).where(Body.unit_id == unit, Body.kind == "representatives")
    body = (await session.scalars(query)).first()
    if body is None:
        body = Body(id=county.new("bdy"), kind="representatives", name="代表", unit_id=unit)
        person = Person(id=county.new("per"), name="王代表", unit_id=unit)
        session.add_all([body, person])
        await session.flush()
        session.add(Post(id=county.new("pst"), person_id=person.id, body_id=body.id, title="代表", votes=True,
                         from_on="2026-01-01"))  # fmt: skip
        await session.flush()
    member = (await session.scalars(select(Post.person_id).where(Post.body_id == body.id))).first() or ""
    party = (await session.scalars(select(PartyOrganisationAttributes.name))).first() or ""
    ids = {"unit_id": unit, "key": unit, "unit_name": name, "child": child, "child_name": f"{name}一组"}
    ids["party_name"] = party
    county.add("unit", place, ids)
    county.add("body", place, {"body_id": body.id})
    county.add("person", place, {"person_id": member})
    sent = await account(f"account-{place}", "member", place)
    county.add("account", place, {"user_id": sent, "sign_in_id": "sgn_none"})
    peer = await account(f"peer-{place}", "reviewer", place)
    county.add("peer", place, {"user_id": peer, "sign_in_id": "sgn_none"})
    message = Feedback(id=county.new("fbk"), user_id=sent, page="/", text="字太小", sent_wall=1)
    session.add(message)
    county.add("message", place, {"feedback_id": message.id})
    for matter, category, access_class in (("b1", "B", "open"), ("d1", "D", "open"), ("g1", "G", "file"),
                                           ("h3", "H", "restricted")):  # fmt: skip
        county.add("matter", place, ids | {"matter": matter}, access_class, category)
        affair = OutsideAffair(
            id=county.new("out"), unit_id=unit, matter=matter, title=county.word(place, access_class, category, "read"),
            access_class=access_class, on="2026-02-01", found="走访", found_by=sent, found_as="督查员", found_wall=1,
            struck_by=peer, struck_as="督查员", struck_wall=2, struck_reason="误录",
        )  # fmt: skip
        session.add(affair)
        county.add("affair", place, {"affair_id": affair.id}, access_class, category)
    owner, other = county.who("secretary", place), county.who("member", place)
    lending = county.new("sub")
    session.add(Substitute(id=lending, giver_id=owner.user_id, substitute_id=other.user_id, from_on=FROM,
                           until_on="2019-01-01", reason="出差", created_wall=1))  # fmt: skip
    if place == "county":
        rules = RuleSet(id=county.new("rul"), files=[], sha256="", reason="试行", from_on="", state="withdrawn",
                        proposed_by=sent, proposed_as="县级管理员", proposed_wall=1, expires_wall=2, answered_by=sent,
                        answered_as="县级管理员", answered_wall=2)  # fmt: skip
        session.add(rules)
        county.add("rules", place, {"rules_id": rules.id})
    county.add("lending", place, {"substitute_id": lending}, owners=(owner.name, other.name))
    county.add("sign-in", place, {"sign_in_id": f"sgn_{place}"}, owners=(owner.name,))
