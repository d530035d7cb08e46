"""A county's own rules: checked, proposed, taken up by a second person."""

from fastapi import APIRouter

from api.acts import county_rules as acts
from api.acts import rule_views as views
from api.records.base import Id
from api.records.keeping import NewAnswer
from api.records.rules import NewRules, RuleFiles, RulesChecked, RuleSetBrief, RuleSetView, RulesInForce
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/rules", tags=["rules"])


@router.get("")
async def list_rules(actor: Signed, house: TheHouse) -> list[RuleSetBrief]:
    return await views.every(house.database, actor)


@router.get("/in-force")
async def in_force(actor: Signed, house: TheHouse) -> RulesInForce:
    """What the county has taken up, and what of the hub's own rules holds beside it today."""
    return await views.in_force(house.database, actor)


@router.post("/check")
async def check(body: RuleFiles, actor: Signed, house: TheHouse) -> RulesChecked:
    """Nothing is written; a refusal has every mistake with its file and line."""
    return await acts.check(house.database, actor, body)


@router.post("/proposals", status_code=201)
async def propose(body: NewRules, actor: Signed, house: TheHouse) -> RuleSetView:
    """They are taken up by another person's word."""
    rules_id = await acts.propose(house.database, house.config.hub_id, actor, body)
    return await views.one(house.database, actor, rules_id)


@router.get("/{rules_id}")
async def get_rules(rules_id: Id, actor: Signed, house: TheHouse) -> RuleSetView:
    return await views.one(house.database, actor, rules_id)


@router.post("/{rules_id}/answer")
async def answer(rules_id: Id, body: NewAnswer, actor: Signed, house: TheHouse) -> RuleSetView:
    await acts.answer(house.database, house.config.hub_id, actor, rules_id, body.answer)
    await house.read_rules()
    return await views.one(house.database, actor, rules_id)
