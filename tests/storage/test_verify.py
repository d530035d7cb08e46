"""Verification: one flipped bit anywhere gives exactly the finding that names the place; greater attacks are told
apart; an outsider can run it alone; whatever the bytes are, there is an answer and no traceback."""

import importlib.metadata
import json
import random
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import bag, canary_watch, ledger
from storage.canary import CanaryResult, Door
from storage.canary_seen import canary_in
from storage.canonical import canonical_bytes
from storage.chain_check import check_checkpoints, read_chain
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.tables import Recording
from storage.verify import main, verify_folder
from storage.verify_check import CouldNotRun
from storage.verify_report import as_json, as_text
from tests.storage.forging import codes, files_of, lines_of, make_lists_anew, rebuild_chain, take_over
from tests.storage.village import DECISION, MEETING, RECORDING, hold_meeting

CHAIN = f"{bag.RECORDINGS}/{RECORDING}/chain.jsonl"
CHECKPOINTS = f"{bag.RECORDINGS}/{RECORDING}/checkpoints.jsonl"
DECIDED = f"{bag.DECISIONS}/{DECISION}/chain.jsonl"
SEGMENT = f"{bag.MEDIA}/{RECORDING}/trk_camera/2.mp4"


def expected_codes(path: str) -> set[str]:
    if path.startswith(bag.MEDIA):
        return {"segment.altered"}
    if path.endswith(bag.CHAIN):
        return {"entry.altered", "entry.unreadable", "payload.altered", "file.altered"}
    if path.endswith(bag.CHECKPOINTS):
        return {"checkpoint.altered", "checkpoint.unknown-key", "checkpoint.unreadable", "file.altered"}
    if path.startswith(bag.KEYS):
        return {"key.altered", "file.altered"}
    if path.endswith(bag.TOKEN):
        return {"file.altered", *(f"stamp.{each}" for each in ("unreadable", "forged", "certificate", "algorithm"))}
    if path.startswith(bag.AUTHORITIES):
        return {"file.altered", "stamp.certificate-altered"}
    return {
        bag.MANIFEST: {"manifest.altered"},
        bag.TAG_MANIFEST: {"manifest.altered"},
        bag.SIGNATURE: {"signature.altered"},
        bag.MEETING: {"file.altered", "document.disagrees"},
        f"{bag.DECISIONS}/{DECISION}/decision.json": {"file.altered", "document.disagrees"},
    }.get(path, {"file.altered"})


def check_flip(folder: Path, path: str, at: int, bit: int) -> None:
    file = folder / path
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[at] ^= 1 << bit
    file.write_bytes(flipped)
    try:
        findings = verify_folder(folder).findings
    finally:
        file.write_bytes(content)
    where = f"{path}, byte {at}, bit {bit}: {findings}"
    assert [each.path for each in findings] == [path], where
    assert findings[0].code in expected_codes(path), where
    line = content.count(b"\n", 0, at) + 1
    if path.endswith(".jsonl") and findings[0].line is not None:
        assert findings[0].line in (line, line + (content[at : at + 1] == b"\n")), where
    if path in (bag.MANIFEST, bag.TAG_MANIFEST) and content[at : at + 1] != b"\n" and findings[0].line is not None:
        assert findings[0].line == line, where


def test_one_flipped_bit_anywhere_is_named(folder: Path) -> None:
    assert verify_folder(folder).sound
    random_places = random.Random(20260101)
    for path in files_of(folder):
        size = (folder / path).stat().st_size
        places = {0, size - 1, *(random_places.randrange(size) for _ in range(12))}
        for at in sorted(places):
            check_flip(folder, path, at, random_places.randrange(8))
    assert verify_folder(folder).sound


