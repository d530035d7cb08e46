"""The second factor of one's own account; also for who may do nothing else before it is enrolled."""

from fastapi import APIRouter, Request

from api.acts import enrolment
from api.records.second_factor import BeginFactor, Begun, FactorCode, RecoveryCodes, RemoveFactor, SecondFactorView
from api.routes.address import address_of
from api.routes.signed import Settled, TheHouse

router = APIRouter(prefix="/api/second-factor", tags=["sign-in"])


@router.get("")
async def state(actor: Settled, house: TheHouse) -> SecondFactorView:
    return await enrolment.state(house.database, house.factors, actor)


@router.post("")
async def begin(body: BeginFactor, actor: Settled, house: TheHouse) -> Begun:
    return await enrolment.begin(house.database, house.factors, actor, body.password)


@router.post("/confirm")
async def confirm(body: FactorCode, actor: Settled, house: TheHouse) -> RecoveryCodes:
    return await enrolment.confirm(house.database, house.factors, actor, body.code)


@router.post("/recovery-codes")
async def renew_codes(body: FactorCode, actor: Settled, house: TheHouse, request: Request) -> RecoveryCodes:
    return await enrolment.renew_codes(house.database, house.factors, actor, body.code, address_of(request))


@router.post("/remove", status_code=204)
async def remove(body: RemoveFactor, actor: Settled, house: TheHouse, request: Request) -> None:
    await enrolment.remove(house.database, house.factors, actor, body.password, body.code, address_of(request))
