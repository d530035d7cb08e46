"""While a restricted part runs, those outside hear no name over a channel that stays open, and come back by it."""

import json
from pathlib import Path
from typing import Any

from tests.api.conftest import Hub
from tests.api.test_channel import OFFER, Page, channel, open_meeting, ready, relay

SDP = {"Content-Type": "application/sdp"}


async def heard_until(page: Page, **wanted: Any) -> list[dict[str, Any]]:
    """Everything up to a whole meeting like that."""
    heard: list[dict[str, Any]] = []
    while True:
        message: dict[str, Any] = json.loads(await page.socket.recv())
        heard.append(message)
        if message["type"] == "meeting" and all(message["meeting"][key] == value for key, value in wanted.items()):
            return heard


async def test_those_outside_hear_no_names_and_come_back(hub: Hub, bus_url: str, tmp_path: Path) -> None:
    meeting = await open_meeting(hub)
    url = f"/api/meetings/{meeting}"
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("zhongduan") as terminal,
        await hub.client("huiwu") as organiser,
        relay(bus_url, tmp_path),
    ):
        await ready(hub)
        for client in (secretary, organiser):
            answer = await client.post(f"{url}/whip", content=OFFER, headers=SDP)
            assert answer.status_code == 201, answer.text
        query = f"?session={answer.headers['location'].rsplit('/', 1)[-1]}"
        item = {"title": "民主评议", "matter": "h3"}
        item_url = f"{url}/items/{(await secretary.post(f'{url}/items', json=item)).json()['id']}"
        token, inner = organiser.headers["Authorization"], secretary.headers["Authorization"]
        async with channel(hub, meeting, token, query) as outside, channel(hub, meeting, inner) as inside:
            assert len((await outside.until("meeting"))["meeting"]["people"]) == 2
            await secretary.post(f"{item_url}/start")
            await heard_until(outside, waiting=True)
            publisher = (await secretary.get(url)).json()["people"][0]["publisher"]
            await secretary.post(f"{url}/picture", json={"publisher": publisher})
            # Who comes, and who speaks, meanwhile.
            assert (await terminal.post(f"{url}/whip", content=OFFER, headers=SDP)).status_code == 201
            await hub.house.bus.publish("huilu.event.relay.speaker", {"room": meeting, "publisher": publisher})
            assert (await inside.until("speaker"))["publisher"] == publisher
            seen = (await organiser.get(url)).json()
            assert (seen["waiting"], seen["people"], seen["picture"]) == (True, [], None)
            async with channel(hub, meeting, token, query) as again:
                assert (await again.until("meeting"))["meeting"]["waiting"]
                await secretary.post(f"{item_url}/end")
                late = await heard_until(again, waiting=False)
            heard = await heard_until(outside, waiting=False)
            for message in heard[:-1] + late[:-1]:
                assert message["type"] not in ("people", "speaker", "slots"), message
                assert publisher not in json.dumps(message)
            assert len(heard[-1]["meeting"]["people"]) == 2, "who is inside, now that it is open again"
        assert (await organiser.post(f"{url}/whip", content=OFFER, headers=SDP)).status_code == 201
