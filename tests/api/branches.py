"""A branch of the sample county: its plan, meetings that are held with a roster ticked, its duties; for tests."""

import time
from typing import Any

from sqlalchemy import select

from api.domain.day import day_of
from api.domain.party.quarters import Quarter
from storage.ids import new_id
from storage.tables import Body, Entry, Payload, Person, Post
from tests.api.conftest import Hub

TODAY = day_of(time.time_ns())
QUARTER = Quarter.of(TODAY)
LAST = QUARTER.whole.last_on


def entry(kind: str = "theme_day", on: str = TODAY, topic: str = "学习党章", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "on": on, "topic": topic, **more}


def plan(*entries: dict[str, Any], quarter: Quarter = QUARTER, **more: Any) -> dict[str, Any]:
    return {"quarter": str(quarter), "entries": list(entries), **more}


async def branch_of(hub: Hub, who: str = "shuji") -> str:
    async with await hub.client(who) as client:
        rows = (await client.get("/api/branches")).json()
    return str(rows[0]["id"])


async def hold(hub: Hub, meeting: str, present: int = 9, who: str = "shuji") -> list[dict[str, Any]]:
    """Opened, the first of the roster ticked, ended; the roster."""
    async with await hub.client(who) as client:
        url = f"/api/meetings/{meeting}"
        roster: list[dict[str, Any]] = [
            row for row in (await client.get(f"{url}/roster")).json() if not row["supervises"]
        ]
        assert (await client.post(f"{url}/open")).status_code == 200
        for row in roster[:present]:
            ticked = await client.put(f"{url}/roster/{row['person']['id']}", json={"present": True})
            assert ticked.status_code == 204, ticked.text
        assert (await client.post(f"{url}/end")).status_code == 200
    return roster


async def kinds_on_chain(hub: Hub, kind: str) -> list[dict[str, Any]]:
    async with hub.database.reading() as session:
        rows = await session.scalars(
            select(Payload.payload)
            .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
            .where(Entry.kind == kind)
            .order_by(Entry.seq)
        )
        return [dict(row) for row in rows]


def duty(view: dict[str, Any], key: str) -> dict[str, Any]:
    row = next(each for each in view["duties"] if each["duty"] == key)
    return {name: row[name] for name in ("required", "held", "planned", "state")}


async def second_branch(hub: Hub) -> tuple[str, str]:
    """Of the same village; and its one member."""
    unit, branch, person = await hub.unit("shuji"), new_id("bdy"), new_id("per")
    async with hub.database.writing() as session:
        session.add(Body(id=branch, kind="branch", name="流动党员支部", unit_id=unit))
        session.add(Person(id=person, name="王远行", unit_id=unit))
        await session.flush()
        session.add(Post(id=new_id("pst"), person_id=person, body_id=branch, title="党员", votes=True,
                         from_on="2020-01-01"))  # fmt: skip
    return branch, person
