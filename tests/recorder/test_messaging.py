"""The worker and a webhook that takes, is away, refuses, or comes back after a day; of several workers one sends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update

from recorder import messaging
from recorder.messaging import Messaging
from storage.database import Database
from storage.ledger import entries, open_chain
from storage.tables import Message, Unit
from storage.webhook import WebhookConfig
from tests.gateway import Gateway

HOUR = 3600 * 10**9


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as made:
        yield made


@pytest.fixture
async def errand(gateway: Gateway, database: Database) -> AsyncIterator[Messaging]:
    made = Messaging(database, WebhookConfig(gateway.url, timeout_s=5.0), "hub_1")
    yield made
    await made.close()


async def say(database: Database, *numbers: int, age_ns: int = 0) -> None:
    async with database.writing() as session:
        if await session.get(Unit, "unt_town") is None:
            session.add(Unit(id="unt_town", level="town"))
            await session.flush()
        now = time.time_ns() - age_ns
        session.add_all(
            Message(
                id=f"msg_{number}", kind="meeting-opened", subject=f"mtg_{number}", unit_id="unt_town",
                unit_name="城关镇", text=f"开会 {number}", text_en="a meeting", path="/", created_wall=now + number,
                next_wall=now, tries=0,
            )
            for number in numbers
        )  # fmt: skip


async def row(database: Database, number: int) -> Message:
    async with database.reading() as session:
        return (await session.scalars(select(Message).where(Message.id == f"msg_{number}"))).one()


async def logged(database: Database) -> list[tuple[str, str]]:
    async with database.writing() as session:
        chain = await open_chain(session, "hub", "hub_1")
        return [(each.kind, payload["message"]) async for each, _, payload in entries(session, chain) if payload]


def told(gateway: Gateway) -> list[str]:
    return [json.loads(each.body)["id"] for each in gateway.got]


async def test_each_is_sent_once_in_order_and_is_on_record(
    errand: Messaging, gateway: Gateway, database: Database
) -> None:
    await say(database, 1, 2, 3)
    assert await errand.turn() == 3
    assert await errand.turn() == 0
    assert told(gateway) == ["msg_1", "msg_2", "msg_3"]
    assert await logged(database) == [("message", f"msg_{number}") for number in (1, 2, 3)]
    assert (await row(database, 2)).sent_wall is not None


async def test_a_webhook_that_is_away_is_asked_once_and_later_gets_all(
    errand: Messaging, gateway: Gateway, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messaging, "FIRST_PAUSE_S", 0.2)
    await say(database, 1, 2, 3)
    gateway.status = 503
    assert await errand.turn() == 0
    assert await errand.turn() == 0
    assert told(gateway) == ["msg_1"]
    kept = await row(database, 1)
    assert (kept.tries, kept.trouble, kept.sent_wall) == (1, "webhook.away HTTP 503", None)
    gateway.status = 200
    async with asyncio.timeout(10):
        while (await row(database, 1)).sent_wall is None or (await row(database, 3)).sent_wall is None:
            await errand.turn()
            await asyncio.sleep(0.05)
    assert sorted(told(gateway)) == ["msg_1", "msg_1", "msg_2", "msg_3"]


async def test_one_that_is_refused_holds_up_no_other(errand: Messaging, gateway: Gateway, database: Database) -> None:
    await say(database, 1, 2)
    gateway.status = 400
    assert await errand.turn() == 0
    assert told(gateway) == ["msg_1", "msg_2"]
    assert (await row(database, 2)).trouble == "webhook.refused HTTP 400"


async def test_pauses_grow_to_ten_minutes() -> None:
    assert [messaging._pause_s(tries) for tries in range(9)] == [5, 10, 20, 40, 80, 160, 320, 600, 600]


async def test_what_is_a_day_old_is_given_up_and_what_waits_is_an_alarm(
    errand: Messaging, gateway: Gateway, database: Database
) -> None:
    await say(database, 1, age_ns=25 * HOUR)
    await say(database, 2, age_ns=HOUR)
    gateway.status = 500
    assert await errand.turn() == 0
    assert told(gateway) == ["msg_2"]
    assert await logged(database) == [("message-given-up", "msg_1")]
    assert (await row(database, 1)).given_up_wall is not None
    assert errand.alarm is not None
    async with database.writing() as session:
        await session.execute(update(Message).values(next_wall=0).where(Message.id == "msg_2"))
    gateway.status, errand._not_before = 200, 0.0
    assert await errand.turn() == 1
    assert errand.alarm is None


async def test_of_two_workers_one_sends(errand: Messaging, gateway: Gateway, database: Database) -> None:
    other = Messaging(database, WebhookConfig(gateway.url), "hub_1")
    await say(database, *range(20))
    await asyncio.gather(errand.turn(), other.turn())
    await other.close()
    assert sorted(told(gateway)) == sorted(f"msg_{number}" for number in range(20))


async def test_what_was_said_stays(errand: Messaging, database: Database) -> None:
    await say(database, 1)
    assert await errand.turn() == 1
    for changed in ({"text": "别的"}, {"sent_wall": None}):
        with pytest.raises(Exception, match="stays as it was said"):
            async with database.writing() as session:
                await session.execute(update(Message).values(**changed))
