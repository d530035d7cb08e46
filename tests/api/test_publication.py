"""What hangs in public: put up, seen by everybody, objected to, answered, off again; and what never gets there."""

import re
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from api.acts import objections as objection_acts
from api.acts.notices import put_up
from api.domain.catalogue import catalogue
from api.domain.public_page import LIMIT
from storage.tables import Entry, Objection, Payload, PublicNotice, Unit, UnitAttributes
from tests.api.board import FORM, NO_STEP, PAGE, PLAN, RELIEF, TODAY, day, hung, objected, page
from tests.api.conftest import Hub
from tests.domain.test_attachments import saved


async def test_a_notice_is_seen_by_everybody_until_its_days_are_over(hub: Hub) -> None:
    notice = await hung(hub)
    assert (notice["from_on"], notice["until_on"], notice["hangs"]) == (TODAY, day(16), True)
    seen = await page(hub)
    assert seen.status_code == 200
    for words in ("村内道路硬化", "长 800 米、宽 5 米 &lt;b&gt;&amp;", "123,456 元", "我有异议", "清河镇"):
        assert words in seen.text, words
    by_id = await page(hub, f"/public/{notice['unit']['id']}")
    assert by_id.content == seen.content
    # Its last day was yesterday.
    async with hub.database.writing() as session:
        await session.execute(text("DROP TRIGGER public_notices_no_update"))
        await session.execute(update(PublicNotice).values(from_on=day(-16)))
    assert "村内道路硬化" not in (await page(hub)).text
    async with await hub.client("shuji") as secretary:
        url = f"/api/units/{notice['unit']['id']}/notices"
        assert (await secretary.get(url)).json() == []
        assert [each["id"] for each in (await secretary.get(url, params={"ended": True})).json()] == [notice["id"]]


async def test_the_page_is_bare(hub: Hub) -> None:
    await hung(hub)
    for path in (PAGE, "/public", f"{PAGE}/object", "/public/999999999999"):
        seen = await page(hub, path)
        assert "<script" not in seen.text
        assert "set-cookie" not in seen.headers
        assert seen.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert 'content="noindex' in seen.text
        policy = seen.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert not re.search(r"(src|href|action)=\"(https?:)?//", seen.text)
    robots = await page(hub, "/robots.txt")
    assert robots.text == "User-agent: *\nDisallow: /\n"
    assert (await page(hub, "/public/999999999999")).status_code == 404
    assert (await page(hub, "/public/%00")).status_code == 400


