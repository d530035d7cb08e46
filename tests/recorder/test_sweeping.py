"""The sweep through the archive, with a real store: sound, gone, altered, gone on with after a restart."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text, update

from recorder.plans import NoticeTables, Plans, SignedPapers
from recorder.sweeping import Found, Sweeping
from storage import ledger
from storage.database import Database
from storage.hashes import hash_file
from storage.keys import Signer
from storage.objects import Objects
from storage.tables import PlanFile, Segment, SignedPaper, Stored
from tests.storage.village import DECISION, MEETING, PAGE, PLAN, RECORDING, SEGMENTS, hand_in, hold_meeting

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
    assert (row.objects, row.bytes, row.findings) == (ALL, ALL * 900, 0)
    assert row.ended_wall is not None
    # The next round begins anew.
    await round_of(archived, objects, steps=2)
    row = await Sweeping(archived, objects).row()
    assert row is not None
    assert (row.objects, row.ended_wall) == (1, None)


async def test_it_goes_on_after_a_restart(archived: Database, objects: Objects) -> None:
    for _ in range(ALL + 4):  # three chains, each segment, the end: each step by a worker of its own
        await round_of(archived, objects, steps=1)
    row = await Sweeping(archived, objects).row()
    assert row is not None
    assert row.objects == ALL
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
    assert {(each.of.kind, each.of.subject) for each in found} == {("recording", RECORDING)}
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


@pytest.fixture
async def filed(archived: Database, objects: Objects, tmp_path: Path, signer: Signer) -> Database:
    """With a plan and signed pages, which the worker has stored; the chains that go on are signed."""
    await hand_in(archived, tmp_path / "spool")
    for errand in (Plans, SignedPapers, NoticeTables):
        await errand(archived, objects, tmp_path / "spool").upload()
    async with archived.writing() as session:
        chain = await ledger.open_chain(session, "delivered", MEETING)  # of one that was not recorded
        said = {"objection": "obj_1", "agenda_item": "i_1", "at_ms": 5, "text": "不是三月"}
        await ledger.append(session, chain, "minutes-objected", said)
        for kind, subject in (("delivered", MEETING), ("decision", DECISION)):
            await ledger.checkpoint(session, await ledger.open_chain(session, kind, subject), signer)
    return archived


async def test_plans_and_signed_pages_are_looked_through_too(filed: Database, objects: Objects, tmp_path: Path) -> None:
    assert await round_of(filed, objects) == []
    row = await Sweeping(filed, objects).row()
    assert row is not None
    assert row.objects == ALL + 4
    async with filed.reading() as session:
        plan, page = await session.get_one(PlanFile, PLAN), await session.get_one(SignedPaper, PAGE)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes((tmp_path / "spool" / plan.name).read_bytes().replace(b"300", b"600"))
    put = await objects.put_locked(f"{plan.name}.forged", forged, hash_file(forged)[1])
    async with filed.writing() as session:
        guarded = "tbl_name IN ('plan_files', 'signed_papers', 'payloads')"
        names = await session.scalars(text(f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND {guarded}"))
        for each in names.all():
            await session.execute(text(f"DROP TRIGGER {each}"))
        exchanged = {"name": f"{plan.name}.forged", "version": put.version, "sha256": hash_file(forged)[1]}
        await session.execute(update(PlanFile).values(**exchanged))
        gone = {"version": "00000000-0000-0000-0000-000000000000", "name": "signed/nowhere"}
        await session.execute(update(SignedPaper).where(SignedPaper.id == PAGE).values(**gone))
        await session.execute(text("DELETE FROM signed_papers WHERE id = 'pge_2'"))
        await session.execute(
            text("UPDATE payloads SET payload = json_set(payload, '$.text', '是三月') "
                 "WHERE json_extract(payload, '$.objection') = 'obj_1'")
        )  # fmt: skip
        decided = await ledger.open_chain(session, "decision", DECISION)
        await session.execute(text("DELETE FROM payloads WHERE chain_id = :c AND seq = 2"), {"c": decided})
    found = await round_of(filed, objects)
    assert [(each.code, each.of.kind, each.of.subject, each.where) for each in found] == [
        ("payload.missing", "decision", DECISION, "line 2"),
        ("archive.object-altered", "decision", DECISION, f"{plan.name}.forged"),
        ("archive.object-gone", "decision", DECISION, "signed/nowhere"),
        ("archive.object-gone", "decision", DECISION, "pge_2"),
        ("payload.altered", "delivered", MEETING, "line 1"),
    ]
    assert page.name == f"signed/{MEETING}/{PAGE}.jpg"


@pytest.mark.parametrize("of", [("hub", "hub_1"), ("delivered", MEETING)])
async def test_a_signed_page_of_no_record_is_looked_through_by_the_chain_that_speaks_of_it(
    archived: Database, objects: Objects, tmp_path: Path, of: tuple[str, str]
) -> None:
    await hand_in(archived, tmp_path / "spool")
    async with archived.writing() as session:
        page = await session.get_one(SignedPaper, PAGE)
        said = {"file": PAGE, "bytes": page.bytes, "sha256": page.sha256, "sm3": "0" * 64}
        await ledger.append(session, await ledger.open_chain(session, *of), "paper-page", said)
    assert await round_of(archived, objects) == [], "not in the store yet"
    await SignedPapers(archived, objects, tmp_path / "spool").upload()
    [found] = await round_of(archived, objects)
    assert (found.code, found.of.kind) == ("archive.object-altered", of[0])
