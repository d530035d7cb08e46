"""A meeting is planned from what waits for it, is told beforehand what will fail, and counts as was stated."""

import time
from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from api.acts.tree import path_of
from api.acts.units import add_unit
from api.domain.day import day_of
from storage.ids import new_id
from storage.tables import Body, Post
from tests.api.conftest import Hub
from tests.api.test_decision_acts import act, begun

TODAY = day_of(time.time_ns())


def in_days(days: int) -> str:
    return (date.fromisoformat(TODAY) + timedelta(days)).isoformat()


async def waiting(client: httpx.AsyncClient, unit: str, kind: str, **more: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/units/{unit}/decisions-for", params={"kind": kind, **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def rules(found: dict[str, Any]) -> dict[str, str]:
    return {each["rule"]: each["kind"] for each in found["foreseen"]}


async def test_a_meeting_is_offered_what_waits_for_its_body(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    levy = (await begun(hub, "b1")).rsplit("/", 1)[-1]
    tender = (await begun(hub, "d1")).rsplit("/", 1)[-1]
    register = (await begun(hub, "c2")).rsplit("/", 1)[-1]
    over = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary:
        await act(secretary, over, "withdraw", reason="不办了")
        found = {each["decision"]: each for each in await waiting(secretary, unit, "branch_assembly")}
        assert found.keys() == {levy}
        assert found[levy]["step"] == "proposal"
        assert rules(found[levy]) == {"review": "procedure", "no-plan": "advice"}
        assert all(each["zh"] and each["en"] for each in found[levy]["foreseen"])
        assert {each["decision"] for each in await waiting(secretary, unit, "two_committees")} == {tender}
        for kind in ("representatives_meeting", "training"):
            assert await waiting(secretary, unit, kind) == []
        assert register not in found
        unknown = await secretary.get(f"/api/units/{unit}/decisions-for", params={"kind": "tea"})
        assert unknown.status_code in (404, 422)
        assert (await secretary.get("/api/units/unt_x/decisions-for", params={"kind": "board"})).status_code == 404
    async with await hub.client("jiandu") as supervisor:  # takes no minutes
        assert await waiting(supervisor, unit, "branch_assembly") == []


async def test_several_are_picked_and_their_items_are_made_of_the_records(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    picked = [(await begun(hub, matter)).rsplit("/", 1)[-1] for matter in ("c3", "g1", "b1")]
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "planned_wall": f"{in_days(1)}T09:00:00+08:00",
                "items": [{"decision": each} for each in picked]}  # fmt: skip
        answer = await secretary.post("/api/meetings", json=plan)
        assert answer.status_code == 201, answer.text
        meeting = answer.json()
        assert [each["title"] for each in meeting["items"]] == ["一件事"] * 3
        assert [each["matter"] for each in meeting["items"]] == ["c3", "g1", "b1"]
        assert [each["access_class"] for each in meeting["items"]] == ["open", "file", "open"]
        assert [each["decision"]["id"] for each in meeting["items"]] == picked
        mine = (await secretary.get(f"/api/meetings/{meeting['id']}/foreseen")).json()
        assert [each["decision"] for each in mine] == picked
        theirs = (await organiser.get(f"/api/meetings/{meeting['id']}/foreseen")).json()
        assert [each["decision"] for each in theirs] == [picked[0], picked[2]]  # nothing of a restricted part
        nothing = await secretary.post("/api/meetings", json=plan | {"items": [{"matter": "b1"}]})
        assert nothing.json()["code"] == "request.invalid"
        foreign = await secretary.post("/api/meetings", json=plan | {"items": [{"decision": "dec_x"}]})
        assert foreign.status_code == 404


async def test_what_will_fail_is_said_before_and_after_planning_and_mended(hub: Hub) -> None:
    """A review that wasn't asked for, and an assembly without its ten days: told, mended, and nothing is stopped."""
    unit = await hub.unit("shuji")
    record = await begun(hub, "a2")
    key = record.rsplit("/", 1)[-1]
    async with await hub.client("shuji") as secretary:
        soon = {"kind": "villagers_assembly", "unit": unit, "title": "会", "items": [{"decision": key}]}
        planned = (
            await secretary.post("/api/meetings", json=soon | {"planned_wall": f"{in_days(9)}T09:00:00+08:00"})
        ).json()
        assert (planned["called_on"], planned["way"]) == (TODAY, "adults")
        told = (await secretary.get(f"/api/meetings/{planned['id']}/foreseen")).json()
        assert [each["step"] for each in told] == ["resolution"]
        assert rules(told[0]) == {"order": "procedure", "notice": "procedure", "roster": "advice"}
        for change, notice in (
            ({"planned_wall": f"{in_days(10)}T09:00:00+08:00"}, False),
            ({"planned_wall": f"{in_days(9)}T09:00:00+08:00", "called_on": in_days(-1)}, False),
            ({}, True),
        ):
            made = (await secretary.post("/api/meetings", json=soon | change)).json()
            found = (await secretary.get(f"/api/meetings/{made['id']}/foreseen")).json()[0]
            assert ("notice" in rules(found)) is notice, change
        later = await secretary.post("/api/meetings", json=soon | {"called_on": in_days(1)})
        assert later.json()["code"] == "act.future"
        wrong = (await secretary.post("/api/meetings", json=soon | {"kind": "representatives_meeting"})).json()
        law = (await secretary.get(f"/api/meetings/{wrong['id']}/foreseen")).json()[0]
        assert rules(law)["body"] == "law"
        opened = await secretary.post(f"/api/meetings/{wrong['id']}/open")  # the chair goes on
        assert opened.status_code == 200
        assert (await secretary.get(f"/api/meetings/{wrong['id']}/foreseen")).json() == []


async def test_ticks_before_the_opening_say_whether_there_is_a_quorum(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    key = (await begun(hub, "b1")).rsplit("/", 1)[-1]
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit, "items": [{"decision": key}]}
        url = f"/api/meetings/{(await secretary.post('/api/meetings', json=plan)).json()['id']}"
        roster = [each for each in (await secretary.get(f"{url}/roster")).json() if each["votes"]]
        assert len(roster) == 15
        for count, entry in enumerate(roster[:10], 1):
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
            if count >= 9:
                found = rules((await secretary.get(f"{url}/foreseen")).json()[0])
                assert found.get("quorum") == ("law" if count == 9 else None)


async def test_an_assembly_by_households_counts_their_representatives(hub: Hub) -> None:
    """Stated when it is planned; 12 of 18 households are two thirds."""
    unit = await hub.unit("shuji")
    key = (await begun(hub, "b1")).rsplit("/", 1)[-1]
    async with hub.database.writing() as session:
        persons = list(await session.scalars(select(Post.person_id).join(Body).where(Body.unit_id == unit).distinct()))
        body = Body(id=new_id("bdy"), kind="households", name="户代表", unit_id=unit)
        session.add(body)
        await session.flush()
        for number, person in enumerate(sorted(persons), 1):
            session.add(Post(id=new_id("pst"), person_id=person, body_id=body.id, title=f"{number}户", votes=True,
                             from_on="2026-01-01"))  # fmt: skip
    assert len(persons) == 18
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "villagers_assembly", "unit": unit, "way": "households",
                "planned_wall": f"{TODAY}T00:00:00+08:00", "items": [{"decision": key}]}  # fmt: skip
        other = await secretary.post("/api/meetings", json=plan | {"kind": "representatives_meeting"})
        assert other.json()["code"] == "request.invalid"
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        assert meeting["way"] == "households"
        roster = [each for each in (await secretary.get(f"{url}/roster")).json() if not each["supervises"]]
        assert len(roster) == 18
        assert roster[0]["title"].endswith("户")
        for entry in roster[:12]:
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
        assert "quorum" not in rules((await secretary.get(f"{url}/foreseen")).json()[0])
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item}/start")
        found = (await secretary.get(f"/api/decisions/{key}")).json()
        assert "应到 18，到会 12" in found["entries"][-2]["text_zh"]
        figures = {"way": "hands", "in_favour": 7, "against": 5, "abstained": 0}
        vote = (await secretary.post(f"{url}/items/{item}/votes", json=figures)).json()
        assert (vote["due"], vote["present"], vote["passed"]) == (18, 12, True)
        found = (await secretary.get(f"/api/decisions/{key}")).json()
        assert found["outcome"] == "resolved"
        catalogue = (await secretary.get("/api/catalogue")).json()
        ways = {each["key"] for each in catalogue["kinds"] if each["ways"]}
        assert ways == {"villagers_assembly", "group_meeting"}


