"""What leaves the spool, and what an object store that lost power has lost before: with a real store that is killed,
and whose volume is cut back to what had been written by then."""

import asyncio
import os
import time
from asyncio.subprocess import DEVNULL
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from recorder import freeing
from recorder.book import Book
from recorder.freeing import KEEP_NS, SETTLE_NS, Freeing
from recorder.keeping import Keeping
from recorder.spool import Spool
from recorder.sweeping import Of, Sweeping
from recorder.uploads import Uploads
from storage import ledger
from storage.database import Database
from storage.errors import NoSuchObject, ObjectsAway, ObjectsRefused
from storage.keys import Signer
from storage.locks import DAY
from storage.notary import Notary
from storage.objects import Objects
from storage.seaweed import SeaweedPlan, SeaweedPorts, prepare
from storage.statements import segment_statement
from storage.tables import Lock, Recording, Segment, Spooled, Stored
from tests.fixtures_storage import config_of, free_ports
from tests.recorder import hub
from tests.storage.keeping import hold
from tests.storage.village import RECORDING, SEGMENTS, hold_meeting

TRACKS = 2
ALL = TRACKS * SEGMENTS
LIMIT = 10**9


@pytest.fixture
async def book(sqlite_database: Database, tmp_path: Path, signer: Signer) -> Book:
    """A meeting that is being recorded: everything sealed has its rows, nothing is stored."""
    await hold_meeting(sqlite_database, tmp_path / "spool", signer, closed=False)
    async with sqlite_database.writing() as session:
        for segment in (await session.scalars(select(Segment))).all():
            session.add(Spooled(segment_id=segment.id, bytes=segment.bytes, sealed_wall=segment.sealed_wall))
    return Book(sqlite_database, Notary(tmp_path / "keys" / "signing.pem"))


async def upload(book: Book, spool: Spool, objects: Objects) -> None:
    uploads = Uploads(book, spool, objects)

    async def nothing_waits() -> bool:
        await uploads._round()
        return not await book.stored.lacking_bytes()

    await hub.until(nothing_waits, 60)


async def stored(book: Book) -> dict[str, tuple[Segment, Stored]]:
    async with book.database.reading() as session:
        rows = (await session.execute(select(Segment, Stored).join(Stored, Stored.segment_id == Segment.id))).all()
    return {segment.id: (segment, row) for segment, row in rows}


async def readable(book: Book, objects: Objects) -> set[str]:
    """Segments whose very version the store gives whole."""

    async def whole(segment: Segment, row: Stored) -> bool:
        try:
            return await objects.confirm(row.key, row.version, segment.sha256)
        except ObjectsAway:  # of this one
            return False

    rows = await stored(book)
    found = await asyncio.gather(*(whole(*each) for each in rows.values()))
    return {name for name, there in zip(rows, found, strict=True) if there}


async def lastingly_readable(book: Book, objects: Objects) -> set[str]:
    """None, as long as the next look finds others."""
    before = await readable(book, objects)
    await asyncio.sleep(2.0)
    return before if before == await readable(book, objects) else set()


async def close(book: Book) -> None:
    async with book.database.writing() as session:
        await session.execute(update(Recording).values(state="closed"))


def in_spool(folder: Path) -> int:
    return len(list((folder / RECORDING).glob("*/*.mp4")))


async def spooled(book: Book) -> int:
    async with book.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Spooled)) or 0


class Store:
    """A SeaweedFS of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan: SeaweedPlan = prepare(folder, SeaweedPorts(*free_ports(8)))
        self.objects = Objects(config_of(self.plan, "recordings"))
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            *self.plan.command, env=self.plan.env, cwd=self.plan.cwd, stdout=DEVNULL, stderr=DEVNULL
        )
        await hub.until(self.objects.ready, 60)

    async def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        await self._child.wait()
        for path in self.plan.leftovers():
            path.unlink(missing_ok=True)

    def volume(self) -> Path:
        """The one that the recordings' bytes are in."""
        return max((self.folder / "data").rglob("recordings_*.dat"), key=lambda path: path.stat().st_size)


