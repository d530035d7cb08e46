"""Second factors over HTTP: enrolling, signing in, recovery codes, guesses, a superior's reset, roles that must."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from api.acts.sample_county import Credential
from api.acts.sealed_secret import SealedSecrets
from api.domain.guesses import FREE_BY_NAME
from api.domain.second_factor import FactorRule
from api.domain.totp import code_at, step_of
from api.errors.accounts import SecretUnreadable
from storage.database import Database
from storage.tables import Chain, Entry, Guess, Payload, RecoveryCode, SecondFactor
from tests.api.conftest import ADMIN_PASSWORD, Hub, config_for, serving
from tests.api.test_garbage import check_problem


class App:
    """An authenticator app. Each code is asked for once: the next one is of the next half minute."""

    def __init__(self, secret: str) -> None:
        self.secret = base64.b32decode(secret.replace(" ", ""))
        self.step = 0

    def code(self) -> str:
        """Of a step later than those before, as far as the window lets one go."""
        self.step = max(self.step + 1, step_of(int(time.time())))
        return code_at(self.secret, self.step)


def password_of(hub: Hub, username: str) -> str:
    return ADMIN_PASSWORD if username == "admin" else hub.credentials[username].password


async def enrol(hub: Hub, client: httpx.AsyncClient, username: str) -> tuple[App, list[str]]:
    begun = await client.post("/api/second-factor", json={"password": password_of(hub, username)})
    assert begun.status_code == 200, begun.text
    app = App(begun.json()["secret"])
    confirmed = await client.post("/api/second-factor/confirm", json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()["codes"]


async def log_in(hub: Hub, username: str, second: str = "", **more: Any) -> httpx.Response:
    async with hub.stranger() as stranger:
        said = {"username": username, "password": password_of(hub, username), "second": second, **more}
        return await stranger.post("/api/login", json=said)


async def on_the_hubs_chain(database: Database, kind: str) -> list[dict[str, Any]]:
    async with database.reading() as session:
        chain = (await session.scalars(select(Chain.id).where(Chain.kind == "hub"))).one()
        found = await session.scalars(
            select(Payload.payload)
            .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
            .where(Entry.chain_id == chain, Entry.kind == kind)
            .order_by(Entry.seq)
        )
        return [each for each in found if each is not None]


async def test_an_enrolled_account_signs_in_with_both(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        assert (await inspector.get("/api/second-factor")).json() == {
            "rule": "offered", "enrolled": False, "since_wall": None, "codes_left": 0,
        }  # fmt: skip
        wrong = await inspector.post("/api/second-factor", json={"password": "not it, not it"})
        assert check_problem(wrong)["code"] == "sign-in.wrong"
        begun = (await inspector.post("/api/second-factor", json={"password": password_of(hub, "ducha")})).json()
        assert begun["qr"].startswith("data:image/svg+xml")
        # Begun and not confirmed is nothing yet.
        assert (await log_in(hub, "ducha")).status_code == 200
        bad = await inspector.post("/api/second-factor/confirm", json={"code": "000000"})
        assert check_problem(bad)["code"] == "sign-in.wrong-second-factor"
        app, codes = await enrol(hub, inspector, "ducha")
        assert len(set(codes)) == 10
        again = await inspector.post("/api/second-factor", json={"password": password_of(hub, "ducha")})
        assert check_problem(again)["code"] == "second-factor.wrong-state"
        assert (await inspector.get("/api/second-factor")).json()["codes_left"] == 10
    asked = await log_in(hub, "ducha")
    assert (asked.status_code, check_problem(asked)["code"]) == (401, "sign-in.second-factor")
    code = app.code()
    assert (await log_in(hub, "ducha", f"{code[:3]} {code[3:]}")).status_code == 200
    replayed = await log_in(hub, "ducha", code)
    assert check_problem(replayed)["code"] == "sign-in.wrong-second-factor"
    ways = await on_the_hubs_chain(hub.database, "sign-in")
    assert ways[-1]["second"] == "totp"
    assert [each["verb"] for each in await on_the_hubs_chain(hub.database, "second-factor")] == ["enrolled"]


async def test_a_wrong_password_is_told_before_a_code_is_asked_for(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        await enrol(hub, inspector, "ducha")
    wrong = await log_in(hub, "ducha", password="guess guess guess")
    assert check_problem(wrong)["code"] == "sign-in.wrong"


async def test_of_two_who_bring_one_code_in_one_moment_one_comes_in(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        app, _ = await enrol(hub, inspector, "ducha")
    code = app.code()
    answers = await asyncio.gather(*(log_in(hub, "ducha", code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a_recovery_code_serves_once_and_new_ones_end_the_old(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        app, codes = await enrol(hub, inspector, "ducha")
        assert (await log_in(hub, "ducha", codes[0].upper())).status_code == 200
        assert check_problem(await log_in(hub, "ducha", codes[0]))["code"] == "sign-in.wrong-second-factor"
        assert (await inspector.get("/api/second-factor")).json()["codes_left"] == 9
        used = await on_the_hubs_chain(hub.database, "second-factor")
        assert (used[-1]["verb"], used[-1]["left"]) == ("recovery-code-used", 9)
        fresh = await inspector.post("/api/second-factor/recovery-codes", json={"code": app.code()})
        assert not set(fresh.json()["codes"]) & set(codes)
        assert (await log_in(hub, "ducha", codes[1])).status_code == 401
        assert (await log_in(hub, "ducha", fresh.json()["codes"][1])).status_code == 200
    async with hub.database.reading() as session:
        marks = set(await session.scalars(select(RecoveryCode.mark)))
    assert not {code.replace("-", "") for code in codes} & marks


async def test_guesses_of_the_code_are_limited_like_passwords(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        _, codes = await enrol(hub, inspector, "ducha")
    answers = await asyncio.gather(*(log_in(hub, "ducha", f"{n:06d}") for n in range(FREE_BY_NAME + 6)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) <= FREE_BY_NAME + 1, "also those sent in one moment"
    assert 429 in statuses
    assert (await log_in(hub, "ducha", codes[0])).status_code == 429, "the right one waits too"
    async with hub.database.writing() as session:
        await session.execute(update(Guess).values(blocked_until_wall=0))
    assert (await log_in(hub, "ducha", codes[0])).status_code == 200


async def test_it_is_taken_off_with_password_and_code(hub: Hub) -> None:
    async with await hub.client("ducha") as inspector:
        _, codes = await enrol(hub, inspector, "ducha")
        remove = {"password": password_of(hub, "ducha"), "code": "000000"}
        assert (await inspector.post("/api/second-factor/remove", json=remove)).status_code == 401
        missing = remove | {"code": ""}
        assert check_problem(await inspector.post("/api/second-factor/remove", json=missing))["code"] == (
            "sign-in.second-factor"
        )
        assert (await inspector.post("/api/second-factor/remove", json=remove | {"code": codes[3]})).status_code == 204
        assert (await inspector.post("/api/second-factor/recovery-codes", json={"code": "1"})).status_code == 409
    assert (await log_in(hub, "ducha")).status_code == 200
    verbs = [each["verb"] for each in await on_the_hubs_chain(hub.database, "second-factor")]
    assert verbs == ["enrolled", "recovery-code-used", "removed"]


async def test_a_reset_of_the_password_leaves_it_and_only_who_gives_rights_takes_it_off(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        _, codes = await enrol(hub, secretary, "shuji")
        user = (await secretary.get("/api/me")).json()["user"]["id"]
    both = {"second_factor": True}
    async with await hub.client("shenhe") as reviewer, hub.stranger() as caller:
        assert (await reviewer.post(f"/api/users/{user}/reset", json=both)).status_code == 403
        code = (await reviewer.post(f"/api/users/{user}/reset")).json()["code"]
        login = {"username": "shuji", "code": code, "new_password": "brand new word"}
        asked = await caller.post("/api/login/code", json=login)
        assert check_problem(asked)["code"] == "sign-in.second-factor"
        wrong = await caller.post("/api/login/code", json=login | {"second": "000000"})
        assert check_problem(wrong)["code"] == "sign-in.wrong-second-factor"
        # Neither has used the one-time code up.
        assert (await caller.post("/api/login/code", json=login | {"second": codes[0]})).status_code == 200
    async with await hub.client("anquan") as security, hub.stranger() as caller:
        listed = {each["id"]: each for each in (await security.get("/api/users")).json()}
        assert listed[user]["second_factor"]
        code = (await security.post(f"/api/users/{user}/reset", json=both)).json()["code"]
        login = {"username": "shuji", "code": code, "new_password": "another new word"}
        assert (await caller.post("/api/login/code", json=login)).status_code == 200
    verbs = [each["verb"] for each in await on_the_hubs_chain(hub.database, "second-factor")]
    assert verbs == ["enrolled", "recovery-code-used", "reset"]


@pytest.fixture
async def strict(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> AsyncIterator[Hub]:
    """A hub on which inspectors must have one."""
    config = config_for(tmp_path, bus_url, county_url, second_factor=FactorRule(True, frozenset({"inspector"})))
    async with serving(config, county, seeded[1]) as running:
        yield running


async def test_who_must_have_one_does_nothing_else_before(strict: Hub) -> None:
    async with await strict.client("ducha") as inspector, await strict.client("shuji") as secretary:
        assert (await inspector.get("/api/me")).json()["must_enrol"]
        refused = await inspector.get("/api/meetings")
        assert (refused.status_code, check_problem(refused)["code"]) == (403, "sign-in.must-enrol")
        assert not (await secretary.get("/api/me")).json()["must_enrol"]
        assert (await secretary.get("/api/meetings")).status_code == 200
        await enrol(strict, inspector, "ducha")
        assert not (await inspector.get("/api/me")).json()["must_enrol"]
        assert (await inspector.get("/api/meetings")).status_code == 200


@pytest.mark.parametrize("rule", [FactorRule(offered=False)])
async def test_where_it_is_off_nobody_is_asked(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: Any, rule: FactorRule
) -> None:
    key = b"k" * 32
    for offered in (FactorRule(), rule):
        config = config_for(tmp_path, bus_url, county_url, second_factor=offered, second_factor_key=key)
        async with serving(config, county, seeded[1]) as hub:
            if offered.offered:
                async with await hub.client("ducha") as inspector:
                    await enrol(hub, inspector, "ducha")
                assert (await log_in(hub, "ducha")).status_code == 401
            else:
                assert (await log_in(hub, "ducha")).status_code == 200
                async with await hub.client("shuji") as secretary:
                    refused = await secretary.post("/api/second-factor", json={"password": password_of(hub, "shuji")})
                assert check_problem(refused)["code"] == "second-factor.off"


async def test_the_database_holds_no_secret_and_lets_no_step_go_back(hub: Hub, tmp_path: Path) -> None:
    async with await hub.client("ducha") as inspector:
        app, codes = await enrol(hub, inspector, "ducha")
    async with hub.database.reading() as session:
        factor = (await session.scalars(select(SecondFactor))).one()
    written = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.glob("huilu.sqlite*")))
    for secret in (app.secret, base64.b32encode(app.secret), codes[0].encode(), codes[0].replace("-", "").encode()):
        assert secret not in written
    assert hub.house.factors.sealed.open(factor.user_id, factor.sealed) == app.secret
    with pytest.raises(SecretUnreadable):
        hub.house.factors.sealed.open("usr_other", factor.sealed)
    with pytest.raises(SecretUnreadable):
        SealedSecrets(b"x" * 32).open(factor.user_id, factor.sealed)
    for change in ("UPDATE second_factors SET last_step = last_step - 1",
                   "UPDATE recovery_codes SET used_wall = NULL"):  # fmt: skip
        async with hub.database.writing() as session:
            await session.execute(text("UPDATE recovery_codes SET used_wall = 1 WHERE used_wall IS NULL"))
            with pytest.raises(DBAPIError):
                await session.execute(text(change))
            await session.rollback()
