"""Who is at a meeting by video stands on its roster, and is present where the body's rule says so: not in a village's
bodies, but in the collective's (B 27)."""

import httpx
from sqlalchemy import select

from storage.tables import Presence
from tests.api.conftest import Hub
from tests.api.rosters import come, enrolled, planned, voters
from tests.api.test_decision_acts import begun


async def no_quorum(client: httpx.AsyncClient, url: str) -> bool:
    (found,) = (await client.get(f"{url}/foreseen")).json()
    return "quorum" in {each["rule"] for each in found["foreseen"]}


async def test_of_fifteen_representatives_the_tenth_has_to_be_in_the_room(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary:
        url, item = await planned(secretary, unit, "representatives_meeting", record.rsplit("/", 1)[-1])
        rows = await voters(secretary, url)
        assert len(rows) == 15
        await come(secretary, url, rows[:9])
        await come(secretary, url, [rows[9]], by_video=True)
        seen = await voters(secretary, url)
        assert [(each["present"], each["by_video"]) for each in seen[8:11]] == [
            (True, False), (True, True), (False, False)
        ]  # fmt: skip
        assert (await secretary.get(url)).json()["parts"][0]["video_counts"] is False
        assert await no_quorum(secretary, url)
        await come(secretary, url, [rows[9]])  # ticked in the room instead
        assert not await no_quorum(secretary, url)
        await come(secretary, url, [rows[9]], by_video=True)
        await secretary.post(f"{url}/open")
        part = (await secretary.get(url)).json()["parts"][0]
        assert (part["due"], part["present"]) == (15, 9)
        await secretary.post(f"{url}/items/{item}/start")
        found = (await secretary.get(record)).json()
        assert found["outcome"] == "no_quorum"
        assert any("应到 15，到会 9" in each["text_zh"] for each in found["entries"])
        # While it runs he walks over, and out again: three spans, each by what it was.
        await come(secretary, url, [rows[9]])
        figures = {"way": "hands", "in_favour": 10, "against": 0, "abstained": 0}
        vote = (await secretary.post(f"{url}/items/{item}/votes", json=figures)).json()
        assert (vote["due"], vote["present"]) == (15, 10)
        await come(secretary, url, [rows[9]], by_video=True)
        refused = await secretary.post(f"{url}/items/{item}/votes", json=figures)
        assert refused.json()["code"] == "vote.sums"
        await come(secretary, url, [rows[10]], by_video=True)
        await secretary.post(f"{url}/end")
        roster, minutes = [
            (await secretary.get(f"/api/papers/{paper}/{url.rsplit('/', 1)[-1]}")).json()
            for paper in ("roster", "minutes")
        ]
    async with hub.database.reading() as session:
        spans = await session.scalars(
            select(Presence).where(Presence.person_id == rows[9]["person"]["id"]).order_by(Presence.start_ns)
        )
        known = [each.known_by for each in spans]
    assert known == ["video", "roster", "video"]
    tables = {table["key"]: table["rows"] for paper in (roster, minutes) for table in paper["tables"]}
    assert [row["here"] for row in tables["persons"]] == [*["已到"] * 10, "视频", *[""] * 4]
    assert ["视频参加" in row["title"] for row in tables["absent"]] == [True, *[False] * 4]
    assert {field["key"]: field["value"] for field in minutes["fields"]}["present"] == "10 人"


async def test_of_eighteen_members_of_the_collective_the_twelfth_may_come_by_video(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    record = await begun(hub, "b2")
    await enrolled(hub, unit, "members", 18)
    async with await hub.client("shuji") as secretary:
        url, item = await planned(secretary, unit, "members_assembly", record.rsplit("/", 1)[-1])
        rows = await voters(secretary, url)
        assert len(rows) == 18
        assert (await secretary.get(url)).json()["parts"][0]["video_counts"] is True
        await come(secretary, url, rows[:11])
        assert await no_quorum(secretary, url)
        await come(secretary, url, [rows[11]], by_video=True)
        assert not await no_quorum(secretary, url)
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        figures = {"way": "hands", "in_favour": 12, "against": 0, "abstained": 0}
        vote = (await secretary.post(f"{url}/items/{item}/votes", json=figures)).json()
        assert (vote["due"], vote["present"], vote["passed"]) == (18, 12, True)
        assert (await secretary.get(record)).json()["outcome"] == "resolved"
        await secretary.post(f"{url}/end")
