"""An export after a deletion: verify names what was deleted by whose word and stays at 0; a word that doesn't hold, or
speaks of another recording, excuses nothing. What is secluded is withheld, and named so."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from storage import bag, ledger
from storage.canonical import canonical_bytes
from storage.chained import DELETED, DELETION_ORDERED
from storage.database import Database
from storage.errors import ExportIncomplete
from storage.export import export_meeting
from storage.keys import Signer
from storage.locks import SECOND
from storage.tables import Deletion, Proposal, Recording, Seclusion
from storage.verify import as_json, as_text, main, verify_folder
from tests.storage.forging import make_lists_anew
from tests.storage.keeping import hub_chain
from tests.storage.village import MEETING, RECORDING, hold_meeting

DELETIONS = f"{bag.RECORDINGS}/{RECORDING}/{bag.DELETIONS}"


async def order(database: Database, **changed: Any) -> None:
    """As two persons and the worker leave it."""
    hub = await hub_chain(database)
    async with database.writing() as session:
        recording = await session.get(Recording, RECORDING)
        assert recording is not None
        said = {
            "recording": RECORDING, "chain": recording.chain_id, "reason": "三十年期满", "retention": "decisions",
            "segments": 6, "bytes": 5400, "proposed": {"as": "王管理员（示范县县级管理员）"},
            "answered": {"as": "赵督查（示范县督查员）", "at": "2056-03-01T01:00:00.000000Z"},
        } | changed  # fmt: skip
        for number in range(5):
            await ledger.append(session, hub, "look", {"number": number})
        ordered = await ledger.append(session, hub, DELETION_ORDERED, said)
        await ledger.append(session, hub, "look", {"number": 9})
        done = await ledger.append(session, hub, DELETED, {"recording": RECORDING, "segments": 6})
        session.add(
            Proposal(
                id="prp_1", kind="delete", recording_id=RECORDING, reason="三十年期满", detail={}, state="confirmed",
                proposed_by="w_1", proposed_as="王管理员", proposed_wall=1, expires_wall=2,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            Deletion(
                recording_id=RECORDING, proposal_id="prp_1", ordered_wall=1, chain_id=hub, seq=ordered.seq,
                done_wall=2, done_seq=done.seq,
            )
        )  # fmt: skip


async def test_a_deletion_is_named_and_the_export_stays_sound(
    database: Database, tmp_path: Path, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    await hold_meeting(database, tmp_path / "spool", signer)
    shutil.rmtree(tmp_path / "spool")
    with pytest.raises(ExportIncomplete):
        await export_meeting(database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    await order(database)
    summary = await export_meeting(database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    assert (summary.segments, summary.bytes) == (0, 0)
    assert main([str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "已按保管期限删除：王管理员（示范县县级管理员） 提议，赵督查（示范县督查员） 于 2056-03-01" in said
    report = verify_folder(tmp_path / "out")
    assert report.findings == []
    assert [(each.recording, each.segments, each.bytes) for each in report.deleted] == [(RECORDING, 6, 5400)]
    assert json.loads(as_json(report))["deleted"][0]["reason"] == "三十年期满"
    assert "confirmed by 赵督查" in as_text(report, english=True)
    async with database.reading() as session:
        deletion = await session.get_one(Deletion, RECORDING)
    assert (report.deleted[0].chain, report.deleted[0].entry) == (deletion.chain_id, deletion.seq)
    assert f"（系统存证链 {deletion.chain_id} 第 {deletion.seq} 条）" in said


async def test_what_is_still_there_goes_along(database: Database, tmp_path: Path, signer: Signer) -> None:
    await hold_meeting(database, tmp_path / "spool", signer)
    (tmp_path / "spool" / RECORDING / "trk_camera" / "2.mp4").unlink()
    await order(database)
    summary = await export_meeting(database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    assert summary.segments == 5
    assert verify_folder(tmp_path / "out").sound
    segment = tmp_path / "out" / bag.MEDIA / RECORDING / "trk_camera" / "1.mp4"
    segment.write_bytes(segment.read_bytes()[:-1] + b"x")
    assert {each.code for each in verify_folder(tmp_path / "out").findings} == {"segment.altered"}


@pytest.mark.parametrize("spoil", ["reason", "path", "checkpoint", "dropped", "rubbish"])
async def test_a_word_that_does_not_hold_excuses_nothing(
    sqlite_database: Database, tmp_path: Path, signer: Signer, spoil: str
) -> None:
    """Though every list was made anew and signed with the hub's own key."""
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    shutil.rmtree(tmp_path / "spool")
    await order(sqlite_database)
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    file = tmp_path / "out" / DELETIONS
    line = json.loads(file.read_bytes().split(b"\n")[0])
    if spoil == "reason":
        line["payload"]["reason"] = "五十年期满"
    elif spoil == "path":
        line["path"][0] = "0" * 64
    elif spoil == "checkpoint":
        line["checkpoint"]["at"] = "2057-03-01T01:00:00.000000Z"
    elif spoil == "rubbish":
        line = {"entry": []}
    file.write_bytes(canonical_bytes(line) + b"\n")
    if spoil == "dropped":
        file.unlink()
    make_lists_anew(tmp_path / "out", signer)
    report = verify_folder(tmp_path / "out")
    codes = [each.code for each in report.findings]
    assert codes.count("segment.missing") == 6
    assert ("deletion.unproved" in codes) is (spoil != "dropped")
    assert report.deleted == []


async def test_the_deletion_of_another_recording_excuses_nothing(
    sqlite_database: Database, tmp_path: Path, signer: Signer
) -> None:
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    shutil.rmtree(tmp_path / "spool")
    await order(sqlite_database, chain="chn_another")
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    codes = [each.code for each in verify_folder(tmp_path / "out").findings]
    assert sorted(codes) == ["deletion.of-another", *["segment.missing"] * 6]


async def test_what_is_secluded_is_withheld_and_the_rest_is_proved(
    database: Database, tmp_path: Path, signer: Signer
) -> None:
    """Camera and microphone have segments of 2 s from 2 s on; 4 s to 6 s are closed."""
    await hold_meeting(database, tmp_path / "spool", signer)
    async with database.writing() as session:
        session.add(
            Seclusion(
                id="scl_1", recording_id=RECORDING, start_ns=4 * SECOND, end_ns=6 * SECOND, reason="误录", begun_wall=1
            )
        )
    summary = await export_meeting(database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    assert summary.segments == 4
    report = verify_folder(tmp_path / "out", signer.public_pem.encode())
    assert report.findings == []
    assert [each.reason for each in report.withheld] == ["secluded"] * 2  # keep their places and say nothing
    assert not (tmp_path / "out" / bag.MEDIA / RECORDING / "trk_camera" / "2.mp4").exists()
    meeting = json.loads((tmp_path / "out" / bag.MEETING).read_bytes())
    assert meeting["recordings"][0]["withheld"] == [[4 * SECOND, 6 * SECOND]]
    assert [item["title"] for item in meeting["items"]] == ["限制查看的部分"], "it ran from 2 s to 9 s"
    assert "seg_camera_2" not in (tmp_path / "out" / bag.RECORDINGS / RECORDING / "chain.jsonl").read_text()
