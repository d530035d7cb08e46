"""Parts that are away, full or broken: recording goes on where it can, says so, and catches up."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from media_server.bus import Bus, Refused
from media_server.errors import NoAnswer
from ops.sender.film import Film
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
from tests.recorder.relay_socket import Publisher, RelaySocket


async def state(bus: Bus) -> dict[str, Any]:
    return await bus.request("huilu.recorder.state", {}, 2.0)


async def test_segments_are_stored_read_back_and_entered_and_a_poster_is_made(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film,
    socket: RelaySocket, seaweed: SeaweedPlan,
) -> None:  # fmt: skip
    objects = config_of(seaweed, new_id("b").replace("_", "-"))
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url, objects)):
        await hub.ready(bus, opened)
        await Publisher(socket, opened.meeting, film, publisher=opened.publisher).play(5.0)
        await hub.finish(bus, sqlite_database, opened)
        found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    segments = [segment for each in found.segments.values() for segment in each]
    assert {row.segment_id for row in found.stored} == {segment.id for segment in segments}
    store = Objects(objects)
    by_id = {segment.id: segment for segment in segments}
    for row in found.stored:
        data = await store.read(row.key, row.version)
        assert data == (tmp_path / "spool" / by_id[row.segment_id].name).read_bytes()
    await store.close()
    async with sqlite_database.reading() as session:
        kinds = [(record.kind, payload) async for record, _, payload in entries(session, found.recording.chain_id)]
    assert (kinds[0][0], kinds[-1][0]) == ("opened", "closed")
    assert {p["segment"] for kind, p in kinds if kind == "stored" and p} == set(by_id)
    assert {p["segment"] for kind, p in kinds if kind == "segment" and p} == set(by_id)
    for _, payload in kinds:
        canonical_bytes(payload)

    stop = asyncio.Event()
    settings = worker.WorkerConfig(bus_url, None, sqlite_url, tmp_path / "spool", objects, tmp_path / "derived")
    working = asyncio.create_task(worker.run(settings, stop))
    poster = tmp_path / "derived" / opened.recording / "poster.jpg"

    async def made() -> bool:
        return poster.exists()

    await hub.until(made, 30)
    assert poster.read_bytes()[:3] == b"\xff\xd8\xff"
    stop.set()  # the canary may be in the middle of a door of the store, and its calls have limits of their own
    await asyncio.wait_for(working, 40)


async def test_a_store_that_is_away_stops_nothing_and_is_caught_up(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film,
    socket: RelaySocket, seaweed: SeaweedPlan,
) -> None:  # fmt: skip
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        await Publisher(socket, opened.meeting, film, publisher=opened.publisher).play(3.0)

        async def told() -> bool:
            found = await state(bus)
            return (found["well"], found["code"]) == (True, "recorder.objects-away")

        await hub.until(told)
        await hub.finish(bus, sqlite_database, opened)
    objects = config_of(seaweed, new_id("b").replace("_", "-"))
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url, objects)):

        async def caught_up() -> bool:
            async with sqlite_database.reading() as session:
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


async def test_sealing_goes_on_without_a_database_also_over_a_restart(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    path = tmp_path / "huilu.sqlite"
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        publisher = Publisher(socket, opened.meeting, film, publisher=opened.publisher)
        playing = asyncio.create_task(publisher.play(8.0))
        await asyncio.sleep(1.0)
    # The recorder is restarted, and finds a database that can't be opened.
    await sqlite_database.close()
    hide(tmp_path)
    path.mkdir()
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        await playing
        told = await state(bus)
        assert (told["well"], told["code"]) == (True, "recorder.database-away")
        assert len(list((tmp_path / "spool" / opened.recording).glob("*/0*.mp4"))) >= 3
        path.rmdir()
        show(tmp_path)
        await asyncio.sleep(2.5)
        database = await Database.open(sqlite_url)
        await hub.finish(bus, database, opened)
        found = await hub.archive(database, tmp_path / "spool", opened)
        await database.close()
    sent = [frame for _, frame in publisher.sent]
    assert found.samples("camera") == hub.pictures(sent)
    assert found.samples("microphone") == hub.sounds(sent)


async def test_a_disk_that_fails_is_told_and_tried_again(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    spool = tmp_path / "spool"
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        publisher = Publisher(socket, opened.meeting, film, publisher=opened.publisher)
        playing = asyncio.create_task(publisher.play(10.0))
        await asyncio.sleep(3.0)
        folder = next(each.parent for each in (spool / opened.recording).glob("*/track.note"))
        moved = folder.with_name("moved")
        folder.rename(moved)
        folder.write_bytes(b"in the way")

        async def unwell() -> bool:
            told = await state(bus)
            return told["code"] == "recorder.disk-error" and not told["well"] and bool(told["zh"])

        await hub.until(unwell)
        folder.unlink()
        moved.rename(folder)

        async def well() -> bool:
            return bool((await state(bus))["well"])

        await hub.until(well)
        await playing
        end_ns = await hub.finish(bus, sqlite_database, opened)
    found = await hub.archive(sqlite_database, spool, opened)
    causes = {gap.cause for gap in found.gaps if gap.track_id == folder.name}
    assert "recorder" in causes
    last = max(each.end_ns for segments in found.segments.values() for each in segments if each.track_id == folder.name)
    assert end_ns - last < 3_000_000_000
    for segments in found.segments.values():
        for segment in segments:
            assert hub.decode_errors(spool / segment.name) == ""


async def test_a_full_spool_is_told_and_frees_itself_of_what_is_stored(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url, limit=200_000)):
        await hub.ready(bus, opened)
        await Publisher(socket, opened.meeting, film, publisher=opened.publisher).play(6.0)
        told = await state(bus)
        assert (told["well"], told["code"]) == (False, "recorder.spool-full")
        await hub.finish(bus, sqlite_database, opened)
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    assert "recorder" in {gap.cause for gap in found.gaps}
    # Nothing that isn't stored was deleted for room.
    for segments in found.segments.values():
        assert all((tmp_path / "spool" / segment.name).exists() for segment in segments)


async def test_a_relay_that_cannot_be_reached_and_a_recording_that_nobody_knows(
    sqlite_url: str, bus: Bus, bus_url: str, tmp_path: Path
) -> None:
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):

        async def unwell() -> bool:
            try:
                told = await state(bus)
            except NoAnswer:  # not up yet
                return False
            return not told["well"] and told["code"] == "recorder.relay-unreachable"

        await hub.until(unwell)
        with pytest.raises(Refused) as refused:
            await bus.request("huilu.recorder.begin", {"recording": "rec_none"}, 3.0)
        assert refused.value.code == "recorder.no-such-recording"
