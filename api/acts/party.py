"""The party organisations' tree: bound to units, not equal to them; attributes are dated."""

import time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.domain.day import day_of
from api.domain.rights import Place
from api.errors.request import NotFound, Taken
from api.records.people import NewPartyOrganisation, PartyOrganisationView
from storage.database import Database
from storage.ids import new_id
from storage.tables import PartyOrganisation, PartyOrganisationAttributes


async def list_party_organisations(
    database: Database, query: str = "", unit: str | None = None, parent: str | None = None
) -> list[PartyOrganisationView]:
    async with database.reading() as session:
        found = (
            select(PartyOrganisation, PartyOrganisationAttributes)
            .join(
                PartyOrganisationAttributes,
                PartyOrganisationAttributes.party_organisation_id == PartyOrganisation.id,
            )
            .where(PartyOrganisationAttributes.until_on.is_(None))
        )
        if query:
            found = found.where(PartyOrganisationAttributes.name.contains(query, autoescape=True))
        if unit:
            found = found.where(PartyOrganisationAttributes.unit_id == unit)
        if parent:
            found = found.where(PartyOrganisationAttributes.parent_id == parent)
        rows = (await session.execute(found.order_by(PartyOrganisation.id).limit(1000))).all()
        refs = await tree.refs(session, [a.unit_id for _, a in rows if a.unit_id])
        return [
            PartyOrganisationView(
                id=party.id,
                name=a.name,
                level=party.level,
                parent=a.parent_id,
                unit=refs.get(a.unit_id or ""),
                closed_on=party.closed_on,
            )
            for party, a in rows
        ]


async def create_party_organisation(
    database: Database, actor: Actor, new: NewPartyOrganisation
) -> PartyOrganisationView:
    async with database.writing() as session:
        actor.require("unit.write", Place(await tree.path_of(session, new.unit)))
        if new.parent is not None and await session.get(PartyOrganisation, new.parent) is None:
            raise NotFound(new.parent)
        same = select(PartyOrganisationAttributes.id).where(
            PartyOrganisationAttributes.name == new.name, PartyOrganisationAttributes.until_on.is_(None)
        )
        if await session.scalar(same):
            raise Taken(new.name)
        from_on = new.from_on or day_of(time.time_ns())
        party_id = await add_party_organisation(session, new.name, new.level, new.parent, new.unit, from_on)
        return PartyOrganisationView(
            id=party_id,
            name=new.name,
            level=new.level,
            parent=new.parent,
            unit=await tree.ref(session, new.unit),
            closed_on=None,
        )


async def add_party_organisation(
    session: AsyncSession, name: str, level: str, parent: str | None, unit: str | None, from_on: str
) -> str:
    party_id = new_id("pty")
    session.add(PartyOrganisation(id=party_id, level=level))
    await session.flush()
    session.add(
        PartyOrganisationAttributes(
            id=new_id("pta"),
            party_organisation_id=party_id,
            name=name,
            parent_id=parent,
            unit_id=unit,
            from_on=from_on,
        )
    )
    await session.flush()
    return party_id
