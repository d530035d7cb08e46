"""Rosters of the sample village: who stands on them, a meeting planned for a record, who comes; for tests."""

from typing import Any

import httpx
from sqlalchemy import select

from storage.ids import new_id
from storage.tables import Body, Post
from tests.api.conftest import Hub


async def enrolled(hub: Hub, unit: str, kind: str, count: int) -> None:
    """So many persons of the unit's other rosters on one of a further body."""
    async with hub.database.writing() as session:
        persons = set(await session.scalars(select(Post.person_id).join(Body).where(Body.unit_id == unit)))
        body = Body(id=new_id("bdy"), kind=kind, name=kind, unit_id=unit)
        session.add(body)
        await session.flush()
        for person in sorted(persons)[:count]:
            session.add(Post(id=new_id("pst"), person_id=person, body_id=body.id, title="成员", votes=True,
                             from_on="2026-01-01"))  # fmt: skip


async def planned(client: httpx.AsyncClient, unit: str, kind: str, decision: str) -> tuple[str, str]:
    plan = {"title": "会", "kind": kind, "unit": unit, "items": [{"decision": decision}]}
    meeting = (await client.post("/api/meetings", json=plan)).json()
    return f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]


async def come(client: httpx.AsyncClient, url: str, rows: list[dict[str, Any]], **how: bool) -> None:
    for row in rows:
        answer = await client.put(f"{url}/roster/{row['person']['id']}", json={"present": True, **how})
        assert answer.status_code == 204, answer.text


async def voters(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    return [each for each in (await client.get(f"{url}/roster")).json() if each["votes"]]
