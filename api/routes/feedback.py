"""意见反馈."""

from fastapi import APIRouter

from api.acts import feedback as acts
from api.records.base import Id
from api.records.service import FeedbackAnswer, FeedbackView, NewFeedback
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/feedback", tags=["feedback"])


@router.post("", status_code=201)
async def send(body: NewFeedback, actor: Signed, house: TheHouse) -> FeedbackView:
    return await acts.send(house.database, actor, body.page, body.text)


@router.get("")
async def read(actor: Signed, house: TheHouse) -> list[FeedbackView]:
    return await acts.read(house.database, actor)


@router.get("/mine")
async def mine(actor: Signed, house: TheHouse) -> list[FeedbackView]:
    return await acts.mine(house.database, actor)


@router.post("/{feedback_id}/answer")
async def answer(feedback_id: Id, body: FeedbackAnswer, actor: Signed, house: TheHouse) -> FeedbackView:
    return await acts.answer(house.database, actor, feedback_id, body.answer)
