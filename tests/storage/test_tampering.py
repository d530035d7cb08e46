"""Every kind of vandalism on an exported archive is found and named: attack → step, code, place.

Twice each: as it was done, and with BagIt's lists made anew afterwards, so that any BagIt tool finds the folder valid.
Then what the owner of the database can do before the hub exports it under its own good signature.
"""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import bag, ledger
from storage.database import Database
from storage.errors import ExportIncomplete
from storage.export import export_meeting
from storage.hashes import TwoHashes
from storage.keys import Signer
from storage.verify import main
from tests.authority import Authority
from tests.storage.forging import make_lists_anew, rebuild_chain, sign_anew, take_over
from tests.storage.stamping import stamp_all
from tests.storage.vandalism import (
    ATTACKS,
    CHAIN,
    DECIDED,
    DECISION_FILE,
    DRAWN_FILE,
    FILM,
    NAME,
    OF_DECISION,
    OF_RECORDING,
    PAGE_FILE,
    PLAN_FILE,
    POINTS,
    SHEET_FILE,
    TABLE_FILE,
    last_stamp,
    thief,
)
from tests.storage.village import (
    DECISION,
    DRAWN,
    ELSEWHERE,
    MEETING,
    PAGE,
    PLAN,
    RECORDING,
    SHEET,
    TABLE,
    hand_in,
    hold_meeting,
    sign_sheets,
)

AUTHORITY = Authority()


async def archive(template: Path, work: Path, seed: int) -> None:
    """work/out, signed by the one hub's key."""
    shutil.copy(template, work / f"{seed}.sqlite")
    database = await Database.open(f"sqlite+aiosqlite:///{work}/{seed}.sqlite")
    signer = Signer.load_or_create(work / "signing.pem")
    spool = work / f"spool{seed}"
    await hold_meeting(database, spool, signer, seed=seed)
    await hand_in(database, spool)
    await sign_sheets(database, spool)
    await stamp_all(database, AUTHORITY)
    await export_meeting(database, None, spool, MEETING, work / f"out{seed}", signer)
    await database.close()


