"""Who loses sign-in, account or right in a running meeting is out of it, at the relay too; who is only idle stays."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from api.acts.sign_in import IDLE_S, SECOND
from storage.tables import MediaSession, Right, SignIn, User
from tests.api.conftest import ADMIN_PASSWORD, Hub
from tests.api.test_channel import OFFER, _closing, channel, open_meeting, ready, relay

SDP = {"Content-Type": "application/sdp"}
Withdraw = Callable[[Hub, httpx.AsyncClient, str], Awaitable[None]]


async def disable(hub: Hub, _: httpx.AsyncClient, username: str) -> None:
    async with hub.database.writing() as session:
        await session.execute(update(User).where(User.username == username).values(disabled=True))


async def reset(hub: Hub, _: httpx.AsyncClient, username: str) -> None:
    async with await hub.client("admin") as admin:
        users = {user["username"]: user["id"] for user in (await admin.get("/api/users")).json()}
        assert (await admin.post(f"/api/users/{users[username]}/reset")).status_code == 200


async def sign_out(hub: Hub, own: httpx.AsyncClient, username: str) -> None:
    assert (await own.post("/api/logout")).status_code == 204


async def change_password_elsewhere(hub: Hub, _: httpx.AsyncClient, username: str) -> None:
    password = hub.credentials[username].password
    async with await hub.client(username) as other:
        change = {"old_password": password, "new_password": "another long one"}
        assert (await other.post("/api/password", json=change)).status_code == 204


async def withdraw_right(hub: Hub, _: httpx.AsyncClient, username: str) -> None:
    """Until yesterday."""
    async with hub.database.writing() as session:
        user = await session.scalar(select(User.id).where(User.username == username))
        ended = {"from_on": "2020-01-01", "until_on": "2020-01-02"}
        await session.execute(update(Right).where(Right.user_id == user).values(**ended))


@pytest.fixture
async def meeting(hub: Hub, bus_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """Open, with a relay."""
    async with relay(bus_url, tmp_path):
        meeting = await open_meeting(hub)
        await ready(hub)
        yield meeting


async def at_relay(hub: Hub) -> set[str]:
    state = await hub.house.bus.request("huilu.relay.state", {})
    return {each["session"] for each in state["sessions"]}


async def only_at_relay(hub: Hub, sessions: set[str]) -> None:
    async with asyncio.timeout(30):
        while await at_relay(hub) != sessions:  # a request each: no busy loop
            pass


async def publish(client: httpx.AsyncClient, meeting: str) -> str:
    answer = await client.post(f"/api/meetings/{meeting}/whip", content=OFFER, headers=SDP)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"].rsplit("/", 1)[-1])


@pytest.mark.parametrize(
    ("withdraw", "cause", "code"),
    [
        (disable, "disabled", 4401),
        (reset, "signed-out", 4401),
        (sign_out, "signed-out", 4401),
        (change_password_elsewhere, "signed-out", 4401),
        (withdraw_right, "right-withdrawn", 4404),
    ],
)
async def test_what_is_withdrawn_ends_media_and_channel(
    hub: Hub, meeting: str, withdraw: Withdraw, cause: str, code: int
) -> None:
    async with await hub.client("jilu") as minutes, await hub.client("shuji") as secretary:
        watching = await minutes.post(f"/api/meetings/{meeting}/whep", content=receiving(), headers=SDP)
        assert watching.status_code == 201, watching.text
        session, stays = await publish(minutes, meeting), await publish(secretary, meeting)
        assert len(await at_relay(hub)) == 3
        async with channel(hub, meeting, minutes.headers["Authorization"], f"?session={session}") as page:
            await page.until("meeting")
            await withdraw(hub, minutes, "jilu")
            assert await _closing(page) == code
        await only_at_relay(hub, {stays})
        async with hub.database.reading() as db:
            rows = {row.id: row.ended_cause for row in await db.scalars(select(MediaSession))}
        assert rows.pop(stays) is None
        assert set(rows.values()) == {cause}


async def test_a_right_that_ends_leaves_who_has_another_one_and_tells_the_page(hub: Hub, meeting: str) -> None:
    async with await hub.client("jilu") as minutes:
        session = await publish(minutes, meeting)
        async with channel(hub, meeting, minutes.headers["Authorization"], f"?session={session}") as page:
            assert (await page.until("meeting"))["meeting"]["may"]["vote"]
            async with hub.database.writing() as db:
                user = await db.scalar(select(User.id).where(User.username == "jilu"))
                await db.execute(update(Right).where(Right.user_id == user).values(role="terminal"))
            assert not (await page.until("meeting"))["meeting"]["may"]["vote"]
        assert await at_relay(hub) == {session}


async def test_no_time_out_ends_who_is_in_a_meeting(hub: Hub, meeting: str) -> None:
    async with await hub.client("jilu") as minutes:
        session = await publish(minutes, meeting)
        async with channel(hub, meeting, minutes.headers["Authorization"], f"?session={session}") as page:
            await page.until("meeting")
            long_ago = time.time_ns() - (IDLE_S + 2 * 3600) * SECOND
            async with hub.database.writing() as db:
                await db.execute(update(SignIn).values(seen_wall=long_ago, expires_wall=long_ago))
            # Somebody's signing in clears away what has expired.
            async with hub.stranger() as other:
                login = {"username": "admin", "password": ADMIN_PASSWORD}
                assert (await other.post("/api/login", json=login)).status_code == 200
            await hub.house.standing.check()
            await page.say(type="ping")
            await page.until("pong")
        assert await at_relay(hub) == {session}
        async with hub.database.reading() as db:
            assert (await db.scalars(select(MediaSession.ended_wall))).all() == [None]


async def test_a_relay_that_did_not_hear_it_ends_the_session_when_it_is_asked_again(hub: Hub, meeting: str) -> None:
    async with await hub.client("jilu") as minutes:
        await publish(minutes, meeting)
        async with hub.database.writing() as db:
            await db.execute(update(MediaSession).values(ended_wall=time.time_ns(), ended_cause="disabled"))
        assert await hub.house.relay.reconcile()
        assert await at_relay(hub) == set()


def receiving() -> str:
    lines = [line for line in OFFER.split("\r\n") if not line.startswith("a=ssrc")]
    return "\r\n".join(lines).replace("a=sendonly", "a=recvonly")
