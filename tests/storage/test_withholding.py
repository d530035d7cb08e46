"""Exports that don't say everything: a restricted part withheld, a payload erased. They are sound, name what is not
there, show nothing of it, and a payload that is put back with one letter changed is named."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from storage import bag, ledger
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.tables import AgendaItem, Decision, Mark, Meeting
from storage.verify import as_text, main, verify_folder
from tests.fixtures_storage import erase
from tests.storage.forging import codes, files_of, lines_of, make_lists_anew
from tests.storage.village import (
    DECISION,
    DRAWN,
    MEETING,
    PAGE,
    PLAN,
    RECORDING,
    SECOND,
    SHEET,
    TABLE,
    filled,
    hand_in,
    hold_meeting,
    sign_sheets,
)

CHAIN = f"{bag.RECORDINGS}/{RECORDING}/{bag.CHAIN}"
TITLE = "道路硬化招标"


@pytest.fixture(scope="module")
def works(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`whole`, `withheld` and, a year later, `erased`: the same meeting with its item from 4 to 6 s restricted."""
    work = tmp_path_factory.mktemp("withholding")

    async def make(database: Database) -> None:
        signer = Signer.load_or_create(work / "signing.pem")
        await hold_meeting(database, work / "spool", signer)
        async with database.writing() as session:
            restricted = {"access_class": "restricted", "start_ns": 4 * SECOND, "end_ns": 6 * SECOND}
            await session.execute(update(AgendaItem).values(**restricted))
            await session.execute(update(Mark).values(agenda_item_id="i_1"))
        for name, withhold in (("whole", False), ("withheld", True)):
            await export_meeting(database, None, work / "spool", MEETING, work / name, signer, withhold)
        async with database.writing() as session:
            hub = await ledger.open_chain(session, "hub", "hub_1")
            chain = await ledger.open_chain(session, "recording", RECORDING)
            decided = await ledger.open_chain(session, "decision", DECISION)
            await erase(session, chain, 2, hub, "本人申请")
            await erase(session, decided, 3, hub, "期限届满")
        await export_meeting(database, None, work / "spool", MEETING, work / "erased", signer)

    filled(migrated_sqlite, work, make)
    return work


def copied(works: Path, name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(works / name, tmp_path / name))


def test_a_restricted_part_is_withheld_and_the_rest_is_sound(works: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(works / "withheld")]) == 0
    said = capsys.readouterr().out
    assert "recordings/rec_1：3 条记录的内容限制查看，未提供（第 4、7、10 条），不影响存证链" in said
    report = verify_folder(works / "withheld")
    assert [(each.seq, each.kind, each.reason) for each in report.withheld] == [
        (4, "segment", "restricted"), (7, "segment", "restricted"), (10, "vote", "restricted"),
    ]  # fmt: skip
    assert "entries 4, 7, 10; the chain holds" in as_text(report, english=True)


def test_nothing_of_it_is_there(works: Path) -> None:
    missing = set(files_of(works / "whole")) - set(files_of(works / "withheld"))
    assert missing == {
        *(f"{bag.MEDIA}/{RECORDING}/trk_{kind}/2.mp4" for kind in ("camera", "microphone")),
        *(f"{bag.DECISIONS}/{DECISION}/{name}" for name in (bag.CHAIN, bag.CHECKPOINTS, bag.DECISION)),
    }
    for path in files_of(works / "withheld"):
        if not path.startswith(bag.MEDIA):
            content = (works / "withheld" / path).read_bytes()
            assert TITLE.encode() not in content, path
            assert b"in_favour" not in content, path
    facts = json.loads((works / "withheld" / bag.MEETING).read_bytes())
    # That it was, and how long, is said: coverage must add up.
    assert [(item["start_ns"], item["end_ns"], item["matter"]) for item in facts["items"]] == [
        (4 * SECOND, 6 * SECOND, None)
    ]
    assert [gap["id"] for gap in facts["recordings"][0]["gaps"]] == ["gap_1"]


def test_an_export_with_erased_payloads_is_sound(works: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--english", str(works / "erased")]) == 0
    said = capsys.readouterr().out
    assert "recordings/rec_1: 1 payloads erased, entries 2; the chain holds without them." in said
    assert "decisions/dec_1: 1 payloads erased, entries 3;" in said
    assert verify_folder(works / "erased").findings == []


def put_back(folder: Path, whole: Path, seq: int, old: str, new: str) -> None:
    """The line with its payload and salt, as somebody kept it, with one letter changed."""
    lines = lines_of(folder, CHAIN)
    kept = json.loads(lines_of(whole, CHAIN)[seq - 1])
    text = canonical_bytes(kept).decode()
    assert old in text
    lines[seq - 1] = text.replace(old, new).encode() + b"\n"
    (folder / CHAIN).write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("name", "seq", "old", "new"),
    [
        ("withheld", 10, '"in_favour":31', '"in_favour":37'),
        ("withheld", 4, '"name":"rec_1/trk_camera/2.mp4"', '"name":"rec_1/trk_camera/3.mp4"'),
        ("erased", 2, "张三", "张四"),
    ],
)
def test_a_payload_put_back_with_one_letter_changed_is_named(
    works: Path, tmp_path: Path, name: str, seq: int, old: str, new: str
) -> None:
    folder = copied(works, name, tmp_path)
    put_back(folder, works / "whole", seq, old, new)
    [finding] = verify_folder(folder).findings
    assert (finding.step, finding.code, finding.path, finding.line) == (6, "payload.altered", CHAIN, seq)
    # Also when whoever did it holds the hub's key.
    make_lists_anew(folder, Signer.load_or_create(works / "signing.pem"))
    assert codes(verify_folder(folder)) == [("payload.altered", CHAIN)]
    # The true one proves itself: whoever kept it may show it.
    put_back(folder, works / "whole", seq, old, old)
    make_lists_anew(folder, Signer.load_or_create(works / "signing.pem"))
    assert ("payload.altered", CHAIN) not in codes(verify_folder(folder))


