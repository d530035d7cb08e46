"""An election over HTTP: a second round after a first that elected nobody, and ballots handed in for others."""

from typing import Any

import httpx

from tests.api.conftest import Hub
from tests.api.rosters import come, enrolled, planned, voters
from tests.api.test_decision_acts import begun


async def vote(client: httpx.AsyncClient, item: str, in_favour: int, against: int, **more: Any) -> dict[str, Any]:
    figures = {"way": "secret", "in_favour": in_favour, "against": against, "abstained": 0, **more}
    answer = await client.post(f"{item}/votes", json=figures)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_third_of_the_ballots_elects_in_the_second_round(hub: Hub) -> None:
    unit, record = await hub.unit("shuji"), await begun(hub, "i2")
    key = record.rsplit("/", 1)[-1]
    await enrolled(hub, unit, "assembly", 18)
    async with await hub.client("shuji") as secretary:
        url, item = await planned(secretary, unit, "representatives_meeting", key)
        await come(secretary, url, (await voters(secretary, url))[:10])
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        committee = await vote(secretary, f"{url}/items/{item}", 10, 0, way="hands")
        assert committee["passed"]
        await secretary.post(f"{url}/end")

        url, item = await planned(secretary, unit, "villagers_assembly", key)
        await come(secretary, url, (await voters(secretary, url))[:12])
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        ballot = f"{url}/items/{item}"
        early = await vote(secretary, ballot, 6, 6, round=2)
        assert early["code"] == "vote.unknown"
        assert (await vote(secretary, ballot, 6, 6))["passed"] is False
        assert (await secretary.get(record)).json()["outcome"] == "rejected"
        assert (await vote(secretary, ballot, 3, 9, round=2))["passed"] is False
        # Of six who are absent four gave their word to one neighbour: sixteen ballots, and six of them are a third.
        held = {"round": 2, "proxies": 4, "proxies_most": 4}
        assert (await vote(secretary, ballot, 5, 12, **held))["code"] == "vote.sums"
        assert (await vote(secretary, ballot, 5, 11, **held))["passed"] is False
        assert (await vote(secretary, ballot, 4, 8, round=2))["passed"] is True
        assert (await vote(secretary, ballot, 6, 10, **held))["passed"] is True
        found = (await secretary.get(record)).json()
        assert found["outcome"] == "resolved"
        assert [each["step"] for each in found["standing"]["findings"] if each["rule"] == "proxies"] == ["ballot"]
        said = [each["text_zh"] for each in found["entries"] if each["kind"] == "vote"][-1]
        assert said.startswith("第二轮无记名")
        assert "书面委托 4 票" in said
        last = found["votes"][-1]
        assert {name: last[name] for name in ("round", "proxies", "proxies_most", "proxies_of_candidates")} == {
            **held, "proxies_of_candidates": 0,
        }  # fmt: skip
        sheet = (await secretary.get(f"/api/papers/tally/{item}")).json()
        (way,) = [each["value"] for each in sheet["fields"] if each["key"] == "way"]
        assert way.endswith("（第二轮）")
        assert "书面委托投票 4 票，一人最多代投 4 票。" in sheet["notes"]
        assert len(sheet["pages"]) == 1
        await secretary.post(f"{url}/end")
