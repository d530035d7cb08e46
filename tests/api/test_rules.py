"""A county's own rules: mistakes by line, two persons, days to come, records under way, a restart."""

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api.acts.sample_county import Credential
from api.domain.catalogue import catalogue, take_up
from api.domain.day import day_of
from storage.database import Database
from storage.ledger import entries, open_chain
from storage.tables import Entry, RuleSet, User
from tests.api.conftest import Hub, config_for, serving
from tests.api.year import Calendar
from tests.domain.test_county import entry
from tests.wrong_rules import WRONG


def good(on: str, permille: int = 900) -> str:
    """Ours, with another figure."""
    return f"""
[[judging]]
key = "default"
vote_span_ms = {permille * 10}
hole_tolerated_ms = 1000
from_on = "{on}"
"""


def later(days: int) -> str:
    return (date.fromisoformat(day_of(time.time_ns())) + timedelta(days=days)).isoformat()


def proposal(*texts: str) -> dict[str, Any]:
    return {"files": [{"name": f"county{at}.toml", "text": each} for at, each in enumerate(texts)],
            "reason": "本县规定"}  # fmt: skip


async def taken_up(hub: Hub, *texts: str) -> httpx.Response:
    async with await hub.client("admin") as admin, await hub.client("anquan") as security:
        made = await admin.post("/api/rules/proposals", json=proposal(*texts))
        assert made.status_code == 201, made.text
        return await security.post(f"/api/rules/{made.json()['id']}/answer", json={"answer": "confirm"})


