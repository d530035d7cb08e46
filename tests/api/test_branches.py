"""三会一课 over HTTP: a plan filed, reviewed, revised; meetings that fulfil it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from storage.ids import new_id
from storage.tables import Body, Post
from tests.api.branches import LAST, QUARTER, TODAY, branch_of, duty, entry, hold, kinds_on_chain, plan, second_branch
from tests.api.conftest import Hub


async def test_a_plan_is_filed_given_back_revised_and_agreed_to(hub: Hub) -> None:
    branch = await branch_of(hub)
    async with await hub.client("shuji") as secretary, await hub.client("shenhe") as town:
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert seen["plan"]["state"] in ("none", "late")
        assert (seen["full_members"], seen["may"]) == (9, {"write": True, "review": False, "attendance": True})
        assert {row["duty"]: row["exempt"] for row in seen["duties"] if row["exempt"]} == {
            "party_group_meeting": "no_groups"
        }
        filed = await secretary.post(f"/api/branches/{branch}/plans", json=plan(entry(), fixed_day=15))
        assert filed.status_code == 201, filed.text
        (first,) = filed.json()["versions"]
        assert (first["version"], first["opinion"], first["fixed_day"]) == (1, None, 15)
        assert filed.json()["plan"]["state"] == "waiting"
        assert (await secretary.post(f"/api/branch-plans/{first['id']}/review", json={"opinion": "agree"})
                ).json()["code"] == "right.missing"  # fmt: skip
        bare = await town.post(f"/api/branch-plans/{first['id']}/review", json={"opinion": "return"})
        assert bare.json()["code"] == "branch.reason"
        back = await town.post(
            f"/api/branch-plans/{first['id']}/review", json={"opinion": "return", "reasons": "缺党员大会"}
        )
        assert back.json()["plan"]["state"] == "returned"
        key = first["entries"][0]["key"]
        revised = plan(entry(topic="学习党章、义务劳动", key=key), entry("branch_assembly", LAST, "总结"))
        second = (await secretary.post(f"/api/branches/{branch}/plans", json=revised)).json()
        assert [row["version"] for row in second["versions"]] == [2, 1]
        assert second["versions"][1]["reasons"] == "缺党员大会"
        assert second["versions"][0]["entries"][0]["key"] == key
        stale = await town.post(f"/api/branch-plans/{first['id']}/review", json={"opinion": "agree"})
        assert stale.json()["code"] == "branch.reviewed"
        agreed = await town.post(f"/api/branch-plans/{second['versions'][0]['id']}/review", json={"opinion": "agree"})
        assert agreed.json()["plan"]["state"] == "agreed"
        assert agreed.json()["may"] == {"write": False, "review": True, "attendance": False}
    assert [each["version"] for each in await kinds_on_chain(hub, "branch-plan-filed")] == [1, 2]
    reviews = await kinds_on_chain(hub, "branch-plan-reviewed")
    assert [each["opinion"] for each in reviews] == ["return", "agree"]
    assert "学习" not in str(reviews)
    with pytest.raises(DBAPIError, match="stays"):
        async with hub.database.writing() as session:
            await session.execute(text("UPDATE branch_plans SET opinion = 'return', reviewed_wall = 1"))


async def test_what_a_plan_may_not_say(hub: Hub) -> None:
    branch = await branch_of(hub)
    wrong = {
        "no kind of the party's": plan(entry("training")),
        "a day of the next quarter": plan(entry(on=QUARTER.later().whole.first_on)),
        "an entry that nobody had": plan(entry(key="ent_unknown")),
        "nothing": plan(),
        "31 April": plan(entry(on="2026-04-31")),
    }
    async with await hub.client("shuji") as secretary:
        url = f"/api/branches/{branch}/plans"
        for what, body in wrong.items():
            answer = await secretary.post(url, json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), what
        for quarter in (QUARTER.later(-1), QUARTER.later(2)):
            old = plan(entry(on=quarter.whole.first_on), quarter=quarter)
            assert (await secretary.post(url, json=old)).json()["code"] == "branch.quarter"
        coming = QUARTER.later()
        ahead = plan(entry(on=coming.whole.first_on), quarter=coming)
        assert (await secretary.post(url, json=ahead)).status_code == 201, "the next quarter's may be filed before"


async def test_a_meeting_is_made_of_an_entry_held_and_counted(hub: Hub) -> None:
    branch = await branch_of(hub)
    async with await hub.client("shuji") as secretary:
        lesson = entry("party_lecture", LAST, "讲党课", by_secretary=True)
        said = plan(entry("branch_assembly", topic="审议全年工作"), lesson)
        filed = (await secretary.post(f"/api/branches/{branch}/plans", json=said)).json()
        assembly, lecture = filed["versions"][0]["entries"]
        assert duty(filed, "branch_assembly") == {"required": 1, "held": 0, "planned": 1, "state": "planned"}
        made = await secretary.post(f"/api/branches/{branch}/entries/{assembly['key']}/meeting")
        assert made.status_code == 201, made.text
        meeting = made.json()["meeting"]
        again = await secretary.post(f"/api/branches/{branch}/entries/{assembly['key']}/meeting")
        assert again.json()["code"] == "branch.entry-made"
        whole = (await secretary.get(f"/api/meetings/{meeting}")).json()
        assert (whole["kind"], whole["title"], [item["title"] for item in whole["items"]]) == (
            "branch_assembly", "审议全年工作", ["审议全年工作"]
        )  # fmt: skip
        assert whole["planned_wall"] == f"{TODAY}T01:00:00.000Z", "nine in Shanghai"
        await hold(hub, meeting, present=4)
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert duty(seen, "branch_assembly")["held"] == 0, "four of nine are no quorum"
        assert [line["short"] for line in seen["lines"] if line["duty"] == "branch_assembly"] == [1]
        assert [row["state"] for row in seen["versions"][0]["entries"]] == ["ended", "open"]
        assert (await secretary.post(f"/api/branches/{branch}/entries/{lecture['key']}/meeting")).status_code == 201
        # Held without a plan, at once; the secretary says afterwards that it was he who lectured.
        at_once = {"title": "党课", "kind": "party_lecture", "unit": await hub.unit("shuji")}
        spoken = (await secretary.post("/api/meetings", json=at_once)).json()["id"]
        await hold(hub, spoken, present=2)
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert duty(seen, "party_lecture")["state"] == "held"
        assert duty(seen, "secretary_lecture")["held"] == 0
        claim = {"meeting": spoken, "by_secretary": True}
        assert (await secretary.post(f"/api/branches/{branch}/meetings", json=claim)).status_code == 200
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert duty(seen, "secretary_lecture")["state"] == "held"
        second = (await secretary.post("/api/meetings", json=at_once | {"kind": "branch_assembly"})).json()["id"]
        await hold(hub, second, present=5)
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert duty(seen, "branch_assembly")["state"] == "held", "five of nine are"


async def test_a_cancelled_meeting_leaves_the_entry_to_be_planned_again(hub: Hub) -> None:
    branch = await branch_of(hub)
    async with await hub.client("shuji") as secretary:
        filed = (await secretary.post(f"/api/branches/{branch}/plans", json=plan(entry()))).json()
        url = f"/api/branches/{branch}/entries/{filed['versions'][0]['entries'][0]['key']}/meeting"
        meeting = (await secretary.post(url)).json()["meeting"]
        assert (await secretary.post(f"/api/meetings/{meeting}/cancel")).status_code == 200
        assert (await secretary.post(url)).status_code == 201


async def test_groups_meet_each_by_themselves_and_a_meeting_is_said_to_be_whose(hub: Hub) -> None:
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    groups = [new_id("bdy"), new_id("bdy")]
    async with hub.database.writing() as session:
        members = list(await session.scalars(select(Post).where(Post.body_id == branch).order_by(Post.id)))
        for at, group in enumerate(groups):
            session.add(Body(id=group, kind="party_group", name=f"第{'一二'[at]}党小组", unit_id=unit))
            await session.flush()
            for post in members[at * 4 : at * 4 + 4]:
                session.add(Post(id=new_id("pst"), person_id=post.person_id, body_id=group, title="组员", votes=True,
                                 from_on="2020-01-01"))  # fmt: skip
    async with await hub.client("shuji") as secretary:
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert duty(seen, "party_group_meeting")["required"] == 6
        unnamed = plan(entry("party_group_meeting"))
        assert (await secretary.post(f"/api/branches/{branch}/plans", json=unnamed)).status_code == 422
        new = {"title": "组会", "kind": "party_group_meeting", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        assert len(await hold(hub, meeting, 0)) == 8, "nobody said whose it is"
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert [each["id"] for each in seen["unclaimed"]] == [meeting]
        assert duty(seen, "party_group_meeting")["held"] == 0
        claim = {"meeting": meeting, "group": groups[1]}
        assert (await secretary.post(f"/api/branches/{branch}/meetings", json=claim)).status_code == 200
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert seen["unclaimed"] == []
        assert [line["group_name"] for line in seen["lines"] if line["kind"] == "party_group_meeting" and line["held"]
                ] == ["第二党小组"]  # fmt: skip
        named = plan(entry("party_group_meeting", group=groups[0]))
        filed = (await secretary.post(f"/api/branches/{branch}/plans", json=named)).json()
        key = filed["versions"][0]["entries"][0]["key"]
        made = (await secretary.post(f"/api/branches/{branch}/entries/{key}/meeting")).json()["meeting"]
        due = [row for row in (await secretary.get(f"/api/meetings/{made}/roster")).json() if not row["supervises"]]
        assert {row["title"] for row in due} == {"组员"}
        assert len(due) == 4


async def test_of_two_branches_in_a_village_each_has_its_own_meetings(hub: Hub) -> None:
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    second, _ = await second_branch(hub)
    async with await hub.client("shuji") as secretary:
        new = {"title": "大会", "kind": "branch_assembly", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        claim = await secretary.post(f"/api/branches/{second}/meetings", json={"meeting": meeting})
        assert claim.status_code == 200, claim.text
        assert [row["person"]["name"] for row in await hold(hub, meeting)] == ["王远行"]
        mine, theirs = [(await secretary.get(f"/api/branches/{each}")).json() for each in (branch, second)]
        assert (duty(mine, "branch_assembly")["held"], duty(theirs, "branch_assembly")["held"]) == (0, 1)


async def test_the_town_sees_counts_and_no_names(hub: Hub) -> None:
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"title": "大会", "kind": "branch_assembly", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        names = {row["person"]["name"] for row in await hold(hub, meeting)}
    async with await hub.client("shenhe") as town:
        rows = (await town.get("/api/branches")).json()
        assert len(rows) == 5, "the villages of the town"
        mine = next(row for row in rows if row["id"] == branch)
        assert duty(mine, "branch_assembly")["held"] == 1
        assert mine["reports"] == {"due": 1, "late": 0, "checked": 0}
        whole = (await town.get(f"/api/branches/{branch}")).json()
        assert not [name for name in names if name in str(rows) + str(whole)]
        assert (await town.get(f"/api/meetings/{meeting}/roster")).status_code == 403
    async with await hub.client("admin") as county:
        assert len((await county.get("/api/branches")).json()) == 60
        assert len((await county.get("/api/branches", params={"unit": unit})).json()) == 1
    async with await hub.client("dangyuan") as member:
        assert (await member.get("/api/branches")).status_code == 403
        assert (await member.get(f"/api/branches/{branch}")).status_code == 404
    async with hub.stranger() as stranger:
        assert (await stranger.get("/api/branches")).status_code == 401
