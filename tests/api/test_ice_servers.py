"""TURN servers: named to who is signed in alone, with a password that ends by itself or the county's fixed account."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.acts.sample_county import Credential
from api.domain.turn import VALID_S, TurnAccount, TurnSettings, accounts
from storage.database import Database
from tests.api.conftest import Hub, config_for, serving
from tests.api.test_channel import OFFER, open_meeting, ready, relay

URLS = ("turn:turn.example.cn:3478?transport=udp", "stun:turn.example.cn:3478")
SECRET = "shared with coturn"


@pytest.fixture
async def hub(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> AsyncIterator[Hub]:
    config = config_for(tmp_path, bus_url, county_url, turn=TurnSettings(URLS, secret=SECRET))
    async with serving(config, county, seeded[1]) as running:
        yield running


def password_of(username: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()).decode()


async def test_who_is_signed_in_is_told_of_turn_servers_and_nobody_else(hub: Hub) -> None:
    async with hub.stranger() as stranger:
        refused = await stranger.get("/api/ice-servers")
        assert (refused.status_code, refused.json()["code"]) == (401, "sign-in.required")
    began = int(time.time())
    async with await hub.client("shuji") as secretary:
        answer = await secretary.get("/api/ice-servers")
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["valid_s"] == VALID_S
    stun, turn = told["servers"]
    assert stun == {"urls": [URLS[1]]}
    assert turn["urls"] == [URLS[0]]
    end, _, name = turn["username"].partition(":")
    assert began + VALID_S <= int(end) <= time.time() + VALID_S
    assert name.startswith("usr_")
    assert turn["credential"] == password_of(turn["username"])
    assert SECRET not in answer.text


async def test_a_program_is_told_in_link(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    async with await hub.client("shuji") as secretary, relay(bus_url, tmp_path):
        await ready(hub)
        path, sdp = f"/api/meetings/{meeting}/whip", {"Content-Type": "application/sdp"}
        opened = await secretary.post(path, content=OFFER, headers=sdp)
    stun, turn = opened.headers["link"].split(", ")
    assert stun == f'<{URLS[1]}>; rel="ice-server"'
    wanted = r'<(.*)>; rel="ice-server"; username="(.*)"; credential="(.*)"; credential-type="password"'
    found = re.fullmatch(wanted, turn)
    assert found is not None
    url, username, credential = found.groups()
    assert (url, credential) == (URLS[0], password_of(username))


def test_a_fixed_account_and_no_server_at_all() -> None:
    fixed = TurnSettings((URLS[0],), "county", "word")
    assert accounts(fixed, "usr_1", 0) == [TurnAccount((URLS[0],), "county", "word")]
    assert accounts(TurnSettings(), "usr_1", 0) == []
