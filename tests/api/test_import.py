"""The import workbook: template out, filled in, dry run, the real one, a second run that changes nothing."""

import contextlib
import io
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import func, select

from api.acts.import_people import import_people
from api.acts.people_book import read_book, template
from api.domain.people_sheet import POSTS, SHEETS, read_rows
from api.errors.county import BadWorkbook
from storage.database import Database
from storage.tables import Body, Person, Post, Unit, UnitAttributes
from tests.api.conftest import Hub

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "单位": [
        ("新村", "村", "371599101299", "清河镇"),
        ("新村一组", "村民小组", None, "新村"),
        ("孙家寨村", "村", "371599101201", "清河镇"),
    ],
    "党组织": [("中共新村支部委员会", "党支部", "中共清河镇委员会", "新村")],
    "人员": [("新村", "王一", None), ("新村", "张伟", "大张伟"), ("371599101299", "张伟", "二组")],
    "任职与名册": [
        ("新村", "村民代表会议", "王一", None, "代表", "是", "2026-01-01", None),
        ("新村", "村民代表会议", "张伟", "大张伟", "代表", None, "2026/1/1", None),
        ("新村", "村两委", "张伟", "二组", "书记", "是", "2023年3月1日", "2026-12-31"),
    ],
}  # fmt: skip


def filled(rows: dict[str, list[tuple[Any, ...]]]) -> bytes:
    """The hub's own template, filled in as a village would, examples overwritten."""
    book = load_workbook(io.BytesIO(template()))
    for title, lines in rows.items():
        page = book[title]
        page.delete_rows(2)
        for number, line in enumerate(lines, 2):
            for column, value in enumerate(line, 1):
                page.cell(number, column, value)
    for title in {sheet.title for sheet in SHEETS} - set(rows):
        book[title].delete_rows(2)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


async def upload(client: httpx.AsyncClient, data: bytes, dry: bool) -> httpx.Response:
    return await client.post("/api/import", params={"dry": str(dry).lower()}, files={"file": ("people.xlsx", data)})


async def counts(database: Database) -> list[int]:
    async with database.reading() as session:
        return [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Unit, UnitAttributes, Person, Body, Post)
        ]


async def test_dry_then_real_then_again(hub: Hub) -> None:
    data = filled(ROWS)
    before = await counts(hub.database)
    async with await hub.client("admin") as admin:
        dry = (await upload(admin, data, True)).json()
        assert dry["errors"] == []
        assert dry["counts"]["units"] == {"new": 2, "changed": 0, "same": 1}
        assert dry["counts"]["posts"]["new"] == 3
        assert dry["counts"]["bodies"]["new"] == 2
        assert await counts(hub.database) == before
        real = (await upload(admin, data, False)).json()
        assert real["counts"] == dry["counts"]
        after = await counts(hub.database)
        assert [b - a for a, b in zip(before, after, strict=True)] == [2, 2, 3, 2, 3]
        again = (await upload(admin, data, False)).json()
        assert {(c["new"], c["changed"]) for c in again["counts"].values()} == {(0, 0)}
        assert await counts(hub.database) == after
        # A term that ends is a change in its own row.
        rows = ROWS | {"任职与名册": [(*ROWS["任职与名册"][0][:7], "2026-10-01"), *ROWS["任职与名册"][1:]]}
        changed = (await upload(admin, filled(rows), False)).json()
        assert changed["counts"]["posts"] == {"new": 0, "changed": 1, "same": 2}
        unit = (await admin.get("/api/units", params={"query": "新村"})).json()[0]
        assert unit["path"] == "示范县 / 清河镇 / 新村"
        bodies = {b["kind"]: b["id"] for b in (await admin.get("/api/bodies", params={"unit": unit["id"]})).json()}
        roster = f"/api/bodies/{bodies['representatives']}/roster"
        today = [entry["person"]["known_as"] for entry in (await admin.get(roster)).json()]
        assert today == ["大张伟"]
        summer = (await admin.get(roster, params={"on": "2026-07-01"})).json()
        assert len(summer) == 2


