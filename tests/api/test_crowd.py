"""A meeting of 600 sites: what it costs a page to know who is here, counted in bytes on its channel.

The sites, their units and their sessions are rows; the relay's part of a join is measured by `tests.relay.crowd`.
"""

import asyncio
import json
import time
from typing import Any

from sqlalchemy import func, insert, select, update
from websockets.asyncio.client import ClientConnection

from api.live.people import Told, Window, change, page
from api.records.meetings import PersonHere
from storage.tables import MediaSession, Meeting, Site, Unit, UnitAttributes, User
from tests.api.conftest import Hub
from tests.api.test_channel import channel, open_meeting

SITES = 600
CHANGES = 6


def person(number: int, line: Any = None) -> PersonHere:
    return PersonHere(publisher=f"p{number}", name=f"人{number}", unit=None, since_ms=0, publishing=[], line=line)


def apply(known: list[PersonHere], message: dict[str, Any]) -> list[PersonHere]:
    """As a page does (room/people.ts)."""
    if "people" in message:
        return [PersonHere(**row, unit=None) for row in message["people"]]
    came = [(at, PersonHere(**row, unit=None)) for at, row in message.get("came", [])]
    moved = {*message.get("left", []), *(one.publisher for _, one in came)}
    rows = [one for one in known if one.publisher not in moved]
    for at, one in came:
        rows.insert(at, one)
    return rows


def test_whoever_comes_goes_or_moves_a_page_has_the_rows_that_the_hub_has() -> None:
    window, told, rows = Window(2, 4), Told(Window(2, 4)), list[PersonHere]()
    order = [*range(10)]
    for step in (
        order,
        [*range(3), *range(4, 10)],
        [*range(1, 12)],
        [5, *range(1, 5)],
        [1],
        [],
        [9, 8, 7, 6, 5],
        order,
    ):
        people = [person(number, "weak" if number % 3 == len(step) % 3 else "good") for number in step]
        seen, found = page(people, window)
        message = change(told, seen, found, len(people))
        if message is not None:
            rows = apply(rows, message)
        assert rows == seen
        assert change(told, seen, found, len(people)) is None
    assert page([person(1), person(12)], Window(query="２")) == ([person(12)], 1)
    weak = [person(1, "weak"), person(2, "good"), person(3, "lost")]
    assert page(weak, Window(line="weak")) == ([weak[0]], 1)
    assert page([person(1).model_copy(update={"within": "青阳镇"}), person(12)], Window(query="青阳 人"))[1] == 1


async def fill(hub: Hub, meeting: str, sites: int = SITES) -> None:
    async with hub.database.writing() as session:
        own = await session.get(Meeting, meeting)
        user = await session.scalar(select(User.id).where(User.username == "shuji"))
        assert own is not None
        numbers = range(sites)
        await session.execute(insert(Unit), [{"id": f"unt_c{n:04}", "level": "village"} for n in numbers])
        await session.execute(insert(UnitAttributes), [
            {"id": f"uat_c{n:04}", "unit_id": f"unt_c{n:04}", "name": f"第{n:03}村民委员会", "parent_id": own.unit_id,
             "from_on": "2020-01-01"} for n in numbers
        ])  # fmt: skip
        await session.execute(
            insert(Site), [{"id": f"sit_c{n:04}", "meeting_id": meeting, "unit_id": f"unt_c{n:04}"} for n in numbers]
        )
        await session.execute(insert(MediaSession), [
            {"id": f"ses_c{n:04}", "meeting_id": meeting, "user_id": user, "site_id": f"sit_c{n:04}", "mode": "room",
             "publisher": f"sit_c{n:04}.{n:016x}", "relay_epoch": "e", "started_wall": (own.opened_wall or 0) + n}
            for n in numbers
        ])  # fmt: skip


async def bytes_until(socket: ClientConnection, total: int) -> int:
    """Octets of presence until the page knows so many."""
    octets = 0
    async with asyncio.timeout(60):
        while True:
            text = await socket.recv()
            message = json.loads(text)
            if message["type"] == "people":
                octets += len(str(text).encode()) + 4  # a WebSocket frame's head (RFC 6455 §5.2)
                if message["total"] == total:
                    return octets


async def test_six_hundred_sites_cost_a_page_less_than_five_kilobits_a_second(hub: Hub) -> None:
    meeting = await open_meeting(hub)
    await fill(hub, meeting)
    async with await hub.client("shuji") as secretary:
        token = secretary.headers["Authorization"]
        found = (await secretary.get(f"/api/meetings/{meeting}/people", params={"query": "第599"})).json()
        assert (found["total"], found["found"]) == (SITES, 1)
        sites = (await secretary.get(f"/api/meetings/{meeting}/sites", params={"first": 600, "limit": 50})).json()
        assert (sites["total"], len(sites["sites"])) == (SITES + 1, 1)
        async with channel(hub, meeting, token) as watching, channel(hub, meeting, token) as looking:
            initial = str(await looking.socket.recv())
            first = json.loads(initial)["meeting"]
            assert (first["people_total"], len(first["people"]), len(first["sites"])) == (SITES, 50, 50)
            await looking.say(type="people", first=500, count=100)
            rows = (await looking.until("people"))["people"]
            assert [row["unit"]["name"] for row in rows[-2:]] == ["第598村民委员会", "第599村民委员会"]
            assert {row["within"] for row in rows} == {"孙家寨村"}
            await bytes_until(watching.socket, SITES)  # the chair's page has the lines of its rows now
            cost = {"watching": 0, "looking": 0}
            for change_ in range(CHANGES):
                # Each second one leaves, of those in sight, or comes back.
                number = SITES - 1 - change_ // 2
                ended = time.time_ns() if change_ % 2 == 0 else None
                async with hub.database.writing() as session:
                    one = update(MediaSession).where(MediaSession.id == f"ses_c{number:04}")
                    await session.execute(one.values(ended_wall=ended))
                    open_rows = select(func.count()).where(MediaSession.ended_wall.is_(None))
                    total = await session.scalar(open_rows)
                hub.house.meetings.people_changed(meeting)
                assert total is not None
                cost["watching"] += await bytes_until(watching.socket, total)
                cost["looking"] += await bytes_until(looking.socket, total)
    for name, octets in cost.items():
        print(
            f"\n{name}: {octets * 8 / CHANGES:.0f} bit/s at one change a second; first {len(initial.encode())} octets"
        )
        assert octets * 8 / CHANGES < 5_000
    assert len(initial.encode()) < 40_000
