"""Who acts in one's place, and in whose place one acts."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.acts import substitutes as acts
from api.records.base import Id
from api.records.substitutes import Candidate, NewSubstitute, Substitutes
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/substitutes", tags=["sign-in"])


@router.get("")
async def overview(actor: Signed, house: TheHouse) -> Substitutes:
    return await acts.overview(house.database, actor)


@router.get("/candidates")
async def candidates(
    actor: Signed, house: TheHouse, query: Annotated[str, Query(max_length=40, pattern=r"^[^\x00]*$")] = ""
) -> list[Candidate]:
    return await acts.candidates(house.database, actor, query.strip())


@router.post("", status_code=201)
async def appoint(body: NewSubstitute, actor: Signed, house: TheHouse) -> Substitutes:
    await acts.appoint(house.database, house.config.hub_id, actor, body)
    return await acts.overview(house.database, actor)


@router.post("/{substitute_id}/end")
async def end(substitute_id: Id, actor: Signed, house: TheHouse) -> Substitutes:
    await acts.end(house.database, house.config.hub_id, actor, substitute_id)
    return await acts.overview(house.database, actor)