async def test_each_wrong_cell_is_named_and_nothing_is_half_done(hub: Hub) -> None:
    rows = {
        "单位": [("好村", "村", "371599101298", "清河镇"), ("坏村", "城", "37159910", "没有的镇")],
        "人员": [("好村", "李四", None), ("好村", "李四", None), ("好村", "371599199001011234", None)],
        "任职与名册": [
            ("好村", "村民代表会议", "王五", None, "代表", "是", "2026-01-01", None),
            ("好村", "村民代表会议", "李四", None, "代表", "也许", "2026-13-01", None),
            ("好村", "村民代表会议", "李四", None, "代表", "是", "2026-01-01", "2025-01-01"),
        ],
    }
    before = await counts(hub.database)
    async with await hub.client("admin") as admin:
        answer = await upload(admin, filled(rows), False)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "import.lines"
    named = {(e["sheet"], e["row"], e["column"], e["code"]) for e in problem["errors"]}
    assert named == {
        ("单位", 3, "层级", "import.choice"), ("单位", 3, "统计用区划代码", "import.code"),
        ("人员", 3, "姓名", "import.person-twice"), ("人员", 4, "姓名", "import.id-card"),
        ("任职与名册", 2, "姓名", "import.person-unknown"), ("任职与名册", 3, "有表决权", "import.votes"),
        ("任职与名册", 3, "任职起", "import.date"), ("任职与名册", 4, "任职止", "import.term"),
    }  # fmt: skip
    assert all(e["zh"] and e["en"] for e in problem["errors"])
    assert await counts(hub.database) == before


async def test_a_secretary_imports_his_own_village_only(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        own = filled({"人员": [("孙家寨村", "新来的", None)]})
        foreign = filled({"人员": [("周村", "外人", None)]})
        tree = filled({"单位": [("我的新村", "村", None, "清河镇")]})
        assert (await upload(secretary, own, False)).status_code == 200
        assert (await upload(secretary, foreign, False)).json()["errors"][0]["code"] == "import.unit-foreign"
        assert (await upload(secretary, tree, False)).json()["errors"][0]["code"] == "import.unit-right"
    async with await hub.client("ducha") as inspector:
        assert (await upload(inspector, own, True)).status_code == 403


async def test_the_acts_on_both_databases(database: Database) -> None:
    rows = {
        "units": [(2, {"名称": "县", "层级": "县"}), (3, {"名称": "村", "层级": "村", "上级单位": "镇"}),
                  (4, {"名称": "镇", "层级": "镇街", "上级单位": "县"})],
        "persons": [(2, {"所在单位": "村", "姓名": "甲"})],
        "posts": [(2, {"所在单位": "村", "组织": "村两委", "姓名": "甲", "职务": "书记", "任职起": "2026-01-01"})],
    }  # fmt: skip
    first = await import_people(database, None, "hub_x", rows, False)
    second = await import_people(database, None, "hub_x", rows, False)
    assert first.errors == second.errors == []
    assert first.counts["units"].new == 3
    assert all(count.new == count.changed == 0 for count in second.counts.values())
    ring = {"units": [(2, {"名称": "甲村", "层级": "村", "上级单位": "乙村"}),
                      (3, {"名称": "乙村", "层级": "村", "上级单位": "甲村"})]}  # fmt: skip
    assert {e.code for e in (await import_people(database, None, "hub_x", ring, False)).errors} == {"import.ring"}


def test_the_template_reads_back_as_empty_and_says_how() -> None:
    assert all(rows == [] for rows in read_book(template()).values())
    book = load_workbook(io.BytesIO(template()))
    assert book.sheetnames == ["填写说明", "单位", "党组织", "人员", "任职与名册"]
    assert any("身份证" in str(row[0].value) for row in book["填写说明"].iter_rows())


TEMPLATE = template()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400) | st.tuples(st.integers(0, 9000), st.integers(0, 255)))
def test_a_strangers_file_is_read_or_refused(data: bytes | tuple[int, int]) -> None:
    if isinstance(data, tuple):
        whole = bytearray(TEMPLATE)
        whole[data[0] % len(whole)] ^= data[1]
        data = bytes(whole)
    with contextlib.suppress(BadWorkbook):
        read_book(data)


@given(st.dictionaries(st.sampled_from([c.title for c in POSTS.columns]), st.text(max_size=30)))
def test_any_row_becomes_a_record_or_named_errors(cells: dict[str, str]) -> None:
    good, errors = read_rows(POSTS, [(7, cells)])
    assert bool(good) != bool(errors)
    for error in errors:
        assert error.row == 7
        assert error.column in {c.title for c in POSTS.columns}
    for _, row in good:
        assert all(row[c.key] for c in POSTS.columns if c.required)
