"""封存 over HTTP: to everybody it looks like a restricted part, in every list, count, playlist, picture and search; two
persons together open it for a look, for a limited time."""

import time
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from storage.keys import Signer
from storage.tables import Deletion, Proposal
from tests.api.conftest import Hub
from tests.api.test_recordings import Archive, archive
from tests.storage.keeping import hub_chain

__all__ = ["archive"]

REASON = "会后话筒没有关，误录了闲谈"


async def two_words(one: httpx.AsyncClient, other: httpx.AsyncClient, recording: str, **proposal: Any) -> None:
    url = f"/api/recordings/{recording}/proposals"
    proposed = await one.post(url, json={"reason": REASON, **proposal})
    assert proposed.status_code == 201, proposed.text
    waiting = proposed.json()["proposals"][-1]
    alone = await one.post(f"/api/proposals/{waiting['id']}/answer", json={"answer": "confirm"})
    assert (alone.status_code, alone.json()["code"]) == (403, "keeping.same-person")
    confirmed = await other.post(f"/api/proposals/{waiting['id']}/answer", json={"answer": "confirm"})
    assert confirmed.status_code == 200, confirmed.text


async def everything(client: httpx.AsyncClient, archive: Archive) -> dict[str, Any]:
    """All that a reader can get of a recording."""
    url = f"/api/recordings/{archive.recording}"
    view = (await client.get(url)).json()
    listed = (await client.get("/api/recordings")).json()
    return {
        "view": view,
        "listed": next(each for each in listed if each["id"] == archive.recording),
        "found": [each["id"] for each in (await client.get("/api/recordings", params={"query": "招标"})).json()],
        "playlist": (await client.get(f"{url}/{archive.camera}.m3u8")).text,
        "pieces": [
            (await client.get(f"{url}/media/seg_camera{number}.mp4")).status_code for number in range(1, 11)
        ],
        "poster": (await client.get(f"{url}/poster.jpg")).status_code,
        "marks": [each["label"] for each in view["marks"]],
    }  # fmt: skip


@pytest.fixture
async def closed(hub: Hub, archive: Archive, signer: Signer) -> Archive:
    await archive.record(20)
    item = f"/api/meetings/{archive.meeting}/items/{archive.item}"
    assert (await archive.secretary.post(f"{item}/start")).status_code == 200
    assert (await archive.secretary.post(f"{item}/end")).status_code == 200
    await archive.close(20, signer)
    folder = hub.config.derived / archive.recording
    folder.mkdir(parents=True)
    (folder / "poster.jpg").write_bytes(b"\xff\xd8 a face")
    return archive


async def test_all_of_a_recording(hub: Hub, closed: Archive) -> None:
    async with (
        await hub.client("admin") as admin,
        await hub.client("ducha") as inspector,
        await hub.client("jilu") as minutes,
    ):
        before = await everything(minutes, closed)
        assert (before["listed"]["meeting"]["title"], before["poster"]) == ("招标", 200)
        assert "道路" in before["marks"]
        await two_words(admin, inspector, closed.recording, kind="seclude")
        for client in (minutes, closed.secretary, admin, inspector):
            seen = await everything(client, closed)
            assert seen["listed"]["meeting"]["title"] == "限制查看的部分"
            assert (seen["listed"]["poster"], seen["poster"], seen["found"]) == (None, 404, [])
            assert seen["listed"]["coverage_live"] == before["listed"]["coverage_live"], "that adds up still"
            assert seen["view"]["meeting"]["title"] == "限制查看的部分"
            assert [each["hidden"] for each in seen["view"]["meeting"]["items"]] == [True]
            assert (seen["marks"], seen["view"]["tracks"], seen["view"]["viewable"]) == ([], [], False)
            assert seen["view"]["restricted"] == [{"start_ms": 0, "end_ms": 20_000}]
            assert set(seen["pieces"]) == {403}
            assert seen["playlist"].count("#EXT-X-GAP") == 10
            assert seen["view"]["title_hidden"]
            assert seen["listed"]["title_hidden"]
            assert "招标" not in str(seen)
            assert "道路" not in str(seen)
        kept = (await inspector.get("/api/keeping")).json()
        assert [(each["reason"], each["subject"]["title"]) for each in kept["secluded"]] == [(REASON, "限制查看的部分")]
        own = (await minutes.get(f"/api/recordings/{closed.recording}/keeping")).json()
        assert (own["secluded"], own["proposals"]) == ([], []), "who may not propose sees nothing of it"
        assert (await minutes.get("/api/keeping")).status_code == 403

        # Two together, for a while; nobody else meanwhile.
        await two_words(inspector, admin, closed.recording, kind="look", minutes=30)
        for client in (admin, inspector):
            assert (await everything(client, closed))["pieces"] == [200] * 10
        assert set((await everything(closed.secretary, closed))["pieces"]) == {403}
        async with hub.database.writing() as session:
            await session.execute(update(Proposal).values(until_wall=time.time_ns()))
        assert set((await everything(admin, closed))["pieces"]) == {403}

        await two_words(inspector, admin, closed.recording, kind="reveal")
        after = await everything(minutes, closed)
        assert after == before


async def test_a_span_of_a_recording(hub: Hub, closed: Archive) -> None:
    async with await hub.client("admin") as admin, await hub.client("ducha") as inspector:
        url = f"/api/recordings/{closed.recording}/proposals"
        wrong = await admin.post(url, json={"kind": "seclude", "reason": REASON, "start_ms": 9000, "end_ms": 8000})
        assert wrong.status_code == 422
        await two_words(admin, inspector, closed.recording, kind="seclude", start_ms=12_500, end_ms=15_000)
        seen = await everything(closed.secretary, closed)
        assert seen["listed"]["meeting"]["title"] == "招标"
        assert (seen["listed"]["poster"], seen["poster"]) == (None, 404), "it may show just that"
        assert seen["pieces"] == [200] * 6 + [403] * 2 + [200] * 2
        assert seen["view"]["restricted"] == [{"start_ms": 12_000, "end_ms": 16_000}]
        assert "道路" in seen["marks"]


async def test_what_was_deleted_is_said_and_not_played(hub: Hub, closed: Archive) -> None:
    async with await hub.client("ducha") as inspector:
        assert (await everything(inspector, closed))["view"]["deleted_wall"] is None
        async with hub.database.writing() as session:
            row = Proposal(id="prp_1", kind="delete", recording_id=closed.recording, reason="到期", detail={},
                           state="confirmed", proposed_by=(await inspector.get("/api/me")).json()["user"]["id"],
                           proposed_as="督查员", proposed_wall=1, expires_wall=1)  # fmt: skip
            session.add(row)
            await session.flush()
            chain = await hub_chain(hub.database)
            session.add(Deletion(recording_id=closed.recording, proposal_id="prp_1", ordered_wall=1, chain_id=chain,
                                 seq=1, done_wall=time.time_ns(), done_seq=1))  # fmt: skip
        seen = await everything(inspector, closed)
        assert seen["listed"]["deleted"] is True
        assert seen["view"]["deleted_wall"] is not None
        assert set(seen["pieces"]) == {410}
        assert '"recording.deleted"' in seen["playlist"]
