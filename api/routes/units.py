"""Units, party organisations, bodies, persons."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.acts import foreseen, party, people
from api.acts import units as acts
from api.records.base import Day, Id, Key, Level, Name
from api.records.decisions import WaitingDecision
from api.records.meetings import MOST_PARTS, Way
from api.records.people import (
    BodyOfUnit,
    Merger,
    NewPartyOrganisation,
    NewUnit,
    PartyOrganisationView,
    PersonView,
    PersonWhole,
    RosterEntry,
    UnitChange,
    UnitView,
)
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["units"])


@router.get("/units")
async def list_units(
    actor: Signed,
    house: TheHouse,
    query: Name | None = None,
    parent: Id | None = None,
    level: Level | None = None,
) -> list[UnitView]:
    return await acts.list_units(house.database, actor, query or "", parent, level)


@router.post("/units", status_code=201)
async def create_unit(body: NewUnit, actor: Signed, house: TheHouse) -> UnitView:
    return await acts.create_unit(house.database, actor, house.config.hub_id, body)


@router.post("/units/merge")
async def merge_units(body: Merger, actor: Signed, house: TheHouse) -> UnitView:
    return await acts.merge_units(house.database, actor, house.config.hub_id, body)


@router.get("/units/{unit_id}/decisions-for")
async def decisions_for(
    unit_id: Id,
    actor: Signed,
    house: TheHouse,
    kind: Key,
    on: Day | None = None,
    called_on: Day | None = None,
    way: Way | None = None,
    after: Annotated[list[Key], Query(max_length=MOST_PARTS)] = [],  # noqa: B006  # read and never written
) -> list[WaitingDecision]:
    """Those whose next step needs a meeting of this kind, and what would fail on that day. `after`: the kinds of the
    unit's parts of the same meeting that come before it."""
    return await foreseen.waiting(house.database, actor, unit_id, kind, on, called_on, way, after)


@router.patch("/units/{unit_id}")
async def change_unit(unit_id: Id, body: UnitChange, actor: Signed, house: TheHouse) -> UnitView:
    return await acts.change_unit(house.database, actor, house.config.hub_id, unit_id, body)


@router.get("/party-organisations")
async def list_party_organisations(
    _: Signed,
    house: TheHouse,
    query: Name | None = None,
    unit: Id | None = None,
    parent: Id | None = None,
) -> list[PartyOrganisationView]:
    return await party.list_party_organisations(house.database, query or "", unit, parent)


@router.post("/party-organisations", status_code=201)
async def create_party_organisation(
    body: NewPartyOrganisation, actor: Signed, house: TheHouse
) -> PartyOrganisationView:
    return await party.create_party_organisation(house.database, actor, body)


@router.get("/bodies")
async def list_bodies(actor: Signed, house: TheHouse, unit: Id) -> list[BodyOfUnit]:
    return await people.list_bodies(house.database, actor, unit)


@router.get("/bodies/{body_id}/roster")
async def roster(body_id: Id, actor: Signed, house: TheHouse, on: Day | None = None) -> list[RosterEntry]:
    return await people.roster(house.database, actor, body_id, on)


@router.get("/persons")
async def list_persons(
    actor: Signed, house: TheHouse, unit: Id | None = None, query: Name | None = None
) -> list[PersonView]:
    return await people.list_persons(house.database, actor, unit, query or "")


@router.get("/persons/{person_id}")
async def person(person_id: Id, actor: Signed, house: TheHouse) -> PersonWhole:
    return await people.person(house.database, actor, person_id)
