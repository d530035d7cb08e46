"""The desks of town, village and county, and what an inspector found outside the system."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.acts import outside
from api.acts.desk_county import affairs, county_desk
from api.acts.desk_town import town_desk
from api.acts.desk_village import village_desk
from api.records.base import Day, Id, Key
from api.records.desks import (
    AffairPage,
    CountyDesk,
    NewOutsideAffair,
    Offset,
    OutsideAffairView,
    StruckAffair,
    TownDesk,
    VillageDesk,
    Which,
)
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["desks"])
From = Annotated[Day | None, Query(alias="from")]
Until = Annotated[Day | None, Query(alias="until")]


def _written(text: str) -> Response:
    """As it is: FastAPI would look at each of a desk's thousand fields once more."""
    return Response(text, media_type="application/json")


@router.get("/desk/town", response_model=TownDesk)
async def get_town_desk(actor: Signed, house: TheHouse, unit: Id | None = None) -> Response:
    """What waits for review, meetings to attend, overdue steps, villages out of step; of `unit` and below it."""
    return _written(await house.desks.answer(actor, town_desk, unit))


@router.get("/desk/village", response_model=VillageDesk)
async def get_village_desk(actor: Signed, house: TheHouse, unit: Id | None = None) -> Response:
    """What is next, one thing each."""
    return _written(await house.desks.answer(actor, village_desk, unit))


@router.get("/desk/county", response_model=CountyDesk)
async def get_county_desk(
    actor: Signed, house: TheHouse, from_on: From = None, until_on: Until = None, unit: Id | None = None,
    category: Key | None = None,
) -> Response:  # fmt: skip
    """规范率 and 全面覆盖率 of a period, both days included; of this year, where none is named."""
    return _written(await house.desks.answer(actor, county_desk, from_on, until_on, unit, category))


@router.get("/desk/county/affairs", response_model=AffairPage)
async def list_affairs(
    actor: Signed, house: TheHouse, from_on: From = None, until_on: Until = None, unit: Id | None = None,
    category: Key | None = None, rule: Key | None = None, which: Which = "all", offset: Offset = 0,
) -> Response:  # fmt: skip
    """The affairs behind a figure, 50 at a time."""
    of = (from_on, until_on, unit, category, rule, which, offset)
    return _written(await house.desks.answer(actor, affairs, *of))


@router.post("/outside-affairs", status_code=201)
async def enter_outside_affair(body: NewOutsideAffair, actor: Signed, house: TheHouse) -> OutsideAffairView:
    affair = await outside.enter(house.database, actor, house.config.hub_id, body)
    return await outside.view(house.database, actor, affair)


@router.get("/outside-affairs/{affair_id}")
async def get_outside_affair(affair_id: Id, actor: Signed, house: TheHouse) -> OutsideAffairView:
    return await outside.view(house.database, actor, affair_id)


@router.post("/outside-affairs/{affair_id}/strike")
async def strike_outside_affair(affair_id: Id, body: StruckAffair, actor: Signed, house: TheHouse) -> OutsideAffairView:
    """Entered in error: it stays readable and is no longer counted."""
    await outside.strike(house.database, actor, house.config.hub_id, affair_id, body.reason)
    return await outside.view(house.database, actor, affair_id)
