"""Checkpoints on the way: made by the running recorder beside its sealing, whatever one chain or the database does."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from recorder.checkpointing import Checkpointing
from storage import ledger
from storage.chained import NOT_VERIFIED
from storage.database import Database
from storage.notary import Notary
from storage.tables import Chain
from tests.recorder import hub
from tests.recorder.hall import Hall
from tests.time_server import running_time_server


async def chain_with(database: Database, kind: str, subject: str, entries: int = 3) -> str:
    async with database.writing() as session:
        chain = await ledger.open_chain(session, kind, subject)
        for number in range(entries):
            await ledger.append(session, chain, "segment", {"number": number})
    return chain


async def covered(database: Database, chain: str) -> list[int]:
    async with database.reading() as session:
        return [each.seq for each in await ledger.checkpoints(session, chain)]


async def test_each_open_chain_that_has_grown(database: Database, tmp_path: Path) -> None:
    notary = Notary(tmp_path / "node.pem")
    one, two = [await chain_with(database, "recording", each) for each in ("rec_1", "rec_2")]
    hub_chain = await chain_with(database, "hub", "hub_1")
    empty = await chain_with(database, "recording", "rec_3", 0)
    recordings = Checkpointing(database, notary, ("recording",))
    assert await recordings.turn() == 2
    assert await recordings.turn() == 0
    await chain_with(database, "recording", "rec_1", 1)
    async with database.writing() as session:
        await notary.close_chain(session, two)
    assert await recordings.turn() == 1
    assert [await covered(database, each) for each in (one, two, hub_chain, empty)] == [[3, 4], [3, 4], [], []]
    assert await Checkpointing(database, notary, ("decision", "hub")).turn() == 1
    assert await covered(database, hub_chain) == [4]  # three, and that a chain was closed


async def spoil(database: Database, chain: str) -> None:
    async with database.writing() as session:
        await session.execute(text("DROP TRIGGER entries_no_update"))
        await session.execute(text("UPDATE entries SET kind = 'altered' WHERE seq = 2 AND chain_id = :c"), {"c": chain})
        assert await session.scalar(text("SELECT changes()")) == 1


async def test_an_altered_chain_is_an_alarm_and_holds_up_no_other(
    sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = [await chain_with(sqlite_database, "recording", each) for each in ("rec_1", "rec_2")]
    await spoil(sqlite_database, min(one, two))
    checkpointing = Checkpointing(sqlite_database, Notary(tmp_path / "node.pem"), ("recording",))
    assert await checkpointing.turn() == 1
    assert await covered(sqlite_database, max(one, two)) == [3]
    assert await covered(sqlite_database, min(one, two)) == []
    assert checkpointing.broken == {"recording": {min(one, two)}}
    assert REGISTRY.get_sample_value("huilu_chains_broken", {"kind": "recording"}) == 1
    assert "ledger.chain-broken" in caplog.text


def move(path: Path, to: Path) -> None:
    """So that the file can't be opened: a folder stands in its place."""
    path.rename(to)
    path.mkdir()


def move_back(path: Path, to: Path) -> None:
    path.rmdir()
    to.rename(path)


async def test_a_database_that_is_away_is_asked_again(
    sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain = await chain_with(sqlite_database, "recording", "rec_1")
    path = Path(str(sqlite_database.engine.url.database))
    await sqlite_database.engine.dispose()
    move(path, tmp_path / "away.sqlite")

    async def told() -> bool:
        return "database.away" in caplog.text

    async def signed() -> bool:
        return await covered(sqlite_database, chain) == [3]

    keeping = asyncio.create_task(
        Checkpointing(sqlite_database, Notary(tmp_path / "node.pem"), ("recording",), 0.1).keep()
    )
    try:
        await hub.until(told)
        move_back(path, tmp_path / "away.sqlite")
        await hub.until(signed)
    finally:
        keeping.cancel()


async def test_a_recording_whose_chain_was_altered_stays_open_and_the_recorder_lives(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall.recorded() as opened:
        await hall.publisher(opened).play(7.0)
        async with hall.database.reading() as session:
            chain = (await session.scalars(select(Chain.id).where(Chain.subject == opened.recording))).one()
        await spoil(hall.database, chain)
        await hub.end_meeting(hall.database, opened)

        async def told() -> bool:
            return "ledger.chain-broken" in caplog.text

        await hub.until(told)
        other = await hub.open_meeting(hall.database)
        await hub.ready(hall.bus, other)
        await hall.finish(other)
        assert (await hall.archive(opened)).recording.state == "closing"
        assert await covered(hall.database, chain) == []


async def test_the_recorder_makes_them_while_it_records(hall: Hall) -> None:
    with running_time_server(-5 * 10**9) as server:
        opened = await hub.open_meeting(hall.database)
        settings = replace(hall.config(), checkpoint_every_s=0.5, time_source=f"127.0.0.1:{server.port}")
        async with hub.recording(settings):
            await hub.ready(hall.bus, opened)
            await hall.publisher(opened).play(9.0)
            await hall.finish(opened)
    async with hall.database.reading() as session:
        chain = (await session.scalars(select(Chain.id).where(Chain.subject == opened.recording))).one()
        made = await ledger.checkpoints(session, chain)
        length = await session.scalar(select(Chain.head_seq).where(Chain.id == chain))
    assert len(made) >= 4
    assert [each.final for each in made] == [False] * (len(made) - 1) + [True]
    assert made[-1].seq == length
    assert made[0].clock == NOT_VERIFIED  # the opening, before the source was asked
    assert isinstance(made[-1].clock, dict)
    assert abs(made[-1].clock["offset_us"] + 5_000_000) <= made[-1].clock["within_us"]