async def test_two_hundred_notices_are_pages_below_fifty_kilobytes(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        user = (await secretary.get("/api/me")).json()["user"]["id"]
    fields = {field.key: "“<&>”" * (field.longest // 5) for field in catalogue(TODAY).postings["c2"].field
              if field.kind == "text"}  # fmt: skip
    longest = fields | {"income": 10**15, "spent": 10**15, "balance": 10**15}
    short = PLAN["fields"]
    async with hub.database.writing() as session:
        for number in range(200):
            session.add(PublicNotice(
                id=f"ntc_{number:03}", unit_id=unit, matter="c2" if number % 10 == 0 else "b1",
                title=f"第{number:03}项" + "<" * 110, fields=longest if number % 10 == 0 else short, rules_on=TODAY,
                from_on=TODAY, days=15, working=False, stops=True, put_up_by=user, put_up_as="书记",
                put_up_wall=1))  # fmt: skip
    seen, sizes, number = set(), [], 1
    while True:
        body = (await page(hub, f"{PAGE}?page={number}")).content
        sizes.append(len(body))
        seen |= set(re.findall(r"第(\d{3})项", body.decode()))
        if f"page={number + 1}" not in body.decode():
            break
        number += 1
    print(f"{number} pages, {max(sizes)} bytes at most, {sum(sizes)} in all")
    assert len(seen) == 200
    assert max(sizes) <= LIMIT == 50_000
    assert len((await page(hub, "/public")).content) <= LIMIT


async def test_who_may_put_up_and_take_off(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    notice = await hung(hub)
    for username, status in {
        "jilu": 201,
        "admin": 201,
        "ducha": 403,
        "jiandu": 403,
        "dangyuan": 403,
        "huiwu": 403,
    }.items():
        async with await hub.client(username) as client:
            answer = await client.post(f"/api/units/{unit}/notices", json=PLAN)
            assert answer.status_code == status, username
            off = await client.post(f"/api/notices/{notice['id']}/off", json={"on": day(99)})
            assert (off.status_code == 403) is (status == 403), username
            # Of a restricted file the county admin, who sees only what is open, puts nothing up.
            relief = await client.post(f"/api/units/{unit}/notices", json=RELIEF)
            assert relief.status_code == (201 if username == "jilu" else 403), username
    async with hub.stranger() as stranger:
        for path in (f"/api/units/{unit}/notices", f"/api/units/{unit}/objections", f"/api/notices/{notice['id']}"):
            assert (await stranger.get(path)).status_code == 401
    async with await hub.client("dangyuan") as member:
        assert (await member.get(f"/api/units/{unit}/notices")).status_code == 403
        assert (await member.get(f"/api/notices/{notice['id']}")).status_code == 404


async def test_taken_off_it_is_gone_and_its_record_stays(hub: Hub) -> None:
    notice = await hung(hub)
    url = f"/api/notices/{notice['id']}"
    async with await hub.client("shuji") as secretary:
        assert (await secretary.post(f"{url}/off", json={"on": day(-1)})).json()["code"] == "notice.over"
        off = (await secretary.post(f"{url}/off", json={"on": TODAY, "reason": "内容有误"})).json()
        assert (off["hangs"], off["until_on"], off["off_reason"]) == (False, TODAY, "内容有误")
        again = await secretary.post(f"{url}/off", json={"on": TODAY})
        assert (again.status_code, again.json()["code"]) == (409, "notice.over")
        assert (await secretary.get(url)).json()["title"] == PLAN["title"]
    assert "村内道路硬化" not in (await page(hub)).text
    for change in ("title = 'x'", "fields = '{}'", "off_on = '2030-01-01'", "days = 1"):
        with pytest.raises(DBAPIError):
            async with hub.database.writing() as session:
                await session.execute(text(f"UPDATE public_notices SET {change}"))
    with pytest.raises(DBAPIError):
        async with hub.database.writing() as session:
            await session.execute(text("DELETE FROM public_notices"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fields": RELIEF["fields"] | {"illness": "x"}}, "notice.fields"), ({"fields": {}}, "notice.fields"),
        ({"fields": RELIEF["fields"] | {"household": ["王建国 13800138001"]}}, "notice.private-number"),
        ({"title": "电话13800138001"}, "notice.private-number"), ({"matter": "h3"}, "notice.no-list"),
        ({"matter": "z1"}, "catalogue.unknown"), ({"from_on": "2026-1-1"}, "request.invalid"),
        ({"decision": "dec_none"}, "api.not-found"),
    ],
)  # fmt: skip
async def test_what_is_refused_says_why_and_repeats_no_number(hub: Hub, change: dict[str, Any], code: str) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(f"/api/units/{unit}/notices", json=RELIEF | change)
    assert answer.json()["code"] == code, answer.text
    assert "1380013" not in answer.text
    assert answer.json()["zh"]
    async with hub.database.reading() as session:
        assert (await session.scalars(select(PublicNotice))).all() == []


async def test_it_belongs_to_a_decision_of_its_own_matter_and_shows_its_code(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"unit": unit, "matter": "b1", "title": "道路"}
        decision = (await secretary.post("/api/decisions", json=new)).json()["id"]
        other = (await secretary.post("/api/decisions", json=new | {"matter": "a1"})).json()["id"]
        wrong = await secretary.post(f"/api/units/{unit}/notices", json=PLAN | {"decision": other})
        assert wrong.status_code == 404
        notice = (
            await secretary.post(f"/api/units/{unit}/notices", json=PLAN | {"decision": decision} | NO_STEP)
        ).json()
        assert "存证校验码" not in (await page(hub)).text
        printed = (await secretary.post(f"/api/decisions/{decision}/paper")).json()
        code = printed["points"][0]["checkpoint"]["code"]
        assert f"存证校验码 {code}" in (await page(hub)).text
        paper = (await secretary.get(f"/api/notices/{notice['id']}/paper")).json()
        assert (paper["code"], paper["page"], paper["last_on"]) == (code, f"https://localhost:8443{PAGE}", day(15))
        assert paper["qr"].startswith("data:image/svg+xml")


async def test_a_notice_of_a_step_is_an_act_of_its_record(hub: Hub) -> None:
    """Put up, objected to, answered and taken off: each on the decision's chain, without a name; what the procedure
    refuses isn't put up."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"unit": unit, "matter": "c2", "title": "办公用品"}
        record = f"/api/decisions/{(await secretary.post('/api/decisions', json=new)).json()['id']}"
        assert (await secretary.post(f"{record}/acts", json={"act": "done", "step": "entry"})).status_code == 201
        listed = {
            "period": "2026年11月",
            "income": 0,
            "spent": 120000,
            "balance": 0,
            "content": "打印纸",
            "supervisor": "属实",
        }
        plan = {"matter": "c2", "title": "收支公开", "fields": listed, "from_on": TODAY}
        ahead = plan | {"decision": record.rpartition("/")[2], "step": "list", "from_on": day(1)}
        assert (await secretary.post(f"/api/units/{unit}/notices", json=ahead)).json()["code"] == "act.future"
        plan |= {"decision": record.rpartition("/")[2], "step": "list"}
        notice = await secretary.post(f"/api/units/{unit}/notices", json=plan)
        assert notice.status_code == 201, notice.text
        assert (await secretary.post(f"/api/units/{unit}/notices", json=plan)).json()["code"] == "posting.twice"
        assert (await objected(hub, notice.json()["id"], name="张三", text="价格偏高")).status_code == 201
        (objection,) = (await secretary.get(f"/api/units/{unit}/objections")).json()
        missing = (await secretary.get(record)).json()["standing"]["missing"]
        assert "answer" in [each["what"] for each in missing]
        said = {"answer": "三家比价，附清单"}
        assert (await secretary.post(f"/api/objections/{objection['id']}/answer", json=said)).status_code < 300
        off = await secretary.post(f"/api/notices/{notice.json()['id']}/off", json={"on": TODAY})
        assert off.status_code < 300, off.text
        found = (await secretary.get(record)).json()
    assert [entry["kind"] for entry in found["entries"]] == [
        "created", "done", "post", "judged", "object", "answer", "off"
    ]  # fmt: skip
    assert "张三" not in str(found)


async def test_the_supervisor_ticks_that_it_hangs(hub: Hub) -> None:
    notice = await hung(hub)
    url = f"/api/notices/{notice['id']}/seen"
    async with await hub.client("jiandu") as supervisor, await hub.client("shuji") as secretary:
        assert (await secretary.post(url, json={"on": TODAY})).status_code == 403
        assert (await supervisor.post(url, json={"on": day(1)})).json()["code"] == "notice.over"
        seen = (await supervisor.post(url, json={"on": TODAY})).json()["seen"]
        assert [each["on"] for each in seen] == [TODAY]
        assert "村务监督员" in seen[0]["by"]
    with pytest.raises(DBAPIError):
        async with hub.database.writing() as session:
            await session.execute(text("DELETE FROM notice_hangings"))


async def test_an_objection_by_name_stops_the_clock_until_it_is_answered(hub: Hub) -> None:
    notice = await hung(hub)
    form = await page(hub, f"{PAGE}/object?notice={notice['id']}")
    assert "required" in form.text
    taken = await objected(hub, notice["id"], name="李四", text="路<b>宽</b>不对")
    assert taken.status_code == 201, taken.text
    assert "<b>" not in taken.text
    assert "李四" not in (await page(hub)).text
    assert "至异议答复为止" in (await page(hub)).text
    unit = notice["unit"]["id"]
    async with await hub.client("shuji") as secretary, await hub.client("ducha") as inspector:
        assert (await inspector.get(f"/api/units/{unit}/objections")).status_code == 403
        found = (await secretary.get(f"/api/units/{unit}/objections")).json()
        assert [(each["name"], each["text"], each["answer"]) for each in found] == [("李四", "路<b>宽</b>不对", None)]
        view = (await secretary.get(f"/api/notices/{notice['id']}")).json()
        assert (view["until_on"], view["objections"], view["unanswered"]) == (None, 1, 1)
        url = f"/api/objections/{found[0]['id']}/answer"
        private = await secretary.post(url, json={"answer": "请打 13800138001"})
        assert private.json()["code"] == "notice.private-number"
        assert (await inspector.post(url, json={"answer": "x"})).status_code == 404
        assert (await secretary.post(url, json={"answer": "按图纸为 5 米"})).json()["answered_on"] == TODAY
        assert (await secretary.post(url, json={"answer": "x"})).json()["code"] == "objection.answered"
        assert (await secretary.get(f"/api/notices/{notice['id']}")).json()["until_on"] == day(16)
    with pytest.raises(DBAPIError):
        async with hub.database.writing() as session:
            await session.execute(text("UPDATE objections SET text = 'x'"))
    # The hub's chain, which goes into exports, knows neither name nor words.
    async with hub.database.reading() as session:
        payloads = (await session.scalars(select(Payload))).all()
        kinds = set(await session.scalars(select(Entry.kind)))
    assert not any("李四" in str(vars(each)) or "宽" in str(vars(each)) for each in payloads)
    assert {"notice-up", "objection", "objection-answered"} <= kinds


async def test_a_supervisor_takes_one_without_a_name(hub: Hub) -> None:
    notice = await hung(hub)
    url = f"/api/notices/{notice['id']}/objections"
    async with await hub.client("jiandu") as supervisor, await hub.client("shuji") as secretary:
        assert (await secretary.post(url, json={"text": "不同意"})).status_code == 403
        taken = (await supervisor.post(url, json={"text": "不同意"})).json()
        assert taken["name"] is None
        assert "村务监督员" in taken["taken_by"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "", "text": "不同意"}, 422), ({"name": "李四", "text": " \n"}, 422), ({"name": "李四"}, 422),
        ({"name": "李" * 41, "text": "不同意"}, 422), ({"name": "李四", "text": "不" * 1001}, 422),
        ({"name": "李四", "text": "不" * 9000}, 413), ({"name": "李四", "text": "联系１３８００１３８００１"}, 422),
        ({"name": "11010519491231002X", "text": "不同意"}, 422), ({"name": "李四", "text": "不" * 1000}, 201),
    ],
)  # fmt: skip
async def test_the_form_takes_what_is_an_objection(hub: Hub, fields: dict[str, str], status: int) -> None:
    notice = await hung(hub)
    taken = await objected(hub, notice["id"], **fields)
    assert taken.status_code == status, taken.text
    for value in fields.values():
        assert len(value) < 9 or value not in taken.text
    async with hub.database.reading() as session:
        assert len((await session.scalars(select(Objection))).all()) == (status == 201)


async def test_a_flood_ends_at_its_limit(hub: Hub) -> None:
    notice = await hung(hub)
    answers = [(await objected(hub, notice["id"], name="李四", text=f"第{n}条")).status_code for n in range(12)]
    assert answers == [201] * objection_acts.OF_AN_ADDRESS + [429] * 2
    # What a supervisor takes isn't counted.
    async with await hub.client("jiandu") as supervisor:
        url = f"/api/notices/{notice['id']}/objections"
        assert (await supervisor.post(url, json={"text": "不同意"})).status_code == 201


async def test_no_objection_but_to_what_hangs_there(hub: Hub) -> None:
    notice = await hung(hub, PLAN | {"from_on": day(2)})
    assert (await objected(hub, notice["id"], name="李四", text="不同意")).status_code == 409
    assert (await objected(hub, notice["id"], "/public/371599001201", name="李四", text="不同意")).status_code == 404
    assert (await objected(hub, "ntc_none", name="李四", text="不同意")).status_code == 404
    async with hub.stranger() as stranger:
        as_json = await stranger.post(f"{PAGE}/object", json={"notice": notice["id"]})
        assert (as_json.status_code, as_json.headers["content-type"]) == (415, "text/html; charset=utf-8")
        garbage = await stranger.post(f"{PAGE}/object", content=b"\xff&&=%zz", headers=FORM)
        assert garbage.status_code == 404


async def test_a_merged_village_leads_to_its_successor(hub: Hub) -> None:
    notice = await hung(hub)
    async with hub.database.writing() as session:
        other = (await session.scalars(select(UnitAttributes).where(UnitAttributes.code == "371599101202"))).one()
        village = await session.get_one(Unit, notice["unit"]["id"])
        village.closed_on, village.successor_id = TODAY, other.unit_id
    moved = await page(hub)
    assert (moved.status_code, moved.headers["location"]) == (302, "/public/371599101202")
    assert "村内道路硬化" in (await page(hub, "/public/371599101202")).text
    assert (await objected(hub, notice["id"], "/public/371599101202", name="李四", text="不同意")).status_code == 201


async def test_a_table_is_refused_by_place(hub: Hub) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "补贴"
    sheet["B2"] = "王建国"
    async with await hub.client("shuji") as secretary:
        url = "/api/notices/attachment"
        good = await secretary.post(url, files={"file": ("表.xlsx", saved(book))})
        assert (good.status_code, good.json()["looked"] > 0) == (200, True)
        sheet["C2"] = "13800138001"
        bad = await secretary.post(url, files={"file": ("表.xlsx", saved(book))})
        assert (bad.status_code, bad.json()["code"]) == (422, "notice.private-number")
        assert bad.json()["places"][0]["zh"] == "“补贴”第2行C列有电话号码"
        assert "13800138001" not in bad.text
        none = await secretary.post(url, files={"file": ("a.pdf", b"%PDF")})
        assert none.json()["code"] == "attachment.unreadable"
        lists = (await secretary.get("/api/postings")).json()
        assert [each["key"] for each in next(p for p in lists if p["matter"] == "g1")["fields"]] == list(
            RELIEF["fields"]
        )


async def test_the_engine_may_put_one_up_in_its_own_transaction(hub: Hub) -> None:
    """The seam: what the procedure's act `post` calls."""
    from api.acts.sign_in import recognise

    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        actor = await recognise(hub.database, secretary.headers["Authorization"].split()[1], "bearer")
    async with hub.database.writing() as session:
        await put_up(session, "hub_test", actor, unit, "b1", "道路", PLAN["fields"], TODAY, None, "publication")
    assert "道路" in (await page(hub)).text
