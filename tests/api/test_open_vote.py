"""A vote from the reading of its question to the announcement of its result: no break meanwhile, taken again, given up;
and what the recording keeps of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import select

from storage.ledger import entries
from storage.tables import Entry, Mark, Question, Recording
from tests.api.conftest import Hub
from tests.api.held import VOTE


@asynccontextmanager
async def sitting(hub: Hub) -> AsyncIterator[tuple[httpx.AsyncClient, str, list[str]]]:
    """A village meeting whose first item runs: the secretary, its address, its items."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "matter": "b1"}, {"title": "水渠", "matter": "b1"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        await secretary.post(f"{url}/open")
        items = [item["id"] for item in meeting["items"]]
        await secretary.post(f"{url}/items/{items[0]}/start")
        yield secretary, url, items


async def refused(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert said["zh"]
    assert said["en"]
    return answer.status_code, said["code"]


async def test_no_break_between_a_question_and_its_answer(hub: Hub) -> None:
    async with sitting(hub) as (secretary, url, items):
        assert await refused(await secretary.post(f"{url}/break", json={})) == (422, "break.no-reason")
        assert await refused(await secretary.post(f"{url}/break", json={"reason": "  "})) == (422, "break.no-reason")
        asked = (await secretary.post(f"{url}/items/{items[0]}/question", json={})).json()
        assert asked["asked_ms"] is not None
        assert await refused(await secretary.post(f"{url}/break", json={"reason": "休息"})) == (409, "vote.open")
        again = (await secretary.post(f"{url}/items/{items[0]}/question", json={})).json()
        assert again["asked_ms"] == asked["asked_ms"]  # pressed twice, read once
        voted = await secretary.post(f"{url}/items/{items[0]}/votes", json=VOTE)
        assert voted.status_code == 201, voted.text
        assert voted.json()["asked_ms"] == asked["asked_ms"] <= voted.json()["at_ms"]
        seen = (await secretary.get(url)).json()
        assert seen["items"][0]["asked_ms"] is None
        assert (await secretary.post(f"{url}/break", json={"reason": "休息"})).json()["state"] == "break"
        assert (await secretary.get(url)).json()["breaks"][0]["reason"] == "休息"
        assert (await refused(await secretary.post(f"{url}/items/{items[0]}/question", json={})))[1] == (
            "meeting.wrong-state"
        )
        # Figures are never refused, whether or not anybody said when the question was read.
        late = await secretary.post(f"{url}/items/{items[0]}/votes", json=VOTE)
        assert (late.status_code, late.json()["asked_ms"]) == (201, None)


async def test_one_at_a_time_taken_again_and_given_up(hub: Hub) -> None:
    async with sitting(hub) as (secretary, url, items):
        early = await secretary.post(f"{url}/items/{items[1]}/question", json={})
        assert await refused(early) == (409, "item.wrong-state")
        await secretary.post(f"{url}/items/{items[0]}/question", json={})
        await secretary.post(f"{url}/items/{items[1]}/start")
        second = await secretary.post(f"{url}/items/{items[1]}/question", json={})
        assert await refused(second) == (409, "vote.open")
        first = (await secretary.get(url)).json()["items"][0]["asked_ms"]
        again = (await secretary.post(f"{url}/items/{items[0]}/question", json={"again": True})).json()
        assert again["asked_ms"] >= first
        given_up = (await secretary.post(f"{url}/items/{items[0]}/question/drop")).json()
        assert given_up["asked_ms"] is None
        twice = await secretary.post(f"{url}/items/{items[0]}/question/drop")
        assert await refused(twice) == (409, "item.wrong-state")
        await secretary.post(f"{url}/items/{items[1]}/question", json={})
        await secretary.post(f"{url}/end")  # which gives up what is open
    async with hub.database.reading() as session:
        rows = (await session.scalars(select(Question).order_by(Question.asked_ns))).all()
        assert [row.closed_as for row in rows] == ["again", "dropped", "dropped"]
        marks = await session.scalars(select(Mark).where(Mark.kind.like("vote-%")).order_by(Mark.start_ns))
        assert [(mark.kind, mark.start_ns, mark.end_ns) for mark in marks] == [
            (f"vote-{row.closed_as}", row.asked_ns, row.closed_ns) for row in rows
        ]


async def test_the_recording_keeps_the_span(hub: Hub) -> None:
    async with sitting(hub) as (secretary, url, items):
        asked = (await secretary.post(f"{url}/items/{items[0]}/question", json={})).json()["asked_ms"]
        voted = (await secretary.post(f"{url}/items/{items[0]}/votes", json=VOTE)).json()
        recording = (await secretary.get(url)).json()["recording"]
        marks = (await secretary.get(f"/api/recordings/{recording}")).json()["marks"]
        [vote] = [mark for mark in marks if mark["kind"] == "vote"]
        assert (vote["start_ms"], vote["end_ms"]) == (asked, voted["at_ms"])
    async with hub.database.reading() as session:
        chain = (await session.get_one(Recording, recording)).chain_id
        said: dict[str, Any] = {entry.kind: payload async for entry, _, payload in entries(session, chain)}
        assert said["question"]["at_ms"] == said["vote"]["asked_ms"] == asked
        assert await session.scalar(select(Entry.seq).where(Entry.chain_id == chain, Entry.kind == "question"))


async def test_who_takes_no_minutes_asks_no_question(hub: Hub) -> None:
    async with sitting(hub) as (_, url, items), await hub.client("jiandu") as supervisor:
        answer = await supervisor.post(f"{url}/items/{items[0]}/question", json={})
        assert await refused(answer) == (403, "right.missing")
