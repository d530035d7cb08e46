"""A meeting that was held, for tests of what comes of it."""

from typing import Any

import httpx

from tests.api.conftest import Hub

VOTE = {"way": "hands", "in_favour": 10, "against": 1, "abstained": 1, "due": 15, "present": 12}


async def held(hub: Hub, second: dict[str, str]) -> tuple[str, str]:
    """A village meeting that dealt with 道路 and with `second`, both of one decision: decision, meeting."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        matter = {"unit": unit, "matter": "b1", "title": "道路"}
        decision = (await secretary.post("/api/decisions", json=matter)).json()["id"]
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "decision": decision}, second | {"decision": decision}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        await secretary.post(f"{url}/open")
        for item in meeting["items"]:
            await secretary.post(f"{url}/items/{item['id']}/start")
            assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)).status_code == 201
    return decision, meeting["id"]


async def under_way(client: httpx.AsyncClient, unit: str, matter: str) -> tuple[str, dict[str, Any]]:
    """A meeting of the village's representatives that is at its one item: its address, and the item with its new
    record."""
    plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
            "items": [{"title": "议题", "matter": matter, "decision": "new"}]}  # fmt: skip
    meeting = (await client.post("/api/meetings", json=plan)).json()
    url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]
    assert (await client.post(f"{url}/open")).status_code == 200
    started = await client.post(f"{url}/items/{item['id']}/start")
    assert started.status_code == 200, started.text
    return url, item
