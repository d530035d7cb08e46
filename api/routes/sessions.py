"""Media sessions over HTTP: a page's own, WHIP (RFC 9725), WHEP; SDP stays here, the relay gets records."""

import asyncio
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from api.acts.actor import Actor
from api.acts.sessions import Seat, may_be_over, own_session, session_began, session_ended, take_seat
from api.errors.request import BadBody, Forbidden, NoIfMatch, NotFound, WrongMediaType
from api.house import House
from api.live.restart import restart_ice
from api.records.base import Device, Id
from api.records.meetings import NewSession, SessionView
from api.routes.ice_servers import links, servers_for
from api.routes.signed import Signed, TheHouse
from media_server.errors import RelayError
from media_server.records import Ice, Kind, Mode, SessionAnswer, SessionRequest
from media_server.sdp import read_offer, read_restart, write_answer, write_restart

router = APIRouter(prefix="/api/meetings", tags=["media"])

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"  # RFC 8840 §9
OPEN_WAIT_S = 3.0
SDP_IN = {"requestBody": {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}}
SDP_OUT: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The answer",
        "content": {SDP: {"schema": {"type": "string"}}},
        "headers": {"Location": {"schema": {"type": "string"}}, "ETag": {"schema": {"type": "string"}}},
    }
}
_TAG = re.compile(r'(W/)?"([^"]*)"')  # RFC 9110 §8.8.3


@router.post(
    "/{meeting_id}/sessions",
    status_code=201,
    responses={201: {"headers": SDP_OUT[201]["headers"]}},
)
async def open_session(
    meeting_id: Id, body: NewSession, actor: Signed, house: TheHouse, response: Response
) -> SessionView:
    """A page's session: its tracks by mid, and as many receive-only slots as it wants."""
    seat, ice, answer = await _open(house, actor, meeting_id, "room", body.sdp, body.device, body.unit, body.sources)
    response.headers["Location"] = location(meeting_id, seat.session)
    response.headers["ETag"] = etag(ice)
    return SessionView(session=seat.session, publisher=seat.publisher, sdp=answer)


@router.post("/{meeting_id}/whip", status_code=201, response_class=Response, responses=SDP_OUT, openapi_extra=SDP_IN)
async def whip(
    meeting_id: Id,
    request: Request,
    actor: Signed,
    house: TheHouse,
    device: Annotated[Device | None, Query()] = None,
    unit: Annotated[Id | None, Query()] = None,
) -> Response:
    """A program that sends (RFC 9725); its token names its unit. Two devices of one account name themselves apart."""
    sdp = await _text(request, SDP)
    opened = await _open(house, actor, meeting_id, "whip", sdp, device, unit, None)
    return _created(meeting_id, *opened, links(servers_for(house, actor)))


@router.post("/{meeting_id}/whep", status_code=201, response_class=Response, responses=SDP_OUT, openapi_extra=SDP_IN)
async def whep(meeting_id: Id, request: Request, actor: Signed, house: TheHouse) -> Response:
    """A program that watches: one picture and one sound, following the chair's picture."""
    sdp = await _text(request, SDP)
    opened = await _open(house, actor, meeting_id, "whep", sdp, None, None, None)
    return _created(meeting_id, *opened, links(servers_for(house, actor)))


@router.patch(
    "/{meeting_id}/sessions/{session_id}",
    response_class=Response,
    responses={
        200: {
            "description": "New credentials",
            "content": {FRAGMENT: {"schema": {"type": "string"}}},
            "headers": {"ETag": {"schema": {"type": "string"}}},
        },
        204: {"description": "Candidates, which the relay does not need"},
    },
    openapi_extra={"requestBody": {"required": True, "content": {FRAGMENT: {"schema": {"type": "string"}}}}},
)
async def change_session(
    meeting_id: Id,
    session_id: Id,
    request: Request,
    actor: Signed,
    house: TheHouse,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """RFC 9725 §4.3: candidates of the client, or an ICE restart, by which DTLS, keys and slots go on. `If-Match: *`
    asks for a restart: one whose answer was lost is answered once more."""
    fragment = await _text(request, FRAGMENT)
    row = await own_session(house.database, actor, meeting_id, session_id)
    if if_match is None:
        raise NoIfMatch
    tags = None if if_match.strip() == "*" else [tag for weak, tag in _TAG.findall(if_match) if not weak]
    now = await restart_ice(house.bus, row.id, read_restart(fragment), tags)
    if not now.new and tags is not None:
        return Response(status_code=204)
    answer = write_restart(now.ice, now.candidates, fragment)
    return Response(answer, 200, {"ETag": etag(now.ice)}, FRAGMENT)


@router.delete("/{meeting_id}/sessions/{session_id}", status_code=200, response_class=Response)
async def close_session(meeting_id: Id, session_id: Id, actor: Signed, house: TheHouse) -> Response:
    row = await own_session(house.database, actor, meeting_id, session_id)
    if row.ended_wall is not None:
        if await may_be_over(house.database, row):
            return Response(status_code=200)
        raise NotFound(f"session {session_id}")
    await _close_at_relay(house, session_id)
    await session_ended(house.database, session_id, "closed")
    house.meetings.people_changed(meeting_id)
    return Response(status_code=200)


def location(meeting_id: str, session_id: str) -> str:
    return f"/api/meetings/{meeting_id}/sessions/{session_id}"


def etag(ice: Ice) -> str:
    """The ICE session's entity-tag (RFC 9725 §4.3.1): new with every restart, as the ufrag is."""
    return f'"{ice.ufrag}"'


def _created(meeting_id: str, seat: Seat, ice: Ice, answer: str, more: dict[str, str]) -> Response:
    headers = {"Location": location(meeting_id, seat.session), "ETag": etag(ice), **more}
    return Response(answer, 201, headers, SDP)


async def _text(request: Request, media_type: str) -> str:
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named != media_type:
        raise WrongMediaType(named)
    try:
        return (await request.body()).decode("utf-8")
    except UnicodeDecodeError:
        raise BadBody from None


async def _open(
    house: House,
    actor: Actor,
    meeting_id: str,
    mode: Mode,
    sdp: str,
    device: str | None,
    unit: str | None,
    sources: dict[str, Kind] | None,
) -> tuple[Seat, Ice, str]:
    seat = await take_seat(house.database, actor, meeting_id, mode, device, unit)
    # 4 ms for a room's offer: not on the event loop. Its answer takes 0.8 ms.
    request: SessionRequest = await asyncio.to_thread(
        read_offer,
        sdp,
        sources=sources,
        mode=mode,
        session=seat.session,
        room=meeting_id,
        publisher=seat.publisher,
    )
    if not seat.sends and any(line.source and not line.rejected for line in request.media):
        raise Forbidden("meeting.publish")
    reply = await house.bus.request("huilu.relay.open", request.model_dump(), timeout=OPEN_WAIT_S)
    answer = SessionAnswer.model_validate(reply)
    try:
        await session_began(house.database, actor, meeting_id, seat, mode, answer.epoch)
    except BaseException:
        await _close_at_relay(house, seat.session)
        raise
    await house.neighbours.picture_again(meeting_id)
    house.meetings.people_changed(meeting_id)
    return seat, answer.ice, write_answer(sdp, request, answer)


async def _close_at_relay(house: House, session_id: str) -> None:
    try:
        await house.bus.request("huilu.relay.close", {"session": session_id})
    except RelayError:
        # Gone there already, or the relay itself is: then its sessions are none.
        return
