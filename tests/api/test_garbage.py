"""Whatever is sent to a route, the answer is a problem document with a code and two sentences, never a 500."""

import json
import random
from typing import Any

import httpx

from tests.api.conftest import Hub

BODIES: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe\x00", b'{"a":' * 2000, b'"\\ud800"', b'{"title":"\\u0000"}',
    json.dumps({"title": "x" * 5000, "kind": 5, "unit": None}).encode(),
    json.dumps({"username": "\x00", "password": "x" * 100_000}).encode(),
    json.dumps({"way": "hands", "in_favour": 1e400, "against": -1, "abstained": 10**30}).encode(),
    json.dumps({"sdp": "v=0\r\n" * 100, "device": "abcdefgh", "sources": {"0": "camera"}}).encode(),
    b"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
    b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\nPK\x03\x04\r\n--x--\r\n",
)  # fmt: skip
TYPES = (
    "application/json", "application/sdp", "application/trickle-ice-sdpfrag", "multipart/form-data; boundary=x",
    "text/plain", "application/json; charset=utf-16", "",
)  # fmt: skip
IDS = ("mtg_nothing", "%F0%9F%92%A9", "..", "a" * 300, "%00", "' OR 1=1", "%2e%2e%2f", "1")
QUERIES = ("", "?query=%00", "?limit=-1&state=x&unit='&on=2026-99-99&picture=../x&session=%ff", "?query=" + "%25" * 200)


async def test_every_route_answers_garbage_with_a_problem(hub: Hub) -> None:
    chance = random.Random(20261124)
    paths = hub.app.openapi()["paths"]
    async with await hub.client("admin") as admin, hub.stranger() as stranger:
        for path, operations in paths.items():
            for method in operations:
                if path == "/api/logout":
                    continue
                for client in (admin, stranger):
                    for _ in range(6):
                        await _check(client, chance, method, path)


async def _check(client: httpx.AsyncClient, chance: random.Random, method: str, path: str) -> None:
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        path = path.replace("{" + name + "}", chance.choice(IDS))
    body = chance.choice(BODIES) if method != "get" else b""
    headers = {"Content-Type": chance.choice(TYPES)}
    if chance.random() < 0.1:
        headers["Authorization"] = chance.choice(["Bearer", "Bearer \xff", "Basic eDp5", "Bearer x y", "x"])
    if chance.random() < 0.2:
        headers["Range"] = chance.choice(["bytes=9-1", "bytes=-", "lines=1-2", "bytes=999999999999999-"])
    what = f"{method} {path} {body[:40]!r} {headers}"
    coded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await client.request(method, path + chance.choice(QUERIES), content=body, headers=coded)
    assert answer.status_code < 500 or (answer.status_code == 503 and path in ("/healthz",)), f"{what}: {answer.text}"
    if answer.status_code >= 400 and answer.status_code != 503:
        check_problem(answer, what)


def check_problem(answer: httpx.Response, what: str = "") -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", f"{what}: {answer.text}"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code, what
    assert problem["type"] == f"urn:huilu:problem:{problem['code']}", what
    assert problem["title"] == problem["zh"] != "", what
    assert problem["en"], what
    assert "Traceback" not in answer.text, what
    return problem


async def test_a_body_over_its_limit_is_refused_before_it_is_read(hub: Hub) -> None:
    async with await hub.client("shuji") as client:
        for path, size in (("/api/meetings", 1024 * 1024), ("/api/meetings/x/whip", 256 * 1024),
                           ("/api/import", 10 * 1024 * 1024)):  # fmt: skip
            answer = await client.post(path, content=b"x" * (size + 1))
            assert answer.status_code == 413
            assert check_problem(answer)["code"] == "request.too-large"

        async def endless() -> Any:
            for _ in range(3):
                yield b"x" * 500_000

        assert (await client.post("/api/meetings", content=endless())).status_code == 413


async def test_unknown_addresses_and_methods(hub: Hub) -> None:
    async with hub.stranger() as stranger:
        assert check_problem(await stranger.get("/api/nothing"))["code"] == "api.not-found"
        assert check_problem(await stranger.delete("/api/login"))["code"] == "api.method"
        assert check_problem(await stranger.get("/api/me"))["code"] == "sign-in.required"


async def test_what_nobody_foresaw_is_an_incident_without_a_traceback(hub: Hub) -> None:
    hub.house.recorder.spool = lambda: 1 // 0  # type: ignore[method-assign,assignment,return-value]
    async with await hub.client("shuji") as client:
        problem = check_problem(await client.get("/api/status"))
    assert (problem["status"], problem["code"]) == (500, "api.unexpected")
    assert len(problem["incident"]) == 8
    assert "ZeroDivision" not in json.dumps(problem)
