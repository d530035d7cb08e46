"""Signing in: cookie and bearer, guesses, one-time codes, first use, idle time-outs."""

import asyncio
import contextlib
import time

import pytest
from sqlalchemy import select, update
from starlette.requests import HTTPConnection

from api.acts.sign_in import IDLE_S, SECOND, Caller, sign_in
from api.domain.guesses import FREE_BY_NAME
from api.errors.request import ForeignOrigin
from api.routes.signed import check_origin, origin_of
from storage.tables import Chain, Entry, Guess, SignIn
from tests.api.conftest import ADMIN_PASSWORD, Hub
from tests.api.test_garbage import check_problem


async def test_a_cookie_acts_only_for_our_own_pages(hub: Hub) -> None:
    secretary = hub.credentials["shuji"]
    unit = await hub.unit("shuji")
    async with hub.stranger() as page:
        answer = await page.post("/api/login", json={"username": "SHUJI", "password": secretary.password})
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=strict" in answer.headers["set-cookie"]
        assert (await page.get("/api/me")).json()["rights"][0]["role"] == "secretary"
        plan = {"title": "会", "kind": "two_committees", "unit": unit}
        assert check_problem(await page.post("/api/meetings", json=plan))["code"] == "request.foreign-origin"
        foreign = {"Origin": "https://elsewhere.example"}
        assert (await page.post("/api/meetings", json=plan, headers=foreign)).status_code == 403
        other_scheme, other_port = hub.url.replace("http:", "https:"), hub.url.rpartition(":")[0]
        for origin in (other_scheme, other_port, "null", "http://[", "http://x:99999", "http://localhost:8443"):
            refused = await page.post("/api/meetings", json=plan, headers={"Origin": origin})
            assert (refused.status_code, refused.json()["code"]) == (403, "request.foreign-origin"), origin
        public = {"Origin": hub.config.public_url.upper()}  # behind a reverse proxy it is the only one that is told
        assert (await page.post("/api/meetings", json=plan, headers=public)).status_code == 201
        assert (await page.post("/api/meetings", json=plan, headers={"Origin": hub.url})).status_code == 201
        assert (await page.post("/api/logout", headers={"Origin": hub.url})).status_code == 204
        assert (await page.get("/api/me")).status_code == 401
    # The cookie's token is no bearer, and a token is kept as its hash only.
    async with hub.database.reading() as session:
        kept = set(await session.scalars(select(SignIn.token_hash)))
    assert answer.json()["token"] not in kept


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://Hub.example") == origin_of("https://hub.example:443") == ("https", "hub.example", 443)
    assert (
        origin_of("http://hub.example:8443") == ("http", "hub.example", 8443) != origin_of("https://hub.example:8443")
    )
    assert origin_of("wss://hub.example") == origin_of("https://hub.example")
    for wrong in ("", "null", "hub.example", "ftp://hub.example", "https://", "https://hub.example:x", "https://[::1"):
        assert origin_of(wrong) is None, wrong


@pytest.mark.parametrize(("scheme", "allowed"), [("https", True), ("http", False)])
def test_our_own_host_without_tls_is_another_site(scheme: str, allowed: bool) -> None:
    """Whoever sits on the line may answer for http://our-host (RFC 6454 §3.2.1)."""
    for kind, own in (("http", "https"), ("websocket", "wss")):
        headers = [(b"host", b"hub.example:8443"), (b"origin", f"{scheme}://hub.example:8443".encode())]
        scope = {"type": kind, "method": "POST", "scheme": own, "path": "/", "query_string": b"", "headers": headers}
        with contextlib.nullcontext() if allowed else pytest.raises(ForeignOrigin):
            check_origin(HTTPConnection(scope), "https://public.example")


async def test_guesses_are_limited_by_name_and_the_right_password_ends_the_count(hub: Hub) -> None:
    wrong = {"username": "shuji", "password": "wrong wrong"}
    right = {"username": "shuji", "password": hub.credentials["shuji"].password}
    async with hub.stranger() as guesser:
        for _ in range(FREE_BY_NAME):
            assert check_problem(await guesser.post("/api/login", json=wrong))["code"] == "sign-in.wrong"
        assert (await guesser.post("/api/login", json=right)).status_code == 200
        for _ in range(FREE_BY_NAME + 1):
            await guesser.post("/api/login", json=wrong)
        blocked = await guesser.post("/api/login", json=right)
        problem = check_problem(blocked)
        assert (blocked.status_code, problem["code"]) == (429, "sign-in.too-many-guesses")
        assert int(blocked.headers["retry-after"]) == problem["retry_after"] > 0
        # Another account of the same town hall is not blocked by it.
        other = {"username": "ducha", "password": hub.credentials["ducha"].password}
        assert (await guesser.post("/api/login", json=other)).status_code == 200
        async with hub.database.writing() as session:
            await session.execute(update(Guess).values(blocked_until_wall=0))
        assert (await guesser.post("/api/login", json=right)).status_code == 200


