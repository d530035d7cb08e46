"""Tables that hang with a notice: looked through, kept by hash, given to everybody while it hangs, and to the desk."""

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from storage.tables import NoticeTable, Payload, PublicNotice
from tests.api.board import PAGE, RELIEF, TODAY, page
from tests.api.conftest import Hub
from tests.domain.test_attachments import saved


def book(*rows: list[object], title: str = "补贴") -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return saved(made)


HOUSEHOLDS = ("低保金发放明细.xlsx", book(["户主", "人数", "金额"], ["王建国", 3, 620.5]))
LINES = ("名册.csv", "户主,人数\n王建国,3\n".encode("gb18030"))


async def hang(
    hub: Hub, *files: tuple[str, bytes], notice: dict[str, Any] = RELIEF, who: str = "shuji"
) -> httpx.Response:
    unit = await hub.unit("shuji")
    async with await hub.client(who) as client:
        return await client.post(
            f"/api/units/{unit}/notices/with-tables",
            data={"notice": json.dumps(notice)}, files=[("files", each) for each in files],
        )  # fmt: skip


def lying(hub: Hub) -> list[str]:
    return sorted(path.name for path in (hub.config.spool / "notices").rglob("tbl_*") if path.suffix != ".json")


async def test_tables_hang_with_a_notice_and_leave_with_it(hub: Hub) -> None:
    answer = await hang(hub, HOUSEHOLDS, LINES)
    assert answer.status_code == 201, answer.text
    notice = answer.json()
    digest = [hashlib.sha256(data).hexdigest() for _, data in (HOUSEHOLDS, LINES)]
    assert [(each["name"], each["bytes"], each["sha256"]) for each in notice["tables"]] == [
        (name, len(data), sha256) for (name, data), sha256 in zip((HOUSEHOLDS, LINES), digest, strict=True)
    ]
    seen = (await page(hub)).text
    links = re.findall(rf'<a href="({PAGE}/tables/[^"]+)" download="([^"]+)">([^<]+)</a>（(\d+ kB)）', seen)
    assert [(name, shown) for _, name, shown, _ in links] == [(HOUSEHOLDS[0],) * 2, (LINES[0],) * 2]
    assert "<script" not in seen
    async with hub.stranger() as stranger:
        for (address, *_), (name, data), kind in zip(links, (HOUSEHOLDS, LINES), ("sheet", "csv"), strict=True):
            saved_ = await stranger.get(address)
            assert (saved_.status_code, saved_.content) == (200, data)
            said = saved_.headers
            assert said["content-disposition"].startswith("attachment; ")
            assert quote(name) in said["content-disposition"]
            assert (said["x-content-type-options"], said["x-robots-tag"][:7]) == ("nosniff", "noindex")
            assert said["content-security-policy"] == "sandbox; default-src 'none'"
            assert said["content-type"].partition(";")[0].endswith(kind)
            assert "set-cookie" not in said
        # Neither below another village's address nor under another name.
        table = links[0][0].rpartition("/")[2]
        for wrong in (f"/public/371599001201/tables/{table}", links[0][0].replace(".xlsx", ".csv"),
                      f"{PAGE}/tables/tbl_none.xlsx", f"{PAGE}/tables/..hub.db"):  # fmt: skip
            assert (await stranger.get(wrong)).status_code == 404, wrong
        own = f"/api/notices/{notice['id']}/tables/{notice['tables'][0]['id']}"
        assert (await stranger.get(own)).status_code == 401
    # The chain knows what hung, by hash; what a notice says is another thing with a table.
    (up,) = [each for each in await payloads(hub) if "says" in each and each.get("notice") == notice["id"]]
    assert [(each["name"], each["sha256"]) for each in up["tables"]] == list(
        zip((HOUSEHOLDS[0], LINES[0]), digest, strict=True)
    )
    async with await hub.client("shuji") as secretary, await hub.client("dangyuan") as member:
        sheet = (await secretary.get(f"/api/papers/notice/{notice['id']}")).json()
        (tables,) = [each["rows"] for each in sheet["tables"] if each["key"] == "tables"]
        assert [(row["name"], row["sha256"]) for row in tables] == [(HOUSEHOLDS[0], digest[0]), (LINES[0], digest[1])]
        printed = (await secretary.get(f"/api/notices/{notice['id']}/paper")).json()
        assert [each["sha256"] for each in printed["notice"]["tables"]] == digest
        assert (await secretary.post(f"/api/notices/{notice['id']}/off", json={"on": TODAY})).status_code == 200
        assert (await page(hub, links[0][0])).status_code == 404
        assert HOUSEHOLDS[0] not in (await page(hub)).text
        # Only for the desk it is still there.
        kept = await secretary.get(own)
        assert (kept.content, kept.headers["content-disposition"][:11]) == (HOUSEHOLDS[1], "attachment;")
        assert (await member.get(own)).status_code == 404
        assert (await secretary.get(own.replace(notice["id"], "ntc_none"))).status_code == 404
    for change in ("UPDATE notice_tables SET sha256 = 'x'", "UPDATE notice_tables SET title = 'x'",
                   "DELETE FROM notice_tables"):  # fmt: skip
        with pytest.raises(DBAPIError):
            async with hub.database.writing() as session:
                await session.execute(text(change))


