"""Where one is signed in, and ending it: one's own devices, all others, those of an account below."""

from pathlib import Path

import httpx
import pytest

from api.domain.device import device_of
from tests.api.conftest import Hub
from tests.api.test_channel import _closing, channel, open_meeting, ready, relay
from tests.api.test_second_factor import on_the_hubs_chain
from tests.api.test_standing import at_relay, only_at_relay, publish

PHONE = (
    "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/114.0 Mobile Safari/537.36 MicroMessenger/8.0"
)
OFFICE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 "
    "Edg/126.0"
)


async def page_of(hub: Hub, username: str, agent: str) -> httpx.AsyncClient:
    """Signed in as a page does it: by cookie, from a device."""
    headers = {"User-Agent": agent, "Origin": hub.url}
    said = {"username": username, "password": hub.credentials[username].password, "page": True}
    async with hub.stranger(headers=headers) as door:
        answer = await door.post("/api/login", json=said)
        assert answer.status_code == 200, answer.text
        assert answer.json()["token"] is None, "a page needs no bearer"
        return hub.stranger(headers=headers, cookies=door.cookies)


@pytest.mark.parametrize(
    ("agent", "system", "browser"),
    [
        (PHONE, "harmony", "wechat"),
        (OFFICE, "windows", "edge"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "iphone", "safari"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "linux", "firefox"),
        ("python-httpx/0.28", "unknown", "program"),
        ("", "unknown", "program"),
    ],
)
def test_a_device_is_known_by_two_words(agent: str, system: str, browser: str) -> None:
    device = device_of(agent)
    assert (device.system, device.browser) == (system, browser)


async def test_one_sees_ones_devices_and_ends_one_and_all_others(hub: Hub) -> None:
    async with await page_of(hub, "shuji", PHONE) as phone, await page_of(hub, "shuji", OFFICE) as office:
        third = await page_of(hub, "shuji", OFFICE)
        async with third, await page_of(hub, "jilu", OFFICE) as foreign:
            seen = (await phone.get("/api/sign-ins")).json()
            assert len(seen) == 3
            (own,) = (each for each in seen if each["own"])
            assert (own["system"], own["browser"], own["address"]) == ("harmony", "wechat", "127.0.0.1")
            assert not own["in_meeting"]
            (mine,) = (each for each in (await office.get("/api/sign-ins")).json() if each["own"])
            assert (await foreign.post(f"/api/sign-ins/{mine['id']}/end")).status_code == 404
            assert (await phone.post(f"/api/sign-ins/{mine['id']}/end")).status_code == 204
            assert (await office.get("/api/me")).status_code == 401
            assert (await phone.post(f"/api/sign-ins/{mine['id']}/end")).status_code == 404
            assert (await third.get("/api/me")).status_code == 200
            assert (await phone.post("/api/sign-ins/end-others")).status_code == 204
            assert (await third.get("/api/me")).status_code == 401
            assert [each["own"] for each in (await phone.get("/api/sign-ins")).json()] == [True]
            assert (await foreign.get("/api/me")).status_code == 200
    said = await on_the_hubs_chain(hub.database, "sign-ins-ended")
    assert [(each["why"], len(each["sign_ins"])) for each in said] == [("own", 1), ("own", 1)]


async def test_a_new_password_ends_the_others_and_signing_out_both_tokens(hub: Hub) -> None:
    async with await page_of(hub, "shuji", PHONE) as phone, await page_of(hub, "shuji", OFFICE) as office:
        change = {"old_password": hub.credentials["shuji"].password, "new_password": "another long one"}
        assert (await phone.post("/api/password", json=change)).status_code == 204
        assert (await office.get("/api/me")).status_code == 401
        assert (await phone.get("/api/me")).status_code == 200
    assert [each["why"] for each in await on_the_hubs_chain(hub.database, "sign-ins-ended")] == ["password-changed"]
    async with hub.stranger() as program, hub.stranger() as page:
        login = {"username": "jilu", "password": hub.credentials["jilu"].password}
        answer = await page.post("/api/login", json=login)
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await program.get("/api/me", headers=bearer)).status_code == 200
        assert (await page.post("/api/logout", headers={"Origin": hub.url})).status_code == 204
        assert (await program.get("/api/me", headers=bearer)).status_code == 401
    assert len(await on_the_hubs_chain(hub.database, "sign-out")) == 1


async def test_who_gives_rights_sees_and_ends_those_below(hub: Hub) -> None:
    async with await page_of(hub, "shuji", PHONE) as secretary, await hub.client("anquan") as security:
        user = (await secretary.get("/api/me")).json()["user"]["id"]
        own = (await security.get("/api/me")).json()["user"]["id"]
        async with await hub.client("shenhe") as reviewer, await hub.client("jilu") as minutes:
            for other, status in ((reviewer, 403), (minutes, 404)):  # he has no list that it stands in
                assert (await other.get(f"/api/users/{user}/sign-ins")).status_code == status
                assert (await other.post(f"/api/users/{user}/sign-ins/end")).status_code == status
        assert (await security.get(f"/api/users/{own}/sign-ins")).status_code == 403, "one's own are on one's own page"
        (seen,) = (await security.get(f"/api/users/{user}/sign-ins")).json()
        assert (seen["browser"], seen["own"]) == ("wechat", False)
        assert (await security.post(f"/api/users/{user}/sign-ins/lgn_none/end")).status_code == 404
        assert (await security.post(f"/api/users/{user}/sign-ins/{seen['id']}/end")).status_code == 204
        assert (await secretary.get("/api/me")).status_code == 401
        assert (await security.post(f"/api/users/{user}/sign-ins/end")).status_code == 204, "none is left to end"
        assert (await security.get("/api/users/usr_none/sign-ins")).status_code == 404
    (said,) = await on_the_hubs_chain(hub.database, "sign-ins-ended")
    assert (said["user"], said["by"], said["why"]) == (user, own, "superior")


async def test_what_is_ended_ends_in_a_running_meeting_too(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    async with relay(bus_url, tmp_path):
        meeting = await open_meeting(hub)
        await ready(hub)
        async with await hub.client("jilu") as minutes, await hub.client("jilu") as elsewhere:
            session = await publish(minutes, meeting)
            assert await at_relay(hub) == {session}
            seen = {each["in_meeting"]: each for each in (await elsewhere.get("/api/sign-ins")).json()}
            async with channel(hub, meeting, minutes.headers["Authorization"], f"?session={session}") as page:
                await page.until("meeting")
                assert (await elsewhere.post(f"/api/sign-ins/{seen[True]['id']}/end")).status_code == 204
                assert await _closing(page) == 4401
            await only_at_relay(hub, set())
            assert (await minutes.get("/api/me")).status_code == 401
