"""The OpenAPI document is right and complete: every route is in it, with its answer and its refusals as problems."""

from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts

from api.problems import MEDIA_TYPE
from tests.api.conftest import Hub

FIXED = {
    "/api/login": "post",
    "/api/meetings": "post",
    "/api/meetings/{meeting_id}/open": "post",
    "/api/meetings/{meeting_id}/end": "post",
    "/api/meetings/{meeting_id}/whip": "post",
    "/api/meetings/{meeting_id}/whep": "post",
    "/api/recordings/{recording_id}": "get",
    "/api/recordings/{recording_id}/{track_id}.m3u8": "get",
    "/api/recordings/{recording_id}/master.m3u8": "get",
    "/healthz": "get",
    "/metrics": "get",
}


async def test_every_route_says_what_it_answers_and_refuses(hub: Hub) -> None:
    async with hub.stranger() as stranger:
        document: dict[str, Any] = (await stranger.get("/api/openapi.json")).json()
    paths = document["paths"]
    for path, method in FIXED.items():
        assert method in paths[path], path
    for path, operations in paths.items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert good, name
            for status in good:
                answer = operation["responses"][status]
                empty = status == "204" or (method, path.rsplit("/", 1)[-1]) == ("delete", "{session_id}")
                assert empty or any(each.get("schema") for each in answer["content"].values()), name
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                assert schema != {}, name
            assert MEDIA_TYPE in operation["responses"]["500"]["content"], name
            if "security" in operation:
                assert MEDIA_TYPE in operation["responses"]["401"]["content"], name
            for reference in _references(operation):
                assert reference.rsplit("/", 1)[-1] in document["components"]["schemas"], reference


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == "$ref"] + [r for v in value.values() for r in _references(v)]
    if isinstance(value, list):
        return [r for v in value for r in _references(v)]
    return []


async def test_no_route_is_left_out(hub: Hub) -> None:
    documented = hub.app.openapi()["paths"]
    served = [context.original_route for context in iter_route_contexts(hub.app.routes)]
    for route in served:
        if isinstance(route, APIRoute) and route.include_in_schema:
            assert any(route.path in path for path in documented), route.path
