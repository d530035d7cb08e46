"""A recording's film as one file, streamed as it is put together; any range of it (RFC 9110 §14)."""

from bisect import bisect_right
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from api.acts.actor import Actor
from api.acts.downloads import Planned, Wish, note_download, plan_film
from api.house import House
from api.records.base import Id, Milliseconds
from api.routes.bytes import read_piece, read_range
from api.routes.signed import Signed, TheHouse
from recorder.film import content

router = APIRouter(prefix="/api/recordings/{recording_id}", tags=["recordings"])

MP4 = "video/mp4"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FILM: dict[int | str, dict[str, Any]] = {
    200: {"description": "The film", "content": {MP4: BINARY}},
    206: {"description": "A part of it", "content": {MP4: BINARY}},
}


@router.get("/film.mp4", response_class=Response, responses=FILM)
async def film(
    recording_id: Id,
    actor: Signed,
    house: TheHouse,
    picture: Id | None = None,
    sound: Id | None = None,
    from_ms: Milliseconds = 0,
    until_ms: Milliseconds | None = None,
    range: Annotated[str | None, Header()] = None,
    if_range: Annotated[str | None, Header()] = None,
) -> Response:
    """One picture and one sound as MP4, as they were sealed: nothing is encoded again. Meeting time; it begins and ends
    with whole pieces of the picture. What the reader may not see is cut out."""
    config = house.config
    wish = Wish(picture, sound, from_ms, until_ms)
    read = partial(read_piece, objects=house.objects)
    planned = await plan_film(house.database, actor, recording_id, wish, (config.spool, config.derived), read)
    size, tag = planned.film.size, f'"{planned.film.tag}"'
    wanted = read_range(range, size) if if_range in (None, tag) else None
    start, end = wanted or (0, size)
    if start == 0:
        await note_download(house.database, config.hub_id, actor, recording_id, planned.wish)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename=huilu.mp4; filename*=UTF-8''{quote(planned.name, safe='')}.mp4",
        "Content-Length": str(end - start),
        "ETag": tag,
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = _body(house, actor, recording_id, planned, start, end)
    return StreamingResponse(body, 206 if wanted else 200, headers, MP4)


async def _body(
    house: House, actor: Actor, recording_id: str, planned: Planned, start: int, end: int
) -> AsyncIterator[bytes]:
    """One part in memory at a time; each is on record as looked at when it goes out."""
    film = planned.film
    if start < len(film.head):
        yield film.head[start:end]
    at = max(0, bisect_right(film.offsets, start) - 1)
    while at < len(film.parts) and film.offsets[at] < end:
        part, begin = film.parts[at], film.offsets[at]
        data = await read_piece(planned.pieces[part.piece.id], house.objects) if part.piece else b""
        made = content(part, data)
        if not part.filler:
            await house.looking.fetched(actor, recording_id, (part.start_ns, part.end_ns))
        yield made[max(0, start - begin) : end - begin]
        at += 1
