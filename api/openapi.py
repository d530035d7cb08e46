"""The OpenAPI document: FastAPI's own, with every refusal as a problem document and both ways to sign in."""

from typing import Any

from fastapi import FastAPI

from api.problems import MEDIA_TYPE, Problem

METHODS = ("get", "put", "post", "delete", "patch")
GUESSABLE = ("/api/login", "/api/password", "/api/second-factor")
# What asks for no sign-in, and what it therefore never answers.
OPEN_PATHS = {
    "/api/login": {403, 404},
    "/api/login/code": {403, 404},
    "/healthz": {401, 403, 404},
    "/trust": {401, 403, 404},
    "/trust/authority.crt": {401, 403},
}
REFUSALS = {
    400: "The body could not be read",
    401: "Not signed in",
    403: "No right, or a foreign origin",
    404: "No such thing, or not for you",
    409: "The state does not allow it",
    413: "The body is over its limit",
    415: "A body of another type is wanted",
    422: "Fields are missing or wrong",
    429: "Too many guesses; see Retry-After",
    500: "Unforeseen; logged under the incident's number",
    503: "A part of the hub is away",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Computed once, kept on the application."""
    if app.openapi_schema:
        return app.openapi_schema
    document = FastAPI.openapi(app)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    whole = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(whole.pop("$defs", {}))
    schemas["Problem"] = whole
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "huilu_session"},
    }
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                _complete(path, method, operations[method])
    app.openapi_schema = document
    return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    wanted = set(REFUSALS)
    if path in OPEN_PATHS:
        wanted -= OPEN_PATHS[path]
    else:
        operation["security"] = [{"bearer": []}, {"cookie": []}]
    if "requestBody" not in operation:
        wanted -= {413, 415}
    if not path.startswith(GUESSABLE):
        wanted -= {429}
    if path.startswith("/api/login"):
        wanted -= {409}
    for status in sorted(wanted):
        known = operation["responses"].get(str(status))
        if known is not None and status != 422 and known.get("content"):
            continue
        operation["responses"][str(status)] = {
            "description": REFUSALS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
