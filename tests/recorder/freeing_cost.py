"""What it costs that the store is asked once more for each segment, and that `spooled` is asked every few seconds:

    python -m tests.recorder.freeing_cost [SEGMENTS] [SPOOLED]

A real object store, SQLite, and rows as a day of recording leaves them: so many segments are due, so many more lie in
the spool and are through. Time of the process's own threads, the kernel's share included.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import insert, select

from recorder import freeing
from recorder.book import Book
from recorder.freeing import KEEP_NS, SETTLE_NS, Freeing
from recorder.spool import Spool
from storage.database import Database, migrate
from storage.keys import Signer
from storage.notary import Notary
from storage.tables import Segment, Spooled, Stored
from tests.recorder.test_freeing import Store, upload
from tests.storage.village import hold_meeting

SEGMENTS = 1_000
SPOOLED = 250_000  # 8 hours of 20 rooms at 0.45 a second and room
ROOM_SEGMENTS = 0.45  # a second: pictures of 1 Mbit/s each 4 s, sound each 5 s
ROOMS = 20
TIMES = 20


async def main(segments: int, spooled: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await migrate(f"sqlite+aiosqlite:///{folder}/huilu.sqlite")
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/huilu.sqlite")
        store = Store(folder / "objects")
        await store.start()
        try:
            await hold_meeting(
                database, folder / "spool", Signer.load_or_create(folder / "keys" / "signing.pem"), closed=False
            )
            async with database.writing() as session:
                for each in (await session.scalars(select(Segment))).all():
                    session.add(Spooled(segment_id=each.id, bytes=each.bytes, sealed_wall=each.sealed_wall))
            book = Book(database, Notary(folder / "keys" / "signing.pem"))
            spool = Spool(folder / "spool", 10**12)
            await store.objects.ensure_bucket()
            await upload(book, spool, store.objects)
            now = time.time_ns()
            await fill(database, segments, spooled, now)
            print(f"{spooled + segments} segments in the spool, {segments} of them due")
            rows = book.stored
            await told("bytes that the store lacks (each minute)", lambda: rows.lacking_bytes())
            await told("what the store lacks (every 5 s, or when something is sealed)", lambda: rows.missing(64, set()))
            await told("what is due (each minute)", lambda: rows.unsettled(now - SETTLE_NS, freeing.BATCH, set()))
            await told("what may go (each minute)", lambda: rows.removable(now - KEEP_NS, freeing.FREED_AT_ONCE))
            asked = 0
            ask = store.objects.ask

            async def counted(key: str, version: str, size: int) -> None:
                nonlocal asked
                asked += 1
                await ask(key, version, size)

            store.objects.ask = counted  # type: ignore[method-assign]
            began, used = time.monotonic(), time.process_time()
            await Freeing(rows, spool, store.objects).turn(now)
            took, used = time.monotonic() - began, time.process_time() - used
            share = 100 * used / asked * ROOM_SEGMENTS
            print(
                f"{asked} asked for once more in {took:.1f} s, {1000 * used / asked:.2f} ms of CPU each:"
                f" {share:.3f} % of a core a room, {ROOMS * ROOM_SEGMENTS:.0f} requests/s at {ROOMS} rooms"
            )
        finally:
            await store.kill()
            await database.close()


async def fill(database: Database, due: int, through: int, now: int) -> None:
    """Rows like those that are there, of the same objects."""
    async with database.reading() as session:
        found = (await session.execute(select(Segment, Stored).join(Stored, Stored.segment_id == Segment.id))).all()
    columns = [column.name for column in Segment.__table__.columns]
    for first in range(0, due + through, 5_000):
        segments, stored, spooled = [], [], []
        for number in range(first, min(first + 5_000, due + through)):
            segment, row = found[number % len(found)]
            identity = f"seg_cost{number:08}"
            wall = now - SETTLE_NS - (due + through - number) * 10**8
            new = {"id": identity, "number": 1_000 + number, "first_index": 10**6 + number, "name": identity}
            segments.append({name: getattr(segment, name) for name in columns} | new)
            stored.append({
                "segment_id": identity, "bucket": row.bucket, "key": row.key, "version": row.version,
                "locked_until_wall": row.locked_until_wall, "confirmed_wall": wall,
            })  # fmt: skip
            spooled.append({
                "segment_id": identity, "bytes": segment.bytes, "sealed_wall": wall, "confirmed_wall": wall,
                "settled_wall": wall + SETTLE_NS if number < through else None,
            })  # fmt: skip
        async with database.writing() as session:
            await session.execute(insert(Segment), segments)
            await session.execute(insert(Stored), stored)
            await session.execute(insert(Spooled), spooled)


async def told(what: str, ask: Callable[[], Awaitable[object]]) -> None:
    await ask()
    used = time.process_time()
    for _ in range(TIMES):
        await ask()
    print(f"{what}: {1000 * (time.process_time() - used) / TIMES:.2f} ms of CPU")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(*(given + [SEGMENTS, SPOOLED][len(given) :])))
