"""Who was at a branch's meetings, part by part, why others weren't, and what each sees of himself."""

from sqlalchemy import select

from storage.ids import new_id
from storage.tables import Meeting, Presence, User
from tests.api.branches import QUARTER, TODAY, branch_of, duty, hold, second_branch
from tests.api.conftest import Hub


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
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    second, person = await second_branch(hub)
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
