"""A project below the limit of small works, and in pieces (T 4): which other records the hub finds, and who is told."""

from typing import Any

import pytest
from sqlalchemy import select

from api.acts.decision_entries import add_act, create_decision
from storage.tables import User
from tests.api.conftest import Hub
from tests.api.test_decision_acts import act, begun
from tests.model.told import Act, correct, end, sitting, withdraw


async def small(hub: Hub, on: str, amount: int | None, *acts: Act, matter: str = "d3", unit: str = "") -> str:
    """Of a village; its two committees meet about it on the same day."""
    unit = unit or await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = await session.scalar(select(User.id).where(User.username == "shuji"))
        assert user is not None
        row = await create_decision(session, user, unit, matter, f"{on} 的零星工程", "open", on=on, amount=amount)
        for each in acts or (sitting("meeting", "两委会", on, "two_committees", 6, 4),):
            await add_act(session, row, each, {})
        return row.id


async def found(hub: Hub, record: str) -> list[tuple[str, str, str]]:
    """Rule, kind and sentence of what has to do with its amount."""
    async with await hub.client("shuji") as secretary:
        said = (await secretary.get(f"/api/decisions/{record}")).json()["standing"]["findings"]
    return [(each["rule"], each["kind"], each["zh"]) for each in said if each["rule"] in ("threshold", "split")]


async def test_what_is_not_below_the_limit_is_no_small_work(hub: Hub) -> None:
    assert await found(hub, await small(hub, "2026-03-02", 4_999_999)) == []
    sentence = "金额 50,000 元，不在本事项 50,000 元的限额以下"
    assert await found(hub, await small(hub, "2026-09-02", 5_000_000)) == [("threshold", "procedure", sentence)]
    assert await found(hub, await small(hub, "2026-09-02", 5_000_000, matter="e3")) == []


@pytest.mark.parametrize(("first", "on", "marked"), [
    ("2026-03-02", "2026-05-31", True), ("2026-03-02", "2026-06-01", False), ("2026-06-15", "2026-03-16", False),
    ("2026-06-15", "2026-03-17", True), ("2026-03-02", "2026-03-02", True),
])  # fmt: skip
async def test_pieces_count_together_to_the_ninetieth_day_before_and_after(
    hub: Hub, first: str, on: str, marked: bool
) -> None:
    await small(hub, first, 2_000_000)
    record = await small(hub, on, 3_000_001)
    sentence = "疑似拆分：90 日内同类事项另有 1 件，连同本件合计 50,000.01 元，达到 50,000 元的限额"
    assert await found(hub, record) == ([("split", "advice", sentence)] if marked else [])


async def test_a_fen_below_the_limit_together_is_nothing(hub: Hub) -> None:
    await small(hub, "2026-03-02", 2_000_000)
    assert await found(hub, await small(hub, "2026-03-03", 2_999_999)) == []
    assert [rule for rule, _, _ in await found(hub, await small(hub, "2026-03-04", 1))] == ["split"]


@pytest.mark.parametrize("acts", [
    (withdraw("2026-03-02", "不办了"),), (end("2026-03-02", "不办了"),),
    (correct(1, {"act": "begin", "matter": "d3", "on": "2026-03-02", "amount": 1}, "2026-03-02"),),
])  # fmt: skip
async def test_what_came_to_nothing_or_was_less_by_correction_is_no_piece(hub: Hub, acts: tuple[Act, ...]) -> None:
    await small(hub, "2026-03-02", 3_000_000, *acts)
    assert await found(hub, await small(hub, "2026-03-03", 3_000_000)) == []


async def test_another_village_and_another_matter_are_none(hub: Hub) -> None:
    async with await hub.client("admin") as admin:
        other = (await admin.get("/api/units", params={"query": "李家沟村"})).json()[0]["id"]
    await small(hub, "2026-03-02", 4_000_000, unit=other)
    await small(hub, "2026-03-02", 4_000_000, matter="e3")
    assert await found(hub, await small(hub, "2026-03-03", 4_000_000)) == []


async def test_pieces_are_a_figure_of_the_county_that_opens_its_list_and_count_against_nobody(hub: Hub) -> None:
    await small(hub, "2026-03-02", 3_000_000)
    record = await small(hub, "2026-03-09", 3_000_000)
    march: dict[str, Any] = {"from": "2026-03-01", "until": "2026-03-31"}
    async with await hub.client("ducha") as inspector:
        rules = (await inspector.get("/api/desk/county", params=march)).json()["rules"]
        figure = next(each for each in rules if each["rule"] == "split")
        assert (figure["name"], figure["kind"], figure["broken"]) == ("疑似拆分", "advice", 1)
        behind = (await inspector.get("/api/desk/county/affairs", params=march | {"rule": "split"})).json()["items"]
        assert [each["id"] for each in behind] == [record]
        assert "split" not in {each["code"] for one in behind for each in one["reasons"]}


async def test_the_form_asks_for_an_amount_and_the_record_keeps_the_others(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        matters = (await secretary.get("/api/catalogue")).json()["matters"]
        limits = {each["key"]: each["small_below_fen"] for each in matters if each["small_below_fen"]}
        assert limits == {"d3": 5_000_000}
        await begun(hub, "d3", amount=2_500_000)
        record = await begun(hub, "d3", amount=2_500_000)
        async with await hub.client("jilu") as another:
            said = (await another.get(record)).json()["entries"][0]
        assert said["fields"] == {"urgent": None, "amount": 2_500_000}
        assert (await act(secretary, record, "end", reason="不办了"))["outcome"] == "ended"
        refused = await secretary.post("/api/decisions", json={
            "unit": await hub.unit("shuji"), "matter": "d3", "title": "一件事", "others": [],
        })  # fmt: skip
        assert refused.json()["code"] == "request.invalid"
