"""Delivered files are kept as segments are: swept, locked for as long as the recording, held, taken away, asked for."""

import hashlib
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from minio.commonconfig import COMPLIANCE
from minio.retention import Retention
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from recorder.delivered import Deliveries
from recorder.delivered_keeping import DeliveredKeeping, note_stored
from recorder.freeing import KEEP_NS
from recorder.keeping import Keeping
from recorder.sweeping import Found, Sweeping
from storage import ledger
from storage.database import Database
from storage.keys import Signer
from storage.locks import DAY
from storage.objects import Objects, StoredObject
from storage.sealing import SealingFile
from storage.statements import delivery_statement
from storage.tables import Delivery, Hold
from tests.storage.keeping import archive, hold, order_deletion, settle, until
from tests.storage.village import MEETING, RECORDING, SECOND, SEGMENTS

NOWHERE = "0" * 32


@pytest.fixture
async def database(sqlite_database: Database, objects: Objects, tmp_path: Path, signer: Signer) -> Database:
    """A closed recording, all of it in the store."""
    await archive(sqlite_database, objects, tmp_path / "spool", signer, 86_400 * 30)
    return sqlite_database


@pytest.fixture
def errand(database: Database, objects: Objects, tmp_path: Path) -> DeliveredKeeping:
    return DeliveredKeeping(database, objects, tmp_path / "spool", tmp_path / "derived")


async def deliver(database: Database, spool: Path, signer: Signer, number: int = 1) -> str:
    """What the api does with a film that has come; gives its id."""
    name = f"dlv_{number}"
    file = SealingFile(spool, f"delivered/{RECORDING}/{name}.part")
    file.write(f"film {number}".encode() * 1000)
    sealed = file.seal(f"delivered/{RECORDING}/{name}.mkv")
    async with database.writing() as session:
        row = Delivery(
            id=name, meeting_id=MEETING, recording_id=RECORDING, origin="handed-in", key=name, user_id="w_1",
            user_as="李书记", mime="video/x-matroska", start_ns=0, end_ns=SECOND, bytes=sealed.bytes, pieces=1,
            state="sealed", begun_wall=1, received_wall=2, name=sealed.name, sha256=sealed.sha256, sm3=sealed.sm3,
            copy="rewrapped",
        )  # fmt: skip
        session.add(row)
        await session.flush()
        chain = await ledger.open_chain(session, "delivered", RECORDING)
        await ledger.append(session, chain, "delivery", delivery_statement(row))
        await ledger.checkpoint(session, chain, signer)
    return name


async def upload(database: Database, objects: Objects, folder: Path) -> None:
    await Deliveries(database, objects, folder / "spool", folder / "derived").upload()


async def row_of(database: Database, name: str) -> Delivery:
    async with database.reading() as session:
        return await session.get_one(Delivery, name)


async def lose(database: Database, name: str, version: str = NOWHERE) -> None:
    async with database.writing() as session:
        await session.execute(text("UPDATE deliveries SET version = :v WHERE id = :id"), {"v": version, "id": name})


async def round_of(database: Database, objects: Objects) -> list[Found]:
    sweeping, found, goes_on = Sweeping(database, objects), [], True
    while goes_on:
        goes_on, more = await Sweeping(database, objects).step()  # each step by a worker of its own
        found += more
    row = await sweeping.row()
    assert row is not None
    assert row.ended_wall is not None
    return found


