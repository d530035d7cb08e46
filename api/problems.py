"""Refusals as RFC 9457 problem documents; what nobody foresaw gets an incident number and a line in the log."""

import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors.request import ApiError, BadBody, BadRequest, NotFound, Unexpected, WrongMediaType, WrongMethod
from media_server.errors import RelayError
from recorder.errors import RecorderError
from storage.errors import StorageError

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

Foreseen = ApiError | RelayError | StorageError | RecorderError
FORESEEN = (ApiError, RelayError, StorageError, RecorderError)


class FieldProblem(BaseModel):
    field: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457, with the stable code and both sentences."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(examples=["urn:huilu:problem:right.missing"])
    title: str
    status: int
    code: str
    zh: str
    en: str
    detail: str | None = None
    fields: list[FieldProblem] | None = None
    incident: str | None = None


def document(error: Foreseen, **more: Any) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": f"urn:huilu:problem:{error.code}",
        "title": error.zh,
        "status": error.status,
        "code": error.code,
        "zh": error.zh,
        "en": error.en,
    }
    # What went wrong inside (paths, SQL) is for the log, not for the page.
    if error.status < 500 and error.detail and error.detail != error.en:
        members["detail"] = error.detail
    if isinstance(error, ApiError):
        members |= error.more
    return members | more


def answer(error: Foreseen, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    extra = dict(headers or {})
    if isinstance(error, ApiError) and "retry_after" in error.more:
        extra["Retry-After"] = str(error.more["retry_after"])  # RFC 9110 §10.2.3
    if error.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    body = json.dumps(document(error, **more), ensure_ascii=False)
    return Response(body, error.status, extra, MEDIA_TYPE)


def answer_unexpected(error: BaseException, where: str) -> Response:
    incident = secrets.token_hex(4)
    log.error("incident %s at %s", incident, where, exc_info=error)
    return answer(Unexpected(), incident=incident)


async def on_foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, FORESEEN)
    if error.status >= 500:
        log.warning("%s %s: %s: %s", request.method, request.url.path, error.code, error.detail)
    return answer(error)


async def on_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return answer(BadBody())
    fields = [
        {
            "field": ".".join(str(part) for part in each["loc"][1:]) or str([*each["loc"], ""][0]),
            "code": each["type"],
            "message": each["msg"],
        }
        for each in found[:50]
    ]
    return answer(BadRequest(), fields=fields)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, type[ApiError]] = {404: NotFound, 405: WrongMethod, 415: WrongMediaType, 400: BadBody}
    kind = known.get(error.status_code)
    if kind is None:
        return answer_unexpected(error, request.url.path) if error.status_code >= 500 else answer(BadBody())
    return answer(kind(), headers=error.headers)