@pytest.mark.parametrize(
    ("path", "of", "becomes"),
    [
        (bag.SIGNATURE, b'"signature":"', None),  # hexadecimal in capitals is the same number
        (bag.KEYS, b"MCowBQYDK2Vw", b"MCowBQYDK2Vx"),  # an algorithm that nobody knows
    ],
)
def test_flips_that_once_got_through(folder: Path, path: str, of: bytes, becomes: bytes | None) -> None:
    file = next((folder / bag.KEYS).iterdir()) if path == bag.KEYS else folder / path
    content = file.read_bytes()
    at = content.index(of) + len(of)
    file.write_bytes(
        content.replace(of, becomes) if becomes else content[:at] + content[at : at + 128].upper() + content[at + 128 :]
    )
    assert content != file.read_bytes()
    assert [each.path for each in verify_folder(folder).findings] == [file.relative_to(folder).as_posix()]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_named_hypothesis(folder: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files_of(folder)))
    at = data.draw(st.integers(0, (folder / path).stat().st_size - 1))
    check_flip(folder, path, at, data.draw(st.integers(0, 7)))


def remove_segment(folder: Path) -> None:
    (folder / SEGMENT).unlink()


def remove_entry(folder: Path) -> None:
    lines = lines_of(folder, CHAIN)
    (folder / CHAIN).write_bytes(b"".join(lines[:3] + lines[4:]))


def swap_entries(folder: Path) -> None:
    lines = lines_of(folder, CHAIN)
    lines[3], lines[4] = lines[4], lines[3]
    (folder / CHAIN).write_bytes(b"".join(lines))


def cut_chain(folder: Path) -> None:
    (folder / CHAIN).write_bytes(b"".join(lines_of(folder, CHAIN)[:-2]))


def cut_chain_and_checkpoint(folder: Path) -> None:
    cut_chain(folder)
    (folder / CHECKPOINTS).write_bytes(b"")


def replace_segment(folder: Path) -> None:
    (folder / SEGMENT).write_bytes(b"another film")


def withhold_a_vote(folder: Path) -> None:
    lines = lines_of(folder, DECIDED)
    line = json.loads(lines[1])
    line["payload"]["in_favour"] = 40
    lines[1] = json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    (folder / DECIDED).write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("attack", "code", "path"),
    [
        (remove_segment, "segment.missing", SEGMENT),
        (replace_segment, "segment.altered", SEGMENT),
        (remove_entry, "entry.moved", CHAIN),
        (swap_entries, "entry.moved", CHAIN),
        (cut_chain, "chain.cut", CHECKPOINTS),
        (cut_chain_and_checkpoint, "chain.unsigned", CHECKPOINTS),
        (withhold_a_vote, "payload.altered", DECIDED),
    ],
)
def test_attacks_are_told_apart(folder: Path, attack: Callable[[Path], None], code: str, path: str) -> None:
    """Also when the lists were made anew, so that any BagIt tool finds the folder valid."""
    attack(folder)
    plain = codes(verify_folder(folder))
    assert (code, path) in plain or ("file.missing", path) in plain
    make_lists_anew(folder)
    found = codes(verify_folder(folder))
    assert (code, path) in found
    assert ("manifest.altered", bag.TAG_MANIFEST) in found


def test_a_rewritten_chain_is_found_by_its_signature(folder: Path) -> None:
    def change(payload: dict[str, object]) -> None:
        if "in_favour" in payload:
            payload["in_favour"] = 40

    rebuild_chain(folder, DECIDED, change)
    make_lists_anew(folder)
    found = codes(verify_folder(folder))
    assert ("chain.rewritten", f"{bag.DECISIONS}/{DECISION}/checkpoints.jsonl") in found


def test_everything_signed_anew_with_another_key_is_found_by_trust_only(folder: Path, original: Path) -> None:
    thief = Signer.load_or_create(folder.parent / "thief.pem")
    (folder / bag.PAGE).write_text("forged")
    take_over(folder, thief)
    assert verify_folder(folder).sound  # what no folder can prove about itself (SECURITY.md)
    ours = next((original / bag.KEYS).iterdir()).read_bytes()
    found = verify_folder(folder, ours).findings
    assert ("signer.not-trusted", bag.SIGNATURE) in [(each.code, each.path) for each in found]
    assert {each.step for each in found} == {11}
    assert verify_folder(original, ours).sound


