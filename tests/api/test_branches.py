"""三会一课 over HTTP: a plan filed, reviewed, revised; meetings that fulfil it; who was there; reports; reminders."""

import io
import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from api.acts.branch_reminders import remind
from api.acts.seed import seed_demo
from api.domain.day import SHANGHAI, day_of
from api.domain.party.quarters import Quarter
from api.domain.workdays import working_day_after
from storage.database import Database
from storage.ids import new_id
from storage.tables import Body, Entry, Meeting, Message, Payload, Person, Post, Presence, User
from tests.api.conftest import Hub

TODAY = day_of(time.time_ns())
QUARTER = Quarter.of(TODAY)
LAST = QUARTER.whole.last_on


def entry(kind: str = "theme_day", on: str = TODAY, topic: str = "学习党章", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "on": on, "topic": topic, **more}


def plan(*entries: dict[str, Any], quarter: Quarter = QUARTER, **more: Any) -> dict[str, Any]:
    return {"quarter": str(quarter), "entries": list(entries), **more}


async def branch_of(hub: Hub, who: str = "shuji") -> str:
    async with await hub.client(who) as client:
        rows = (await client.get("/api/branches")).json()
    return str(rows[0]["id"])


async def hold(hub: Hub, meeting: str, present: int = 9, who: str = "shuji") -> list[dict[str, Any]]:
    """Opened, the first of the roster ticked, ended; the roster."""
    async with await hub.client(who) as client:
        url = f"/api/meetings/{meeting}"
        roster: list[dict[str, Any]] = [
            row for row in (await client.get(f"{url}/roster")).json() if not row["supervises"]
        ]
        assert (await client.post(f"{url}/open")).status_code == 200
        for row in roster[:present]:
            ticked = await client.put(f"{url}/roster/{row['person']['id']}", json={"present": True})
            assert ticked.status_code == 204, ticked.text
        assert (await client.post(f"{url}/end")).status_code == 200
    return roster


async def kinds_on_chain(hub: Hub, kind: str) -> list[dict[str, Any]]:
    async with hub.database.reading() as session:
        rows = await session.scalars(
            select(Payload.payload)
            .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
            .where(Entry.kind == kind)
            .order_by(Entry.seq)
        )
        return [dict(row) for row in rows]


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


