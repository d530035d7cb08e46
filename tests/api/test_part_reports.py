"""A meeting in which the party sat in several parts has a report of each: of its own branch, roster, items and day."""

import io
from typing import Any

from httpx import AsyncClient
from openpyxl import load_workbook
from sqlalchemy import select, update

from api.acts.branch_reminders import remind
from storage.tables import Meeting, Message
from tests.api.branches import TODAY, branch_of, duty, entry, kinds_on_chain, plan, second_branch
from tests.api.conftest import Hub
from tests.api.test_branch_reports import at
from tests.api.test_parts import neighbours


async def roster(client: AsyncClient, meeting: str, part: int) -> list[dict[str, Any]]:
    rows = (await client.get(f"/api/meetings/{meeting}/roster", params={"part": part})).json()
    return [row for row in rows if not row["supervises"]]


async def tick(client: AsyncClient, meeting: str, *people: dict[str, Any]) -> None:
    for each in people:
        answer = await client.put(f"/api/meetings/{meeting}/roster/{each['person']['id']}", json={"present": True})
        assert answer.status_code == 204, answer.text


async def test_two_branches_assemblies_in_one_sitting_have_a_report_each(hub: Hub) -> None:
    branch, unit = await branch_of(hub), await hub.unit("shuji")
    second, guest = await second_branch(hub)
    async with await hub.client("shuji") as secretary:
        new = {"title": "两个支部一起开", "kind": "branch_assembly", "unit": unit,
               "planned_wall": f"{TODAY}T09:00:00+08:00",
               "parts": [{"kind": "branch_assembly"}, {"kind": "branch_assembly"}],
               "items": [{"title": "本村修路"}, {"title": "流动党员管理", "part": 2}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=new)).json()["id"]
        url = f"/api/meetings/{meeting}"
        # Nobody has said whose: each part waits for it by itself, and is said by itself.
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert sorted((each["id"], each["part"]) for each in seen["unclaimed"]) == [(meeting, 1), (meeting, 2)]
        for whose, part in ((branch, 1), (second, 2)):
            said = await secretary.post(f"/api/branches/{whose}/meetings", json={"meeting": meeting, "part": part})
            assert said.status_code == 200, said.text
        members, guests = await roster(secretary, meeting, 1), await roster(secretary, meeting, 2)
        assert [row["person"]["id"] for row in guests] == [guest]
        assert (len(members), guest in {row["person"]["id"] for row in members}) == (9, False)
        away = members[8]["person"]
        await secretary.put(f"{url}/roster/{away['id']}/absence", json={"reason": "因病请假"})
        assert (await secretary.post(f"{url}/open")).status_code == 200
        await tick(secretary, meeting, *members[:8])
        assert (await secretary.post(f"{url}/parts/2/begin")).status_code < 300
        await tick(secretary, meeting, *guests)
        assert (await secretary.post(f"{url}/end")).status_code == 200

        reports = [(await secretary.get(f"{url}/report", params={"part": part})).json() for part in (1, 2)]
        assert [(each["part"], each["branch"]) for each in reports] == [(1, branch), (2, second)]
        fields = [each["fields"] for each in reports]
        assert [(each["due"], each["present"]) for each in fields] == [("9", "8"), ("1", "1")]
        assert [each["absent"] for each in fields] == [f"{away['name']}（因病请假）", "无"]
        assert fields[1]["branch"] == "流动党员支部"
        assert ("本村修路" in reports[0]["text"], "流动党员管理" in reports[0]["text"]) == (True, False)
        assert ("本村修路" in reports[1]["text"], "流动党员管理" in reports[1]["text"]) == (False, True)
        assert (await secretary.get(f"{url}/report")).json() == reports[0], "left out: the first"
        assert (await secretary.get(f"{url}/report", params={"part": 3})).status_code == 404

        # One is checked, twice; the other one is as it was, and still due.
        for changes in ({}, {"place": "外出务工人员之家"}):
            checked = await secretary.post(f"{url}/report", params={"part": 2}, json=changes)
            assert checked.status_code == 201, checked.text
        assert [each["version"] for each in checked.json()["checks"]] == [2, 1]
        assert checked.json()["fields"]["place"] == "外出务工人员之家"
        assert (await secretary.get(f"{url}/report", params={"part": 1})).json() == reports[0]
        mine, theirs = [(await secretary.get(f"/api/branches/{each}")).json() for each in (branch, second)]
        assert [duty(each, "branch_assembly")["held"] for each in (mine, theirs)] == [1, 1]
        assert (mine["reports"]["due"], mine["reports"]["checked"]) == (1, 0)
        assert (theirs["reports"]["due"], theirs["reports"]["checked"]) == (0, 1)
        assert [(row["part"], row["report"]) for row in mine["meetings"]] == [(1, "due")]
        assert [(row["part"], row["report"]) for row in theirs["meetings"]] == [(2, "checked")]

        book = await secretary.get("/api/reports.xlsx", params={"meeting": [f"{meeting}-2", meeting]})
        page = load_workbook(io.BytesIO(book.content)).active
        assert page is not None
        head, *rows = [[cell.value for cell in cells] for cells in page.iter_rows()]
        told = [dict(zip(head, row, strict=True)) for row in rows]
        assert [(each["应到人数"], each["会议地点"] == "外出务工人员之家") for each in told] == [(1, True), (9, False)]
        for nobody in (f"{meeting}-3", f"{meeting}-1", f"{meeting}-x"):
            assert (await secretary.get("/api/reports.xlsx", params={"meeting": nobody})).status_code == 404, nobody
    logged = await kinds_on_chain(hub, "branch-report-checked")
    assert [(each["part"], each["branch"], each["version"]) for each in logged] == [(2, second, 1), (2, second, 2)]


