"""Tiles and loudness over HTTP: made by the worker's errand from real film, cut for who may not see a part."""

import gzip

import pytest
from sqlalchemy import select

from ops.sender.film import Film
from recorder import loudness
from storage.tables import AgendaItem, Chain, Entry, Look, Payload
from tests.api.conftest import Hub
from tests.api.filmed import SECONDS, Filmed
from tests.recorder.pieces import S


@pytest.fixture
async def filmed(hub: Hub, film: Film) -> Filmed:
    made = Filmed(hub, await hub.client("shuji"))
    await made.open()
    await made.play(film)
    return made


async def test_who_may_look_sees_tiles_and_loudness_and_is_on_record(hub: Hub, filmed: Filmed) -> None:
    url = f"/api/recordings/{filmed.recording}"
    async with await hub.client("ducha") as inspector:
        listed = await inspector.get(f"{url}/tiles/{filmed.camera}.vtt")
        assert listed.headers["content-type"].startswith("text/vtt")
        pictures = [line for line in listed.text.splitlines() if line.endswith(".jpg")]
        assert pictures == [f"{filmed.camera}/{n:06d}.jpg" for n in range(3)]
        picture = await inspector.get(f"{url}/tiles/{pictures[1]}")
        assert (picture.status_code, picture.content[:3]) == (200, b"\xff\xd8\xff")
        heard = await inspector.get(f"{url}/loudness/{filmed.microphone}")
        assert len(heard.content) in (SECONDS * 10, SECONDS * 10 + 1)
        assert max(heard.content) > 100
        for wrong in ("000009.jpg", "sheet-000000-0000001.jpg"):
            assert (await inspector.get(f"{url}/tiles/{filmed.camera}/{wrong}")).status_code == 404
        for wrong in ("..", "done", "%2e%2e%2fposter.jpg", "pictures"):
            assert (await inspector.get(f"{url}/tiles/{filmed.camera}/{wrong}")).status_code in (404, 422)
        assert (await inspector.get(f"{url}/tiles/trk_none.vtt")).status_code == 404
    async with await hub.client("dangyuan") as member:
        for path in (f"tiles/{filmed.camera}.vtt", f"tiles/{pictures[0]}", f"loudness/{filmed.microphone}"):
            assert (await member.get(f"{url}/{path}")).status_code == 403
    async with hub.database.reading() as session:
        noted = (
            select(Payload.payload)
            .join(Entry, (Entry.chain_id == Payload.chain_id) & (Entry.seq == Payload.seq))
            .join(Chain, Chain.id == Entry.chain_id)
            .where(Chain.kind == "hub", Entry.kind == "look")
        )
        (look,) = (await session.scalars(noted)).all()
        assert (look["recording"], look["spans"]) == (filmed.recording, [])
        assert (await session.scalars(select(Look))).all() == []


async def test_a_restricted_part_has_neither_tiles_nor_loudness(hub: Hub, filmed: Filmed) -> None:
    async with hub.database.writing() as session:
        item = (await session.scalars(select(AgendaItem))).one()
        item.start_ns, item.end_ns, item.access_class = 12 * S, 14 * S, "restricted"
    url = f"/api/recordings/{filmed.recording}"
    async with await hub.client("huiwu") as organiser, await hub.client("ducha") as inspector:
        listed = (await organiser.get(f"{url}/tiles/{filmed.camera}.vtt")).text
        assert "000001.jpg" not in listed
        assert "000002.jpg" in listed
        statuses = [
            (await organiser.get(f"{url}/tiles/{filmed.camera}/{n:06d}.jpg")).status_code for n in range(3)
        ]  # fmt: skip
        assert statuses == [200, 403, 200]
        path = f"{url}/loudness/{filmed.microphone}"
        cut, whole = (await organiser.get(path)).content, (await inspector.get(path)).content
        assert min(whole[: SECONDS * 10]) >= loudness.QUIET
        assert cut[120:140] == bytes(20)
        assert cut[:120] + cut[140:] == whole[:120] + whole[140:]
        assert (await inspector.get(f"{url}/tiles/{filmed.camera}/000001.jpg")).status_code == 200


async def test_the_loudness_of_a_long_meeting_is_packed(hub: Hub, filmed: Filmed) -> None:
    own = hub.config.derived / filmed.recording / "glimpses" / filmed.microphone
    (own / "loudness").write_bytes(bytes([7, 7, 9]) * 36_000)
    async with await hub.client("ducha") as inspector:
        path = f"/api/recordings/{filmed.recording}/loudness/{filmed.microphone}"
        async with inspector.stream("GET", path) as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < 2_000
    assert gzip.decompress(raw) == bytes([7, 7, 9]) * 36_000
