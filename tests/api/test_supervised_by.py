"""Who counts as the supervisor of a meeting by his device: a supervisor, the township's reviewer, who stands in for
one; never who holds the meeting or writes its records himself."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from storage.ids import new_id
from storage.tables import Presence, Right, User
from tests.api.board import TODAY
from tests.api.conftest import Hub
from tests.api.held import VOTE, under_way


async def grant(hub: Hub, username: str, role: str) -> None:
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = await session.scalar(select(User.id).where(User.username == username))
        session.add(Right(id=new_id("rgt"), user_id=user, role=role, unit_id=unit, from_on="2020-01-01"))


async def broken(hub: Hub, *there: str, then: Callable[[], Awaitable[object]] | None = None) -> set[str]:
    """What a vote breaks at which these accounts are there with a device; `then`: before it, in the meeting."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        url, item = await under_way(secretary, unit, "b1")
        async with hub.database.writing() as session:
            for user in await session.scalars(select(User.id).where(User.username.in_(there))):
                session.add(Presence(id=new_id("prs"), meeting_id=url.rsplit("/", 1)[1], user_id=user,
                                     known_by="device", start_ns=0))  # fmt: skip
        if then is not None:
            await then()
        assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)).status_code == 201
        found: dict[str, Any] = (await secretary.get(f"/api/decisions/{item['decision']['id']}")).json()
    return {each["rule"] for each in found["standing"]["findings"]}


@pytest.mark.parametrize("username", ["jiandu", "shenhe"])
async def test_a_supervisor_or_the_townships_reviewer_counts(hub: Hub, username: str) -> None:
    assert "supervisor" in await broken(hub, "shuji")
    assert "supervisor" not in await broken(hub, "shuji", username)


@pytest.mark.parametrize("username", ["shuji", "jilu"])
async def test_who_holds_the_meeting_is_not_his_own_supervisor_by_a_second_post(hub: Hub, username: str) -> None:
    await grant(hub, username, "reviewer")
    assert "supervisor" in await broken(hub, username)


async def test_who_stands_in_for_the_supervisor_counts_until_that_is_ended(hub: Hub) -> None:
    async with await hub.client("jiandu") as supervisor:
        asked = {"substitute": "dangyuan", "from_on": TODAY, "last_on": TODAY, "reason": "外出就医"}

        async def stand_in() -> str:
            answer = await supervisor.post("/api/substitutes", json=asked)
            assert answer.status_code == 201, answer.text
            (given,) = answer.json()["given"]
            return str(given["id"])

        async def end() -> None:
            assert (await supervisor.post(f"/api/substitutes/{lent}/end")).status_code < 300

        lent = await stand_in()
        assert "supervisor" not in await broken(hub, "dangyuan")
        assert "supervisor" in await broken(hub, "dangyuan", then=end), "it was ended in the meeting"
        assert "supervisor" in await broken(hub, "dangyuan"), "it was ended before the meeting"
        lent = await stand_in()
        assert "supervisor" not in await broken(hub, "dangyuan")
