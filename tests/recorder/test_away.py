"""Parts that are away, full or broken: recording goes on where it can, says so, and catches up."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from media_server.bus import Refused
from media_server.errors import NoAnswer
from recorder import worker
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.ids import new_id
from storage.ledger import entries
from storage.objects import Objects
from storage.seaweed import SeaweedPlan
from storage.tables import Segment, Stored
from tests.fixtures_storage import config_of
from tests.recorder import hub
from tests.recorder.hall import Hall


async def test_segments_are_stored_read_back_and_entered_and_a_poster_is_made(hall: Hall, seaweed: SeaweedPlan) -> None:
    objects = config_of(seaweed, new_id("b").replace("_", "-"))
    async with hall.recorded(objects) as opened:
        await hall.publisher(opened).play(5.0)
        await hall.finish(opened)
        found = await hall.archive(opened)
    segments = [segment for each in found.segments.values() for segment in each]
    assert {row.segment_id for row in found.stored} == {segment.id for segment in segments}
    store = Objects(objects)
    by_id = {segment.id: segment for segment in segments}
    for row in found.stored:
        data = await store.read(row.key, row.version)
        assert data == (hall.spool / by_id[row.segment_id].name).read_bytes()
    await store.close()
    async with hall.database.reading() as session:
        kinds = [(record.kind, payload) async for record, _, payload in entries(session, found.recording.chain_id)]
    assert (kinds[0][0], kinds[-1][0]) == ("opened", "closed")
    assert {p["segment"] for kind, p in kinds if kind == "stored" and p} == set(by_id)
    assert {p["segment"] for kind, p in kinds if kind == "segment" and p} == set(by_id)
    for _, payload in kinds:
        canonical_bytes(payload)

    stop = asyncio.Event()
    settings = worker.WorkerConfig(hall.bus_url, None, hall.url, hall.spool, objects, hall.folder / "derived")
    working = asyncio.create_task(worker.run(settings, stop))
    poster = hall.folder / "derived" / opened.recording / "poster.jpg"

    async def made() -> bool:
        return poster.exists()

    await hub.until(made, 30)
    assert poster.read_bytes()[:3] == b"\xff\xd8\xff"
    stop.set()  # the canary may be in the middle of a door of the store, and its calls have limits of their own
    await asyncio.wait_for(working, 40)


async def test_a_store_that_is_away_stops_nothing_and_is_caught_up(hall: Hall, seaweed: SeaweedPlan) -> None:
    async with hall.recorded() as opened:
        await hall.publisher(opened).play(3.0)

        async def told() -> bool:
            found = await hall.state()
            return (found["well"], found["code"]) == (True, "recorder.objects-away")

        await hub.until(told)
        await hall.finish(opened)
    objects = config_of(seaweed, new_id("b").replace("_", "-"))
    async with hub.recording(hall.config(objects)):

        async def caught_up() -> bool:
            async with hall.database.reading() as session:
                have = await session.scalar(select(func.count()).select_from(Stored))
                want = await session.scalar(select(func.count()).select_from(Segment))
            return bool(have and have == want)

        await hub.until(caught_up, 60)  # a new bucket may be refused at first, and the pauses double


def hide(folder: Path) -> None:
    for each in folder.glob("huilu.sqlite*"):
        each.rename(folder / f"kept-{each.name}")


def show(folder: Path) -> None:
    for each in folder.glob("kept-*"):
        each.rename(folder / each.name.removeprefix("kept-"))


async def test_sealing_goes_on_without_a_database_also_over_a_restart(hall: Hall) -> None:
    opened = await hub.open_meeting(hall.database)
    path = hall.folder / "huilu.sqlite"
    async with hub.recording(hall.config()):
        await hub.ready(hall.bus, opened)
        publisher = hall.publisher(opened)
        playing = asyncio.create_task(publisher.play(11.0))
        await asyncio.sleep(1.0)
    # The recorder is restarted, and finds a database that can't be opened.
    await hall.database.close()
    hide(hall.folder)
    path.mkdir()
    async with hub.recording(hall.config()):
        await hub.ready(hall.bus, opened)
        await playing
        told = await hall.state()
        assert (told["well"], told["code"]) == (True, "recorder.database-away")
        assert len(list((hall.spool / opened.recording).glob("*/0*.mp4"))) >= 3
        assert told["waiting"]["rows"] >= 1
        path.rmdir()
        show(hall.folder)
        await asyncio.sleep(2.5)
        database = await Database.open(hall.url)
        await hub.finish(hall.bus, database, opened)
        found = await hub.archive(database, hall.spool, opened)
        await database.close()
    sent = [frame for _, frame in publisher.sent]
    assert found.samples("camera") == hub.pictures(sent)
    assert found.samples("microphone") == hub.sounds(sent)


async def test_a_disk_that_fails_is_told_and_tried_again(hall: Hall) -> None:
    opened = await hub.open_meeting(hall.database)
    spool = hall.spool
    async with hub.recording(hall.config()):
        await hub.ready(hall.bus, opened)
        publisher = hall.publisher(opened, numbers=True)
        playing = asyncio.create_task(publisher.play(10.0))
        await asyncio.sleep(3.0)
        folder = next(each.parent for each in (spool / opened.recording).glob("*/track.note"))
        moved = folder.with_name("moved")
        folder.rename(moved)
        folder.write_bytes(b"in the way")

        async def unwell() -> bool:
            told = await hall.state()
            return told["code"] == "recorder.disk-error" and not told["well"] and bool(told["zh"])

        await hub.until(unwell)
        folder.unlink()
        moved.rename(folder)

        async def well() -> bool:
            return bool((await hall.state())["well"])

        await hub.until(well)
        await playing
        end_ns = await hall.finish(opened)
    found = await hub.archive(hall.database, spool, opened)
    # What came meanwhile was asked of the relay again.
    for kind, each in found.account(publisher, opened, ()).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
    last = max(each.end_ns for segments in found.segments.values() for each in segments if each.track_id == folder.name)
    assert end_ns - last < 3_000_000_000
    for segments in found.segments.values():
        for segment in segments:
            assert hub.decode_errors(spool / segment.name) == ""


async def test_a_full_spool_is_told_and_frees_itself_of_what_is_stored(hall: Hall) -> None:
    async with hall.recorded(limit=200_000) as opened:
        publisher = hall.publisher(opened)
        await publisher.play(9.0)
        publisher.end()  # that it left is not why the hole began
        told = await hall.state()
        assert (told["well"], told["code"]) == (False, "recorder.spool-full")
        await hall.finish(opened)
    found = await hall.archive(opened)
    assert {gap.cause for gap in found.gaps if gap.track_id} == {"disk"}
    # Nothing that isn't stored was deleted for room.
    for segments in found.segments.values():
        assert all((hall.spool / segment.name).exists() for segment in segments)


async def test_a_relay_that_cannot_be_reached_and_a_recording_that_nobody_knows(hall: Hall) -> None:
    await hall.socket.stop()
    async with hub.recording(hall.config()):

        async def unwell() -> bool:
            try:
                told = await hall.state()
            except NoAnswer:  # not up yet
                return False
            return not told["well"] and told["code"] == "recorder.relay-unreachable"

        await hub.until(unwell)
        with pytest.raises(Refused) as refused:
            await hall.bus.request("huilu.recorder.begin", {"recording": "rec_none"}, 3.0)
        assert refused.value.code == "recorder.no-such-recording"
