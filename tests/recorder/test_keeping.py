"""The worker's errand for locks, holds and deletions, against the real store, on both databases."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from recorder import keeping
from recorder.keeping import Keeping
from storage import ledger, locks
from storage.database import Database
from storage.errors import ObjectsRefused
from storage.keys import Signer
from storage.locks import AHEAD, DAY, LEFT, SECOND
from storage.objects import Objects
from storage.seaweed import SeaweedPlan
from storage.tables import Deletion, Delivery, Hold, Recording, Seclusion
from tests.fixtures_storage import free_ports
from tests.recorder import hub
from tests.storage.keeping import (
    archive,
    hold,
    hub_chain,
    in_the_store,
    locks_of,
    order_deletion,
    settle,
    store,
    until,
)
from tests.storage.village import MEETING, RECORDING, hold_meeting

SEGMENTS = {f"seg_{kind}_{number}" for kind in ("camera", "microphone") for number in (1, 2, 3)}


@pytest.fixture
def errand(database: Database, objects: Objects, tmp_path: Path) -> Keeping:
    return Keeping(database, objects, tmp_path / "spool", tmp_path / "derived")


async def test_locks_grow_to_400_days_and_are_renewed_while_the_term_lasts(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    first = await archive(database, objects, tmp_path / "spool", signer, 30 * 86400)
    now = time.time_ns()
    await errand.turn(now)
    assert {each.until_wall for each in await locks_of(database)} == {first}, "nobody has settled the term yet"

    term = now // SECOND * SECOND + 30 * 365 * DAY
    await settle(database, term)
    await errand.turn(now)
    ahead = (now + AHEAD) // SECOND * SECOND
    found = await locks_of(database)
    assert {(each.until_wall, each.due_wall) for each in found} == {(ahead, ahead - LEFT)}
    for each in found:
        assert await objects.locked_until(f"{RECORDING}/trk_{each.segment_id.split('_')[1]}/{each.segment_id[-1]}.mp4",
                                          await version_of(database, each.segment_id)) == ahead  # fmt: skip

    await errand.turn(ahead - LEFT - SECOND)
    assert {each.until_wall for each in await locks_of(database)} == {ahead}, "not due yet"
    again = ahead - LEFT
    await errand.turn(again)
    assert {each.until_wall for each in await locks_of(database)} == {(again + AHEAD) // SECOND * SECOND}
    assert errand.alarm is None


async def version_of(database: Database, segment: str) -> str:
    async with database.reading() as session:
        return str(await session.scalar(text("SELECT version FROM stored WHERE segment_id = :id"), {"id": segment}))


async def test_a_lock_ends_with_a_short_term_and_grows_when_the_term_does(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    await archive(database, objects, tmp_path / "spool", signer, 30)
    now = time.time_ns()
    term = now // SECOND * SECOND + 365 * DAY
    await settle(database, term)
    await errand.turn(now)
    assert {(each.until_wall, each.due_wall) for each in await locks_of(database)} == {(term, None)}
    await errand.turn(term + DAY)
    assert {each.until_wall for each in await locks_of(database)} == {term}, "after the term nothing is prolonged"
    assert errand.alarm is None


async def test_the_term_of_an_open_recording_waits_for_its_final_checkpoint(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    await hold_meeting(database, tmp_path / "spool", signer, closed=False)
    first = await store(database, objects, tmp_path / "spool", 3600)
    assert {each.due_wall for each in await locks_of(database)} == {None}
    await errand.turn(time.time_ns())
    assert {each.until_wall for each in await locks_of(database)} == {first}
    async with database.writing() as session:
        recording = await session.get(Recording, RECORDING)
        assert recording is not None
        await ledger.close_chain(session, recording.chain_id, signer)
        recording.state = "closed"
    await settle(database, None)
    await errand.turn(time.time_ns())
    assert {each.until_wall > first + 300 * DAY for each in await locks_of(database)} == {True}


async def test_bounded_batches_and_a_worker_killed_between_store_and_row(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await archive(database, objects, tmp_path / "spool", signer, 3600)
    await settle(database, None)
    monkeypatch.setattr(keeping, "BATCH", 4)
    now = time.time_ns()
    ahead = (now + AHEAD) // SECOND * SECOND
    # Killed after the store had it longer still, before the row: the next one takes the store's word.
    longer = ahead + 5 * SECOND
    version = await version_of(database, "seg_camera_1")
    await objects.extend(f"{RECORDING}/trk_camera/1.mp4", version, longer)
    assert await errand.turn(now) is True
    assert sum(each.until_wall >= ahead for each in await locks_of(database)) == 4
    assert await errand.turn(now) is False
    found = {each.segment_id: each.until_wall for each in await locks_of(database)}
    assert found.pop("seg_camera_1") == longer
    assert set(found.values()) == {ahead}


async def test_a_store_that_is_away_is_asked_again_and_lateness_is_an_alarm(
    database: Database, tmp_path: Path, signer: Signer, seaweed: SeaweedPlan, objects: Objects
) -> None:
    first = await archive(database, objects, tmp_path / "spool", signer, 30 * 86400)
    await settle(database, None)
    nowhere = Objects(replace(objects.config, endpoint=f"127.0.0.1:{free_ports(1)[0]}"))
    errand = Keeping(database, nowhere, tmp_path / "spool", tmp_path / "derived")
    now = time.time_ns()
    pauses = []
    for _ in range(7):
        await errand.turn(now)
        pauses.append(errand.pause_s())
    assert pauses == [60, 120, 240, 480, 600, 600, 600]
    assert errand.alarm is None
    assert {each.until_wall for each in await locks_of(database)} == {first}
    await errand.turn(first - 15 * DAY)
    assert errand.alarm is not None
    assert errand.alarm.code == "locks.overdue"
    assert REGISTRY.get_sample_value("huilu_locks_late") == 6
    back = Keeping(database, objects, tmp_path / "spool", tmp_path / "derived")
    await back.turn(first - 15 * DAY)
    assert back.alarm is None
    assert REGISTRY.get_sample_value("huilu_locks_late") == 0
    late = (await locks_of(database))[0].due_wall
    assert late is not None
    async with database.reading() as session:
        assert (await locks.lateness(session, late + 30 * DAY - 1)).late == 0
        assert (await locks.lateness(session, late + 30 * DAY)).late == 6
    await nowhere.close()


async def test_an_object_that_is_gone_is_an_alarm_and_holds_up_no_other(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await until(ends)
    await objects.remove(f"{RECORDING}/trk_camera/2.mp4")
    await settle(database, None)
    now = time.time_ns()
    await errand.turn(now)
    assert errand.alarm is not None
    assert (errand.alarm.code, errand.alarm.detail) == ("locks.object-gone", "1 objects, among them seg_camera_2")
    assert sum(each.until_wall > now + 399 * DAY for each in await locks_of(database)) == 5


async def test_a_hold_waits_for_no_turn(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    await archive(database, objects, tmp_path / "spool", signer, 30 * 86400)
    resting = asyncio.create_task(errand._rest())
    await hold(database)

    async def held() -> bool:
        return all(each.held for each in await locks_of(database))

    await hub.until(held, keeping.LOOK_S / 2)
    assert not resting.done()
    resting.cancel()


async def test_what_the_store_refuses_holds_up_no_hold_and_is_left_out_for_a_while(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await until(ends)
    await objects.remove(f"{RECORDING}/trk_camera/2.mp4")
    await hold(database)
    assert await errand._hold() is False
    assert [each.segment_id for each in await locks_of(database) if not each.held] == ["seg_camera_2"]
    async with database.reading() as session:
        assert [lock.segment_id for lock, _ in await locks.to_hold(session, set(), 9)] == ["seg_camera_2"]
        assert await locks.to_hold(session, set(errand._put_off), 9) == [], "not asked for again every 3 s"


async def test_a_hold_is_put_on_wins_and_is_lifted(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await settle(database, ends)
    await hold(database)
    await errand.turn(time.time_ns())
    assert all(each.held for each in await locks_of(database))
    await order_deletion(database, ends)
    await until(ends)
    await errand.turn(time.time_ns())
    assert await in_the_store(database, objects) == SEGMENTS, "holds win over an order to delete"
    with pytest.raises(ObjectsRefused):  # in the store too, whatever the rows say
        await objects.remove(f"{RECORDING}/trk_camera/1.mp4")
    with pytest.raises(DBAPIError, match="holds win"):  # and in the database
        async with database.writing() as session:
            await session.execute(text("UPDATE locks SET removing_wall = 1"))
    async with database.writing() as session:
        placed = await session.get(Hold, "hld_1")
        assert placed is not None
        placed.lifted_wall, placed.lifted_by, placed.lifted_as, placed.lifted_reason = 2, "w_1", "督查员", "查毕"
    await errand.turn(time.time_ns())
    assert await in_the_store(database, objects) == set()


async def test_deletion_waits_for_the_lock_and_is_in_the_ledger(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 4)
    await settle(database, ends)
    await order_deletion(database, ends)
    (tmp_path / "derived" / RECORDING).mkdir(parents=True)
    (tmp_path / "derived" / RECORDING / "poster.jpg").write_bytes(b"face")
    assert time.time_ns() < ends
    await errand.turn(time.time_ns())
    assert await in_the_store(database, objects) == SEGMENTS
    with pytest.raises(ObjectsRefused):
        await objects.remove(f"{RECORDING}/trk_camera/1.mp4")
    await until(ends)
    await errand.turn(time.time_ns())
    assert await in_the_store(database, objects) == set()
    assert not (tmp_path / "spool" / RECORDING).exists()
    assert not (tmp_path / "derived" / RECORDING).exists()
    hub = await hub_chain(database)
    async with database.reading() as session:
        said = [(entry.kind, payload) async for entry, _, payload in ledger.entries(session, hub)]
        deletion = await session.get(Deletion, RECORDING)
    assert said[-1][0] == "deleted"
    assert said[-1][1] is not None
    assert (said[-1][1]["recording"], said[-1][1]["segments"]) == (RECORDING, 6)
    assert deletion is not None
    assert deletion.done_wall is not None
    await errand.turn(time.time_ns())
    async with database.reading() as session:
        assert len([each async for each in ledger.entries(session, hub)]) == len(said), "said once"


async def test_what_is_secluded_is_not_deleted(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await settle(database, ends)
    async with database.writing() as session:
        session.add(
            Seclusion(id="scl_1", recording_id=RECORDING, start_ns=0, end_ns=SECOND, reason="误录", begun_wall=1)
        )
    await order_deletion(database, ends)
    await until(ends)
    await errand.turn(time.time_ns())
    assert await in_the_store(database, objects) == SEGMENTS


async def test_two_workers_and_a_kill_in_the_middle_of_a_deletion(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    """What was claimed and not noted is taken up again, by whichever worker."""
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await settle(database, ends)
    await order_deletion(database, ends)
    await until(ends)
    async with database.writing() as session:
        await locks.claim(session, time.time_ns(), 3)  # and then it was killed
    await objects.remove(f"{RECORDING}/trk_camera/1.mp4")  # or a little later
    two = [Keeping(database, objects, tmp_path / "spool", tmp_path / "derived") for _ in range(2)]
    await asyncio.gather(*(each.turn(time.time_ns()) for each in two))
    await two[0].turn(time.time_ns())
    assert await in_the_store(database, objects) == set()
    hub = await hub_chain(database)
    async with database.reading() as session:
        kinds = [entry.kind async for entry, _, _ in ledger.entries(session, hub)]
    assert kinds.count("deleted") == 1


async def test_a_lock_is_never_noted_shorter_nor_forgotten(
    database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    await archive(database, objects, tmp_path / "spool", signer, 3600)
    await hold(database)
    for statement in ("UPDATE locks SET until_wall = until_wall - 1", "DELETE FROM locks", "DELETE FROM holds"):
        with pytest.raises(DBAPIError, match=r"grows only|never"):
            async with database.writing() as session:
                await session.execute(text(statement))


async def test_a_deletion_is_done_when_the_delivered_files_are_gone_too(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    ends = await archive(database, objects, tmp_path / "spool", signer, 1)
    await settle(database, ends)
    async with database.writing() as session:
        session.add(
            Delivery(
                id="dlv_1", meeting_id=MEETING, recording_id=RECORDING, origin="handed-in", key="k", user_id="w_1",
                user_as="李书记", mime="video/mp4", start_ns=0, end_ns=SECOND, bytes=1, pieces=1, state="stored",
                begun_wall=1,
            )
        )  # fmt: skip
    await order_deletion(database, ends)
    await until(ends)
    await errand.turn(time.time_ns())
    async with database.writing() as session:
        assert await locks.finished(session) == []
        delivery = await session.get(Delivery, "dlv_1")
        assert delivery is not None
        delivery.removing_wall = delivery.removed_wall = 1
    await errand.turn(time.time_ns())
    async with database.reading() as session:
        deletion = await session.get(Deletion, RECORDING)
        assert deletion is not None
        assert deletion.done_wall is not None


async def test_a_closed_recording_without_a_term_is_an_alarm_in_time(
    errand: Keeping, database: Database, objects: Objects, tmp_path: Path, signer: Signer
) -> None:
    """The api settles terms; where it doesn't, the first locks would run out in silence."""
    await archive(database, objects, tmp_path / "spool", signer, 30 * 86400)
    now = time.time_ns()
    await errand.turn(now + 14 * DAY)
    assert errand.alarm is None
    await errand.turn(now + 15 * DAY)
    assert errand.alarm is not None
    assert errand.alarm.code == "locks.overdue"
