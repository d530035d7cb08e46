"""A meeting that was held, for tests of what comes of it."""

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
