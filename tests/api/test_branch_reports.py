"""A branch meeting's report, written, checked, changed and taken as a table; and who is reminded of what."""

import io
from datetime import date, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from api.acts.branch_reminders import remind
from api.acts.seed import seed_demo
from api.domain.day import SHANGHAI
from api.domain.workdays import working_day_after
from storage.database import Database
from storage.tables import Meeting, Message, Person, User
from tests.api.branches import TODAY, hold, kinds_on_chain
from tests.api.conftest import Hub


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
