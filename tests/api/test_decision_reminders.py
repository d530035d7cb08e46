"""Who is told of a decision: the town of a review that waits, village and town of a broken rule, who owes it of
tomorrow's deadline; each once, from the morning on, no title of a restricted record, and through a real gateway."""

import json
from datetime import date, datetime, timedelta

from sqlalchemy import select

from api.acts.decision_reminders import remind_of_decisions
from api.domain.day import SHANGHAI
from recorder.messaging import Messaging
from storage.database import Database
from storage.tables import Message
from storage.webhook import WebhookConfig
from tests.api.conftest import Hub
from tests.api.test_desks import record
from tests.domain.village import Village
from tests.gateway import Gateway


def at(day: str, hour: int = 9) -> int:
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)
    return int(moment.timestamp()) * 1_000_000_000


async def told(database: Database, kind: str) -> list[Message]:
    async with database.reading() as session:
        return list(await session.scalars(select(Message).where(Message.kind == kind).order_by(Message.unit_name)))


async def test_a_town_is_told_of_a_review_at_once_and_of_its_last_day_in_the_morning_before(hub: Hub) -> None:
    road = await record(hub, Village("b1", on="2026-03-02").do("ask", step="review"), "修路")
    assert await remind_of_decisions(hub.database, at("2026-03-02", 23)) == 1
    assert await remind_of_decisions(hub.database, at("2026-03-03", 12)) == 0
    (message,) = await told(hub.database, "review-waiting")
    assert (message.unit_name, message.path) == ("清河镇", f"/decisions/{road}")
    assert message.text.endswith("的“修路”等待审核，请在2026-03-05前答复")
    assert await remind_of_decisions(hub.database, at("2026-03-04", 7)) == 0
    assert await remind_of_decisions(hub.database, at("2026-03-04", 8)) == 1
    assert await remind_of_decisions(hub.database, at("2026-03-04", 8)) == 0
    (message,) = await told(hub.database, "deadline-tomorrow")
    assert message.unit_name == "清河镇"
    assert "事前审核明天（2026-03-05）到期" in message.text


async def test_village_and_town_are_told_of_a_broken_rule_once_each(hub: Hub) -> None:
    village = Village("b1", on="2026-03-02").properly("sitting", "proposal")
    road = await record(hub, village, "修路")
    before = await remind_of_decisions(hub.database, at("2026-03-02"))
    assert before >= 2
    assert await remind_of_decisions(hub.database, at("2026-03-02")) == 0
    messages = [each for each in await told(hub.database, "rule-failed") if each.subject.startswith(f"{road}/review/")]
    assert {each.unit_name for each in messages} == {"孙家寨村", "清河镇"}
    assert all("的“修路”：" in each.text and "不符合规定（事前审核）" in each.text for each in messages)
    other = await record(hub, Village("b1", on="2026-02-02").properly("sitting", "proposal"), "旧事")
    await remind_of_decisions(hub.database, at("2026-03-02"))
    assert not [each for each in await told(hub.database, "rule-failed") if each.subject.startswith(other)]


async def test_a_restricted_record_is_told_by_its_matter_through_the_gateway(hub: Hub) -> None:
    await record(hub, Village("h3", on="2026-03-02"), "评议张三")
    await record(hub, Village("g1", on="2026-03-02"), "低保王五")
    # Long idle: both villages' records are broken by then.
    assert await remind_of_decisions(hub.database, at("2026-05-02")) >= 2
    async with Gateway().serving() as gateway:
        errand = Messaging(hub.database, WebhookConfig(gateway.url, timeout_s=5.0), "hub_1")
        try:
            assert await errand.turn() >= 2
        finally:
            await errand.close()
        bodies = [json.loads(got.body) for got in gateway.got]
    assert len(bodies) >= 2
    assert not [each for each in bodies if "张三" in str(each) or "王五" in str(each)]


async def test_a_county_without_decisions_is_told_nothing(database: Database) -> None:
    """On SQLite and on PostgreSQL."""
    assert await remind_of_decisions(database, at("2026-03-02")) == 0
