"""A table that hangs with a notice, as a file to save: never shown in place, never guessed at."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import StreamingResponse

from api.acts.notice_tables import Kept
from api.routes.bytes import stream
from storage.objects import Objects


async def to_save(kept: Kept, objects: Objects | None, headers: Mapping[str, str]) -> StreamingResponse:
    """Raises NotPlayable."""
    suffix = kept.piece.name.rpartition(".")[2]
    more = {
        "Content-Disposition": f"attachment; filename=table.{suffix}; filename*=UTF-8''{quote(kept.title, safe='')}",
        "Content-Length": str(kept.piece.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    body = await stream(kept.piece, objects, 0, kept.piece.size)
    return StreamingResponse(body, 200, {**headers, **more}, kept.mime)
