"""Tiles for the time line and how loud it was, behind the permission check of the recording itself."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, Response

from api.acts import glimpses as acts
from api.records.base import Id
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api/recordings/{recording_id}", tags=["recordings"])

VTT = "text/vtt"
BYTES = "application/octet-stream"
JPEG = "image/jpeg"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
TileName = Annotated[str, Path(pattern=r"^([0-9]{6}|sheet-[0-9]{6}-[0-9a-f]{7})\.jpg$")]


@router.get("/tiles/{track_id}.vtt", response_class=Response,
            responses={200: {"content": {VTT: {"schema": {"type": "string"}}}}})  # fmt: skip
async def tiles(recording_id: Id, track_id: Id, actor: Signed, house: TheHouse, request: Request) -> Response:
    """WebVTT whose cues are pictures, `URL#xywh=left,top,width,height`, one each ten seconds."""
    text = await acts.tiles(house.database, actor, recording_id, track_id, house.config.derived)
    await house.looking.glimpsed(actor, recording_id)
    return packed(text.encode(), VTT, request)


@router.get("/tiles/{track_id}/{name}", response_class=FileResponse, responses={200: {"content": {JPEG: BINARY}}})
async def tile(recording_id: Id, track_id: Id, name: TileName, actor: Signed, house: TheHouse) -> FileResponse:
    """A tile, or a sheet of up to 25 of them."""
    path = await acts.tile(house.database, actor, recording_id, track_id, name, house.config.derived)
    await house.looking.glimpsed(actor, recording_id)
    return FileResponse(path, media_type=JPEG, headers={"Cache-Control": "private, no-cache"})


@router.get("/loudness/{track_id}", response_class=Response,
            responses={200: {"content": {BYTES: BINARY}}})  # fmt: skip
async def loudness(recording_id: Id, track_id: Id, actor: Signed, house: TheHouse, request: Request) -> Response:
    """A byte each 100 ms from the recording's start: 0 nothing was recorded, 1 silent (-60 dBFS and less), 255 full
    scale, even in decibels between."""
    found = await acts.loudness(house.database, actor, recording_id, track_id, house.config.derived)
    return packed(found, BYTES, request)


def packed(body: bytes, kind: str, request: Request) -> Response:
    headers = dict(FRESH)
    if len(body) > 1024 and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5)
        headers["Content-Encoding"] = "gzip"
    return Response(body, 200, headers, kind)