def test_a_recording_of_another_meeting_is_found(folder: Path, tmp_path: Path) -> None:
    def change(payload: dict[str, object]) -> None:
        payload["other"] = True

    rebuild_chain(folder, CHAIN, change)
    make_lists_anew(folder)
    assert ("decision.other-ground", DECIDED) in codes(verify_folder(folder))


def test_added_files_and_links(folder: Path) -> None:
    (folder / "data" / "extra.txt").write_text("x")
    (folder / "note.txt").write_text("x")
    (folder / "data" / "link").symlink_to("/etc/hostname")
    assert sorted(codes(verify_folder(folder))) == [
        ("file.not-a-file", "data/link"),
        ("file.unlisted", "data/extra.txt"),
        ("file.unlisted", "note.txt"),
    ]


def test_every_missing_file_is_named_once(folder: Path, original: Path) -> None:
    for path in files_of(folder):
        (folder / path).unlink()
        found = [each.path for each in verify_folder(folder).findings]
        assert path in found, path
        assert len(found) == len(set(found)), path
        shutil.copy(original / path, folder / path)


def test_could_not_run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "none", tmp_path / "empty"):
        with pytest.raises(CouldNotRun):
            verify_folder(nothing)
        assert main([str(nothing)]) == 2
    (tmp_path / "bad.pem").write_text("no key")
    assert main(["--trust", str(tmp_path / "bad.pem"), str(folder)]) == 2
    assert main(["--trust", str(tmp_path / "none.pem"), str(folder)]) == 2
    assert "归档夹" in capsys.readouterr().err


async def test_what_checkpoints_state_of_the_clock_is_said(
    sqlite_database: Database, tmp_path: Path, signer: Signer, original: Path
) -> None:
    await hold_meeting(sqlite_database, tmp_path / "spool", signer, closed=False)
    async with sqlite_database.writing() as session:
        chain = await ledger.open_chain(session, "recording", RECORDING)
        await ledger.append(session, chain, "closed", {})
        clock = {"offset_us": -2_500_000, "within_us": 900, "source": "ntp.cn"}
        await ledger.close_chain(session, chain, signer, clock)
        (await session.get_one(Recording, RECORDING)).state = "closed"
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    report = verify_folder(tmp_path / "out")
    assert report.sound
    assert "recordings/rec_1: 1 of 3 checkpoints state the clock, at most 2.500 s off" in as_text(report, english=True)
    assert "3 个签名点中 1 个核对过时钟，与时间源最多相差 2.500 秒" in as_text(report, english=False)
    assert "recordings/rec_1: the hub's clock was not verified." in as_text(verify_folder(original), english=True)


async def test_what_the_lock_canary_found_is_said(
    sqlite_database: Database, tmp_path: Path, signer: Signer, original: Path
) -> None:
    """As the chain had it when the recording was closed; a word that was altered is found, not repeated."""
    assert verify_folder(original).canaries == []
    await hold_meeting(sqlite_database, tmp_path / "spool", signer, closed=False)
    doors = (Door("s3-delete", "refused", ""), Door("filer-delete", "open", "200"), Door("grpc", "unknown", ""))
    async with sqlite_database.writing() as session:
        chain = await ledger.open_chain(session, "recording", RECORDING)
        await canary_watch.state_in(session, chain)
    await canary_watch.note(sqlite_database, CanaryResult("2026-02-01T18:40:00Z", True, doors[:1]))
    async with sqlite_database.writing() as session:
        await canary_watch.state_in(session, chain)
        await ledger.close_chain(session, chain, signer)
        (await session.get_one(Recording, RECORDING)).state = "closed"
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    report = verify_folder(tmp_path / "out")
    assert report.sound
    assert json.loads(as_json(report))["canaries"][0]["held"] is True
    said = "recordings/rec_1: the store's lock was tried at 2026-02-01T18:40:00Z: all 1 ways past it were refused."
    assert said in as_text(report, english=True)

    path = f"data/recordings/{RECORDING}"
    reading = read_chain((tmp_path / "out" / path / "chain.jsonl").read_bytes())
    first, last = [line for line in reading.lines if line.kind == "canary"]
    assert first.payload == {"at": None, "held": None, "doors": []}
    last.holds = False  # as where it was altered
    earlier = canary_in(path, reading)
    assert earlier is not None
    assert (earlier.entry, earlier.at, earlier.tried) == (first.seq, None, 0)
    last.payload, last.holds = CanaryResult("2026-02-02T18:40:00Z", False, doors).record(), True
    bad = canary_in(path, reading)
    assert bad is not None
    assert (bad.open, bad.unknown, bad.tried) == (("filer-delete",), ("grpc",), 3)
    report.canaries = [bad, earlier]
    assert "did NOT hold, or not all of it could be tried: filer-delete (open), grpc (not tried)." in as_text(
        report, english=True
    )
    assert "归档锁定当时还没有做过试验" in as_text(report, english=False)


