"""Bytes of a sealed piece with ranges (RFC 9110 §14): from the spool while it is there, else from the object store."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.responses import Response, StreamingResponse

from api.acts.recording_streams import Piece
from api.errors.recordings import NotPlayable
from api.errors.request import BadRange
from storage.objects import Objects

CHUNK = 256 * 1024
_RANGE = re.compile(r"^bytes=([0-9]{0,15})-([0-9]{0,15})$")


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and one past the last byte; None for the whole. Raises BadRange for a range that can't be satisfied;
    a malformed one, and one of several ranges, is ignored (RFC 9110 §14.2)."""
    match = _RANGE.match(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if not last else min(size, int(last) + 1)
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise BadRange(f"{size} bytes")
    return start, end


async def piece_response(
    piece: Piece,
    objects: Objects | None,
    header: str | None,
    known: str | None = None,
    part: tuple[int, int] | None = None,
) -> Response:
    """`known` is the reader's If-None-Match; `part` says which bytes of the file the piece is (offset, length)."""
    tag = f'"{piece.id}"'
    # Sealed bytes never change, but the right to them does, with whoever sits at the machine: asked for at each visit.
    lasting = {"Cache-Control": "private, no-cache", "ETag": tag}
    if known is not None and header is None and tag in (each.strip() for each in known.split(",")):
        return Response(status_code=304, headers=lasting)
    offset, size = part or (0, piece.size)
    wanted = read_range(header, size)
    start, end = wanted or (0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        **lasting,
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = await stream(piece, objects, offset + start, end - start)
    return StreamingResponse(body, 206 if wanted else 200, headers, "video/mp4")


async def read_piece(piece: Piece, objects: Objects | None) -> bytes:
    """All of it, in memory: pieces are small. Raises NotPlayable, StorageError."""
    return b"".join([chunk async for chunk in await stream(piece, objects, 0, piece.size)])


async def stream(piece: Piece, objects: Objects | None, start: int, length: int) -> AsyncIterator[bytes]:
    """Raises NotPlayable."""
    path = piece.folder / piece.name
    if await asyncio.to_thread(_whole, path, piece.folder, piece.size):
        return _from_file(path, start, length)
    if objects is not None and piece.key and piece.version:
        return objects.stream(piece.key, piece.version, start, length)
    raise NotPlayable(piece.id)


def _whole(path: Path, folder: Path, size: int) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve()) and path.stat().st_size == size
    except OSError:
        return False


async def _from_file(path: Path, offset: int, length: int) -> AsyncIterator[bytes]:
    while length > 0:
        chunk = await asyncio.to_thread(_read, path, offset, min(CHUNK, length))
        if not chunk:
            return
        yield chunk
        offset, length = offset + len(chunk), length - len(chunk)


def _read(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)
