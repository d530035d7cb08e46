"""The canary finds the store as the hub starts it shut, and one started carelessly open."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

from storage import canary_watch, ledger
from storage.canary import BUCKET, HELD, CanaryResult, Door, try_doors
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.errors import ObjectsAway
from storage.objects import Objects
from storage.seaweed import SeaweedPlan, SeaweedPorts, prepare
from tests.fixtures_storage import config_of, free_ports, put_at_last, running_weed


async def out_and_back(objects: Objects, ports: SeaweedPorts) -> CanaryResult:
    """The canary, let out again while the store is away: its bucket is new, and may have no volume yet."""
    async with asyncio.timeout(90):
        while True:
            try:
                return await try_doors(objects, ports)
            except ObjectsAway:
                await asyncio.sleep(0.2)


async def test_every_door_of_ours_is_shut(objects: Objects, seaweed: SeaweedPlan) -> None:
    result = await out_and_back(objects, seaweed.ports)
    assert [door for door in result.doors if door.outcome != "refused"] == []
    assert result.held
    assert len(result.doors) == 12
    assert canonical_bytes(result.record())


async def test_a_canary_that_was_interrupted_troubles_none_after_it(
    objects: Objects, seaweed: SeaweedPlan, tmp_path: Path
) -> None:
    """A process that is killed in the two seconds of the canary leaves a version behind that is locked and held."""
    await out_and_back(objects, seaweed.ports)
    own = Objects(replace(objects.config, bucket=BUCKET, lock_days=1))
    (tmp_path / "left").write_bytes(b"left")
    left = await put_at_last(own, HELD, tmp_path / "left", hashlib.sha256(b"left").hexdigest())
    await own.hold(HELD, left.version, True)
    await own.close()
    result = await out_and_back(objects, seaweed.ports)
    assert [door for door in result.doors if door.outcome != "refused"] == []


async def test_a_careless_store_is_found_open(tmp_path: Path) -> None:
    careless = prepare(tmp_path, SeaweedPorts(*free_ports(8)))
    careless.command.remove("-disableHttp")
    (tmp_path / "config" / "security.toml").write_text("")
    context = running_weed(careless)
    await asyncio.to_thread(context.__enter__)
    try:
        objects = Objects(config_of(careless, "bucket"))
        result = await out_and_back(objects, careless.ports)
        await objects.close()
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
    assert not result.held
    opened = {door.name for door in result.doors if door.outcome == "open"}
    assert {"filer-http", "master-http", "filer-grpc", "master-grpc", "volume-grpc", "read-back"} <= opened


def test_files_are_private_and_stay(tmp_path: Path) -> None:
    one = prepare(tmp_path / "objects", SeaweedPorts(*range(1, 9)))
    before = {path.name: path.read_bytes() for path in one.cwd.iterdir()}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [one.cwd, *one.cwd.iterdir()])
    two = prepare(tmp_path / "objects", SeaweedPorts(*range(11, 19)))
    assert (two.access_key, two.secret_key) == (one.access_key, one.secret_key)
    assert {path.name: path.read_bytes() for path in two.cwd.iterdir()} == before
    assert not any(one.secret_key in part for part in one.command)


async def test_its_word_stands_in_the_chains(sqlite_database: Database, objects: Objects, seaweed: SeaweedPlan) -> None:
    async with sqlite_database.writing() as session:
        hub = await ledger.open_chain(session, "hub", "hub_1")
        chain = await ledger.open_chain(session, "recording", "rec_1")
        assert (await canary_watch.state_in(session, chain)).seq == 1
        before = [payload async for _, _, payload in ledger.entries(session, chain)]
    assert before == [{"at": None, "held": None, "doors": []}]
    with_doors = Objects(replace(objects.config, doors=seaweed.ports))
    watching = asyncio.create_task(canary_watch.Watch(sqlite_database, with_doors).keep())
    async with asyncio.timeout(90):  # a store that is away is asked again after 30 s
        while True:
            async with sqlite_database.reading() as session:
                result = await canary_watch.latest(session)
            if result is not None:
                break
            assert not watching.done()
            await asyncio.sleep(0.05)
    watching.cancel()
    await with_doors.close()
    async with sqlite_database.writing() as session:
        await canary_watch.state_in(session, chain)
    async with sqlite_database.reading() as session:
        said = [payload async for _, _, payload in ledger.entries(session, chain)]
        noted = [(record.kind, payload) async for record, _, payload in ledger.entries(session, hub)]
    assert noted == [("canary", said[1])]
    assert said[1] == result
    assert result["held"] is True


def test_it_goes_out_by_night_and_not_twice_in_an_hour() -> None:
    noon, hour = 1_770_000_000 // 86_400 * 86_400 + 4 * 3600, 3600 * 10**9  # 04:00 UTC is noon in Shanghai
    wait = canary_watch.until_night_s(noon * 10**9)
    assert wait == (18 - 4) * 3600 + 40 * 60
    assert canary_watch.until_night_s(noon * 10**9 + int(wait * 1e9) - hour // 2) == 86_400 + 1800


async def test_a_door_that_gives_way_is_an_alarm(sqlite_database: Database, objects: Objects) -> None:
    watch = canary_watch.Watch(sqlite_database, objects)
    watch.tell(CanaryResult("t", False, (Door("s3-delete", "refused", ""), Door("filer-http", "open", "DELETE: 204"))))
    assert watch.alarm is not None
    assert (watch.alarm.code, watch.alarm.detail) == ("canary.door-open", "filer-http")
    watch.tell(CanaryResult("t", True, (Door("s3-delete", "refused", ""),)))
    assert watch.alarm is None