def test_what_is_taken_out_of_it_must_be_said(works: Path, tmp_path: Path) -> None:
    folder = copied(works, "withheld", tmp_path)
    (folder / bag.WITHHELD).unlink()
    make_lists_anew(folder, Signer.load_or_create(works / "signing.pem"))
    assert {code for code, _ in codes(verify_folder(folder))} == {"payload.missing"}
    assert {each.line for each in verify_folder(folder).findings} == {4, 7, 10}


async def test_the_files_of_a_restricted_record_and_the_minutes_of_its_part_stay_away(
    sqlite_database: Database, tmp_path: Path, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record's plan with the record; of another record's papers what speaks of its part too."""
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    await hand_in(sqlite_database, tmp_path / "spool")
    async with sqlite_database.writing() as session:
        span = {"start_ns": 10 * SECOND, "end_ns": 12 * SECOND}
        session.add(
            AgendaItem(id="i_2", meeting_id=MEETING, position=2, title="谈话", access_class="restricted", **span)
        )

    async def exported(name: str, withhold: bool) -> set[str]:
        await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / name, signer, withhold)
        return {each.removeprefix("data/filed/") for each in files_of(tmp_path / name) if "/filed/" in each}

    assert await exported("whole", False) == {f"{PLAN}.pdf", f"{TABLE}.csv", f"{PAGE}.jpg"}
    assert await exported("part", True) == {f"{PLAN}.pdf", f"{TABLE}.csv"}
    assert main(["--english", str(tmp_path / "part")]) == 0
    said = capsys.readouterr().out
    assert "decisions/dec_1: 2 payloads withheld, of a restricted part, entries 7–8; the chain holds" in said
    # What is left is held against the chain all the same.
    file = tmp_path / "part" / bag.DECISIONS / DECISION / bag.DECISION
    assert PAGE.encode() not in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(b'"in_favour":31', b'"in_favour":35'))
    make_lists_anew(tmp_path / "part", signer)
    assert [each.code for each in verify_folder(tmp_path / "part").findings] == ["document.disagrees"]

    async with sqlite_database.writing() as session:
        await session.execute(update(Decision).values(access_class="restricted"))
    assert await exported("none", True) == set()
    assert main([str(tmp_path / "none")]) == 0
    assert await exported("all", False) == {f"{PLAN}.pdf", f"{TABLE}.csv", f"{PAGE}.jpg"}


@pytest.mark.parametrize("part_alone", [True, False])
async def test_the_meetings_own_sheets_go_along_and_stay_away_with_a_restricted_part(
    sqlite_database: Database, tmp_path: Path, signer: Signer, part_alone: bool
) -> None:
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    await sign_sheets(sqlite_database, tmp_path / "spool")
    own = {f"{SHEET}.jpg", f"{DRAWN}.svg"}

    async def exported(name: str, withhold: bool) -> set[str]:
        await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / name, signer, withhold)
        report = verify_folder(tmp_path / name, signer.public_pem.encode(), sm3=True)
        assert report.findings == []
        return {each.removeprefix("data/filed/") for each in files_of(tmp_path / name) if "/filed/" in each}

    assert await exported("open", True) == own, "nothing of it is restricted"
    async with sqlite_database.writing() as session:
        if part_alone:
            span = {"start_ns": 10 * SECOND, "end_ns": 12 * SECOND}
            session.add(
                AgendaItem(id="i_2", meeting_id=MEETING, position=2, title="谈话", access_class="restricted", **span)
            )
        else:
            await session.execute(update(Meeting).values(access_class="restricted"))
    assert await exported("whole", False) == own
    assert await exported("part", True) == set()
    meeting = tmp_path / "part" / bag.MEETING
    assert SHEET.encode() not in meeting.read_bytes()
    later = (tmp_path / "part" / bag.DELIVERIES / MEETING / bag.CHAIN).read_text()
    assert SHEET not in later, "nor what the chain said of it"
    assert later.count('"payload":null') == 4
    # And a sheet that is put back by hand is found.
    (tmp_path / "part" / bag.FILED).mkdir()
    (tmp_path / "part" / bag.FILED / f"{SHEET}.jpg").write_bytes(b"x")
    assert "file.unlisted" in {each.code for each in verify_folder(tmp_path / "part").findings}