@pytest.fixture(scope="module")
def works(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("tampering")
    for seed in (7, 8):
        asyncio.run(archive(migrated_sqlite, work, seed))
    return work


@pytest.fixture
def folder(works: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt; `folder.parent / "other"` is the archive of another meeting of the same hub."""
    shutil.copytree(works / "out8", tmp_path / "other")
    return Path(shutil.copytree(works / "out7", tmp_path / "out"))


def verified(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[tuple[int, str, str]]]:
    status = main(["--json", *more, str(folder)])
    report = json.loads(capsys.readouterr().out)
    return status, [
        (step["number"], each["code"], each["path"]) for step in report["steps"] for each in step["findings"]
    ]


# What is gone or added is named by the list, as long as that wasn't made anew.
LISTED = {
    "segment.missing": "file.missing",
    "decision.missing": "file.missing",
    "chain.missing": "file.missing",
    "segment.unknown": "file.unlisted",
    "filed.missing": "file.missing",
    "filed.unknown": "file.unlisted",
}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_every_kind_of_vandalism_is_found_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    attack, step, code, path = ATTACKS[name]
    if path == last_stamp.__name__:
        path = last_stamp(folder)

    def names(found: list[tuple[int, str, str]], step: int, code: str) -> bool:
        return any((each[0], each[2]) == (step, path) and each[1].startswith(code) for each in found)

    attack(folder)
    status, found = verified(folder, capsys)
    assert status == 1
    assert names(found, 4, LISTED[code]) if code in LISTED else names(found, step, code), found
    make_lists_anew(folder)
    status, found = verified(folder, capsys)
    assert status == 1
    assert names(found, step, code) or step in (2, 3, 4), found
    assert any(each[:2] in ((2, "manifest.altered"), (2, "signature.altered")) for each in found), found


def test_a_sound_one_is_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(folder, capsys) == (0, [])
    assert verified(folder.parent / "other", capsys) == (0, [])


def test_everything_signed_anew_is_found_by_the_published_key(
    folder: Path, works: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one attack that a folder alone can't show (SECURITY.md)."""
    key = folder.parent / "published.pem"
    key.write_text(Signer.load_or_create(works / "signing.pem").public_pem)
    assert verified(folder, capsys, "--trust", str(key)) == (0, [])
    take_over(folder, thief(folder))
    status, found = verified(folder, capsys, "--trust", str(key))
    assert status == 1
    assert (11, "signer.not-trusted", bag.SIGNATURE) in found


async def unguarded(session: AsyncSession) -> None:
    """Its owner takes the database's triggers away."""
    names = await session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for each in names.all():
        await session.execute(text(f"DROP TRIGGER {each}"))


OWNER: dict[str, tuple[str, int, str, str]] = {
    "an entry's payload": ("UPDATE payloads SET payload = json_set(payload, '$.in_favour', 40) WHERE chain_id = :c AND "
                           "json_extract(payload, '$.vote') = 'v_1'", 6, "payload.altered", CHAIN),
    "a name": ("UPDATE payloads SET payload = json_set(payload, '$.name', '张四') WHERE chain_id = :c AND "
               "json_extract(payload, '$.person') = 'p_1'", 6, "payload.altered", CHAIN),
    "an entry's kind": ("UPDATE entries SET kind = 'gaq' WHERE chain_id = :c AND kind = 'gap'", 5, "entry.altered",
                        CHAIN),
    "an entry taken out": ("DELETE FROM payloads WHERE chain_id = :c AND seq = 4; "
                           "DELETE FROM entries WHERE chain_id = :c AND seq = 4", 5, "entry.moved", CHAIN),
    "rolled back": ("DELETE FROM stamps; DELETE FROM checkpoints WHERE chain_id = :c AND final; "
                    "DELETE FROM payloads WHERE chain_id = :c AND seq > 8; "
                    "DELETE FROM entries WHERE chain_id = :c AND seq > 8", 7, "chain.rolled-back", POINTS),
    "a checkpoint taken out": ("DELETE FROM checkpoints WHERE chain_id = :c AND seq = 5", 7, "checkpoint.missing",
                               POINTS),
    "a checkpoint's clock": ("UPDATE checkpoints SET clock = '{\"offset_us\":0,\"within_us\":1,\"source\":\"x\"}' "
                             "WHERE chain_id = :c AND seq = 5", 7, "checkpoint.altered", POINTS),
    "a payload erased in silence": ("DELETE FROM payloads WHERE chain_id = :c AND seq = 4", 6, "payload.missing",
                                    CHAIN),
    "a person's row": ("UPDATE persons SET name = '张四'", 0, "", ""),
    "the title's row": ("UPDATE meetings SET title = '另一次会议'", 10, "document.disagrees", bag.MEETING),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OWNER))
async def test_what_the_owner_of_the_database_did_before_the_export(
    works: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    statement, step, code, path = OWNER[name]
    shutil.copy(works / "7.sqlite", tmp_path / "huilu.sqlite")
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/huilu.sqlite")
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "recording", RECORDING)
        await unguarded(session)
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
        changed = 0
        for each in statement.split("; "):
            await (await session.connection()).exec_driver_sql(each.replace(":c", f"'{chain}'"))
            changed += await session.scalar(text("SELECT changes()")) or 0
        assert changed
    signer = Signer.load_or_create(works / "signing.pem")
    await export_meeting(database, None, works / "spool7", MEETING, tmp_path / "out", signer)
    await database.close()
    status, found = verified(tmp_path / "out", capsys)
    if code:
        assert status == 1
        assert (step, code, path) in found
    else:  # old records keep the names under which they were made
        assert (status, found) == (0, [])
        assert NAME in (tmp_path / "out" / bag.MEETING).read_bytes()


def test_a_wrong_sm3_in_a_rightly_signed_entry_is_found_where_it_is_asked_for(
    folder: Path, works: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody without the hub's key can do it: both hashes of a file stand in one signed entry."""
    assert verified(folder, capsys, "--sm3") == (0, [])

    def change(payload: dict[str, object]) -> None:
        if payload.get("segment") == "seg_camera_2":
            payload["sm3"] = "0" * 64

    signer = Signer.load_or_create(works / "signing.pem")
    rebuild_chain(folder, CHAIN, change)
    sign_anew(folder, OF_RECORDING, signer)
    make_lists_anew(folder, signer)
    _, without = verified(folder, capsys)
    status, found = verified(folder, capsys, "--sm3")
    assert status == 1
    assert [each for each in found if each not in without] == [(13, "segment.sm3-differs", FILM)]


def test_files_that_were_handed_in_lie_in_the_folder_and_those_of_another_meeting_do_not(folder: Path) -> None:
    assert [each.name for each in sorted((folder / bag.FILED).iterdir())] == [
        f"{PAGE}.jpg", f"{SHEET}.jpg", f"{PLAN}.pdf", f"{DRAWN}.svg", f"{TABLE}.csv",
    ]  # fmt: skip
    assert b"300" in (folder / PLAN_FILE).read_bytes()
    decision = json.loads((folder / DECISION_FILE).read_bytes())
    assert [each["path"] for each in (*decision["plans"], *decision["tables"], *decision["signed"])] == [
        PLAN_FILE, TABLE_FILE, PAGE_FILE, None,
    ]  # fmt: skip
    assert ELSEWHERE in (folder / DECIDED).read_text()
    page = (folder / bag.PAGE).read_text()
    assert f'<a href="filed/{PLAN}.pdf">道路.pdf</a>' in page
    assert f'<a href="filed/{TABLE}.csv">明细.csv</a>' in page
    assert f'<a href="filed/{PAGE}.jpg">' in page
    # Those of the meeting itself, to which no record belongs.
    meeting = json.loads((folder / bag.MEETING).read_bytes())
    assert [(each["path"], each["way"]) for each in meeting["signed"]] == [
        (SHEET_FILE, "photo"),
        (DRAWN_FILE, "screen"),
    ]
    assert f'<a href="filed/{SHEET}.jpg">签到表</a>' in page
    assert "屏幕签字（主持人）" in page


def test_a_wrong_sm3_of_a_plan_is_found_where_it_is_asked_for(
    folder: Path, works: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(payload: dict[str, object]) -> None:
        if payload.get("file") == PLAN:
            payload["sm3"] = "0" * 64

    signer = Signer.load_or_create(works / "signing.pem")
    rebuild_chain(folder, DECIDED, change)
    sign_anew(folder, OF_DECISION, signer)
    make_lists_anew(folder, signer)
    assert (13, "filed.sm3-differs", PLAN_FILE) in verified(folder, capsys, "--sm3")[1]


def test_an_export_of_an_older_format_is_sound_without_the_files_that_its_chains_name(
    folder: Path, works: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder / bag.FILED)
    make_lists_anew(folder, Signer.load_or_create(works / "signing.pem"))
    assert {each[1] for each in verified(folder, capsys)[1]} == {"filed.missing"}
    monkeypatch.setattr(bag, "FORMAT", 2)
    make_lists_anew(folder, Signer.load_or_create(works / "signing.pem"))
    monkeypatch.undo()
    assert verified(folder, capsys) == (0, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plan_files SET sha256 = :h, sm3 = :s, bytes = :b",
        "DELETE FROM plan_files",
        "DELETE FROM signed_papers",
        f"DELETE FROM signed_papers WHERE id = '{SHEET}'",
    ],
)
async def test_a_plan_that_the_database_s_owner_exchanged_is_not_exported_as_the_one_on_the_chain(
    works: Path, tmp_path: Path, statement: str
) -> None:
    shutil.copy(works / "7.sqlite", tmp_path / "huilu.sqlite")
    spool = Path(shutil.copytree(works / "spool7", tmp_path / "spool"))
    forged = b"%PDF-1.7 a road of 600 metres %%EOF"
    (spool / f"plans/{DECISION}/{PLAN}.pdf").write_bytes(forged)
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/huilu.sqlite")
    async with database.writing() as session:
        await unguarded(session)
        hashed = TwoHashes()
        hashed.update(forged)
        sha256, sm3 = hashed.digests()
        figures = {"h": sha256, "s": sm3, "b": len(forged)} if ":h" in statement else {}
        await session.execute(text(statement), figures)
    signer = Signer.load_or_create(works / "signing.pem")
    with pytest.raises(ExportIncomplete):
        await export_meeting(database, None, spool, MEETING, tmp_path / "out", signer)
    await database.close()
    assert not (tmp_path / "out").exists()
