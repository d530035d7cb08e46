"""A restricted record stays restricted in the meeting that deals with it, on its agenda, and in its archive; nobody
makes a wide right of a narrow one."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from api.acts.decisions import MOST_LISTED
from storage.ids import new_id
from storage.keys import Signer
from storage.tables import Decision, Right, User
from tests.api.conftest import Hub
from tests.api.test_recordings import Archive, archive
from tests.api.test_take_out import record

__all__ = ["archive"]


async def planned(client: httpx.AsyncClient, unit: str, *items: dict[str, Any]) -> httpx.Response:
    plan = {"title": "会", "kind": "representatives_meeting", "unit": unit, "items": list(items)}
    return await client.post("/api/meetings", json=plan)


async def test_a_part_that_deals_with_a_restricted_record_is_restricted(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        relief = {"unit": unit, "matter": "g1", "title": "张三的低保"}
        decision = (await secretary.post("/api/decisions", json=relief)).json()["id"]
        meeting = (await planned(secretary, unit, {"title": "低保评议：张三", "decision": decision})).json()
        assert [each["access_class"] for each in meeting["items"]] == ["file"]
        assert "张三" not in (await organiser.get(f"/api/meetings/{meeting['id']}")).text
        # Who may see it opens the part to all by his own word; its record isn't open by that.
        url = f"/api/meetings/{meeting['id']}/items/{meeting['items'][0]['id']}"
        opened = await secretary.patch(url, json={"title": "低保名单", "access_class": "open"})
        assert opened.json()["decision"]["title"] == "张三的低保"
        seen = (await organiser.get(f"/api/meetings/{meeting['id']}")).json()["items"][0]
        assert (seen["title"], seen["hidden"], seen["decision"]) == ("低保名单", False, None)


async def test_nobody_begins_a_record_that_he_could_not_see(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("huiwu") as organiser:
        part = {"title": "民主评议", "matter": "h3"}
        assert (await planned(organiser, unit, part | {"decision": "new"})).status_code == 403
        meeting = await planned(organiser, unit, part)
        assert meeting.status_code == 201, "on the agenda it may stand"
        url = f"/api/meetings/{meeting.json()['id']}/items"
        assert (await organiser.post(url, json=part | {"decision": "new"})).status_code == 403
        open_part = (await organiser.post(url, json={"title": "道路"})).json()
        change = {"matter": "h3", "decision": "new"}
        assert (await organiser.patch(f"{url}/{open_part['id']}", json=change)).status_code == 403


async def test_records_that_one_may_not_see_push_none_off_the_list_that_he_may(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        seen = (await secretary.post("/api/decisions", json={"unit": unit, "matter": "b1", "title": "道路"})).json()
        async with hub.database.writing() as session:
            row = await session.get_one(Decision, seen["id"])
            for number in range(MOST_LISTED):
                session.add(Decision(
                    id=new_id("dec"), unit_id=unit, matter="h3", title="民主评议", access_class="file",
                    begun_on=row.begun_on, state="open", improper_reasons=[], created_by=row.created_by,
                    created_wall=row.created_wall + number,
                ))  # fmt: skip
        listed = (await organiser.get("/api/decisions")).json()
        assert [each["id"] for each in listed] == [seen["id"]]


async def test_a_right_to_one_category_makes_no_part_or_record_of_another(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        meeting = (await planned(secretary, unit, {"title": "招标", "matter": "d1"})).json()
        await narrow(hub, "jilu", category="D")
        async with await hub.client("jilu") as minutes:
            url = f"/api/meetings/{meeting['id']}/items"
            for decision in (None, "new"):
                other = {"title": "规划", "matter": "a1", "decision": decision}
                assert (await minutes.post(url, json=other)).status_code == 403
            change = {"matter": "a1", "decision": "new"}
            assert (await minutes.patch(f"{url}/{meeting['items'][0]['id']}", json=change)).status_code == 403
            assert (await minutes.post(url, json={"title": "招标二", "matter": "d2"})).status_code == 201


async def test_a_narrow_right_gives_no_rights_and_takes_no_account_over(hub: Hub) -> None:
    async with await hub.client("anquan") as security:
        users = {each["username"]: each["id"] for each in (await security.get("/api/users")).json()}
    new = {"username": "zhangsan", "name": "张三", "role": "admin", "unit": await hub.unit("shuji")}
    for narrowed in ({"category": "D"}, {"access_class": "open"}):
        await narrow(hub, "anquan", **narrowed)
        async with await hub.client("anquan") as security:
            assert (await security.post("/api/users", json=new)).status_code == 403
            assert (await security.post(f"/api/users/{users['shuji']}/reset")).status_code == 404
            assert (await security.get("/api/users")).status_code == 403
    await narrow(hub, "anquan")
    async with await hub.client("anquan") as security:
        assert (await security.post("/api/users", json=new)).status_code == 201


async def narrow(hub: Hub, username: str, category: str | None = None, access_class: str | None = None) -> None:
    async with hub.database.writing() as session:
        own = Right.user_id == User.id
        rows = update(Right).where(own, User.username == username)
        await session.execute(rows.values(category=category, access_class=access_class))


async def test_a_restricted_part_that_never_began_stays_out_of_the_archive(
    hub: Hub, archive: Archive, signer: Signer, tmp_path: Path
) -> None:
    await record(hub, archive, 3)
    url = f"/api/meetings/{archive.meeting}"
    part = {"title": "某某低保复核", "matter": "g1", "decision": "new"}
    assert (await archive.secretary.post(f"{url}/items", json=part)).status_code == 201
    await archive.close(6, signer)
    async with await hub.client("admin") as admin, await hub.client("ducha") as inspector:
        for client, name in ((admin, "a"), (inspector, "i")):
            answer = await client.get(f"{url}/archive.zip")
            assert answer.status_code == 200, answer.text
            zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / name)
            told = any(
                "某某低保复核" in path.read_text(errors="replace") for path in (tmp_path / name).rglob("*.json*")
            )
            assert told is (client is inspector)


async def test_no_finding_tells_the_figures_of_a_restricted_part(hub: Hub) -> None:
    """An open record that was voted on in a restricted part: what was broken is counted, how many voted is not told."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        road = {"unit": unit, "matter": "b1", "title": "道路"}
        record = (await secretary.post("/api/decisions", json=road)).json()["id"]
        part = {"title": "征地纠纷", "decision": record, "access_class": "restricted"}
        meeting = (await planned(secretary, unit, part)).json()
        url = f"/api/meetings/{meeting['id']}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{meeting['items'][0]['id']}/start")
        vote = {"way": "hands", "in_favour": 3, "against": 8, "abstained": 1, "due": 15, "present": 12}
        voted = await secretary.post(f"{url}/items/{meeting['items'][0]['id']}/votes", json=vote)
        assert voted.status_code == 201, voted.text
        own, seen = [(await each.get(f"/api/decisions/{record}")).json() for each in (secretary, organiser)]
        paper = (await organiser.get(f"/api/papers/record/{record}")).text
        affairs = [(await each.get("/api/desk/county/affairs")).text for each in (secretary, organiser)]
    told = [[(each["rule"], each["zh"], each["en"]) for each in view["standing"]["findings"]] for view in (own, seen)]
    assert ("majority", "村民（代表）会议或成员（代表）大会决议未获通过：赞成 3，按 12 计算未达法定多数",
            "Resolution: no majority, 3 in favour of 12.") in told[0]  # fmt: skip
    assert [rule for rule, *_ in told[1]] == [rule for rule, *_ in told[0]], "what is counted is the same for all"
    assert ("majority", "限制查看的部分", "a restricted part") in told[1]
    assert seen["votes"] == []
    assert "赞成 3" not in paper
    assert ["赞成 3" in each for each in affairs] == [True, False]
    assert {each["zh"] for each in seen["improper_reasons"]} == {"限制查看的部分"}
    assert len(own["improper_reasons"]) == len(seen["improper_reasons"]) > 0


async def test_an_objection_to_the_minutes_of_a_restricted_part_is_settled_by_who_may_see_it(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("admin") as admin:
        road = {"unit": unit, "matter": "b1", "title": "道路"}
        record = f"/api/decisions/{(await secretary.post('/api/decisions', json=road)).json()['id']}"
        part = {"title": "征地纠纷", "decision": record.rsplit("/", 1)[1], "access_class": "restricted"}
        meeting = (await planned(secretary, unit, part)).json()
        url = f"/api/meetings/{meeting['id']}"
        item = f"{url}/items/{meeting['items'][0]['id']}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{item}/start")
        await secretary.post(f"{item}/end")
        (held,) = (await secretary.get(url)).json()["items"]
        said = {"at_ms": held["end_ms"], "text": "人数不对"}
        assert (await secretary.post(f"{item}/minutes", json=said)).status_code == 204
        (objection,) = (await secretary.get(record)).json()["minutes"]
        assert (await admin.get(record)).json()["minutes"] == []
        for path, body in (("finding", {"finding": "not-upheld", "note": "无"}), ("word", {"agree": True})):
            answer = await admin.post(f"{record}/minutes/{objection['id']}/{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "api.not-found")
