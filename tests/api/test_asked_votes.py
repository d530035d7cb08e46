"""What a running item says of its vote, by the step that its meeting takes up: the form asks for what the step counts,
and the camera is turned before the first ballot is written."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import Hub
from tests.api.rosters import enrolled, planned
from tests.api.test_decision_acts import begun

HANDS = {"secret": False, "election": False, "written": False}
SECRET = HANDS | {"secret": True}
VOTE = {"way": "hands", "in_favour": 3, "against": 0, "abstained": 0, "due": 3, "present": 3}


async def voting(client: httpx.AsyncClient, url: str, item: str) -> Any:
    found = (await client.get(url)).json()["items"]
    return next(each["voting"] for each in found if each["id"] == item)


async def sits(client: httpx.AsyncClient, unit: str, kind: str, record: str) -> tuple[str, str]:
    url, item = await planned(client, unit, kind, record.rsplit("/", 1)[-1])
    assert await voting(client, url, item) is None  # nothing is due yet
    await client.post(f"{url}/open")
    assert (await client.post(f"{url}/items/{item}/start")).status_code == 200
    return url, item


async def ends(client: httpx.AsyncClient, url: str, item: str) -> None:
    answer = await client.post(f"{url}/items/{item}/votes", json=VOTE)
    assert answer.status_code == 201, answer.text
    assert await voting(client, url, item) is not None  # it may be taken again
    await client.post(f"{url}/items/{item}/end")
    assert await voting(client, url, item) is None
    await client.post(f"{url}/end")


async def test_only_the_ballot_of_registered_voters_is_an_election(hub: Hub) -> None:
    unit, record = await hub.unit("shuji"), await begun(hub, "i2")
    await enrolled(hub, unit, "assembly", 18)
    async with await hub.client("shuji") as secretary:
        url, item = await sits(secretary, unit, "representatives_meeting", record)
        assert await voting(secretary, url, item) == HANDS  # who chooses the election committee
        await ends(secretary, url, item)
        url, item = await sits(secretary, unit, "villagers_assembly", record)
        assert await voting(secretary, url, item) == SECRET | {"election": True}
        await secretary.post(f"{url}/end")
        chosen = await begun(hub, "i2", procedure="P7d")
        url, item = await sits(secretary, unit, "representatives_meeting", chosen)
        assert await voting(secretary, url, item) == SECRET
        await secretary.post(f"{url}/end")


async def test_a_branch_counts_what_absent_members_wrote(hub: Hub) -> None:
    unit, record = await hub.unit("shuji"), await begun(hub, "h2")
    async with await hub.client("shuji") as secretary:
        url, item = await sits(secretary, unit, "branch_committee", record)
        assert await voting(secretary, url, item) == HANDS
        await ends(secretary, url, item)
        url, item = await sits(secretary, unit, "branch_assembly", record)
        assert await voting(secretary, url, item) == SECRET | {"written": True}
        await secretary.post(f"{url}/end")


@pytest.mark.parametrize(("matter", "said"), [("j1", SECRET), ("j2", HANDS), (None, None)])
async def test_an_item_without_a_record_is_voted_on_as_its_matter_begins(
    hub: Hub, matter: str | None, said: dict[str, bool] | None
) -> None:
    """Of j2 the two committees come first: what representatives do of a record without them is their resolution."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "议题", "matter": matter}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        assert await voting(secretary, url, item) == said
        await secretary.post(f"{url}/end")
