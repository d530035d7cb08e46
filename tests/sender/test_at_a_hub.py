"""A sender at a whole hub, by the fixed HTTP paths and a token alone; its relay is killed, and it is back by itself."""

import asyncio
import time

import pytest

from ops.sender.hub import Hub, HubRefused
from ops.sender.sender import Sender
from ops.sender.session import SessionFailed
from ops.sender.viewer import Viewer
from tests.sender.front import until

pytestmark = pytest.mark.walk


async def test_film_goes_through_a_meeting_and_comes_back_after_a_kill(film, hub):
    secretary = hub.account("secretary")
    async with Hub(hub.url, authority=hub.authority) as at:
        await at.sign_in(secretary.username, secretary.password)
        unit = (await at.ask("GET", "/api/me"))["home"]["id"]
        kind = (await at.ask("GET", "/api/catalogue"))["kinds"][0]["key"]
        meeting = await at.open_meeting("film", kind, unit)
        stop = asyncio.Event()
        senders = [
            Sender(film, at.whip(meeting, device), at.token, authority=hub.authority)
            for device in ("camera01", "camera02")
        ]
        viewers = [Viewer(at.whep(meeting), at.token, authority=hub.authority, http=at.http) for _ in range(2)]
        tasks = [asyncio.create_task(sender.run(stop)) for sender in senders]
        try:
            await until(lambda: all(sender.sent.frames > 10 for sender in senders))
            tasks.append(asyncio.create_task(viewers[0].run(stop)))
            await until(viewers[0].shown.is_set)
            await until(lambda: viewers[0].seen.frames > 25 and viewers[0].sounds.frames > 25)
            assert viewers[0].seen.missing == 0
            killed = time.monotonic()
            await hub.kill("relay")
            await until(lambda: all(sender.sent.sessions == 2 for sender in senders), 60)
            print(f"senders back {time.monotonic() - killed:.1f} s after the relay's death")
            tasks.append(asyncio.create_task(viewers[1].run(stop)))
            await until(viewers[1].shown.is_set)
            print(f"first picture {1000 * (viewers[1].seen.first_frame_s or 0):.0f} ms after the offer")
        finally:
            stop.set()
            await asyncio.gather(*tasks)
        await at.end_meeting(meeting)
        with pytest.raises(SessionFailed) as raised:
            await Sender(film, at.whip(meeting), at.token, authority=hub.authority).run(asyncio.Event())
        assert 400 <= raised.value.status < 500


async def test_a_foreign_token_and_an_unknown_meeting_are_refused(film, hub):
    with pytest.raises(SessionFailed) as raised:
        await Sender(film, f"{hub.url}/api/meetings/none/whip", "foreign", authority=hub.authority).run(asyncio.Event())
    assert raised.value.status == 401
    async with Hub(hub.url, authority=hub.authority) as at:
        with pytest.raises(HubRefused) as refused:
            await at.sign_in("nobody", "nothing")
        assert 400 <= refused.value.status < 500
        secretary = hub.account("secretary")
        await at.sign_in(secretary.username, secretary.password)
        with pytest.raises(SessionFailed) as unknown:
            await Sender(film, at.whip("mtg_none"), at.token, authority=hub.authority).run(asyncio.Event())
        assert unknown.value.status == 404
