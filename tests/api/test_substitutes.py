"""Acting in somebody's place over HTTP: rights come and go, ledger and screen say 代, what is refused."""

import time
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from api.domain.day import day_of
from storage.database import Database
from storage.tables import Entry, Payload, Recording, Right, Substitute, User
from tests.api.conftest import Hub
from tests.api.test_garbage import check_problem
from tests.api.test_second_factor import on_the_hubs_chain


def today(more: int = 0) -> str:
    return (date.fromisoformat(day_of(time.time_ns())) + timedelta(more)).isoformat()


def asked(username: str, first: int = 0, last: int = 6, **more: Any) -> dict[str, Any]:
    return {"substitute": username, "from_on": today(first), "last_on": today(last), "reason": "外出学习"} | more


async def user_id(database: Database, username: str) -> str:
    async with database.reading() as session:
        return (await session.scalars(select(User.id).where(User.username == username))).one()


async def appoint(client: httpx.AsyncClient, username: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/substitutes", json=asked(username, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["given"][-1])


async def test_a_substitute_opens_the_meeting_and_everything_says_in_whose_place(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minutes:
        plan = {"title": "修路", "kind": "representatives_meeting", "unit": unit}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()["id"]
        assert (await minutes.post(f"/api/meetings/{meeting}/open")).status_code == 403
        named = (await secretary.get("/api/substitutes/candidates", params={"query": "jilu"})).json()
        assert [each["username"] for each in named] == ["jilu"]
        near = [each["username"] for each in (await secretary.get("/api/substitutes/candidates")).json()]
        assert near.index("jilu") < near.index("shenhe"), "one's own village comes before the town"
        assert not {"shuji", "zhongduan"} & set(near)
        given = await appoint(secretary, "jilu")
        assert given["in_force"]
        seen = (await minutes.get("/api/substitutes")).json()
        assert [each["id"] for each in seen["received"]] == [given["id"]]
        me = (await minutes.get("/api/me")).json()
        secretary_name = (await secretary.get("/api/me")).json()["user"]["name"]
        (stood,) = (right for right in me["rights"] if right["giver"])
        assert (stood["role"], stood["giver"], stood["until_on"]) == ("secretary", secretary_name, today(7))
        opened = await minutes.post(f"/api/meetings/{meeting}/open")
        assert opened.status_code == 200, opened.text
        # His own right comes first where he has one.
        item = (await minutes.post(f"/api/meetings/{meeting}/items", json={"title": "一"})).json()
        await minutes.post(f"/api/meetings/{meeting}/items/{item['id']}/start")
        assert (await minutes.post(f"/api/substitutes/{given['id']}/end")).status_code == 200
        assert (await minutes.post(f"/api/meetings/{meeting}/end")).status_code == 403, "at the next request"
        assert (await secretary.get("/api/substitutes")).json()["given"] == []
        again = await secretary.post(f"/api/substitutes/{given['id']}/end")
        assert check_problem(again)["code"] == "substitute.over"
    async with hub.database.reading() as session:
        chain = (await session.scalars(select(Recording.chain_id))).one()
        said = {
            kind: payload
            for kind, payload in await session.execute(
                select(Entry.kind, Payload.payload)
                .join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
                .where(Entry.chain_id == chain)
                .order_by(Entry.seq)
            )
        }
    substitute, giver = await user_id(hub.database, "jilu"), await user_id(hub.database, "shuji")
    assert (said["opened"]["by"], said["opened"]["for"]) == (substitute, giver)
    assert f"（代{secretary_name}）" in said["opened"]["by_name"]
    assert (said["mark"]["kind"], "for" in said["mark"]) == ("item", False)
    words = await on_the_hubs_chain(hub.database, "substitute")
    assert [(each["verb"], each["by"]) for each in words] == [("appointed", giver), ("ended", substitute)]


async def test_it_holds_from_its_day_to_its_day_and_no_longer_than_the_givers_own(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minutes:

        async def stands_in() -> bool:
            return any(right["giver"] for right in (await minutes.get("/api/me")).json()["rights"])

        given = await appoint(secretary, "jilu", first=1, last=2)
        assert not given["in_force"]
        assert not await stands_in()
        await secretary.post(f"/api/substitutes/{given['id']}/end")
        await appoint(secretary, "jilu", first=0, last=0)
        assert await stands_in()
        async with hub.database.writing() as session:
            await session.execute(
                update(Right)
                .where(Right.user_id == await user_id(hub.database, "shuji"))
                .values(from_on="2020-01-01", until_on=today())
            )
        assert not await stands_in()


async def test_what_is_refused(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minutes:
        for wrong in (asked("jilu", -1, 3), asked("jilu", 3, 2), asked("jilu", 0, 90), asked("jilu", 91, 92),
                      asked("jilu", from_on="2026-02-30"), asked("jilu", role="secretary")):  # fmt: skip
            answer = await secretary.post("/api/substitutes", json=wrong)
            assert (answer.status_code, check_problem(answer)["code"]) == (422, "request.invalid"), wrong
        for unfit in ("shuji", "nobody-there", "zhongduan"):
            answer = await secretary.post("/api/substitutes", json=asked(unfit))
            assert check_problem(answer)["code"] == "substitute.unfit", unfit
        apart = await secretary.post("/api/substitutes", json=asked("jiandu"))
        assert check_problem(apart)["code"] == "substitute.apart"
        unit = await hub.unit("shuji")
        foreign = await secretary.post("/api/substitutes", json=asked("jilu", role="inspector", unit=unit))
        assert check_problem(foreign)["code"] == "substitute.nothing"
        # What was lent can't be handed on, though the minute taker's own can be lent.
        await appoint(secretary, "jilu")
        on = await minutes.post("/api/substitutes", json=asked("dangyuan", role="secretary", unit=unit))
        assert check_problem(on)["code"] == "substitute.nothing"
        handed = await appoint(minutes, "dangyuan")
        async with await hub.client("dangyuan") as member:
            lent = [right["role"] for right in (await member.get("/api/me")).json()["rights"] if right["giver"]]
            assert lent == ["minutes"]
            assert (await secretary.post(f"/api/substitutes/{handed['id']}/end")).status_code == 404, "not his"


async def test_rights_over_accounts_are_not_lent(hub: Hub) -> None:
    async with await hub.client("anquan") as security, await hub.client("ducha") as inspector:
        await appoint(security, "ducha")
        assert (await inspector.get("/api/users")).status_code == 403
        secretary = await user_id(hub.database, "shuji")
        assert (await inspector.post(f"/api/users/{secretary}/reset")).status_code == 404
        assert "user.write" not in (await inspector.get("/api/me")).json()["acts"]


async def test_a_superior_of_the_substitute_is_not_one_of_the_giver(hub: Hub) -> None:
    """A reviewer resets his secretary's password, but not while that account opens an admin's rights."""
    secretary = await user_id(hub.database, "shuji")
    async with await hub.client("admin") as admin, await hub.client("shenhe") as reviewer:
        given = await appoint(admin, "shuji")
        assert (await reviewer.post(f"/api/users/{secretary}/reset")).status_code == 403
        await admin.post(f"/api/substitutes/{given['id']}/end")
        assert (await reviewer.post(f"/api/users/{secretary}/reset")).status_code == 200


async def test_the_database_keeps_who_stood_in_for_whom(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        await appoint(secretary, "jilu")
    for change in ("DELETE FROM substitutes", "UPDATE substitutes SET until_on = '2099-01-01', ended_wall = 1",
                   "UPDATE substitutes SET reason = 'x'"):  # fmt: skip
        async with hub.database.writing() as session:
            with pytest.raises(DBAPIError):
                await session.execute(text(change))
            await session.rollback()
    async with hub.database.reading() as session:
        assert len((await session.scalars(select(Substitute))).all()) == 1