def duty(view: dict[str, Any], key: str) -> dict[str, Any]:
    row = next(each for each in view["duties"] if each["duty"] == key)
    return {name: row[name] for name in ("required", "held", "planned", "state")}


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
    branch, unit, second = await branch_of(hub), await hub.unit("shuji"), new_id("bdy")
    async with hub.database.writing() as session:
        session.add(Body(id=second, kind="branch", name="流动党员支部", unit_id=unit))
        await session.flush()
        person = new_id("per")
        session.add(Person(id=person, name="王远行", unit_id=unit))
        await session.flush()
        session.add(Post(id=new_id("pst"), person_id=person, body_id=second, title="党员", votes=True,
                         from_on="2020-01-01"))  # fmt: skip
    async with await hub.client("shuji") as secretary:
        new = {"title": "大会", "kind": "branch_assembly", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        claim = await secretary.post(f"/api/branches/{second}/meetings", json={"meeting": meeting})
        assert claim.status_code == 200, claim.text
        assert [row["person"]["name"] for row in await hold(hub, meeting)] == ["王远行"]
        mine, theirs = [(await secretary.get(f"/api/branches/{each}")).json() for each in (branch, second)]
        assert (duty(mine, "branch_assembly")["held"], duty(theirs, "branch_assembly")["held"]) == (0, 1)


async def test_reasons_are_entered_once_and_the_year_is_the_branchs_own(hub: Hub) -> None:
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        me = (await secretary.get("/api/me")).json()
        new = {"title": "大会", "kind": "branch_assembly", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        roster = [row for row in (await secretary.get(f"/api/meetings/{meeting}/roster")).json()
                  if not row["supervises"]]  # fmt: skip
        away = roster[-1]["person"]["id"]
        url = f"/api/meetings/{meeting}/roster"
        assert (await secretary.put(f"{url}/{away}/absence", json={"reason": "外出务工"})).status_code == 204
        stranger = await secretary.put(f"{url}/per_nobody/absence", json={"reason": "x"})
        assert stranger.json()["code"] == "roster.unknown"
        await hold(hub, meeting, present=7)
        found = {row["person"]["id"]: row for row in (await secretary.get(url)).json()}
        assert (found[away]["present"], found[away]["reason"]) == (False, "外出务工")
        year = (await secretary.get(f"/api/branches/{branch}/attendance", params={"year": TODAY[:4]})).json()
        assert (year["meetings"], len(year["members"])) == (1, 9)
        assert [each["person"]["id"] for each in year["members"]] == [row["person"]["id"] for row in roster]
        last = year["members"][-1]
        assert (last["due"], last["present"], last["absent"][0]["reason"]) == (1, 0, "外出务工")
        assert (me["home"]["id"], me["attends"]) == (unit, True)
        assert (await secretary.put(f"{url}/{away}/absence", json={"reason": None})).status_code == 204
        found = {row["person"]["id"]: row for row in (await secretary.get(url)).json()}
        assert found[away]["reason"] is None
    for who in ("shenhe", "admin", "ducha", "huiwu", "dangyuan", "jiandu"):
        async with await hub.client(who) as other:
            refused = await other.get(f"/api/branches/{branch}/attendance", params={"year": TODAY[:4]})
            assert refused.status_code in (403, 404), who
            assert (await other.get(f"/api/meetings/{meeting}/report")).status_code in (403, 404), who
            assert (await other.get("/api/reports.xlsx", params={"meeting": meeting})).status_code in (403, 404), who
            own = (await other.get("/api/me/attendance", params={"year": TODAY[:4]})).json()
            assert own == {"year": int(TODAY[:4]), "quarters": []}, who


async def test_what_the_party_did_in_a_later_part_counts_too(hub: Hub) -> None:
    """P1 on one evening: the two committees, then the members, with the roster and the people of that part."""
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    kinds = ("two_committees", "branch_assembly", "party_lecture")
    async with await hub.client("shuji") as secretary:
        new = {"title": "一次会", "kind": kinds[0], "unit": unit, "parts": [{"kind": kind} for kind in kinds],
               "items": [{"title": "道路硬化商议"}, {"title": "党员审议", "part": 2}]}  # fmt: skip
        made = await secretary.post("/api/meetings", json=new)
        assert made.status_code == 201, made.text
        meeting = made.json()["id"]
        url = f"/api/meetings/{meeting}"

        async def roster(part: int) -> list[str]:
            rows = (await secretary.get(f"{url}/roster", params={"part": part})).json()
            return [row["person"]["id"] for row in rows if not row["supervises"]]

        async def tick(people: list[str], present: bool) -> None:
            for each in people:
                answer = await secretary.put(f"{url}/roster/{each}", json={"present": present})
                assert answer.status_code == 204, answer.text

        committee, members = await roster(1), await roster(2)
        only_members = [each for each in members if each not in committee]
        await tick(committee, True)
        assert (await secretary.post(f"{url}/open")).status_code == 200
        # The committees go home but for one; the members come.
        await tick(committee[1:], False)
        assert (await secretary.post(f"{url}/parts/2/begin")).status_code < 300
        await tick(only_members, True)
        assert (await secretary.post(f"{url}/end")).status_code == 200
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert [(row["id"], row["part"], row["kind"], row["counted"]) for row in seen["meetings"]] == [
            (meeting, 2, "branch_assembly", True)
        ], "a part that was never begun was not held"
        there = {*only_members, *({committee[0]} & {*members})}
        assert duty(seen, "branch_assembly")["held"] == 1
        year = (await secretary.get(f"/api/branches/{branch}/attendance", params={"year": TODAY[:4]})).json()
        assert year["meetings"] == 1
        assert {row["person"]["id"] for row in year["members"] if row["present"]} == there
        assert {row["absent"][0]["kind_name"] for row in year["members"] if row["absent"]} <= {"支部党员大会"}
        report = (await secretary.get(f"{url}/report")).json()
        assert (report["fields"]["kind"], report["fields"]["due"], report["fields"]["present"]) == (
            "支部党员大会", str(len(members)), str(len(there))
        )  # fmt: skip
        assert "党员审议" in report["text"]
        assert "道路硬化商议" not in report["text"]


async def test_of_a_later_part_somebody_says_whose_it_is(hub: Hub) -> None:
    branch, unit, second = await branch_of(hub), await hub.unit("shuji"), new_id("bdy")
    async with hub.database.writing() as session:
        session.add(Body(id=second, kind="branch", name="流动党员支部", unit_id=unit))
        await session.flush()
        person = new_id("per")
        session.add(Person(id=person, name="王远行", unit_id=unit))
        await session.flush()
        session.add(Post(id=new_id("pst"), person_id=person, body_id=second, title="党员", votes=True,
                         from_on="2020-01-01"))  # fmt: skip
    async with await hub.client("shuji") as secretary:
        new = {"title": "一次会", "kind": "two_committees", "unit": unit,
               "parts": [{"kind": "two_committees"}, {"kind": "branch_assembly"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        url = f"/api/meetings/{meeting}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/parts/2/begin")
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert [(each["id"], each["kind"]) for each in seen["unclaimed"]] == [(meeting, "branch_assembly")]
        claim = await secretary.post(f"/api/branches/{second}/meetings", json={"meeting": meeting})
        assert claim.status_code == 200, claim.text
        rows = (await secretary.get(f"{url}/roster", params={"part": 2})).json()
        assert [row["person"]["id"] for row in rows if not row["supervises"]] == [person]
        assert len([row for row in (await secretary.get(f"{url}/roster")).json() if not row["supervises"]]) > 1
        await secretary.put(f"{url}/roster/{person}", json={"present": True})
        await secretary.post(f"{url}/end")
        mine, theirs = [(await secretary.get(f"/api/branches/{each}")).json() for each in (branch, second)]
        assert (duty(mine, "branch_assembly")["held"], duty(theirs, "branch_assembly")["held"]) == (0, 1)


async def test_ones_own_attendance_by_quarter_of_every_body(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with hub.database.reading() as session:
        me = await session.scalar(select(User.person_id).where(User.username == "shuji"))
    minute = 60 * 1_000_000_000
    # What was ticked, of a meeting of an hour: from the fifth minute, from the eleventh, until the 49th, not at all.
    cases = {"一": (5, None), "二": (11, None), "三": (0, 49), "四": None}
    async with await hub.client("shuji") as secretary:
        for title, span in cases.items():
            kind = "branch_assembly" if title != "三" else "representatives_meeting"
            new = {"title": title, "kind": kind, "unit": unit}
            meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
            url = f"/api/meetings/{meeting}"
            if span is None:
                noted = await secretary.put(f"{url}/roster/{me}/absence", json={"reason": "县里开会"})
                assert noted.status_code == 204
            await secretary.post(f"{url}/open")
            await secretary.post(f"{url}/end")
            async with hub.database.writing() as session:
                row = await session.get_one(Meeting, meeting)
                row.end_ns = 60 * minute
                if title == "一":
                    row.opened_on = f"{TODAY[:4]}-02-03"
                if span is not None:
                    came, left = span
                    session.add(
                        Presence(
                            id=new_id("prs"),
                            meeting_id=meeting,
                            person_id=me,
                            known_by="roster",
                            start_ns=came * minute,
                            end_ns=None if left is None else left * minute,
                        )
                    )
        own = (await secretary.get("/api/me/attendance", params={"year": TODAY[:4]})).json()
        said = {each["quarter"]: each for each in own["quarters"]}
        first = said[f"{TODAY[:4]}Q1"]
        assert {name: first[name] for name in ("due", "present", "late", "left_early", "absent")} == {
            "due": 1, "present": 1, "late": 0, "left_early": 0, "absent": 0
        }  # fmt: skip
        now = said[str(QUARTER)]
        assert {name: now[name] for name in ("due", "present", "late", "left_early", "absent")} == {
            "due": 3, "present": 2, "late": 1, "left_early": 1, "absent": 1
        }  # fmt: skip
        assert [(each["title"], each["late"], each["left_early"], each["reason"]) for each in now["meetings"]] == [
            ("四", False, False, "县里开会"), ("三", False, True, None), ("二", True, False, None)
        ]  # fmt: skip
        assert now["meetings"][1]["kind_name"] == "村民代表会议"
        assert (now["meetings"][0]["came_at"], now["meetings"][2]["came_at"] > now["meetings"][2]["begun_at"]) == (
            None, True
        )  # fmt: skip
        assert (await secretary.get("/api/me/attendance", params={"year": "2001"})).json()["quarters"] == []
    async with await hub.client("admin") as county:
        assert not (await county.get("/api/me")).json()["attends"]


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


async def test_a_report_is_written_checked_changed_and_taken_as_a_table(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"title": "四季度党员大会", "kind": "branch_assembly", "unit": unit,
               "items": [{"title": "=1+1 学习文件"}, {"title": "处分张三", "matter": "h3"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        url = f"/api/meetings/{meeting}/report"
        assert (await secretary.get(url)).json()["code"] == "meeting.wrong-state"
        roster = (await secretary.get(f"/api/meetings/{meeting}/roster")).json()
        away = roster[8]["person"]
        reason = {"reason": "因病请假"}
        await secretary.put(f"/api/meetings/{meeting}/roster/{away['id']}/absence", json=reason)
        await hold(hub, meeting, present=8)
        report = (await secretary.get(url)).json()
        assert (report["state"], report["checks"], report["without_reason"]) == ("due", [], 0)
        assert report["due_on"] == working_day_after(TODAY, 3)
        fields = report["fields"]
        assert (fields["due"], fields["present"], fields["absent"]) == ("9", "8", f"{away['name']}（因病请假）")
        async with hub.database.reading() as session:
            person = await session.scalar(
                select(Person.name).join(User, User.person_id == Person.id).where(User.username == "shuji")
            )
        assert fields["chair"] == fields["taker"] == person, "the person behind the account"
        assert "张三" not in report["text"]
        assert "另有不公开的议题 1 项" in report["text"]
        checked = await secretary.post(url, json={})
        assert checked.status_code == 201, checked.text
        assert (checked.json()["state"], checked.json()["text"]) == ("checked", report["text"])
        again = (await secretary.post(url, json={"place": "村部二楼会议室"})).json()
        assert [each["version"] for each in again["checks"]] == [2, 1]
        assert again["fields"]["place"] == "村部二楼会议室"
        third = (await secretary.post(url, json={"decided": "同意"})).json()["fields"]
        assert (third["place"], third["decided"]) == ("村部二楼会议室", "同意"), "changes stay"
        assert (await secretary.post(url, json={"due": "90"})).status_code == 422, "counts come from the roster"
        book = await secretary.get("/api/reports.xlsx", params={"meeting": meeting})
        page = load_workbook(io.BytesIO(book.content)).active
        assert page is not None
        head, row = [[cell.value for cell in cells] for cells in page.iter_rows()]
        named = dict(zip(head, row, strict=True))
        assert (named["应到人数"], named["实到人数"], named["会议地点"]) == (9, 8, "村部二楼会议室")
        assert str(named["会议内容"]).startswith("1. =1+1")
        assert all(cell.data_type in "sn" for cells in page.iter_rows() for cell in cells)
    async with await hub.client("jilu") as minutes:
        assert (await minutes.get(url)).json()["may_check"] is False
        assert (await minutes.post(url, json={})).status_code == 403
    logged = await kinds_on_chain(hub, "branch-report-checked")
    assert [each["version"] for each in logged] == [1, 2, 3]
    assert away["name"] not in str(logged)
    with pytest.raises(DBAPIError, match="stays"):
        async with hub.database.writing() as session:
            await session.execute(text("UPDATE branch_reports SET checked_on = '2020-01-01'"))


def at(day: str, hour: int = 9) -> int:
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)
    return int(moment.timestamp()) * 1_000_000_000


async def told(database: Database, kind: str) -> list[Message]:
    async with database.reading() as session:
        return list(await session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


async def test_each_branch_is_reminded_once_and_not_at_night(database: Database) -> None:
    county = database  # on SQLite and on PostgreSQL
    await seed_demo(county)
    assert await remind(county, at("2026-10-02", 7)) == 0
    assert await remind(county, at("2026-10-02", 8)) == 60
    assert await remind(county, at("2026-10-05", 8)) == 0
    plans = await told(county, "party-plan-due")
    assert "2026年第四季度“三会一课”计划请在2026-10-05前报送" in plans[0].text
    assert plans[0].path.startswith("/branches/bdy_")
    # At the end of the month the committee and the theme day of each.
    assert await remind(county, at("2026-10-26")) == 120
    assert await remind(county, at("2026-10-31")) == 0
    missing = await told(county, "party-meeting-missing")
    assert {each.subject.split("/")[1] for each in missing} == {"branch_committee", "theme_day"}


async def test_a_report_is_reminded_of_until_it_is_checked(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        meetings = []
        for title in ("一", "二"):
            new = {"title": title, "kind": "party_lecture", "unit": unit}
            meetings.append((await secretary.post("/api/meetings", json=new)).json()["id"])
            await hold(hub, meetings[-1])
        assert (await secretary.post(f"/api/meetings/{meetings[0]}/report", json={})).status_code == 201
    # Both opened on the last day of a quarter: their reports are due in the next one.
    async with hub.database.writing() as session:
        await session.execute(update(Meeting).where(Meeting.id.in_(meetings)).values(opened_on="2026-09-30"))
    await remind(hub.database, at("2026-10-09"))
    (message,) = await told(hub.database, "party-report-due")
    assert (message.subject, message.path.split("/")[1]) == (meetings[1], "branches")
    assert "2026-09-30召开的党课" in message.text
    assert "2026-10-10前" in message.text, "1 to 7 October are off, Saturday the 10th is worked"
