"""The sweep through the archive, with a real store: sound, gone, altered, gone on with after a restart."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text, update

from recorder.sweeping import Found, Sweeping
from storage import ledger
from storage.database import Database
from storage.hashes import hash_file
from storage.keys import Signer
from storage.objects import Objects
from storage.tables import Segment, Stored
from tests.storage.village import RECORDING, SEGMENTS, hold_meeting

ALL = 2 * SEGMENTS


@pytest.fixture
async def archived(sqlite_database: Database, objects: Objects, tmp_path: Path, signer: Signer) -> Database:
    """A closed recording whose segments are all in the store."""
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    async with sqlite_database.writing() as session:
        for segment in (await session.scalars(select(Segment))).all():
            path = tmp_path / "spool" / segment.name
            put = await objects.put_locked(segment.name, path, hash_file(path)[1])
            session.add(
                Stored(
                    segment_id=segment.id, bucket=objects.config.bucket, key=segment.name, version=put.version,
                    locked_until_wall=put.locked_until_wall, confirmed_wall=1,
                )
            )  # fmt: skip
    return sqlite_database


async def round_of(database: Database, objects: Objects, steps: int = 1000) -> list[Found]:
    sweeping, found = Sweeping(database, objects), []
    for _ in range(steps):
        goes_on, more = await sweeping.step()
        found += more
        if not goes_on:
            break
    return found


async def test_a_sound_archive(archived: Database, objects: Objects) -> None:
    assert await round_of(archived, objects) == []
    row = await Sweeping(archived, objects).row()
    assert row is not None
    assert (row.segments, row.bytes, row.findings) == (ALL, ALL * 900, 0)
    assert row.ended_wall is not None
    # The next round begins anew.
    await round_of(archived, objects, steps=2)
    row = await Sweeping(archived, objects).row()
    assert row is not None
    assert (row.segments, row.ended_wall) == (1, None)


async def test_it_goes_on_after_a_restart(archived: Database, objects: Objects) -> None:
    for _ in range(ALL + 2):  # the chain, each segment, the end: each step by a worker of its own
        await round_of(archived, objects, steps=1)
    row = await Sweeping(archived, objects).row()
    assert row is not None
    assert row.segments == ALL
    assert row.ended_wall is not None


async def test_what_is_gone_or_altered_is_an_alarm_and_an_entry(
    archived: Database, objects: Objects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"another film")
    put = await objects.put_locked(f"{RECORDING}/other", other, hash_file(other)[1])
    async with archived.writing() as session:
        gone = {"version": "00000000-0000-0000-0000-000000000000", "key": f"{RECORDING}/nowhere"}
        await session.execute(update(Stored).where(Stored.segment_id == "seg_camera_1").values(**gone))
        altered = {"version": put.version, "key": f"{RECORDING}/other"}
        await session.execute(update(Stored).where(Stored.segment_id == "seg_microphone_2").values(**altered))
        await session.execute(text("DROP TRIGGER entries_no_update"))
        await session.execute(text("UPDATE entries SET kind = 'gaq' WHERE kind = 'gap'"))
    sweeping = Sweeping(archived, objects)
    found = []
    goes_on = True
    while goes_on:
        goes_on, more = await sweeping.step()
        found += more
    assert [(each.code, each.where) for each in found] == [
        ("entry.altered", "line 9"),
        ("archive.object-gone", f"{RECORDING}/trk_camera/1.mp4"),
        ("archive.object-altered", f"{RECORDING}/trk_microphone/2.mp4"),
    ]
    assert sweeping.alarm is not None
    assert "archive.damaged" in caplog.text
    assert REGISTRY.get_sample_value("huilu_archive_findings") == 3
    async with archived.reading() as session:
        hub = await ledger.open_chain(session, "hub", "hub_1")
        noted = [payload async for entry, _, payload in ledger.entries(session, hub) if entry.kind == "archive-finding"]
    assert [each["code"] for each in noted if each] == [each.code for each in found]
