"""Deliveries over HTTP: a device's own copy and films handed in, in pieces; their viewing copies; countersigning."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi import Path as PathOf

from api.acts import deliveries as acts
from api.acts import delivery_views as views
from api.acts.meeting_access import access_to
from api.acts.meeting_views import elapsed_ns
from api.acts.recording_access import playable
from api.domain.meeting import ABSENCE, RUNNING
from api.records.base import Id
from api.records.deliveries import (
    DeliveriesView,
    DeliveryProgress,
    DeliveryView,
    MeetingClock,
    NewDelivery,
    Sha256,
    WholeFile,
)
from api.routes.bytes import piece_response
from api.routes.recordings import MEDIA, PLAYLIST, playlist_response
from api.routes.signed import Signed, TheHouse

router = APIRouter(prefix="/api", tags=["deliveries"])
MS = 1_000_000
Number = Annotated[int, PathOf(ge=0, le=1_000_000)]


@router.get("/meetings/{meeting_id}/clock")
async def meeting_clock(meeting_id: Id, actor: Signed, house: TheHouse) -> MeetingClock:
    """The meeting's time now: by it a device finds where on the time line its own copy lies."""
    async with house.database.reading() as session:
        meeting = (await access_to(session, actor, meeting_id)).meeting
        now = meeting.origin().meeting_now() if meeting.opened_wall is not None else 0
        ended = None if meeting.end_ns is None or meeting.ended_by == ABSENCE else elapsed_ns(meeting) // MS
        return MeetingClock(elapsed_ms=now // MS, running=meeting.state in RUNNING, ended_ms=ended)


@router.get("/meetings/{meeting_id}/deliveries")
async def list_deliveries(meeting_id: Id, actor: Signed, house: TheHouse) -> DeliveriesView:
    return await acts.list_deliveries(house.database, actor, house.config.derived, meeting_id)


@router.post("/meetings/{meeting_id}/deliveries", status_code=201)
async def begin(meeting_id: Id, body: NewDelivery, actor: Signed, house: TheHouse) -> DeliveryProgress:
    """Pieces of 262,144 bytes, the last one shorter. Begun again under its key it says what is there already."""
    config = house.config
    found = await acts.begin(house.database, actor, config.spool, config.spool_limit_bytes, meeting_id, body)
    return await acts.progress(house.database, actor, config.spool, config.derived, found)


@router.get("/deliveries/{delivery_id}")
async def progress(delivery_id: Id, actor: Signed, house: TheHouse) -> DeliveryProgress:
    """Which pieces are there; for who delivers it."""
    return await acts.progress(house.database, actor, house.config.spool, house.config.derived, delivery_id)


@router.put(
    "/deliveries/{delivery_id}/pieces/{number}",
    status_code=204,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_piece(
    delivery_id: Id,
    number: Number,
    sha256: Annotated[Sha256, Query()],
    request: Request,
    actor: Signed,
    house: TheHouse,
) -> None:
    """On disk when this answers; the same piece again changes nothing."""
    data = await request.body()
    await acts.piece(house.database, actor, house.config.spool, delivery_id, number, data, sha256)


@router.post("/deliveries/{delivery_id}/complete")
async def complete(delivery_id: Id, body: WholeFile, actor: Signed, house: TheHouse) -> DeliveryView:
    """Sealed and in the ledger when this answers: from here on the device may let its own file go."""
    config = house.config
    await acts.complete(house.database, actor, config.spool, delivery_id, body.list_sha256)
    found = await acts.progress(house.database, actor, config.spool, config.derived, delivery_id)
    await house.meetings.changed(await acts.meeting_of(house.database, delivery_id))
    return found.delivery


@router.post("/deliveries/{delivery_id}/countersign")
async def countersign(delivery_id: Id, actor: Signed, house: TheHouse) -> DeliveriesView:
    meeting = await acts.countersign(house.database, actor, delivery_id)
    return await acts.list_deliveries(house.database, actor, house.config.derived, meeting)


@router.get("/recordings/{recording_id}/deliveries")
async def of_recording(recording_id: Id, actor: Signed, house: TheHouse) -> list[DeliveryView]:
    """Beside the recording's own tracks, never among them."""
    async with house.database.reading() as session:
        _, access, hidden = await playable(session, actor, recording_id)
        return await views.of_recording(session, actor, access, recording_id, house.config.derived, hidden)


@router.get("/recordings/{recording_id}/deliveries/{delivery_id}.m3u8", response_class=Response, responses=PLAYLIST)
async def playlist(recording_id: Id, delivery_id: Id, actor: Signed, house: TheHouse, request: Request) -> Response:
    """The viewing copy of a delivery; it begins at the delivery's own beginning."""
    text = await views.playlist(house.database, actor, house.config.derived, recording_id, delivery_id)
    return playlist_response(text, request)


@router.get(
    "/recordings/{recording_id}/deliveries/{delivery_id}/{number}.mp4", response_class=Response, responses=MEDIA
)
async def piece(
    recording_id: Id,
    delivery_id: Id,
    number: Number,
    actor: Signed,
    house: TheHouse,
    range: Annotated[str | None, Header()] = None,
) -> Response:
    found, (offset, length) = await views.piece(
        house.database, actor, house.config.derived, recording_id, delivery_id, number
    )
    response = await piece_response(found, None, range, None, (offset, length))
    if not found.filler:
        await house.looking.fetched(actor, recording_id, (found.start_ns, found.end_ns))
    return response
