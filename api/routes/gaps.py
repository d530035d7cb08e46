"""Gaps of closed recordings: explained in writing, countersigned; where something waits for who asks."""

from fastapi import APIRouter

from api.acts import explanations
from api.records.base import Id
from api.records.gaps import GapsView, NewExplanation, WaitingGaps
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["recordings"])


@router.get("/gaps")
async def waiting(actor: Signed, house: TheHouse) -> list[WaitingGaps]:
    """Recordings with gaps that he is to explain, or explanations that he is to countersign."""
    return await explanations.waiting(house.database, actor)


@router.get("/recordings/{recording_id}/gaps")
async def gaps(recording_id: Id, actor: Signed, house: TheHouse) -> GapsView:
    return await explanations.gaps_of(house.database, actor, recording_id)


@router.post("/recordings/{recording_id}/explanations", status_code=201)
async def explain(recording_id: Id, body: NewExplanation, actor: Signed, house: TheHouse) -> GapsView:
    await explanations.explain(house.database, actor, recording_id, body)
    return await explanations.gaps_of(house.database, actor, recording_id)


@router.post("/recordings/{recording_id}/explanations/{explanation_id}/countersign")
async def countersign(recording_id: Id, explanation_id: Id, actor: Signed, house: TheHouse) -> GapsView:
    await explanations.countersign(house.database, actor, recording_id, explanation_id)
    return await explanations.gaps_of(house.database, actor, recording_id)
