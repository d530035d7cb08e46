"""What stands before every route, as plain ASGI: body limits, no traceback, security headers.

A body is read whole up to its limit before the route sees it (SDP 256 kB, JSON 1 MB, workbook 10 MB, a notice
with its tables 15 MB, plan and photograph 20 MB), so a route never waits for a slow sender and never holds more than
the limit.
"""

import asyncio
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.acts.page_photos import MAX_BYTES as MAX_PHOTO
from api.domain.notice_tables import MAX_BYTES as MAX_TABLE
from api.domain.notice_tables import MOST
from api.domain.plan_files import MAX_BYTES
from api.errors.request import BadBody, BodyTooLarge

JSON_LIMIT = 1024 * 1024
SDP_LIMIT = 256 * 1024  # a room's offer is 24 to 95 kB (MEDIA.md)
WORKBOOK_LIMIT = 10 * 1024 * 1024
FORM_LIMIT = 16 * 1024  # 1,040 characters, each up to twelve bytes as a form sends it
PLAN_LIMIT = MAX_BYTES + 64 * 1024  # with what a form adds
PHOTO_LIMIT = MAX_PHOTO + 64 * 1024
PHOTOS = "/api/signed-pages"
TABLES_LIMIT = MOST * MAX_TABLE + 256 * 1024  # with the notice itself
WORKBOOKS = ("/api/import", "/api/notices/attachment")
BODY_WAIT_S = 60.0
DRAINED = 16 * 1024 * 1024
_SDP_PATH = re.compile(r"^/api/meetings/[^/]+/(whip|whep|sessions)(/|$)")
_PLAN_PATH = re.compile(r"^/api/decisions/[^/]+/plans$")
_TABLES_PATH = re.compile(r"^/api/units/[^/]+/notices/with-tables$")
_HOST = re.compile(r"^[A-Za-z0-9.\-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$")


def body_limit(path: str) -> int:
    if _SDP_PATH.match(path):
        return SDP_LIMIT
    if _PLAN_PATH.match(path):
        return PLAN_LIMIT
    if _TABLES_PATH.match(path):
        return TABLES_LIMIT
    if path == PHOTOS:
        return PHOTO_LIMIT
    if path.startswith("/public/"):
        return FORM_LIMIT
    return WORKBOOK_LIMIT if path in WORKBOOKS else JSON_LIMIT


class Guards:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, scope)
            await send(message)

        try:
            # PostgreSQL takes no NUL in text; nothing of ours has one.
            if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
                await problems.answer(BadBody())(scope, receive, send_guarded)
                return
            body = await _read_body(scope, receive, body_limit(scope["path"]))
            if isinstance(body, BodyTooLarge | BadBody):
                await problems.answer(body, headers={"Connection": "close"})(scope, receive, send_guarded)
                return
            await self.app(scope, _replay(body, receive), send_guarded)
        except Exception as error:  # the one place where nothing may pass
            if started:
                raise
            await problems.answer_unexpected(error, scope["path"])(scope, receive, send_guarded)


async def _read_body(scope: Scope, receive: Receive, limit: int) -> bytes | BodyTooLarge | BadBody:
    """What is over the limit is thrown away, up to DRAINED: an answer before the end of the body is lost with the
    connection by many clients (RFC 9112 §9.6)."""
    if not dict(scope["headers"]).get(b"content-length", b"0").isdigit():
        return BadBody()
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return BadBody("the connection ended")
                part = message.get("body", b"")
                size += len(part)
                if size <= limit:
                    parts.append(part)
                elif parts:
                    parts.clear()
                if not message.get("more_body") or size > limit + DRAINED:
                    return b"".join(parts) if size <= limit else BodyTooLarge(f"{limit} bytes")
    except TimeoutError:
        return BadBody("too slow")


def _replay(body: bytes, receive: Receive) -> Callable[[], Any]:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _add_headers(message: MutableMapping[str, Any], scope: Scope) -> None:
    headers: list[tuple[bytes, bytes]] = message.setdefault("headers", [])
    present = {name.lower() for name, _ in headers}
    for name, value in security_headers(scope).items():
        if name.lower().encode() not in present:
            headers.append((name.lower().encode(), value.encode("latin-1")))


def security_headers(scope: Scope) -> dict[str, str]:
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    # Safari 14 does not take 'self' for wss.
    socket = f" wss://{host}" if _HOST.match(host) else ""
    headers = {
        "Content-Security-Policy": (
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            f"media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'{socket}; font-src 'self' data:; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if scope["path"].startswith("/api/"):
        headers["Cache-Control"] = "no-store"
    return headers
