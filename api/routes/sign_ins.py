"""Where one is signed in, and where accounts below are."""

from fastapi import APIRouter

from api.acts import sign_ins as acts
from api.records.base import Id
from api.records.sign_ins import SignInView
from api.routes.signed import Settled, Signed, TheHouse

router = APIRouter(prefix="/api", tags=["sign-in"])


@router.get("/sign-ins")
async def own(actor: Settled, house: TheHouse) -> list[SignInView]:
    return await acts.own(house.database, actor)


@router.post("/sign-ins/end-others", status_code=204)
async def end_others(actor: Settled, house: TheHouse) -> None:
    await acts.end_others(house.database, house.config.hub_id, actor)


@router.post("/sign-ins/{sign_in_id}/end", status_code=204)
async def end(sign_in_id: Id, actor: Settled, house: TheHouse) -> None:
    await acts.end_own(house.database, house.config.hub_id, actor, sign_in_id)


@router.get("/users/{user_id}/sign-ins")
async def of_user(user_id: Id, actor: Signed, house: TheHouse) -> list[SignInView]:
    return await acts.of_user(house.database, actor, user_id)


@router.post("/users/{user_id}/sign-ins/end", status_code=204)
async def end_all_of_user(user_id: Id, actor: Signed, house: TheHouse) -> None:
    await acts.end_of_user(house.database, house.config.hub_id, actor, user_id, None)


@router.post("/users/{user_id}/sign-ins/{sign_in_id}/end", status_code=204)
async def end_of_user(user_id: Id, sign_in_id: Id, actor: Signed, house: TheHouse) -> None:
    await acts.end_of_user(house.database, house.config.hub_id, actor, user_id, sign_in_id)
