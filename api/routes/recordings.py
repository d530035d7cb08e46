"""Recordings: lists, playlists, media bytes behind the permission check, looks."""

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import FileResponse, Response

from api.acts import looks, recording_list, recording_streams, recording_views
from api.errors.request import NotFound
from api.records.base import Id, Name
from api.records.recordings import LookView, NewLook, RecordingBrief, RecordingView
from api.routes.bytes import piece_response
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["recordings"])

HLS = "application/vnd.apple.mpegurl"  # RFC 8216 §10
PLAYLIST: dict[int | str, dict[str, Any]] = {
    200: {"description": "HLS", "content": {HLS: {"schema": {"type": "string"}}}}
}
BINARY = {"schema": {"type": "string", "format": "binary"}}
MEDIA: dict[int | str, dict[str, Any]] = {200: {"description": "The file", "content": {"video/mp4": BINARY}},
         206: {"description": "A part of it", "content": {"video/mp4": BINARY}}}  # fmt: skip


@router.get("/recordings")
async def list_recordings(
    actor: Signed, house: TheHouse, query: Name | None = None, unit: Id | None = None
) -> list[RecordingBrief]:
    return await recording_list.list_recordings(house.database, actor, unit, query or "", house.config.derived)


@router.get("/looks")
async def list_looks(actor: Signed, house: TheHouse, recording: Id | None = None) -> list[LookView]:
    """For auditors: who looked at what."""
    return await looks.list_looks(house.database, actor, recording)


@router.get("/recordings/{recording_id}")
async def get_recording(recording_id: Id, actor: Signed, house: TheHouse) -> RecordingView:
    return await recording_views.recording_view(house.database, actor, recording_id, house.config.derived)


@router.get("/recordings/{recording_id}/master.m3u8", response_class=Response, responses=PLAYLIST)
async def master(
    recording_id: Id, actor: Signed, house: TheHouse, request: Request, picture: Id | None = None
) -> Response:
    """One sound group, the pictures as renditions; `picture` leaves only that one."""
    return playlist_response(
        await recording_streams.master(house.database, actor, recording_id, picture, house.config.derived), request
    )


@router.get("/recordings/{recording_id}/poster.jpg", response_class=FileResponse,
            responses={200: {"content": {"image/jpeg": BINARY}}})  # fmt: skip
async def poster(recording_id: Id, actor: Signed, house: TheHouse) -> FileResponse:
    recording = await recording_views.recording_view(house.database, actor, recording_id, house.config.derived)
    path = house.config.derived / recording.id / "poster.jpg"
    if not recording.viewable or not path.is_file():
        raise NotFound("poster")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, no-cache"})


@router.get("/recordings/{recording_id}/{track_id}.m3u8", response_class=Response, responses=PLAYLIST)
async def playlist(
    recording_id: Id,
    track_id: Id,
    actor: Signed,
    house: TheHouse,
    request: Request,
    skip: Annotated[str, Query(alias="_HLS_skip", max_length=16)] = "",
) -> Response:
    """A media playlist of CMAF segments, also while the meeting runs; `_HLS_skip=YES` by a player that has the older
    part of it (RFC 8216bis §6.2.5.1)."""
    delta = skip in ("YES", "v2")
    text = await recording_streams.playlist(house.database, actor, recording_id, track_id, house.config.derived, delta)
    return playlist_response(text, request)


@router.get("/recordings/{recording_id}/media/{piece_id}.mp4", response_class=Response, responses=MEDIA)
async def media(
    recording_id: Id,
    piece_id: Id,
    actor: Signed,
    house: TheHouse,
    range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    config = house.config
    piece = await recording_streams.piece(house.database, actor, recording_id, piece_id, config.spool, config.derived)
    response = await piece_response(piece, house.objects, range, if_none_match)
    if not piece.filler:
        await house.looking.fetched(actor, recording_id, (piece.start_ns, piece.end_ns))
    return response


@router.post("/recordings/{recording_id}/looks", status_code=204)
async def look(recording_id: Id, body: NewLook, actor: Signed, house: TheHouse) -> None:
    """The page's beat: names its sitting. What was really fetched is logged from the media requests."""
    await looks.may_look(house.database, actor, recording_id)
    house.looking.name(actor, recording_id, body.sitting)


def playlist_response(text: str, request: Request) -> Response:
    """A two-hour meeting's playlist has thousands of lines and is asked for every few seconds: gzip."""
    body, headers = text.encode(), {"Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
    if len(body) > 1024 and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5)
        headers["Content-Encoding"] = "gzip"
    return Response(body, 200, headers, HLS)
