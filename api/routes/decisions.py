"""Decision records."""

from fastapi import APIRouter

from api.acts import decisions as acts
from api.records.base import Id, Key, Name
from api.records.decisions import DecisionBrief, DecisionEnd, DecisionView, NewDecision
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/decisions", tags=["decisions"])


@router.get("")
async def list_decisions(
    actor: Signed, house: TheHouse, unit: Id | None = None, query: Name | None = None, matter: Key | None = None
) -> list[DecisionBrief]:
    return await acts.list_decisions(house.database, actor, unit, query or "", matter)


@router.post("", status_code=201)
async def start_decision(body: NewDecision, actor: Signed, house: TheHouse) -> DecisionView:
    decision_id = await acts.start_decision(house.database, actor, body)
    return await acts.decision(house.database, actor, decision_id)


@router.get("/{decision_id}")
async def get_decision(decision_id: Id, actor: Signed, house: TheHouse) -> DecisionView:
    return await acts.decision(house.database, actor, decision_id)


@router.post("/{decision_id}/end")
async def end_decision(decision_id: Id, body: DecisionEnd, actor: Signed, house: TheHouse) -> DecisionView:
    """撤回 or 终止, without a vote."""
    await acts.end_decision(house.database, actor, decision_id, body.outcome)
    return await acts.decision(house.database, actor, decision_id)