async def test_what_a_store_lost_with_its_power_is_put_again_before_the_spool_lets_go(
    book: Book, tmp_path: Path
) -> None:
    store = Store(tmp_path / "objects")
    await store.start()
    objects = store.objects
    try:
        spool = Spool(tmp_path / "spool", LIMIT)
        await objects.ensure_bucket()
        await upload(book, spool, objects)
        # What was recorded is held, and locked for longer, before anybody knows of the loss.
        longer = (time.time_ns() + 40 * DAY) // 10**9 * 10**9
        for _, row in (await stored(book)).values():
            assert await objects.extend(row.key, row.version, longer) == longer
        async with book.database.writing() as session:
            await session.execute(update(Lock).values(until_wall=longer))
        await hold(book.database)
        keeping = Keeping(book.database, objects, tmp_path / "spool", tmp_path / "derived")
        await keeping.turn(time.time_ns())

        await store.kill()
        volume = store.volume()
        os.truncate(volume, volume.stat().st_size - 1000)
        await store.start()

        # Some of it had been written; a store that has started answers before it has its volumes, one after the other.
        left = await hub.until(partial(lastingly_readable, book, objects), 60)
        lost = set(await stored(book)) - left
        assert lost, "and some not"
        for segment, row in (await stored(book)).values():  # a HEAD says that all is well
            assert objects.client.stat_object("recordings", row.key, version_id=row.version).size == segment.bytes

        sweeping = Sweeping(book.database, objects)
        for name, code in ((min(lost), ["archive.object-unreadable"]), (min(left), [])):
            segment, _ = (await stored(book))[name]
            _, found = await sweeping._object(Of("", "recording", RECORDING), segment_statement(segment))
            assert [each.code for each in found] == code

        freeing = Freeing(book.stored, spool, objects)
        now = time.time_ns()
        await freeing.turn(now)
        assert in_spool(tmp_path / "spool") == ALL, "none goes before it was asked for again"
        await freeing.turn(now + SETTLE_NS)
        assert await readable(book, objects) == left | lost
        assert in_spool(tmp_path / "spool") == ALL
        await keeping.turn(time.time_ns())
        for segment, row in (await stored(book)).values():
            assert await objects.locked_until(row.key, row.version) >= longer
            assert objects.client.is_object_legal_hold_enabled("recordings", row.key, version_id=row.version)
            if segment.id in lost:
                async with book.database.reading() as session:
                    entry = (await session.get_one(Recording, RECORDING)).chain_id
                    said = [
                        payload
                        async for record, _, payload in ledger.entries(session, entry)
                        if record.kind == "stored" and payload and payload["segment"] == segment.id
                    ]
                assert [each["version"] == row.version for each in said] == [False, True]

        await close(book)
        await freeing.turn(now + KEEP_NS)
        assert in_spool(tmp_path / "spool") == len(lost), "what was put again has a day of its own"
        await freeing.turn(now + 2 * KEEP_NS)
        assert (in_spool(tmp_path / "spool"), await spooled(book)) == (0, 0)
        assert await readable(book, objects) == left | lost
    finally:
        await store.kill()
        await objects.close()


async def test_all_leave_the_spool_however_many_there_were_before(
    book: Book, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeing, "FREED_AT_ONCE", 2)
    monkeypatch.setattr(freeing, "BATCH", 2)
    spool = Spool(tmp_path / "spool", LIMIT)
    await upload(book, spool, objects)
    errand = Freeing(book.stored, spool, objects)
    await errand.turn(time.time_ns() + SETTLE_NS)
    assert in_spool(tmp_path / "spool") == ALL
    await errand.turn(time.time_ns() + KEEP_NS)
    # A recorder that begins without a database goes on with the numbers that lie there.
    assert (in_spool(tmp_path / "spool"), await spooled(book)) == (TRACKS, TRACKS)

    await close(book)
    await errand.turn(time.time_ns() + KEEP_NS)
    assert (in_spool(tmp_path / "spool"), await spooled(book)) == (0, 0)
    assert len(await readable(book, objects)) == ALL


async def test_a_full_spool_lets_go_of_what_the_store_has_and_of_nothing_else(
    book: Book, objects: Objects, tmp_path: Path
) -> None:
    await upload(book, Spool(tmp_path / "spool", LIMIT), objects)
    full = Spool(tmp_path / "spool", 1)
    away = Objects(hub.NO_STORE)
    with pytest.raises(ObjectsAway):
        await Freeing(book.stored, full, away).turn(time.time_ns())
    await Freeing(book.stored, full, objects).turn(time.time_ns(), away=True)
    assert in_spool(tmp_path / "spool") == ALL
    await Freeing(book.stored, full, objects).turn(time.time_ns())
    assert in_spool(tmp_path / "spool") == TRACKS
    await close(book)
    await Freeing(book.stored, full, objects).turn(time.time_ns())
    assert in_spool(tmp_path / "spool") == 0
    await away.close()


async def test_one_that_is_nowhere_holds_up_no_other(
    book: Book, objects: Objects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path / "spool", LIMIT)
    await upload(book, spool, objects)
    nowhere, again = "seg_camera_1", "seg_microphone_1"
    async with book.database.writing() as session:
        await session.execute(
            text("UPDATE stored SET version = :version WHERE segment_id IN (:one, :two)"),
            {"version": "0" * 32, "one": nowhere, "two": again},
        )
    before = await stored(book)
    (tmp_path / "spool" / before[nowhere][0].name).unlink()
    errand = Freeing(book.stored, spool, objects)
    await errand.turn(time.time_ns() + SETTLE_NS)
    assert f"segment {nowhere} is not in the store and can't be put again" in caplog.text
    assert await readable(book, objects) == set(before) - {nowhere}
    await errand.turn(time.time_ns() + SETTLE_NS)
    await close(book)
    await errand.turn(time.time_ns() + KEEP_NS)
    async with book.database.reading() as session:
        assert list(await session.scalars(select(Spooled.segment_id))) == [nowhere]


async def test_what_is_asked_for_must_be_of_its_size(objects: Objects, tmp_path: Path, book: Book) -> None:
    await upload(book, Spool(tmp_path / "spool", LIMIT), objects)
    segment, row = (await stored(book))["seg_camera_1"]
    await objects.ask(row.key, row.version, segment.bytes)
    for wrong in (segment.bytes - 1, segment.bytes + 1):
        with pytest.raises((NoSuchObject, ObjectsRefused)):
            await objects.ask(row.key, row.version, wrong)
    await asyncio.gather(*(objects.ask(row.key, row.version, segment.bytes) for _ in range(20)))
