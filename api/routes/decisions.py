"""Decision records."""

from fastapi import APIRouter

from api.acts import decision_acts, paper
from api.acts import decisions as acts
from api.records.base import Id, Key, Name
from api.records.decisions import DecisionBrief, DecisionView, NewAct, NewDecision
from api.records.paper import PaperView
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


@router.post("/{decision_id}/acts", status_code=201)
async def act_on_decision(decision_id: Id, body: NewAct, actor: Signed, house: TheHouse) -> DecisionView:
    """A plan, an opinion, a posting, an objection or its answer, a signature, something done, 撤回 or 终止."""
    await decision_acts.take(house.database, actor, decision_id, body)
    return await acts.decision(house.database, actor, decision_id)


@router.get("/{decision_id}/paper")
async def get_paper(decision_id: Id, actor: Signed, house: TheHouse) -> PaperView:
    """The record as it would be printed, with the codes of its last checkpoints."""
    return await paper.paper(house.database, actor, decision_id, house.site)


@router.post("/{decision_id}/paper", status_code=201)
async def print_paper(decision_id: Id, actor: Signed, house: TheHouse) -> PaperView:
    """Its chain is signed, the printing noted as an entry; the answer is what goes on paper."""
    return await paper.print_paper(house.database, house.notary, actor, decision_id, house.site)
