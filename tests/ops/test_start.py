"""What a start settled is read by its children as it was written, and they do it."""

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path

from ops.prepare import child_environment
from ops.start import ObjectsAt, Start, read
from storage import ledger, stamps
from storage.database import Database
from storage.keys import Signer
from storage.stamp_client import StampConfig
from storage.tables import Message, Unit
from tests.authority import NAME, Authority
from tests.gateway import Gateway

LIMIT_S = 90.0


def start_in(folder: Path, **more: object) -> Start:
    (folder / "run").mkdir(exist_ok=True)
    plain = Start(
        data=str(folder), hub_id="h", public_url="", local_url="", bus_url="", bus_token="", database_url="",
        objects=ObjectsAt("127.0.0.1:9", "nobody", "nothing", "none", secure=False, lock_days=1, doors=None),
        media_port=1, media_addresses=("a",), certificate="", certificate_key="", authority=None, remb_bps=1,
        silent_s=1.0, fanout="", absence_s=1.0, absence_lost_s=1.0, spool_limit_bytes=1, metrics_token="",
    )  # fmt: skip
    start = replace(plain, **more)  # type: ignore[arg-type]
    start.write()
    return start


def test_time_stamps_are_read_as_they_were_written(tmp_path: Path) -> None:
    start = start_in(tmp_path)
    assert read(tmp_path) == start
    assert read(tmp_path).stamp_config() is None
    start_in(
        tmp_path, stamp_url="http://tsa.cn/", stamp_certificates="/a.pem", stamp_policy="1.2", stamp_timeout_s=3.0,
        stamp_every_s=60.0, stamp_clock_s=5.0,
    )  # fmt: skip
    assert read(tmp_path).stamp_config() == StampConfig("http://tsa.cn/", Path("/a.pem"), "1.2", 3.0, 60.0, 5.0)


async def test_the_workers_process_has_a_closed_chain_stamped(
    tmp_path: Path, bus_url: str, sqlite_url: str, sqlite_database: Database, signer: Signer
) -> None:
    async with sqlite_database.writing() as session:
        chain = await ledger.open_chain(session, "recording", "rec_1")
        await ledger.append(session, chain, "opened", {})
        await ledger.close_chain(session, chain, signer)
    async with Authority().serving() as authority:
        root = authority.write_root(tmp_path / "root.pem")
        start_in(
            tmp_path, bus_url=bus_url, database_url=sqlite_url, stamp_url=authority.url, stamp_certificates=str(root)
        )
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ops.cli", "worker", "--data", str(tmp_path), env=child_environment()
        )
        try:
            found = []
            until = time.monotonic() + LIMIT_S
            while not found and time.monotonic() < until and child.returncode is None:
                async with sqlite_database.reading() as session:
                    found = [(each.seq, by.name) for each, by in await stamps.of_chain(session, chain)]
                await asyncio.sleep(0.1)
            assert found == [(1, NAME)]
        finally:
            child.terminate()
            assert await child.wait() == 0


async def test_the_workers_process_tells_within_seconds(
    tmp_path: Path, bus_url: str, sqlite_url: str, sqlite_database: Database
) -> None:
    async with Gateway().serving() as gateway:
        start_in(tmp_path, bus_url=bus_url, database_url=sqlite_url, webhook_url=gateway.url, public_url="https://hub/")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ops.cli", "worker", "--data", str(tmp_path), env=child_environment()
        )
        try:
            for number in (1, 2):  # the second one finds a worker that is up
                async with sqlite_database.writing() as session:
                    if number == 1:
                        session.add(Unit(id="unt_1", level="town"))
                        await session.flush()
                    now = time.time_ns()
                    session.add(
                        Message(
                            id=f"msg_{number}", kind="meeting-opened", subject=f"m{number}", unit_id="unt_1",
                            unit_name="城关镇", text="开会", text_en="a meeting", path="/", created_wall=now,
                            next_wall=now, tries=0,
                        )
                    )  # fmt: skip
                begun = time.monotonic()
                while len(gateway.got) < number:
                    assert time.monotonic() - begun < LIMIT_S
                    await asyncio.sleep(0.02)
            print(f"\nmessage to webhook: {time.monotonic() - begun:.2f} s (≤ 5)")
        finally:
            child.terminate()
            await child.wait()
    assert b"https://hub/" in gateway.got[0].body
