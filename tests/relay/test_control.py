"""What the api asks of the relay over the bus, and what it is refused."""

import asyncio

import pytest

from media_server.bus import Refused
from tests.relay.client import Camera, publisher_lines, request, viewer_lines
from tests.relay.conftest import Running


async def two_cameras(relay: Running) -> tuple[Camera, Camera]:
    cameras = []
    for number in range(2):
        client = await relay.join(session=f"p{number}", publisher=f"site{number}.device01", media=publisher_lines())
        camera = Camera(client)
        camera.picture(key=True)
        await relay.event("source", state="started")
        cameras.append(camera)
    for number in range(2):
        await shown(relay, f"p{number}", "started")
    return cameras[0], cameras[1]


async def shown(relay: Running, session: str, state: str) -> str:
    """The id of a session's camera."""
    for _ in range(100):
        for subject, body in relay.events:
            if subject.endswith(".source") and body["state"] == state and body["source"]["session"] == session:
                return str(body["source"]["id"])
        await asyncio.sleep(0.01)
    raise AssertionError(f"{session} has not {state}")


async def in_slot(relay: Running, session: str, publisher: str | None, *cameras: Camera) -> None:
    for camera in cameras:
        camera.picture(key=True)  # however slow this machine is: there is a key frame to begin with
    for _ in range(500):
        told = [body for subject, body in relay.events if subject.endswith(".slots") and body["session"] == session]
        if told and told[-1]["slots"][0]["publisher"] == publisher:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{publisher} is not in the slot of {session}: {relay.events}")


async def test_whep_follows_the_chairs_picture_and_a_page_pins_what_it_likes(relay: Running) -> None:
    first, second = await two_cameras(relay)
    await relay.join(session="w", publisher="tv", mode="whep", media=viewer_lines())
    await relay.join(session="v", publisher="home", media=viewer_lines(videos=1, sounds=0))
    await in_slot(relay, "w", "site0.device01", first, second)
    await relay.bus.request("huilu.relay.picture", {"room": "m1", "publisher": "site1.device01"})
    await in_slot(relay, "w", "site1.device01", first, second)
    await in_slot(relay, "v", "site1.device01", first, second)  # its only slot
    await relay.bus.request(
        "huilu.relay.show", {"session": "v", "slot": "v0", "source": await shown(relay, "p0", "started")}
    )
    await in_slot(relay, "v", "site0.device01", first, second)
    await relay.bus.request("huilu.relay.picture", {"room": "m1", "publisher": None})
    await relay.bus.request("huilu.relay.close", {"session": "p0"})
    await in_slot(relay, "v", "site1.device01", first, second)


async def test_a_closed_room_ends_its_sessions(relay: Running) -> None:
    first, second = await two_cameras(relay)
    state = await relay.bus.request("huilu.relay.state", {})
    assert {note["publisher"] for note in state["rooms"]["m1"]} == {"site0.device01", "site1.device01"}
    await relay.bus.request("huilu.relay.wanted", {"room": "m1", "open": False})
    for camera in (first, second):
        await camera.client.until(camera.client.closed.is_set)
    assert (await relay.bus.request("huilu.relay.state", {}))["sessions"] == []


async def test_refusals_have_codes(relay: Running) -> None:
    asked = request(relay.certificate, session="p1", media=publisher_lines())
    for subject, message, code in (
        ("close", {"session": "none"}, "media.no-such-session"),
        ("restart", {"session": "none", "ice": {"ufrag": "abcd", "pwd": "p" * 24}}, "media.no-such-session"),
        ("restart", {"session": "none"}, "bus.bad-message"),
        ("show", {}, "bus.bad-message"),
        ("open", {"session": 5}, "bus.bad-message"),
        ("open", asked.model_copy(update={"setup": "passive"}).model_dump(), "media.bad-offer"),
    ):
        with pytest.raises(Refused) as refused:
            await relay.bus.request(f"huilu.relay.{subject}", message)
        assert refused.value.code == code
    await relay.bus.request("huilu.relay.open", asked.model_dump())
    with pytest.raises(Refused):
        await relay.bus.request("huilu.relay.open", asked.model_dump())
