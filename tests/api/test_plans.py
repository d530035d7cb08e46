"""A plan is put in as a file, given back to whoever may see the record, and named by the steps that dealt with it."""

import hashlib
from typing import Any

import httpx
from sqlalchemy import select

from storage.tables import Chain, Entry, PlanFile
from tests.api.conftest import Hub
from tests.api.held import VOTE
from tests.api.test_decision_acts import act, begun, states
from tests.domain.test_plan_files import BAD, GOOD

FIRST, SECOND = GOOD["方案.pdf"], GOOD["方案.docx"]


async def put_in(
    client: httpx.AsyncClient, record: str, data: bytes, name: str = "道路硬化方案.pdf", material: bool = False
) -> httpx.Response:
    return await client.post(f"{record}/plans", files={"file": (name, data)}, data={"material": str(material).lower()})


async def test_versions_of_a_plan_with_the_hash_that_the_hub_computed(hub: Hub) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary, await hub.client("shenhe") as reviewer:
        answer = await put_in(secretary, record, FIRST)
        assert answer.status_code == 201, answer.text
        assert answer.json()["may_plan"]
        (plan,) = answer.json()["plans"]
        assert (plan["number"], plan["sha256"]) == (1, hashlib.sha256(FIRST).hexdigest())
        assert (plan["file"]["name"], plan["file"]["bytes"], plan["file"]["stored"]) == (
            "道路硬化方案.pdf", len(FIRST), False
        )  # fmt: skip
        assert "“道路硬化方案.pdf”" in answer.json()["entries"][-1]["text_zh"]
        assert states(answer.json())["review"] == "due"
        await act(reviewer, record, "opinion", step="review", opinion="risk", reasons="缺预算")
        answer = await put_in(secretary, record, SECOND, "修改稿.docx", material=True)
        second, first = answer.json()["plans"]
        assert (second["number"], second["material"], second["counts"], second["steps"]) == (2, True, True, [])
        assert (first["counts"], [each["step"] for each in first["steps"]]) == (False, ["review"])
        assert states(answer.json())["review"] == "due"  # it begins again

        given = await reviewer.get(f"{record}/plans/1")
        assert (given.status_code, given.content) == (200, FIRST)
        assert given.headers["content-type"] == "application/pdf"
        assert given.headers["content-disposition"].startswith("attachment")
        assert given.headers["x-content-type-options"] == "nosniff"
        assert (await reviewer.get(f"{record}/plans/3")).status_code == 404
        assert not (await reviewer.get(record)).json()["may_plan"]
        assert (await put_in(reviewer, record, FIRST)).json()["code"] == "right.missing"
    async with await hub.client("dangyuan") as villager:
        assert (await villager.get(f"{record}/plans/1")).status_code == 404
        assert (await put_in(villager, record, FIRST)).status_code == 404
    async with hub.database.reading() as session:
        looks = select(Entry.kind).join(Chain, Chain.id == Entry.chain_id).where(Chain.kind == "hub")
        assert list(await session.scalars(looks)).count("plan-looked") == 1
        files = {row.sha256 for row in await session.scalars(select(PlanFile))}
        assert files == {hashlib.sha256(each).hexdigest() for each in (FIRST, SECOND)}


async def test_what_is_no_plan_leaves_nothing_behind(hub: Hub) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary:
        for name in ("macro.docx", "javascript.pdf", "script.jpg"):
            answer = await put_in(secretary, record, BAD[name], name)
            assert (answer.status_code, answer.json()["code"]) == (422, "plan.unfit")
        for wrong in ("方案.exe", "../方案.pdf"):
            assert (await put_in(secretary, record, FIRST, wrong)).json()["code"] == "plan.unfit"
        large = await secretary.post(f"{record}/plans", content=b"x" * (21 << 20))
        assert (large.status_code, large.json()["code"]) == (413, "request.too-large")
        await act(secretary, record, "withdraw", reason="不办了")
        late = await put_in(secretary, record, FIRST)
        assert (late.status_code, late.json()["code"]) == (409, "decision.ended")
        assert (await secretary.get(record)).json()["plans"] == []
    assert [each for each in (hub.config.spool / "plans").rglob("*") if each.is_file()] == []


async def test_a_restricted_records_plan_is_for_those_who_may_see_it(hub: Hub) -> None:
    record = await begun(hub, "h3")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        assert (await put_in(secretary, record, FIRST)).status_code == 201
        assert (await secretary.get(f"{record}/plans/1")).status_code == 200
        assert (await organiser.get(f"{record}/plans/1")).status_code == 404


async def test_the_sitting_deals_with_the_version_that_is_the_newest_when_its_item_begins(hub: Hub) -> None:
    """A change in the meeting is attached before the vote; a material one begins everything again."""
    record = await begun(hub, "b1")
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        await put_in(secretary, record, FIRST)
        await put_in(secretary, record, SECOND, "修改稿.docx")
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"decision": record.rsplit("/", 1)[-1]}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        roster = [each for each in (await secretary.get(f"{url}/roster")).json() if each["votes"]]
        for entry in roster[:12]:
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        found: dict[str, Any] = (await secretary.get(record)).json()
        assert "plan" not in {each["rule"] for each in found["standing"]["findings"]}
        assert [[each["step"] for each in version["steps"]] for version in found["plans"]] == [["resolution"], []]
        third = await put_in(secretary, record, GOOD["预算.xlsx"], "预算.xlsx")
        assert third.status_code == 201
        assert (await secretary.post(f"{url}/items/{item}/votes", json=VOTE)).status_code == 201
        assert (await secretary.get(record)).json()["outcome"] == "resolved"
        late = await put_in(secretary, record, FIRST)
        assert late.json()["code"] == "decision.resolved"
        assert not (await secretary.get(record)).json()["may_plan"]