async def test_a_superior_resets_by_a_code_and_an_equal_or_lower_one_does_not(hub: Hub) -> None:
    async with await hub.client("shenhe") as reviewer, await hub.client("shuji") as secretary:
        users = {user["username"]: user for user in (await reviewer.get("/api/users")).json()}
        assert "shuji" in users
        assert "ducha" not in users
        secretary_id = users["shuji"]["id"]
        admin_id = (await (await hub.client("admin")).get("/api/me")).json()["user"]["id"]
        assert (await secretary.post(f"/api/users/{secretary_id}/reset")).status_code == 403
        assert (await reviewer.post(f"/api/users/{admin_id}/reset")).status_code == 404, "his list doesn't have it"
        code = (await reviewer.post(f"/api/users/{secretary_id}/reset")).json()["code"]
        assert (await secretary.get("/api/me")).status_code == 401
    async with hub.stranger() as caller:
        bad = {"username": "shuji", "code": "00000000", "new_password": "brand new word"}
        assert check_problem(await caller.post("/api/login/code", json=bad))["code"] == "sign-in.wrong-code"
        weak = {"username": "shuji", "code": code, "new_password": "short"}
        assert check_problem(await caller.post("/api/login/code", json=weak))["code"] == "sign-in.weak-password"
        spoken = f"{code[:4]} {code[4:]}"
        good = {"username": "shuji", "code": spoken, "new_password": "brand new word"}
        assert (await caller.post("/api/login/code", json=good)).status_code == 200
        assert (await caller.post("/api/login/code", json=good)).status_code == 401  # once
        again = {"username": "shuji", "password": "brand new word"}
        assert (await caller.post("/api/login", json=again)).status_code == 200


async def test_a_new_account_opens_with_its_code_and_first_use_changes_the_password(hub: Hub) -> None:
    async with await hub.client("admin") as admin:
        unit = await hub.unit("shuji")
        new = {"username": "xinren", "name": "新人", "role": "minutes", "unit": unit}
        created = (await admin.post("/api/users", json=new)).json()
        assert created["must_change"]
        assert (await admin.post("/api/users", json=new)).status_code == 409
        assert (await admin.post("/api/users", json=new | {"username": "x2", "role": "king"})).status_code == 422
    async with hub.stranger() as caller:
        first = {"username": "xinren", "code": created["code"], "new_password": "my own word"}
        answer = (await caller.post("/api/login/code", json=first)).json()
        assert not answer["must_change"]
        caller.headers["Authorization"] = f"Bearer {answer['token']}"
        change = {"old_password": "my own word", "new_password": "my second word"}
        caller.cookies.clear()
        assert (await caller.post("/api/password", json=change)).status_code == 204
        assert (await caller.post("/api/password", json=change)).status_code == 401


async def test_an_idle_cookie_falls_but_a_bearer_does_not(hub: Hub) -> None:
    tokens = await sign_in(hub.database, hub.house.factors, "admin", ADMIN_PASSWORD, Caller())
    async with hub.database.writing() as session:
        await session.execute(update(SignIn).values(seen_wall=time.time_ns() - (IDLE_S + 1) * SECOND))
    async with hub.stranger(cookies={"huilu_session": tokens.cookie}) as page:
        assert (await page.get("/api/me")).status_code == 401
    async with hub.stranger() as program:
        bearer = {"Authorization": f"Bearer {tokens.bearer}"}
        assert (await program.get("/api/me", headers=bearer)).status_code == 200
        cookie_as_bearer = {"Authorization": f"Bearer {tokens.cookie}"}
        assert (await program.get("/api/me", headers=cookie_as_bearer)).status_code == 401
    async with hub.database.writing() as session:
        await session.execute(update(SignIn).values(expires_wall=1))
    async with hub.stranger() as program:
        assert (await program.get("/api/me", headers=bearer)).status_code == 401


async def test_sign_ins_stand_on_the_hubs_chain(hub: Hub) -> None:
    await hub.client("shuji")
    async with hub.database.reading() as session:
        chain = (await session.scalars(select(Chain.id).where(Chain.kind == "hub"))).one()
        kinds = (await session.scalars(select(Entry.kind).where(Entry.chain_id == chain))).all()
    assert kinds == ["sign-in"]


async def test_guesses_sent_in_one_moment_are_limited_too(hub: Hub) -> None:
    async with hub.stranger() as stranger:
        guesses = [{"username": "jilu", "code": f"{n:08d}", "new_password": "a long new one"} for n in range(40)]
        answers = await asyncio.gather(*(stranger.post("/api/login/code", json=each) for each in guesses))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) < 20