async def payloads(hub: Hub) -> list[dict[str, Any]]:
    async with hub.database.reading() as session:
        return [dict(each.payload) for each in await session.scalars(select(Payload))]


async def test_of_a_decisions_step_the_record_names_the_tables(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"unit": unit, "matter": "c2", "title": "办公用品"}
        record = (await secretary.post("/api/decisions", json=new)).json()["id"]
        await secretary.post(f"/api/decisions/{record}/acts", json={"act": "done", "step": "entry"})
    listed = {"period": "2026年11月", "income": 0, "spent": 120000, "balance": 0, "content": "打印纸",
              "supervisor": "属实"}  # fmt: skip
    notice = {"matter": "c2", "title": "收支公开", "step": "list", "fields": listed, "from_on": TODAY,
              "decision": record}  # fmt: skip
    answer = await hang(hub, HOUSEHOLDS, notice=notice)
    assert answer.status_code == 201, answer.text
    (post,) = [each for each in await payloads(hub) if "tables" in each and "says" not in each]
    assert [each["name"] for each in post["tables"]] == [HOUSEHOLDS[0]]
    # What its procedure refuses leaves no table behind.
    again = await hang(hub, HOUSEHOLDS, notice=notice)
    assert again.json()["code"] == "posting.twice"
    assert len(lying(hub)) == 1
    async with hub.database.reading() as session:
        (row,) = await session.scalars(select(NoticeTable))
    assert row.chains == [["decision", record]]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ((("表.xlsx", book(["王建国", "13800138001"])),), "notice.private-number"),
        ((HOUSEHOLDS, ("表.csv", "户主,电话\n王建国,13800138001\n".encode())), "notice.private-number"),
        ((("13800138001.csv", b"a,b\n"),), "notice.private-number"),
        ((("表.pdf", b"%PDF-1.7"),), "notice.table-unfit"), ((("表", b"a,b"),), "notice.table-unfit"),
        ((("表.csv", b""),), "notice.table-unfit"), ((("表.csv", HOUSEHOLDS[1]),), "notice.table-unfit"),
        ((("表.docx", b"a,b\n"),), "notice.table-unfit"), ((HOUSEHOLDS, HOUSEHOLDS), "notice.table-unfit"),
        ((("长" * 60 + ".csv", b"a,b\n"),), "notice.table-unfit"), ((("a<b>.csv", b"a,b\n"),), "notice.table-unfit"),
        ((("表.csv", b"a,b\n" * 1_400_000),), "notice.table-unfit"),
        ((("表.csv", b"a,=1+1\n"),), "attachment.unreadable"),
        ((("表.csv", b"+cmd|' /C calc'!A0\n"),), "attachment.unreadable"),
        # Whoever opens it parts its cells by another mark, or calls with a plus before.
        ((("表.csv", b"a;b;c\nx,=cmd|' /C calc'!A0;1;2\n"),), "attachment.unreadable"),
        ((("表.csv", b'a,+HYPERLINK("http://e";"x")\n'),), "attachment.unreadable"),
        ((("表.csv", b'a,"-1+WEBSERVICE(""http://e"")"\n'),), "attachment.unreadable"),
        (tuple((f"{n}.csv", b"a,b\n") for n in range(4)), "notice.too-many-tables"),
    ],
)  # fmt: skip
async def test_tables_that_may_not_hang_leave_nothing_behind(
    hub: Hub, files: tuple[tuple[str, bytes], ...], code: str
) -> None:
    answer = await hang(hub, *files)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert "13800138001" not in answer.text
    if code == "notice.private-number" and len(files) == 2:
        assert [(each["file"], each["zh"]) for each in answer.json()["places"]] == [("表.csv", "第2行B列有电话号码")]
    async with hub.database.reading() as session:
        assert list(await session.scalars(select(PublicNotice))) == []
    assert lying(hub) == []


async def test_a_notice_that_is_refused_takes_its_tables_along(hub: Hub) -> None:
    for notice, status in ((RELIEF | {"fields": {}}, 422), (RELIEF | {"decision": "dec_none"}, 404),
                           (RELIEF | {"from_on": "2026-1-1"}, 422), ({"title": "x"}, 422)):  # fmt: skip
        assert (await hang(hub, HOUSEHOLDS, notice=notice)).status_code == status
    assert (await hang(hub, HOUSEHOLDS, who="admin")).status_code == 403, "a restricted file's"
    assert (await hang(hub, HOUSEHOLDS, who="jiandu")).status_code == 403
    assert (await hang(hub, ("大.csv", b"a,b\n" * 4_300_000))).status_code == 413
    figures = "甲,-5,+3.5,-5(元),+3.5%(同比),-\n".encode()
    assert (await hang(hub, LINES, ("数.csv", figures))).status_code == 201
    assert len(lying(hub)) == 2
