"""Decision records."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, UploadFile
from fastapi import Path as PathOf
from starlette.responses import Response, StreamingResponse

from api.acts import corrections, decision_acts, minutes, paper, plans
from api.acts import decisions as acts
from api.domain import plan_files
from api.records.base import Id, Key, Name
from api.records.decisions import (
    DecisionBrief,
    DecisionView,
    MinutesFinding,
    NewAct,
    NewCorrection,
    NewDecision,
    SecondWord,
)
from api.records.paper import PaperView
from api.routes.bytes import stream
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/decisions", tags=["decisions"])
PLAN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it came",
        "content": {mime: {"schema": {"type": "string", "format": "binary"}} for mime, _ in plan_files.KINDS.values()},
    }
}


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


@router.post("/{decision_id}/plans", status_code=201)
async def put_in_plan(
    decision_id: Id,
    actor: Signed,
    house: TheHouse,
    file: Annotated[UploadFile, File()],
    material: Annotated[bool, Form()] = False,
) -> DecisionView:
    """The plan's next version. `material`: what was done on older ones counts no longer."""
    data, config = await file.read(), house.config
    await plans.put_in(
        house.database, actor, config.spool, config.spool_limit_bytes, decision_id, file.filename or "", data, material
    )
    return await acts.decision(house.database, actor, decision_id)


@router.get("/{decision_id}/plans/{number}", response_class=Response, responses=PLAN)
async def get_plan(
    decision_id: Id, number: Annotated[int, PathOf(ge=1, le=10_000)], actor: Signed, house: TheHouse
) -> Response:
    """A version's file, to save; each look is on record."""
    config = house.config
    given = await plans.give(house.database, config.hub_id, actor, config.spool, decision_id, number)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"attachment; filename=plan; filename*=UTF-8''{quote(given.title, safe='')}",
        "Content-Length": str(given.piece.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    body = await stream(given.piece, house.objects, 0, given.piece.size)
    return StreamingResponse(body, 200, headers, given.mime)


@router.post("/{decision_id}/corrections", status_code=201)
async def correct_entry(decision_id: Id, body: NewCorrection, actor: Signed, house: TheHouse) -> DecisionView:
    """A wrong entry by a second one; where it takes the township and the supervisor it is asked for, and waits."""
    await corrections.correct(house.database, actor, decision_id, body)
    return await acts.decision(house.database, actor, decision_id)


@router.post("/{decision_id}/corrections/{correction_id}/word", status_code=201)
async def word_on_correction(
    decision_id: Id, correction_id: Id, body: SecondWord, actor: Signed, house: TheHouse
) -> DecisionView:
    """The township's or the supervisor's; with the second of them it is corrected."""
    await corrections.second_word(house.database, actor, decision_id, correction_id, body)
    return await acts.decision(house.database, actor, decision_id)


@router.post("/{decision_id}/minutes/{objection_id}/finding", status_code=201)
async def find_on_minutes(
    decision_id: Id, objection_id: Id, body: MinutesFinding, actor: Signed, house: TheHouse
) -> DecisionView:
    """What the chair found at that second of the recording."""
    await minutes.find(house.database, actor, decision_id, objection_id, body)
    return await acts.decision(house.database, actor, decision_id)


@router.post("/{decision_id}/minutes/{objection_id}/word", status_code=201)
async def word_on_minutes(
    decision_id: Id, objection_id: Id, body: SecondWord, actor: Signed, house: TheHouse
) -> DecisionView:
    """Whether the supervisor found the same."""
    await minutes.share(house.database, actor, decision_id, objection_id, body)
    return await acts.decision(house.database, actor, decision_id)


@router.get("/{decision_id}/paper")
async def get_paper(decision_id: Id, actor: Signed, house: TheHouse) -> PaperView:
    """The record as it would be printed, with the codes of its last checkpoints."""
    return await paper.paper(house.database, actor, decision_id, house.site)


@router.post("/{decision_id}/paper", status_code=201)
async def print_paper(decision_id: Id, actor: Signed, house: TheHouse) -> PaperView:
    """Its chain is signed, the printing noted as an entry; the answer is what goes on paper."""
    return await paper.print_paper(house.database, house.notary, actor, decision_id, house.site)