async def test_each_mistake_is_named_by_its_file_and_line(hub: Hub) -> None:
    async with await hub.client("admin") as admin:
        for path in ("check", "proposals"):
            body = proposal(good(later(3)), WRONG)
            if path == "check":
                del body["reason"]
            refused = await admin.post(f"/api/rules/{path}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "catalogue.mistakes")
            found = {(each["file"], each["line"]) for each in refused.json()["mistakes"]}
            assert {("county1.toml", 5), ("county1.toml", 14)} <= found
            assert all(each["zh"] and each["en"] for each in refused.json()["mistakes"])
        past = await admin.post("/api/rules/check", json={"files": proposal(good(later(0)))["files"]})
        assert [each["line"] for each in past.json()["mistakes"]] == [6]  # today is too early
        fine = await admin.post("/api/rules/check", json={"files": proposal(good(later(3)))["files"]})
        assert fine.json() == {"entries": 1, "from_on": later(3), "under_way": 0}
        assert (await admin.get("/api/rules")).json() == []


@pytest.mark.parametrize("wrong", ["a = " + "[" * 100_000, "[[rule]]\nkey = 1\n" * 5_000, "\ufeff", "[[kind]]\n" * 3])
async def test_no_file_brings_it_down(hub: Hub, wrong: str) -> None:
    async with await hub.client("admin") as admin:
        answer = await admin.post("/api/rules/check", json={"files": [{"name": "x.toml", "text": wrong}]})
        assert answer.status_code == 422, answer.text[:300]


async def test_it_takes_two_persons_and_each_word_is_on_the_hubs_chain(hub: Hub) -> None:
    async with await hub.client("admin") as admin, await hub.client("anquan") as security:
        made = await admin.post("/api/rules/proposals", json=proposal(good(later(3))))
        url = f"/api/rules/{made.json()['id']}"
        seen = (await security.get(url)).json()
        assert (made.json()["own"], seen["own"], seen["under_way"]) == (True, False, 0)
        assert [(each["table"], each["key"], each["state"]) for each in seen["entries"]] == [
            ("judging", "default", "to-come")
        ]
        assert (await admin.post("/api/rules/proposals", json=proposal(good(later(4))))).json()["code"] == "rules.open"
        assert (await admin.post(f"{url}/answer", json={"answer": "confirm"})).json()["code"] == "keeping.same-person"
        # Another account of the same person is no second one.
        async with hub.database.writing() as session:
            users = {each.username: each for each in (await session.scalars(select(User))).all()}
            users["admin"].person_id = users["anquan"].person_id = users["shuji"].person_id
        assert (await security.post(f"{url}/answer", json={"answer": "confirm"})).json()["code"] == (
            "keeping.same-person"
        )
        async with hub.database.writing() as session:
            (await session.scalars(select(User).where(User.username == "admin"))).one().person_id = None
        done = await security.post(f"{url}/answer", json={"answer": "confirm"})
        assert (done.status_code, done.json()["state"], done.json()["number"]) == (200, "confirmed", 1)
        assert done.json()["files"][0]["text"] == good(later(3))
        assert (await security.post(f"{url}/answer", json={"answer": "refuse"})).json()["code"] == "keeping.over"
        other = (await security.post("/api/rules/proposals", json=proposal(good(later(5))))).json()
        gone = await security.post(f"/api/rules/{other['id']}/answer", json={"answer": "withdraw"})
        assert gone.json()["state"] == "withdrawn"
    async with hub.database.reading() as session:
        chain = await open_chain(session, "hub", hub.config.hub_id)
        said = [(entry.kind, payload) async for entry, _, payload in entries(session, chain)
                if entry.kind.startswith("rules-")]  # fmt: skip
        assert [kind for kind, _ in said] == ["rules-proposed", "rules-confirmed", "rules-proposed", "rules-withdrawn"]
        assert said[1][1] is not None
        assert said[1][1]["sha256"] == done.json()["sha256"]
        assert said[1][1]["reason"] == "本县规定"
        assert (await session.scalars(select(Entry).where(Entry.chain_id == chain))).first() is not None


@pytest.mark.parametrize("username", ["shuji", "shenji", "huiwu", "ducha", "shenhe", "dangyuan"])
async def test_nobody_else_reads_or_changes_them(hub: Hub, username: str) -> None:
    async with await hub.client(username) as client:
        assert (await client.get("/api/rules")).status_code == 403
        assert (await client.post("/api/rules/proposals", json=proposal(good(later(3))))).status_code == 403
        assert (await client.post("/api/rules/rul_1/answer", json={"answer": "confirm"})).status_code in (403, 404)


async def test_what_was_taken_up_stays_in_the_database(hub: Hub) -> None:
    assert (await taken_up(hub, good(later(3)))).status_code == 200
    for change in ("UPDATE rule_sets SET reason = 'x'", "DELETE FROM rule_sets"):
        with pytest.raises(DBAPIError, match="rules stay"):
            async with hub.database.writing() as session:
                await session.execute(text(change))


async def test_a_record_under_way_keeps_its_rules_and_a_restart_and_another_process_know_the_new_ones(
    tmp_path: Path, bus_url: str, county: Database, county_url: str, seeded: tuple[Path, list[Credential]]
) -> None:
    """P6b asks for two signatures; from a day to come the county asks for three."""
    with Calendar().kept() as calendar:
        calendar.to(date(2026, 12, 7))
        rules = entry("procedures.toml", "P6b").replace('from_on = "2026-12-01"', 'from_on = "2026-12-10"')
        rules = rules.replace("persons = 2", "persons = 3")
        config = config_for(tmp_path, bus_url, county_url)

        async def begun(hub: Hub) -> str:
            async with await hub.client("shuji") as secretary:
                new = {"unit": await hub.unit("shuji"), "matter": "c2", "title": "办公用品"}
                record = (await secretary.post("/api/decisions", json=new)).json()["id"]
                await secretary.post(f"/api/decisions/{record}/acts", json={"act": "done", "step": "entry"})
                return f"/api/decisions/{record}"

        async def signatures(hub: Hub, record: str) -> list[str]:
            """The step's state after each of three."""
            states = []
            async with await hub.client("shuji") as secretary:
                for person in ("per_1", "per_2", "per_3"):
                    said = {"act": "sign", "step": "signatures", "person": person}
                    steps = (await secretary.post(f"{record}/acts", json=said)).json()["standing"]["steps"]
                    states.append(next(each["state"] for each in steps if each["key"] == "signatures"))
            return states

        async with serving(config, county, seeded[1]) as hub:
            before = await begun(hub)
            assert (await taken_up(hub, rules)).status_code == 200
            same_day = await begun(hub)  # taken up, and not yet in force
            async with await hub.client("admin") as admin:
                told = (await admin.get("/api/rules/in-force")).json()
                assert told["under_way"] == 2
                assert [(each["key"], each["number"], each["state"]) for each in told["own"]] == [("P6b", 1, "to-come")]
                assert "P6b" in {each["key"] for each in told["shipped"]}
        calendar.to(date(2026, 12, 10))
        async with serving(config, county, seeded[1]) as hub:
            after = await begun(hub)
            assert await signatures(hub, before) == ["due", "done", "done"]
            assert await signatures(hub, same_day) == ["due", "done", "done"]
            assert await signatures(hub, after) == ["due", "due", "done"]
            async with await hub.client("admin") as admin:
                told = (await admin.get("/api/rules/in-force")).json()
                assert [(each["from_on"], each["state"]) for each in told["own"]] == [("2026-12-10", "holds")]
                assert "P6b" not in {each["key"] for each in told["shipped"]}


async def test_another_process_reads_what_was_taken_up_here(hub: Hub) -> None:
    """As if this process had not been the one that was told: it looks, and reads."""
    assert (await taken_up(hub, good(later(3), 1234))).status_code == 200
    take_up(None)
    hub.house._rules = 0
    assert catalogue(later(3)).judging.vote_span_ms != 12340
    await hub.house.read_rules()
    assert catalogue(later(3)).judging.vote_span_ms == 12340
    assert catalogue(later(2)).judging.vote_span_ms != 12340
    async with hub.database.reading() as session:
        assert (await session.scalars(select(RuleSet.state))).all() == ["confirmed"]
