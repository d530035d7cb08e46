"""Who is told: the township of a village whose meeting begins, once, and nothing that a gateway must not see."""

from sqlalchemy import select

from storage.tables import Message
from tests.api.conftest import Hub


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