async def test_of_committee_and_assembly_on_one_evening_each_is_checked_and_reminded_of_by_itself(hub: Hub) -> None:
    branch = await branch_of(hub)
    async with await hub.client("shuji") as secretary:
        filed = (await secretary.post(f"/api/branches/{branch}/plans", json=plan(entry("branch_committee")))).json()
        key = filed["versions"][0]["entries"][0]["key"]
        meeting = (await secretary.post(f"/api/branches/{branch}/entries/{key}/meeting")).json()["meeting"]
        url = f"/api/meetings/{meeting}"
        for kind in ("branch_assembly", "party_lecture"):
            assert (await secretary.post(f"{url}/parts", json={"kind": kind})).status_code < 300
        assert (await secretary.post(f"{url}/open")).status_code == 200
        for part in (2, 3):
            await tick(secretary, meeting, *(await roster(secretary, meeting, part))[:6])
            assert (await secretary.post(f"{url}/parts/{part}/begin")).status_code < 300
        assert (await secretary.post(f"{url}/end")).status_code == 200
        # The secretary lectured: that is said of the lecture alone, and stands in its report alone.
        claim = {"meeting": meeting, "by_secretary": True}
        assert (await secretary.post(f"/api/branches/{branch}/meetings", json=claim)).status_code == 200
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert [(row["part"], row["kind"], row["by_secretary"], row["report"]) for row in seen["meetings"]] == [
            (1, "branch_committee", False, "due"), (2, "branch_assembly", False, "due"),
            (3, "party_lecture", True, "due"),
        ]  # fmt: skip
        assert seen["versions"][0]["entries"][0]["state"] == "ended", "the entry stays with the part it was made for"
        assert seen["reports"] == {"due": 3, "late": 0, "checked": 0}
        texts = [(await secretary.get(f"{url}/report", params={"part": each})).json()["text"] for each in (1, 2, 3)]
        assert ["由党支部书记讲党课" in text for text in texts] == [False, False, True]
        assert (await secretary.post(f"{url}/report", params={"part": 2}, json={})).status_code == 201
        seen = (await secretary.get(f"/api/branches/{branch}")).json()
        assert seen["reports"] == {"due": 2, "late": 0, "checked": 1}
    async with hub.database.writing() as session:
        await session.execute(update(Meeting).where(Meeting.id == meeting).values(opened_on="2026-09-30"))
    for _ in range(2):
        await remind(hub.database, at("2026-10-09"))
    async with hub.database.reading() as session:
        told = await session.scalars(select(Message).where(Message.kind == "party-report-due"))
        words = {each.subject: each.text for each in told}
    assert set(words) == {meeting, f"{meeting}-3"}, "once each, of what nobody has checked"
    assert "召开的党课" in words[f"{meeting}-3"]


async def test_a_joint_meetings_reports_are_each_its_own_villages(hub: Hub) -> None:
    """Whoever sits together: only its own branch reads and checks what is written of a part."""
    unit = await hub.unit("shuji")
    other = await neighbours(hub, unit)
    async with await hub.client("shuji") as secretary, await hub.client("shuji-2") as neighbour:
        new = {"title": "联合党日", "kind": "theme_day", "unit": unit,
               "parts": [{"kind": "theme_day"}, {"kind": "theme_day", "unit": other}]}  # fmt: skip
        made = await secretary.post("/api/meetings", json=new)
        assert made.status_code == 201, made.text
        meeting = made.json()["id"]
        url = f"/api/meetings/{meeting}"
        theirs = await roster(neighbour, meeting, 2)
        assert (await secretary.post(f"{url}/open")).status_code == 200
        assert (await neighbour.post(f"{url}/parts/2/begin")).status_code < 300
        await tick(neighbour, meeting, *theirs)
        assert (await secretary.post(f"{url}/end")).status_code == 200
        name = await branch_of(hub, "shuji-2")
        seen = (await neighbour.get(f"{url}/report", params={"part": 2})).json()
        assert (seen["branch"], seen["fields"]["present"]) == (name, str(len(theirs)))
        first = (await secretary.get(f"{url}/report", params={"part": 1})).json()
        assert first["fields"]["present"] == "0", "a tick of the neighbours is no presence here"
        assert seen["fields"]["taker"] != first["fields"]["taker"], "each kept its own roster"
        for asking, part in ((secretary, 2), (neighbour, 1)):
            of = {"part": part}
            assert (await asking.get(f"{url}/report", params=of)).status_code == 404
            assert (await asking.post(f"{url}/report", params=of, json={})).status_code == 404
            suffix = "" if part == 1 else "-2"
            book = await asking.get("/api/reports.xlsx", params={"meeting": f"{meeting}{suffix}"})
            assert book.status_code == 404
        assert (await neighbour.post(f"{url}/report", params={"part": 2}, json={})).status_code == 201
