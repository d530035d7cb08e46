"""A secret vote leaves figures and nothing else: no row, entry, mark or line of the log from the question to the
confirmation names one of those who had a ballot, and nothing takes a ballot."""

import json
import logging
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from storage.database import Database
from storage.tables import Base, User
from tests.api.conftest import Hub

VOTE = {"way": "secret", "in_favour": 9, "against": 2, "abstained": 0, "invalid": 1, "issued": 12, "returned": 12,
        "due": 15, "present": 12}  # fmt: skip


async def everything(database: Database) -> set[str]:
    """Each row of each table, as text."""
    found = set()
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in (await session.execute(select(table))).mappings():
                said = {"table": table.name} | {key: _text(value) for key, value in row.items()}
                found.add(json.dumps(said, ensure_ascii=False, sort_keys=True, default=str))
    return found


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def test_nothing_that_a_secret_vote_leaves_names_who_had_a_ballot(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        matter = {"unit": unit, "matter": "h3", "title": "干部评议"}
        decision = (await ok(await secretary.post("/api/decisions", json=matter)))["id"]
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit, "items": [{"decision": decision}]}
        meeting = await ok(await secretary.post("/api/meetings", json=plan))
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        people = [each["person"] for each in await ok(await secretary.get(f"{url}/roster")) if not each["supervises"]]
        assert len(people) == 15
        for person in people[:12]:
            await ok(await secretary.put(f"{url}/roster/{person['id']}", json={"present": True}))
        await ok(await secretary.post(f"{url}/open"))
        await ok(await secretary.post(f"{url}/items/{item}/start"))

        before = await everything(hub.database)
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.WARNING, logger="aiosqlite")  # each statement, whoever is asked for in it
        caplog.set_level(logging.WARNING, logger="httpx")  # the test's own end
        await ok(await secretary.post(f"{url}/items/{item}/question", json={}))
        voted = await ok(await secretary.post(f"{url}/items/{item}/votes", json=VOTE))
        await ok(await secretary.post(f"{url}/items/{item}/end"))
        await ok(await supervisor.post(f"{url}/items/{item}/confirm"))
        left = await everything(hub.database) - before
        # The minute taker and the supervisor act by their accounts; they are named for what they do.
        async with hub.database.reading() as session:
            acting = set(await session.scalars(select(User.person_id).where(User.username.in_(("shuji", "jiandu")))))
        words = {word for person in people if person["id"] not in acting for word in (person["id"], person["name"])}
        assert len(words) >= 26
        assert all(any(word in row for row in before) for word in words)  # they are found where they stand
        assert {json.loads(row)["table"] for row in left} >= {"votes", "questions", "entries", "payloads", "marks"}
        assert [row for row in left if any(word in row for word in words)] == []
        lines = [record.getMessage() for record in caplog.records]
        assert [line for line in lines if any(word in line for word in words)] == []
        # What was counted is what stands there, and no ballot has a number or a time of its own.
        (row,) = [json.loads(each) for each in left if json.loads(each)["table"] == "votes"]
        assert (row["in_favour"], row["against"], row["invalid"], row["issued"]) == (9, 2, 1, 12)
        assert voted["way"] == "secret"


async def test_nothing_takes_a_ballot(hub: Hub) -> None:
    """A vote is handed in as figures; whatever would say who voted how is refused by its form."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "干部评议", "matter": "h3"}]}  # fmt: skip
        meeting = await ok(await secretary.post("/api/meetings", json=plan))
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        await ok(await secretary.post(f"{url}/open"))
        await ok(await secretary.post(f"{url}/items/{item}/start"))
        for more in ({"ballots": [{"person": "prs_1", "vote": "for"}]}, {"person": "prs_1"}, {"named": ["prs_1"]}):
            answer = await secretary.post(f"{url}/items/{item}/votes", json=VOTE | more)
            assert answer.status_code == 422, more
        routes = (await ok(await secretary.get("/api/openapi.json")))["paths"]
        assert [path for path in routes if "ballot" in path] == []
