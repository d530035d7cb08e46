"""Plans go into the object store under a lock, are read back, prolonged, and leave the spool once asked for."""

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from recorder.freeing import KEEP_NS
from recorder.plans import ORPHAN_S, NoticeTables, Plans, SignedPapers
from storage import ledger, locks
from storage.database import Database
from storage.locks import AHEAD, DAY, LAST, LEFT, SECOND
from storage.objects import Objects
from storage.sealing import SealingFile
from storage.tables import Decision, NoticeTable, PlanFile, PublicNotice, SignedPaper, Unit, User


@pytest.fixture
def errand(database: Database, objects: Objects, tmp_path: Path) -> Plans:
    return Plans(database, objects, tmp_path / "spool")


def sealed_file(spool: Path, name: str) -> tuple[int, str, str]:
    file = SealingFile(spool, name)
    file.write(b"%PDF-1.7 plan" * 100)
    sealed = file.seal(name)
    return sealed.bytes, sealed.sha256, sealed.sm3


async def put_in(database: Database, spool: Path) -> str:
    """What the api does with a plan that came; its name."""
    name = "plans/dec_1/pln_1.pdf"
    size, sha256, sm3 = sealed_file(spool, name)
    async with database.writing() as session:
        session.add(Unit(id="unt_p", level="village"))
        session.add(User(id="usr_p", username="p", name="李书记", created_wall=1))
        await session.flush()
        session.add(Decision(id="dec_1", unit_id="unt_p", matter="b1", title="道路", state="open", created_wall=1,
                             created_by="usr_p"))  # fmt: skip
        await session.flush()
        session.add(PlanFile(id="pln_1", decision_id="dec_1", title="方案.pdf", mime="application/pdf",
                             bytes=size, sha256=sha256, sm3=sm3, name=name, user_id="usr_p", user_as="李书记",
                             received_wall=1, state="sealed"))  # fmt: skip
    return name


async def row(database: Database) -> PlanFile:
    async with database.reading() as session:
        return await session.get_one(PlanFile, "pln_1")


async def test_a_plan_is_stored_noted_prolonged_and_freed(
    errand: Plans, database: Database, objects: Objects, tmp_path: Path
) -> None:
    name = await put_in(database, tmp_path / "spool")
    await errand.upload()
    await errand.upload()  # a second time there is nothing to do
    stored = await row(database)
    assert (stored.state, stored.bucket) == ("stored", objects.config.bucket)
    assert await objects.confirm(name, stored.version or "", stored.sha256)
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", "dec_1")
        said = [(record.kind, payload) async for record, _, payload in ledger.entries(session, chain)]
    assert [kind for kind, _ in said] == ["stored"]
    assert said[0][1] is not None
    assert said[0][1]["sha256"] == stored.sha256

    now, first = time.time_ns(), stored.locked_until_wall or 0
    async with database.reading() as session:  # a worker that is away, or a store that refuses
        early, late = [await locks.lateness(session, first - left) for left in (LAST + SECOND, LAST)]
    assert (early.late, late.late, late.waiting, late.ends_wall) == (0, 1, 1, first)
    await errand.turn(now)
    async with database.reading() as session:
        assert (await locks.lateness(session, now)).waiting == 0
    assert (await row(database)).locked_until_wall == (now + AHEAD) // SECOND * SECOND
    assert await objects.locked_until(name, stored.version or "") == (now + AHEAD) // SECOND * SECOND
    await errand.turn(now + AHEAD - LEFT - DAY)
    assert (await row(database)).locked_until_wall == (now + AHEAD) // SECOND * SECOND, "in good time"
    assert not (tmp_path / "spool" / name).exists(), "a day after it was confirmed"
    await errand.turn(now + AHEAD - LEFT + DAY)
    assert ((await row(database)).locked_until_wall or 0) > now + AHEAD
    assert errand.alarm is None


async def test_what_the_store_lost_is_put_again_from_the_spool(
    errand: Plans, database: Database, objects: Objects, tmp_path: Path
) -> None:
    name = await put_in(database, tmp_path / "spool")
    await errand.upload()
    async with database.writing() as session:
        (await session.get_one(PlanFile, "pln_1")).version = "0" * 32
    await errand._free(await row(database), time.time_ns() + KEEP_NS + SECOND)
    found = await row(database)
    assert await objects.confirm(name, found.version or "", found.sha256)