async def test_the_sweep_looks_through_delivered_files(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    names = [await deliver(database, tmp_path / "spool", signer, each) for each in (1, 2, 3)]
    await upload(database, objects, tmp_path)
    assert await round_of(database, objects) == []
    row = await Sweeping(database, objects).row()
    assert row is not None
    assert row.objects == 2 * SEGMENTS + len(names)

    other = tmp_path / "other"
    other.write_bytes(b"another film")
    key = (await row_of(database, names[0])).name or ""
    put = await objects.put_locked(key, other, hashlib.sha256(b"another film").hexdigest())
    await lose(database, names[0], put.version)
    await lose(database, names[2])
    async with database.writing() as session:
        await session.execute(text("DROP TRIGGER entries_no_update"))
        await session.execute(text("UPDATE entries SET kind = 'stired' WHERE kind = 'stored' AND seq = 4"))
    assert [(each.code, each.where) for each in await round_of(database, objects) if each.where != "line 4"] == [
        ("archive.object-altered", f"delivered/{RECORDING}/dlv_1.mkv"),
        ("archive.object-gone", f"delivered/{RECORDING}/dlv_3.mkv"),
    ]


async def test_locks_follow_the_recordings_term_and_are_told_when_late(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer, errand: DeliveredKeeping
) -> None:
    name = await deliver(database, tmp_path / "spool", signer)
    await upload(database, objects, tmp_path)
    keeping = Keeping(database, objects, tmp_path / "spool", tmp_path / "derived")
    await settle(database, None)
    now = time.time_ns()
    await keeping.turn(now)  # segments; the file's lock of a day is nobody's but `errand`'s
    assert keeping.alarm is not None
    assert keeping.alarm.code == "locks.overdue"
    await errand.turn(now)
    row = await row_of(database, name)
    assert await objects.locked_until(row.name or "", row.version or "") == row.locked_until_wall
    assert (row.locked_until_wall or 0) > now + 399 * DAY
    await keeping.turn(now)
    assert keeping.alarm is None
    with pytest.raises(DBAPIError, match="grows only"):
        async with database.writing() as session:
            await session.execute(text("UPDATE deliveries SET locked_until_wall = locked_until_wall - 1"))


async def test_one_that_is_gone_is_told_and_holds_up_no_other(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer, errand: DeliveredKeeping
) -> None:
    gone, there = [await deliver(database, tmp_path / "spool", signer, each) for each in (1, 2)]
    await upload(database, objects, tmp_path)
    await lose(database, gone)
    await settle(database, None)
    await errand.turn(time.time_ns())
    assert errand.alarm is not None
    assert errand.alarm.code == "locks.object-gone"
    assert ((await row_of(database, there)).locked_until_wall or 0) > time.time_ns() + 399 * DAY


async def test_holds_win_and_what_is_ordered_is_claimed_before_it_goes(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer, errand: DeliveredKeeping
) -> None:
    name = await deliver(database, tmp_path / "spool", signer)
    row = await row_of(database, name)
    ends = int(time.time()) + 2
    put = partial(objects.client.fput_object, retention=Retention(COMPLIANCE, datetime.fromtimestamp(ends, UTC)))
    written = await objects._call(
        put, objects.config.bucket, row.name or "", str(tmp_path / "spool" / (row.name or ""))
    )
    found = StoredObject(objects.config.bucket, row.name or "", written.version_id or "", ends * SECOND)
    async with database.writing() as session:
        await note_stored(session, await session.get_one(Delivery, name), found)
    await order_deletion(database, 1)
    await hold(database)
    await until(ends * SECOND)
    await errand.turn(time.time_ns())
    row = await row_of(database, name)
    assert (row.held, row.removing_wall, row.removed_wall) == (True, None, None)
    for column in ("removing_wall", "removed_wall"):
        with pytest.raises(DBAPIError, match="holds win"):
            async with database.writing() as session:
                await session.execute(text(f"UPDATE deliveries SET {column} = 1"))
    async with database.writing() as session:
        placed = await session.get_one(Hold, "hld_1")
        placed.lifted_wall, placed.lifted_by, placed.lifted_as, placed.lifted_reason = 2, "w_1", "督查员", "查毕"
    await errand.turn(time.time_ns())
    row = await row_of(database, name)
    assert row.removing_wall is not None
    assert row.removed_wall is not None
    assert not await objects.confirm(row.name or "", row.version or "", row.sha256 or "")
    async with database.reading() as session:
        chain = await ledger.open_chain(session, "delivered", RECORDING)
        assert [each.kind async for each, _, _ in ledger.entries(session, chain)][-1] == "deleted"


async def test_the_spool_lets_go_when_the_store_was_asked_once_more(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer, errand: DeliveredKeeping
) -> None:
    name = await deliver(database, tmp_path / "spool", signer)
    await upload(database, objects, tmp_path)
    path = tmp_path / "spool" / ((await row_of(database, name)).name or "")
    await lose(database, name)
    await errand.turn(time.time_ns() + KEEP_NS)
    row = await row_of(database, name)
    assert path.exists()
    assert row.version != NOWHERE
    assert await objects.confirm(row.name or "", row.version or "", row.sha256 or "")
    await errand.turn(time.time_ns() + KEEP_NS)
    assert not path.exists()
    async with database.reading() as session:
        chain = await ledger.open_chain(session, "delivered", RECORDING)
        said = [payload async for each, _, payload in ledger.entries(session, chain) if each.kind == "stored"]
    assert len(said) == 2
    assert said[1] is not None
    assert said[1]["version"] == row.version
