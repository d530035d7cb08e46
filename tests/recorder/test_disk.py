"""A disk that is full, read-only or stands still, really so: mounts of the kernel's, filled and taken away again."""

import asyncio
import random
import time
from collections.abc import Iterator

import pytest

from media_server.errors import NoAnswer
from ops.chaos.disk import Disk, run
from ops.errors import CannotMount
from recorder.notes import SegmentNote
from storage.sealing import survey
from tests.recorder import hub
from tests.recorder.hall import Hall

S = 1_000_000_000


@pytest.fixture
def disk(hall: Hall) -> Iterator[Disk]:
    try:
        disk = Disk(hall.spool, 32)
    except CannotMount as error:
        pytest.skip(str(error))
    yield disk
    disk.remove()


async def unwell(hall: Hall) -> None:
    async def told() -> bool:
        try:
            found = await hall.state()
        except NoAnswer:  # not up yet
            return False
        return not found["well"] and found["code"] in ("recorder.disk-error", "recorder.spool-full") and found["zh"]

    await hub.until(told, 15)


async def well(hall: Hall) -> None:
    async def told() -> bool:
        return bool((await hall.state())["well"])

    await hub.until(told, 15)


def intact(found: hub.Archive) -> None:
    """Every row's file has the bytes that its sidecar and its row say, and no other file says that it is sealed."""
    rows = {segment.name: segment for each in found.segments.values() for segment in each}
    sealed = {each.name: each for each in survey(found.spool, found.recording.id).sealed}
    assert set(sealed) == set(rows)
    for name, each in sealed.items():
        assert each.intact(found.spool)
        assert (each.bytes, each.sha256, each.sm3) == (rows[name].bytes, rows[name].sha256, rows[name].sm3)
        assert SegmentNote.of(each) is not None
        assert hub.decode_errors(found.spool / name) == ""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_disk_that_fills_at_any_moment(hall: Hall, disk: Disk, seed: int) -> None:
    dice = random.Random(seed)
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened, numbers=True)
        playing = asyncio.create_task(publisher.play(60))
        await asyncio.sleep(dice.uniform(1.0, 3.0))
        hog = disk.fill()
        await unwell(hall)
        await asyncio.sleep(dice.uniform(0, 3))
        hog.unlink()
        await well(hall)
        back = opened.origin.meeting_now()
        await asyncio.sleep(dice.uniform(2.0, 4.0))
        playing.cancel()
        publisher.end()
        await asyncio.sleep(0.5)
        await hall.finish(opened)
    found = await hall.archive(opened)
    for kind, each in found.account(publisher, opened, {"disk", "starting", "left"}).items():
        # The relay's history reaches back to what the disk has.
        assert (each.missing, each.sound) == (0, True), (kind, each)
        last = max(segment.end_ns for segment in found.segments[kind])
        assert last > back + S
    intact(found)


async def test_a_disk_that_is_full_from_the_opening_to_the_end(hall: Hall, disk: Disk) -> None:
    """A recording that could not even be noted begins by itself, and one that ends is closed once there is room."""
    hog = disk.fill()
    opened = await hub.open_meeting(hall.database)
    async with hub.recording(hall.config()):
        publisher = hall.publisher(opened, numbers=True)
        playing = asyncio.create_task(publisher.play(60))
        await unwell(hall)
        await asyncio.sleep(2)
        hog.unlink()
        await hub.ready(hall.bus, opened)
        await well(hall)
        await asyncio.sleep(4)
        hog = disk.fill()
        await unwell(hall)
        playing.cancel()
        publisher.end()
        end_ns = await hub.end_meeting(hall.database, opened)
        answer = await hall.bus.request("huilu.recorder.finish", {"recording": opened.recording}, 12.0)
        assert answer == {"closed": False}
        hog.unlink()

        async def closed() -> bool:
            answer = await hall.bus.request("huilu.recorder.finish", {"recording": opened.recording}, 12.0)
            return bool(answer["closed"])

        await hub.until(closed)
    found = await hall.archive(opened)
    assert found.recording.end_ns == end_ns
    for kind, each in found.account(publisher, opened, {"disk"}).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
    intact(found)


async def test_a_disk_that_turns_read_only_and_is_mounted_again(hall: Hall, disk: Disk) -> None:
    """As Linux does it after an error of the disk's."""
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened, numbers=True)
        playing = asyncio.create_task(publisher.play(60))
        await asyncio.sleep(3.3)
        await asyncio.to_thread(run, "mount", "-o", "remount,abort", disk.folder)
        await unwell(hall)
        await asyncio.to_thread(disk.unmount)
        await asyncio.to_thread(disk.mount)
        await well(hall)
        await asyncio.sleep(3)
        playing.cancel()
        publisher.end()
        await asyncio.sleep(0.5)
        await hall.finish(opened)
    found = await hall.archive(opened)
    for kind, each in found.account(publisher, opened, {"disk"}).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
    intact(found)


async def test_a_disk_that_stands_still_loses_nothing_and_keeps_nobody_waiting(hall: Hall, disk: Disk) -> None:
    """Each write waits for eight seconds, longer than a recorder may be silent (ops.supervisor.RECORDER_HANG_S)."""
    opened = await hub.open_meeting(hall.database)
    child = hub.Child(hall.config(), hall.folder)
    await child.start()
    await hub.ready(hall.bus, opened)
    publisher = hall.publisher(opened, numbers=True)
    playing = asyncio.create_task(publisher.play(60))
    await asyncio.sleep(3.3)
    until, told = time.monotonic() + 8, set()
    await asyncio.to_thread(run, "fsfreeze", "-f", disk.folder)
    try:
        while time.monotonic() < until:
            # As the hub asks it; no answer is an error here.
            await hall.bus.request("huilu.health.recorder", {}, 2.0)
            told.add((await hall.state())["code"])
            await asyncio.sleep(0.2)
    finally:
        await asyncio.to_thread(run, "fsfreeze", "-u", disk.folder)
    assert "recorder.disk-slow" in told
    await asyncio.sleep(3)
    assert (await hall.state())["well"]
    playing.cancel()
    publisher.end()
    await hub.ready(hall.bus, opened)
    await asyncio.sleep(0.5)
    await hall.finish(opened)
    await child.end()
    found = await hall.archive(opened)
    for kind, each in found.account(publisher, opened, {"none"}).items():
        assert (each.missing, each.sound) == (0, True), (kind, each)
    intact(found)
