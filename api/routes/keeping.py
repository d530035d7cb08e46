"""保管: what is due, holds, what is secluded, and the two persons' words."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from api.acts import holds, keeping, proposals
from api.records.base import Id
from api.records.keeping import KeepingView, NewAnswer, NewProposal, RecordingKeeping, Why
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["keeping"])

ZIP = "application/zip"
ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The meeting's signed archive",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/keeping")
async def overview(actor: Signed, house: TheHouse) -> KeepingView:
    """Below the actor's units: what waits for a word, what is due, held, secluded, and being deleted."""
    return await keeping.overview(house.database, actor)


@router.get("/recordings/{recording_id}/keeping")
async def of_recording(recording_id: Id, actor: Signed, house: TheHouse) -> RecordingKeeping:
    return await keeping.of_recording(house.database, actor, recording_id)


@router.post("/recordings/{recording_id}/hold")
async def place_hold(recording_id: Id, body: Why, actor: Signed, house: TheHouse) -> RecordingKeeping:
    await holds.place(house.database, house.config.hub_id, actor, recording_id, body.reason)
    return await keeping.of_recording(house.database, actor, recording_id)


@router.post("/recordings/{recording_id}/hold/lift")
async def lift_hold(recording_id: Id, body: Why, actor: Signed, house: TheHouse) -> RecordingKeeping:
    await holds.lift(house.database, house.config.hub_id, actor, recording_id, body.reason)
    return await keeping.of_recording(house.database, actor, recording_id)


@router.post("/recordings/{recording_id}/proposals", status_code=201)
async def propose(recording_id: Id, body: NewProposal, actor: Signed, house: TheHouse) -> RecordingKeeping:
    """Nothing is done by one person's word."""
    await proposals.propose(house.database, house.config.hub_id, actor, recording_id, body)
    return await keeping.of_recording(house.database, actor, recording_id)


@router.post("/proposals/{proposal_id}/answer")
async def answer(proposal_id: Id, body: NewAnswer, actor: Signed, house: TheHouse) -> RecordingKeeping:
    recording_id = await proposals.answer(house.database, house.config.hub_id, actor, proposal_id, body.answer)
    return await keeping.of_recording(house.database, actor, recording_id)


@router.get("/meetings/{meeting_id}/archive.zip", response_class=Response, responses=ARCHIVE)
async def archive(meeting_id: Id, actor: Signed, house: TheHouse) -> StreamingResponse:
    """What `huilu export` writes, as one file; `huilu verify` checks it when it is unpacked."""
    made = await house.take_outs.make(actor, house.config.hub_id, meeting_id)
    name = quote(f"{made.name}.zip", safe="")
    headers = {"Content-Disposition": f"attachment; filename=huilu.zip; filename*=UTF-8''{name}"}  # RFC 6266 §4.3
    return StreamingResponse(house.take_outs.stream(made), 200, headers, ZIP)
