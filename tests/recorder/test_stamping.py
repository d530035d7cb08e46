"""The worker and an authority that answers, is away, is slow, or answers wrongly; and a meeting's way to a stamped
export."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from recorder import stamping, worker
from recorder.stamping import Stamping
from storage import bag, ledger
from storage.clock import synchronised
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.stamp_client import StampConfig
from storage.tables import Stamp
from storage.verify import as_text, verify_folder
from tests.authority import NAME, Authority, make_signer
from tests.recorder import hub
from tests.recorder.hall import Hall
from tests.storage.stamping import stamp_all


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    async with Authority().serving() as made:
        yield made


@pytest.fixture
async def errand(authority: Authority, sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stamping]:
    config = StampConfig(authority.url, authority.write_root(tmp_path / "root.pem"), timeout_s=30.0)
    made = Stamping(sqlite_database, config)
    yield made
    await made.close()


async def close_chains(database: Database, signer: Signer, count: int, first: int = 0) -> None:
    async with database.writing() as session:
        for number in range(first, first + count):
            chain = await ledger.open_chain(session, "recording", f"rec_{number}")
            await ledger.append(session, chain, "opened", {})
            await ledger.close_chain(session, chain, signer)


async def kept(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Stamp)) or 0


async def test_all_that_is_due_is_stamped_once(
    errand: Stamping, authority: Authority, sqlite_database: Database, signer: Signer
) -> None:
    await close_chains(sqlite_database, signer, 5)
    assert await errand.turn() == 5
    assert await errand.turn() == 0
    assert len(authority.asked) == len(set(authority.asked)) == 5
    # One of the past day is found again though everything before it had its stamp.
    await close_chains(sqlite_database, signer, 1, first=5)
    assert await errand.turn() == 1
    assert await kept(sqlite_database) == 6
    assert errand.pause_s() == stamping.LOOK_S
    assert stamping.WAITING._value.get() == 0


async def test_an_authority_that_is_away_is_asked_less_and_less_and_caught_up_with(
    errand: Stamping, authority: Authority, sqlite_database: Database, signer: Signer
) -> None:
    await close_chains(sqlite_database, signer, 4)
    authority.misbehave(http=503)
    pauses = []
    for _ in range(12):
        assert await errand.turn() == 0
        pauses.append(errand.pause_s())
    assert len(authority.asked) == 12  # one a turn, however many wait
    assert pauses == sorted(pauses)
    assert pauses[-1] == stamping.MAX_PAUSE_S
    assert stamping.WAITING._value.get() == 4
    authority.misbehave()
    assert await errand.turn() == 4
    assert errand.pause_s() == stamping.LOOK_S
    assert stamping.WAITING._value.get() == 0


async def test_wrong_answers_are_logged_with_their_code_and_never_kept(
    errand: Stamping,
    authority: Authority,
    sqlite_database: Database,
    signer: Signer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await close_chains(sqlite_database, signer, 10)
    authority.misbehave(signed_by=make_signer(None))
    before = stamping.ASKED.labels("stamp.forged")._value.get()
    assert await errand.turn() == 0
    # After three it is the authority and not the checkpoint.
    assert len(authority.asked) == stamping.REFUSED_IN_A_ROW
    assert stamping.ASKED.labels("stamp.forged")._value.get() - before == stamping.REFUSED_IN_A_ROW
    assert "stamp.forged" in caplog.text
    assert errand.pause_s() > stamping.LOOK_S
    assert await kept(sqlite_database) == 0


async def test_one_that_is_always_refused_holds_up_no_other(
    errand: Stamping, authority: Authority, sqlite_database: Database, signer: Signer
) -> None:
    await close_chains(sqlite_database, signer, 1)
    authority.misbehave(status=2)
    assert await errand.turn() == 0
    authority.misbehave()
    await close_chains(sqlite_database, signer, 3, first=1)
    # The first one is put off for a while; the others have their turn.
    assert await errand.turn() == 3
    assert await kept(sqlite_database) == 3
    errand._put_off.clear()
    assert await errand.turn() == 1


async def test_what_another_worker_got_is_put_off_no_longer(
    errand: Stamping, authority: Authority, sqlite_database: Database, signer: Signer
) -> None:
    await close_chains(sqlite_database, signer, 2)
    authority.misbehave(status=2)
    assert await errand.turn() == 0
    assert len(errand._put_off) == 2
    authority.misbehave()
    assert len(await stamp_all(sqlite_database, authority)) == 2
    assert await errand.turn() == 0
    assert errand._put_off == {}
    assert len(authority.asked) == 2


async def test_two_workers_at_once_leave_one_stamp_each(
    errand: Stamping, authority: Authority, sqlite_database: Database, sqlite_url: str, signer: Signer, tmp_path: Path
) -> None:
    await close_chains(sqlite_database, signer, 3)
    other_database = await Database.open(sqlite_url)
    other = Stamping(other_database, StampConfig(authority.url, tmp_path / "root.pem", timeout_s=30.0))
    await asyncio.gather(errand.turn(), other.turn())
    assert await kept(sqlite_database) == 3
    assert await errand.turn() == await other.turn() == 0
    await other.close()
    await other_database.close()


async def test_what_waits_for_more_than_a_day_is_an_alarm(
    errand: Stamping,
    authority: Authority,
    sqlite_database: Database,
    signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    long_ago = time.time_ns() - stamping.OVERDUE_NS - 10**9
    monkeypatch.setattr("storage.clock.time.time_ns", lambda: long_ago)
    await close_chains(sqlite_database, signer, 1)
    monkeypatch.undo()
    authority.misbehave(http=503)
    for _ in range(3):
        await errand.turn()
    assert errand.overdue is not None
    assert caplog.text.count("stamp.overdue") == 1  # again in an hour
    assert stamping.OVERDUE._value.get() == 1
    authority.misbehave()
    assert await errand.turn() == 1
    assert errand.overdue is None
    assert stamping.OVERDUE._value.get() == 0


def take_away(path: Path) -> None:
    path.rename(path.with_suffix(".away"))
    path.mkdir()


async def test_a_database_that_is_away_ends_no_errand(authority: Authority, tmp_path: Path, sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    config = StampConfig(authority.url, authority.write_root(tmp_path / "root.pem"))
    errand = Stamping(database, config)
    await database.close()
    take_away(Path(sqlite_url.partition("///")[2]))
    task = asyncio.create_task(errand.keep())
    done, _ = await asyncio.wait([task], timeout=1.0)
    assert not done
    task.cancel()
    await asyncio.wait([task])
    await errand.close()
    await database.close()


def test_the_kernel_says_whether_its_clock_is_kept_right() -> None:
    assert synchronised() in (True, False)


async def test_from_a_closed_meeting_to_an_export_that_is_proved_from_outside(
    hall: Hall, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Film, recorder, worker, authority: away at the end of the meeting, which closes all the same, then back."""
    monkeypatch.setattr(stamping, "LOOK_S", 0.2)
    authority.misbehave(slow_s=600.0)
    config = StampConfig(authority.url, authority.write_root(tmp_path / "root.pem"), timeout_s=1.0)
    settings = worker.WorkerConfig(
        hall.bus_url, None, hall.url, hall.spool, hub.NO_STORE, tmp_path / "derived", stamps=config
    )
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(settings, stop))
    try:
        async with hall.recorded() as opened:
            publisher = hall.publisher(opened)
            await publisher.play(4.0)
            publisher.end()
            await hall.finish(opened)
        assert (await hall.archive(opened)).recording.state == "closed"
        async with asyncio.timeout(30):
            await authority.was_asked.wait()
        assert await kept(hall.database) == 0
        authority.misbehave()

        for _ in range(600):
            if await kept(hall.database):
                break
            await asyncio.sleep(0.1)
    finally:
        stop.set()
        await asyncio.wait_for(task, 40)
    signer = Signer.load_or_create(hall.folder / "keys" / "node.pem")
    out = tmp_path / "out"
    await export_meeting(hall.database, None, hall.spool, opened.meeting, out, signer)
    report = verify_folder(out, signer.public_pem.encode(), authority.root.pem)
    assert report.findings == []
    (stamp,) = report.stamps
    assert (stamp.final, stamp.authority, stamp.trusted) == (True, NAME, True)
    assert report.unstamped == []
    assert f"stamped by {NAME} at {stamp.at}" in as_text(report, english=True)
    other = verify_folder(out, signer.public_pem.encode(), Authority().root.pem)
    assert [(each.step, each.code) for each in other.findings] == [(12, "stamp.untrusted")]
    assert (out / bag.AUTHORITIES).is_dir()
