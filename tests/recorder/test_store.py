"""A store that is away, answers 500, answers nothing, or cuts off what passes: behind a door before the real one.

The long form, for ten minutes and twenty rooms, is `huilu chaos --rooms 20 --kills 0 --store-away 600`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ops.chaos.proxy import Mode, Proxy
from storage.errors import ObjectsAway
from storage.ids import new_id
from storage.objects import Objects, ObjectsConfig
from storage.seaweed import SeaweedPlan
from storage.tables import Segment, Stored
from tests.fixtures_storage import config_of, put_at_last
from tests.recorder import hub
from tests.recorder.hall import Hall


@pytest.fixture
async def door(seaweed: SeaweedPlan) -> AsyncIterator[Proxy]:
    proxy = Proxy(seaweed.endpoint)
    yield proxy
    await proxy.stop()


async def behind(door: Proxy, seaweed: SeaweedPlan, bucket: str) -> ObjectsConfig:
    own = config_of(seaweed, bucket)
    address = door.listen()
    await door.start()
    return ObjectsConfig(address, own.access_key, own.secret_key, bucket, lock_days=1)


@pytest.mark.parametrize("mode", ["away", "500", "timeout", "truncate"])
async def test_a_store_that_fails_in_mid_meeting_is_caught_up_with(
    hall: Hall, seaweed: SeaweedPlan, door: Proxy, mode: Mode
) -> None:
    bucket = new_id("b").replace("_", "-")
    config = await behind(door, seaweed, bucket)
    rooms = [await hub.open_meeting(hall.database) for _ in range(2)]
    async with hub.recording(hall.config(config)):
        for opened in rooms:
            await hub.ready(hall.bus, opened)
        publishers = [hall.publisher(opened, session=f"s{number}", numbers=True) for number, opened in enumerate(rooms)]
        playing = [asyncio.create_task(each.play(60)) for each in publishers]
        await asyncio.sleep(3)
        door.become(mode)

        async def told() -> bool:
            found = await hall.state()
            return (found["well"], found["code"]) == (True, "recorder.objects-away")

        await hub.until(told, 40)
        await asyncio.sleep(3)
        assert 0 < door.connections < 60, "it asks, and not all the time"
        door.become("pass")
        for each, task in zip(publishers, playing, strict=True):
            task.cancel()  # between two frames
            each.end()
        await asyncio.sleep(0.5)
        for opened in rooms:
            await hall.finish(opened)

        async def caught_up() -> bool:
            async with hall.database.reading() as session:
                have = await session.scalar(select(func.count()).select_from(Stored))
                want = await session.scalar(select(func.count()).select_from(Segment))
            return bool(have and have == want)

        await hub.until(caught_up, 90)
    store = Objects(config_of(seaweed, bucket))
    for each, opened in zip(publishers, rooms, strict=True):
        found = await hall.archive(opened)
        for kind, account in found.account(each, opened, {"left"}).items():
            assert account.sound, (kind, account)
        rows = {row.segment_id: row for row in found.stored}
        for segment in (segment for segments in found.segments.values() for segment in segments):
            row = rows[segment.id]
            assert await store.confirm(row.key, row.version, segment.sha256)
    await store.close()


@pytest.mark.parametrize("mode", ["away", "500", "timeout", "truncate"])
async def test_whatever_a_broken_store_answers_is_that_it_is_away(
    seaweed: SeaweedPlan, door: Proxy, tmp_path: Path, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.objects.READ_TIMEOUT_S", 0.5)
    objects = Objects(await behind(door, seaweed, new_id("b").replace("_", "-")))
    await objects.ensure_bucket()
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 800)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    stored = await put_at_last(objects, "first", path, sha256)
    door.become(mode)
    with pytest.raises(ObjectsAway):
        await objects.put_locked("second", path, sha256)
    with pytest.raises(ObjectsAway):
        await objects.read("first", stored.version)
    if mode != "truncate":  # short answers pass whole
        with pytest.raises(ObjectsAway):
            await objects.ensure_bucket()
    await objects.close()


async def test_an_answer_cut_off_anywhere_is_a_store_that_is_away(
    seaweed: SeaweedPlan, door: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a header, of a document, of a body: nothing else comes of it, and never a confirmation."""
    monkeypatch.setattr("storage.objects.READ_TIMEOUT_S", 1.0)
    objects = Objects(await behind(door, seaweed, new_id("b").replace("_", "-")))
    await objects.ensure_bucket()
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    stored = await put_at_last(objects, "first", path, sha256)
    away = 0
    for limit in range(1, 1400, 23):
        monkeypatch.setattr("ops.chaos.proxy.TRUNCATED_BYTES", limit)
        door.become("truncate")  # cuts off the connections that are kept open, so that each try has its own
        for call in (
            objects.put_locked(f"cut-{limit}", path, sha256),
            objects.ensure_bucket(),
            objects.extend("first", stored.version, stored.locked_until_wall + 1_000_000_000),
        ):
            try:
                await call
            except ObjectsAway:
                away += 1
    assert away > 50
    await objects.close()
