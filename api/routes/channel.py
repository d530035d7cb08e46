"""The control channel of a meeting: a WebSocket of small JSON messages, both ways bounded.

A refusal before the channel opens closes it with 4401 (sign in), 4403 (no right), 4404 (no such meeting).
"""

import asyncio
import logging
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api import problems
from api.acts.actor import Actor
from api.acts.sessions import own_session
from api.acts.sign_in import TOUCH_EVERY_S, touch
from api.domain.meeting import RUNNING
from api.errors.accounts import NotSignedIn
from api.errors.request import ApiError, BadRequest, NotFound
from api.house import House
from api.live.channel import Channel
from api.live.people import MAX_COUNT, Window
from api.live.restart import restart_ice
from api.records.base import Id
from api.routes.signed import recognised, settled, signed_in
from media_server.errors import RelayError
from media_server.records import Ice
from media_server.sdp.offer import VIDEO_SLOTS
from storage.errors import StorageError

router = APIRouter(prefix="/api/meetings", tags=["media"])
log = logging.getLogger(__name__)

MAX_MESSAGE = 16 * 1024
MAX_PER_SECOND = 20  # what a page may ask; beyond it the channel is closed
PING_S = 20.0
Pixels = Annotated[int, Field(ge=0, le=16_384)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ping(_Message):
    type: Literal["ping"]


class Mute(_Message):
    type: Literal["mute"]
    kind: Literal["camera", "screen", "microphone"]
    muted: bool
    cause: Literal["muted", "call", "locked"] = "muted"


class Show(_Message):
    type: Literal["show"]
    mid: Annotated[str, Field(max_length=16)]
    publisher: Annotated[str, Field(max_length=120)] | None = None
    source_kind: Literal["camera", "screen", "microphone"] = "camera"


class People(_Message):
    """Which rows of the list of who is here the page shows from now on."""

    type: Literal["people"]
    first: Annotated[int, Field(ge=0, le=100_000)] = 0
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)]
    query: Annotated[str, Field(max_length=100)] = ""
    line: Literal["weak", "lost"] | None = None


class Sizes(_Message):
    """How large video slots are on screen, in its pixels; 0 × 0 out of sight."""

    type: Literal["sizes"]
    sizes: Annotated[
        dict[Annotated[str, Field(max_length=16)], tuple[Pixels, Pixels]], Field(min_length=1, max_length=VIDEO_SLOTS)
    ]


class Restart(_Message):
    type: Literal["restart"]
    ice: Ice


AnyMessage = Ping | Mute | Show | People | Sizes | Restart
Asked = TypeAdapter[AnyMessage](Annotated[AnyMessage, Field(discriminator="type")])


@router.websocket("/{meeting_id}/channel")
async def channel(socket: WebSocket, meeting_id: Id, session: Annotated[Id | None, Query()] = None) -> None:
    house: House = socket.app.state.house
    try:
        actor = await signed_in(await settled(await recognised(socket, house)), house)
        first = await house.meetings.whole(actor, meeting_id)
        if session is not None:
            await own_session(house.database, actor, meeting_id, session)
    except ApiError as error:
        await socket.accept()
        await socket.close({401: 4401, 404: 4404}.get(error.status, 4403), error.code)
        return
    await socket.accept()
    page = Channel(actor, meeting_id, session)
    house.rooms.join(page)
    house.meetings.begin(page, first)
    for message in house.rooms.standing(session) if session is not None else ():
        page.put(message)
    if meeting_id in house.rooms.speakers and first.state in RUNNING and not first.waiting:
        page.put({"type": "speaker", "publisher": house.rooms.speakers[meeting_id]})
    tasks = [asyncio.create_task(_send(socket, page, house)), asyncio.create_task(_receive(socket, page, house))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        house.rooms.leave(page)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | RuntimeError):
                log.error("channel of %s", meeting_id, exc_info=result)


async def _send(socket: WebSocket, page: Channel, house: House) -> None:
    touched = time.monotonic()
    while not house.closing.is_set() and not page.overrun and page.ending is None:
        text = await page.next(timeout=1.0)
        if text is not None:
            # A page that takes nothing for so long is gone.
            async with asyncio.timeout(PING_S):
                await socket.send_text(text)
        if time.monotonic() - touched > TOUCH_EVERY_S:
            # An idle time-out never ends a running meeting.
            touched = time.monotonic()
            if not await _stay_signed_in(house, page.actor):
                await socket.close(4401, NotSignedIn.code)
                return
    if page.ending is not None:
        await socket.close(*page.ending)
        return
    await socket.close(1013 if page.overrun else 1012)  # try again later | service restart (RFC 6455 §7.4)


async def _stay_signed_in(house: House, actor: Actor) -> bool:
    """False when the sign-in has been ended meanwhile, by its holder or by a superior's reset."""
    try:
        await touch(house.database, actor, in_meeting=True)
    except NotSignedIn:
        return False
    except StorageError as error:
        log.warning("not touched: %s", error.code)
    return True


async def _receive(socket: WebSocket, page: Channel, house: House) -> None:
    second, count = 0, 0
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            await socket.close(1003)  # bytes are not understood (RFC 6455 §7.4.1)
            return
        now = int(time.monotonic())
        second, count = (second, count + 1) if now == second else (now, 1)
        if len(text) > MAX_MESSAGE or count > MAX_PER_SECOND:
            await socket.close(1008)
            return
        try:
            answer = await _answer(Asked.validate_json(text), page, house)
        except ValidationError:
            answer = problems.document(BadRequest()) | {"type": "problem"}
        except problems.FORESEEN as error:
            answer = problems.document(error) | {"type": "problem"}
        if answer is not None:
            page.put(answer)


async def _answer(asked: AnyMessage, page: Channel, house: House) -> dict[str, Any] | None:
    if isinstance(asked, Ping):
        return {"type": "pong"}
    if isinstance(asked, People):
        if page not in await house.meetings.inside(page.meeting_id):
            raise NotFound("people of a restricted part")
        return await house.meetings.attendance.look(page, Window(asked.first, asked.count, asked.query, asked.line))
    if page.session_id is None:
        raise NotFound("no session on this channel")
    if isinstance(asked, Mute):
        await house.bus.request(
            "huilu.relay.muted",
            {"session": page.session_id, "kind": asked.kind, "muted": asked.muted, "cause": asked.cause},
        )
        return None
    if isinstance(asked, Show):
        source = None
        if asked.publisher is not None:
            found = house.rooms.find(page.meeting_id, asked.publisher, asked.source_kind)
            if found is None:
                raise NotFound(f"{asked.publisher} {asked.source_kind}")
            source = found.id
        await house.bus.request("huilu.relay.show", {"session": page.session_id, "slot": asked.mid, "source": source})
        return None
    if isinstance(asked, Sizes):
        await house.bus.request("huilu.relay.size", {"session": page.session_id, "sizes": asked.sizes})
        return None
    try:
        ice = (await restart_ice(house.bus, page.session_id, asked.ice)).ice
    except RelayError as error:
        if error.status in (404, 503):
            return {"type": "relay", "state": "restarted"}
        raise
    return {"type": "restarted", "ice": ice.model_dump(), "to": asked.ice.ufrag}
