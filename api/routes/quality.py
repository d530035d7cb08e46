"""Quality marks of a recording: shown beside its coverage, confirmed or dismissed by an inspector."""

from fastapi import APIRouter

from api.acts import quality as acts
from api.records.base import Id
from api.records.recordings import NewQualityAnswer, QualityMarkView, QualityView
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/recordings/{recording_id}/quality", tags=["recordings"])


@router.get("")
async def quality(recording_id: Id, actor: Signed, house: TheHouse) -> QualityView:
    """First guesses (`rough`) until it is measured, then marks."""
    return await acts.quality(house.database, actor, recording_id, house.config.derived)


@router.post("/{mark_id}")
async def answer(
    recording_id: Id, mark_id: Id, body: NewQualityAnswer, actor: Signed, house: TheHouse
) -> QualityMarkView:  # fmt: skip
    return await acts.answer(
        house.database, house.config.hub_id, actor, recording_id, mark_id, body.answer, body.remark
    )  # fmt: skip
