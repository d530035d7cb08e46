"""Bids are opened in a recorded meeting: how many bid is said once, and fewer than three are called again."""

import pytest

from tests.api.conftest import Hub


@pytest.mark.parametrize(("bidders", "comes_to", "next_step"), [(3, "", "evaluation"), (2, "no_quorum", "opening")])
async def test_how_many_bid_is_the_steps_figure(hub: Hub, bidders: int, comes_to: str, next_step: str) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        matter = {"unit": unit, "matter": "d1", "title": "水渠招标"}
        decision = (await secretary.post("/api/decisions", json=matter)).json()["id"]
        plan = {"title": "两委会", "kind": "two_committees", "unit": unit, "items": [{"decision": decision}]}
        scope = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{scope['id']}"
        assert (await secretary.post(f"{url}/open")).status_code == 200
        item = f"{url}/items/{scope['items'][0]['id']}"
        await secretary.post(f"{item}/start")
        assert (await secretary.post(f"{item}/bids", json={"bidders": bidders})).json()["code"] == "item.wrong-state"
        vote = {"way": "hands", "in_favour": 4, "against": 0, "abstained": 0, "due": 5, "present": 4}
        assert (await secretary.post(f"{item}/votes", json=vote)).status_code == 201
        await secretary.post(f"{url}/end")

        opening = (await secretary.post("/api/meetings", json=plan | {"kind": "bid_opening"})).json()
        url = f"/api/meetings/{opening['id']}"
        await secretary.post(f"{url}/open")
        item = f"{url}/items/{opening['items'][0]['id']}"
        assert (await secretary.post(f"{item}/bids", json={"bidders": bidders})).json()["code"] == "item.wrong-state"
        assert (await secretary.post(f"{item}/start")).json()["opens_bids"]
        told = await secretary.post(f"{item}/bids", json={"bidders": bidders})
        assert (told.status_code, told.json()["opens_bids"]) == (200, False)
        again = await secretary.post(f"{item}/bids", json={"bidders": 9})
        assert again.json()["code"] == "item.wrong-state"
        record = (await secretary.get(f"/api/decisions/{decision}")).json()
        sat = [each for each in record["entries"] if each["kind"] == "sitting"][-1]
        wrong = {"entry": sat["seq"], "changes": {"bidders": 9}, "reason": "数错了"}
        mine = await secretary.post(f"/api/decisions/{decision}/corrections", json=wrong)
        assert (sat["fields"], mine.json()["code"]) == (None, "correction.own")  # he said how many there were
    steps = {step["key"]: step["state"] for step in record["standing"]["steps"]}
    assert (steps["opening"] == "done") is (next_step == "evaluation")
    said = [finding["rule"] for finding in record["standing"]["findings"]]
    assert ("bidders" in said) is (comes_to == "no_quorum")