async def test_a_file_that_became_no_version_goes_after_an_hour(
    errand: Plans, database: Database, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    kept = await put_in(database, spool)
    sealed_file(spool, "plans/dec_1/pln_2.pdf")
    await errand._drop_orphans(time.time_ns())
    assert (spool / "plans/dec_1/pln_2.pdf").exists()
    for name in ("pln_1", "pln_2"):
        old = time.time() - ORPHAN_S - 60
        os.utime(spool / f"plans/dec_1/{name}.pdf", (old, old))
    await errand._drop_orphans(time.time_ns())
    assert [each.name for each in (spool / "plans/dec_1").iterdir()] != []
    assert (spool / kept).exists()
    assert not (spool / "plans/dec_1/pln_2.pdf").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM plan_files",
        "UPDATE plan_files SET sha256 = 'x'",
        "UPDATE plan_files SET title = 'x'",
        "UPDATE plan_files SET locked_until_wall = 1",
        "UPDATE plan_files SET locked_until_wall = NULL",
    ],
)
async def test_the_database_lets_no_plan_be_changed(
    errand: Plans, database: Database, tmp_path: Path, statement: str
) -> None:
    await put_in(database, tmp_path / "spool")
    await errand.upload()
    with pytest.raises(DBAPIError, match=r"a lock grows only|never forgotten"):
        async with database.writing() as session:
            await session.execute(text(statement))


async def test_a_signed_page_is_stored_and_said_on_each_of_its_chains(
    database: Database, objects: Objects, tmp_path: Path
) -> None:
    await put_in(database, tmp_path / "spool")
    name = "signed/mtg_1/pge_1.jpg"
    size, sha256, sm3 = sealed_file(tmp_path / "spool", name)
    async with database.writing() as session:
        session.add(SignedPaper(
            id="pge_1", form="photo", kind="roster", subject="mtg_1", unit_id="unt_p", number=2, pages=3, placed="code",
            mime="image/jpeg", bytes=size, sha256=sha256, sm3=sm3, name=name,
            chains=[["decision", "dec_1"], ["hub", "hub_1"]], user_id="usr_p", user_as="李书记", received_wall=1,
            state="sealed",
        ))  # fmt: skip
    errand = SignedPapers(database, objects, tmp_path / "spool")
    await errand.upload()
    await errand.turn(time.time_ns())
    async with database.reading() as session:
        page = await session.get_one(SignedPaper, "pge_1")
        assert (page.state, page.bucket is not None, (page.locked_until_wall or 0) > time.time_ns()) == (
            "stored", True, True)  # fmt: skip
        for kind, subject in page.chains:
            chain = await ledger.open_chain(session, kind, subject)
            said = [each async for record, _, each in ledger.entries(session, chain) if record.kind == "stored"]
            assert [(each["file"], each["paper"], each["sha256"]) for each in said if each] == [
                ("pge_1", "roster", sha256)]  # fmt: skip
    assert (tmp_path / "spool" / name).exists(), "it is freed later"
    for verb in ("UPDATE signed_papers SET number = 1", "UPDATE signed_papers SET document = 'x'",
                 "UPDATE signed_papers SET locked_until_wall = NULL", "DELETE FROM signed_papers"):  # fmt: skip
        with pytest.raises(DBAPIError):
            async with database.writing() as session:
                await session.execute(text(verb))


async def test_a_notices_table_is_stored_and_said_on_its_chain(
    database: Database, objects: Objects, tmp_path: Path
) -> None:
    await put_in(database, tmp_path / "spool")
    name = "notices/unt_p/tbl_1.csv"
    size, sha256, sm3 = sealed_file(tmp_path / "spool", name)
    async with database.writing() as session:
        session.add(PublicNotice(
            id="ntc_1", unit_id="unt_p", matter="g1", title="公示", fields={}, rules_on="2026-11-28",
            from_on="2026-11-28", days=7, working=False, stops=True, put_up_by="usr_p", put_up_as="李书记",
            put_up_wall=1,
        ))  # fmt: skip
        await session.flush()
        session.add(NoticeTable(
            id="tbl_1", notice_id="ntc_1", number=1, title="名册.csv", mime="text/csv", bytes=size, sha256=sha256,
            sm3=sm3, name=name, chains=[["hub", "hub_1"]], user_id="usr_p", user_as="李书记", received_wall=1,
            state="sealed",
        ))  # fmt: skip
    errand = NoticeTables(database, objects, tmp_path / "spool")
    await errand.upload()
    await errand.turn(time.time_ns())
    async with database.reading() as session:
        table = await session.get_one(NoticeTable, "tbl_1")
        assert table.state == "stored"
        assert (table.locked_until_wall or 0) > time.time_ns()
        chain = await ledger.open_chain(session, "hub", "hub_1")
        said = [each async for record, _, each in ledger.entries(session, chain) if record.kind == "stored"]
        assert [(each["notice"], each["name"], each["sha256"]) for each in said if each] == [
            ("ntc_1", "名册.csv", sha256)]  # fmt: skip
    sealed_file(tmp_path / "spool", "notices/unt_p/tbl_2.csv")
    old = time.time() - ORPHAN_S - 60
    for lying in ("tbl_1", "tbl_2"):
        os.utime(tmp_path / f"spool/notices/unt_p/{lying}.csv", (old, old))
    await errand.turn(time.time_ns())
    assert (tmp_path / "spool" / name).exists()
    assert not (tmp_path / "spool/notices/unt_p/tbl_2.csv").exists(), "it never hung"