async def test_a_group_chooses_its_representative_and_its_village_supervises(hub: Hub) -> None:
    """The record and the meeting are the group's, a unit below the village; by households or by adults, two thirds."""
    village = await hub.unit("shuji")
    async with hub.database.writing() as session:
        holding = select(Post.person_id).join(Body).where(Body.unit_id == village).distinct()
        committee = set(await session.scalars(holding.where(Body.kind == "supervision")))
        first, *rest = sorted(committee)
        others = sorted(set(await session.scalars(holding)) - committee)
        persons = [first, *others, *rest]  # one of the committee is among the nine households, all among the adults
        group = await add_unit(session, "第三村民小组", "group", village, None, "2026-01-01")
        town = (await path_of(session, village))[1]
        above = Body(id=new_id("bdy"), kind="supervision", name="镇上的", unit_id=town)
        session.add(above)
        await session.flush()
        session.add(Post(id=new_id("pst"), person_id=others[-1], body_id=above.id, title="组员", votes=True,
                         from_on="2026-01-01"))  # fmt: skip
        for kind, count in (("villagers_group", 18), ("households", 9)):
            body = Body(id=new_id("bdy"), kind=kind, name=kind, unit_id=group)
            session.add(body)
            await session.flush()
            for person in persons[:count]:
                session.add(Post(id=new_id("pst"), person_id=person, body_id=body.id, title="组员", votes=True,
                                 from_on="2026-01-01"))  # fmt: skip
    assert rest  # or nobody would be left to stand beside the households
    of_voters = (await begun(hub, "i2", unit=group)).rsplit("/", 1)[-1]
    async with await hub.client("shuji") as secretary:
        for way, passing in (("households", 6), ("adults", 12)):
            record = await begun(hub, "i2", unit=group, procedure="P7d")
            key = record.rsplit("/", 1)[-1]
            offered = await waiting(secretary, group, "group_meeting", way=way)
            assert [each["decision"] for each in offered] == [key]  # none that wants a roster of voters
            assert (offered[0]["step"], rules(offered[0])) == ("election", {})
            assert of_voters not in {each["decision"] for each in offered}
            plan = {"title": "组会", "kind": "group_meeting", "unit": group, "way": way, "items": [{"decision": key}]}
            meeting = (await secretary.post("/api/meetings", json=plan)).json()
            url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
            roster = (await secretary.get(f"{url}/roster")).json()
            voters = [each["person"]["id"] for each in roster if each["votes"]]
            beside = [each["person"]["id"] for each in roster if each["supervises"]]
            assert set(beside) == committee - set(voters)
            for count, person in enumerate(voters[:passing], 1):
                await secretary.put(f"{url}/roster/{person}", json={"present": True})
                if count >= passing - 1:
                    found = rules((await secretary.get(f"{url}/foreseen")).json()[0])
                    assert found.get("quorum") == ("law" if count < passing else None)
            assert (await secretary.post(f"{url}/open")).status_code == 200
            await secretary.post(f"{url}/items/{item}/start")
            half = passing // 2
            figures = {"way": "secret", "in_favour": half + 1, "against": half - 1, "abstained": 0}
            vote = (await secretary.post(f"{url}/items/{item}/votes", json=figures)).json()
            assert (vote["due"], vote["present"], vote["passed"]) == (len(voters), passing, True)
            assert (await secretary.get(record)).json()["outcome"] == "resolved"
            await secretary.post(f"{url}/end")
