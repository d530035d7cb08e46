"""The real store: what is put is locked and read back, and every failure has its name."""

import asyncio
import hashlib
import time
from pathlib import Path

import pytest

from storage.errors import NoSuchObject, ObjectsAway, ObjectsRefused, ReadBackDiffers
from storage.ids import new_id
from storage.objects import Objects, ObjectsConfig
from storage.seaweed import SeaweedPlan
from tests.fixtures_storage import config_of, free_ports, put_at_last

CONTENT = bytes(range(256)) * 1200  # more than one chunk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "segment.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def sha256() -> str:
    return hashlib.sha256(CONTENT).hexdigest()


async def test_put_read_and_refuse_to_delete(objects: Objects, file: Path, sha256: str) -> None:
    stored = await objects.put_locked("rec/trk/1.mp4", file, sha256)
    assert stored.locked_until_wall > time.time_ns() + 23 * 3600 * 10**9
    assert await objects.read(stored.key, stored.version) == CONTENT
    assert await objects.read(stored.key, stored.version, 255, 3) == b"\xff\x00\x01"
    assert await objects.read(stored.key, stored.version, len(CONTENT) - 2) == b"\xfe\xff"
    assert await objects.read(stored.key, stored.version, 5, 0) == b""
    assert [len(chunk) async for chunk in objects.stream(stored.key, stored.version)] == [262144, 45056]
    assert await objects.confirm(stored.key, stored.version, sha256)
    assert not await objects.confirm(stored.key, stored.version, "0" * 64)
    with pytest.raises(ObjectsRefused):
        await objects._call(objects.client.remove_object, stored.bucket, stored.key, version_id=stored.version)
    assert await objects.confirm(stored.key, stored.version, sha256)


async def test_a_second_put_is_a_second_version(objects: Objects, file: Path, sha256: str) -> None:
    one = await objects.put_locked("1.mp4", file, sha256)
    two = await objects.put_locked("1.mp4", file, sha256)
    assert one.version != two.version
    assert await objects.read(one.key, one.version) == CONTENT


async def test_a_lock_grows_and_never_shrinks(objects: Objects, file: Path, sha256: str) -> None:
    stored = await objects.put_locked("1.mp4", file, sha256)
    longer = stored.locked_until_wall + 86400 * 10**9
    assert await objects.extend(stored.key, stored.version, longer) == longer
    with pytest.raises(ObjectsRefused):
        await objects.extend(stored.key, stored.version, stored.locked_until_wall)


async def test_a_wrong_hash_is_found_by_reading_back(objects: Objects, file: Path) -> None:
    with pytest.raises(ReadBackDiffers):
        await objects.put_locked("1.mp4", file, "0" * 64)


async def test_what_is_not_there(objects: Objects, file: Path, sha256: str) -> None:
    stored = await objects.put_locked("1.mp4", file, sha256)
    for key, version in (("none.mp4", stored.version), (stored.key, "0" * 32)):
        with pytest.raises(NoSuchObject):
            await objects.read(key, version)


async def test_many_at_once_into_a_new_bucket(seaweed: SeaweedPlan, file: Path, sha256: str) -> None:
    """While the store makes the bucket's first volume it may refuse; what it refused it takes a moment later."""
    new = Objects(config_of(seaweed, new_id("b").replace("_", "-")))
    await new.ensure_bucket()
    stored = await asyncio.gather(*(put_at_last(new, f"{number}.mp4", file, sha256) for number in range(30)))
    assert len({each.version for each in stored}) == 30
    for each in stored:
        assert await new.confirm(each.key, each.version, sha256)
    await new.close()


async def test_a_bucket_claims_one_volume_of_the_disk(objects: Objects, seaweed: SeaweedPlan) -> None:
    """Each claims 1 GB of the free room: of seven, as the default is, a few buckets would shut out the others."""
    volumes = list((seaweed.cwd.parent / "data").glob(f"{objects.config.bucket}_*.dat"))
    assert len(volumes) == 1


async def test_a_bucket_without_lock_is_refused(seaweed: SeaweedPlan) -> None:
    plain = Objects(config_of(seaweed, "plain"))
    await plain._call(plain.client.make_bucket, "plain")
    with pytest.raises(ObjectsRefused):
        await plain.ensure_bucket()
    await plain.close()


async def test_wrong_keys_and_a_store_that_is_away(seaweed: SeaweedPlan, file: Path, sha256: str) -> None:
    wrong = Objects(ObjectsConfig(seaweed.endpoint, seaweed.access_key, "wrong", "bucket"))
    assert not await wrong.ready()
    with pytest.raises(ObjectsRefused):
        await wrong.ensure_bucket()
    await wrong.close()
    away = Objects(ObjectsConfig(f"127.0.0.1:{free_ports(1)[0]}", "a", "b", "bucket"))
    assert not await away.ready()
    with pytest.raises(ObjectsAway):
        await away.put_locked("1.mp4", file, sha256)
    await away.close()
