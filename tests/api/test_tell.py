"""Who is told: the township of a village whose meeting begins, once, and nothing that a gateway must not see."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

from sqlalchemy import select

from recorder.messaging import Messaging
from storage.ledger import entries, open_chain
from storage.tables import Message
from storage.webhook import WebhookConfig
from tests.api.conftest import Hub
from tests.gateway import Gateway

LIMIT_S = 90.0


async def opened(hub: Hub, who: str, **plan: object) -> str:
    async with await hub.client(who) as client:
        made = await client.post("/api/meetings", json={"unit": await hub.unit(who), **plan})
        assert made.status_code == 201, made.text
        assert (await client.post(f"/api/meetings/{made.json()['id']}/open")).status_code == 200
    return str(made.json()["id"])


async def messages(hub: Hub) -> list[Message]:
    async with hub.database.reading() as session:
        return list(await session.scalars(select(Message).order_by(Message.created_wall)))


async def test_the_township_is_told_of_a_meeting_that_nobody_had_planned(hub: Hub) -> None:
    meeting = await opened(hub, "shuji", title="灌溉渠", kind="representatives_meeting")
    (message,) = await messages(hub)
    assert (message.kind, message.subject, message.path) == (
        "meeting-opened-unplanned", meeting, f"/meetings/{meeting}"
    )  # fmt: skip
    assert "灌溉渠（村民代表会议）" in message.text
    assert message.sent_wall is None
    async with await hub.client("shuji") as client:  # opened again the same day: told once
        await client.post(f"/api/meetings/{meeting}/end")
        await client.post(f"/api/meetings/{meeting}/reopen")
    assert len(await messages(hub)) == 1


async def test_a_training_is_told_to_nobody(hub: Hub) -> None:
    await opened(hub, "huiwu", title="培训", kind="training")
    assert await messages(hub) == []


async def test_a_gateway_hears_of_an_unplanned_meeting_within_seconds_though_it_was_away_at_first(hub: Hub) -> None:
    """From the press in the village to the gateway's door: signed, sent again, on record in the hub's chain."""
    secret = "between us"
    async with Gateway(status=503).serving() as gateway:
        config = WebhookConfig(gateway.url, secret=secret, public_url="https://hub.example/")
        errand = Messaging(hub.database, config, hub.config.hub_id)
        keeping = asyncio.create_task(errand.keep())
        try:
            begun = time.monotonic()
            meeting = await opened(hub, "shuji", title="灌溉渠", kind="representatives_meeting")
            while not gateway.got:
                assert time.monotonic() - begun < LIMIT_S
                await asyncio.sleep(0.02)
            print(f"\npress to gateway: {time.monotonic() - begun:.2f} s (≤ 5)")
            gateway.status = 200
            while (await messages(hub))[0].sent_wall is None:
                assert time.monotonic() - begun < LIMIT_S
                await asyncio.sleep(0.05)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await errand.close()
    first, again = gateway.got
    assert first.body == again.body
    said = json.loads(again.body)
    assert said["kind"] == "meeting-opened-unplanned"
    assert said["link"] == f"https://hub.example/meetings/{meeting}"
    signed = f"{said['id']}.{again.headers['webhook-timestamp']}.".encode() + again.body
    expected = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    assert again.headers["webhook-signature"] == f"v1,{expected}"
    async with hub.database.writing() as session:
        chain = await open_chain(session, "hub", hub.config.hub_id)
        kinds = [entry.kind async for entry, _, payload in entries(session, chain) if said["id"] in str(payload)]
    assert kinds == ["message"]