def test_exit_status_and_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 0
    assert "结论：可信" in capsys.readouterr().out
    assert main(["--json", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True
    replace_segment(folder)
    assert main(["--english", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "segment was altered (track trk_camera, number 2)" in said
    assert "NOT sound: 1 finding." in said
    assert main(["--json", str(folder)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [each["path"] for step in report["steps"] for each in step["findings"]] == [SEGMENT]


@pytest.fixture(scope="module")
def outsider(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A Python of an outsider: a virtual environment with `cryptography`, what that needs, and our folder."""
    place = tmp_path_factory.mktemp("outsider")
    venv.create(place / "venv", with_pip=False)
    python = place / "venv" / "bin" / "python"
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    packages = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    for name in ("cryptography", "cffi", "pycparser"):  # the files that pip put here
        for file in importlib.metadata.files(name) or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), packages / file)
    shutil.copytree(Path(__file__).parents[2] / "storage", packages / "storage")
    return [str(python), "-I", "-m", "storage.verify"]


def test_an_outsider_runs_it_alone(folder: Path, outsider: list[str]) -> None:
    lacks = [outsider[0], "-I", "-c", "import sqlalchemy"]
    assert b"ModuleNotFoundError" in subprocess.run(lacks, capture_output=True, check=False).stderr
    run = subprocess.run([*outsider, "--english", str(folder)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "Sound." in run.stdout
    replace_segment(folder)
    run = subprocess.run([*outsider, "--json", str(folder)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    steps = json.loads(run.stdout)["steps"]
    assert [each["path"] for step in steps for each in step["findings"]] == [SEGMENT]


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b'{"entry":', b"{}", b"\n", b"null", b"1", b'"', b"[["])).map(b"".join)
)
def test_any_bytes_get_an_answer(content: bytes) -> None:
    reading = read_chain(content)
    assert reading.broken or not reading.lines
    good, _ = check_checkpoints(content, reading, {}, True)
    assert good == []
    list(bag.read_manifest(content))


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["id", "chain", "seq", RECORDING, "x" * 64]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["recordings", "id", "chain", "seq", "hash", "name", "rests_on"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(meeting=values, payload=st.dictionaries(st.sampled_from(["rests_on", "name", "bytes", "track"]), values))
def test_any_forged_facts_get_an_answer(folder: Path, meeting: object, payload: dict[str, object]) -> None:
    """Also when the forger signs: his folder may say anything."""

    def change(old: dict[str, object]) -> None:
        old.update(payload)

    (folder / bag.MEETING).write_bytes(canonical_bytes(meeting))
    rebuild_chain(folder, CHAIN, change)
    thief = Signer.load_or_create(folder.parent / "thief.pem")
    (folder / bag.KEYS / f"{thief.key_id}.pem").write_text(thief.public_pem)
    make_lists_anew(folder, thief)
    report = verify_folder(folder)
    assert json.loads(as_json(report))["sound"] is report.sound
    assert as_text(report, english=True)
