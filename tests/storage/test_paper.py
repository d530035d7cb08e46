"""A checkpoint's short code and QR code: read back as they were, forgiving to hands, unforgiving to a wrong letter; and
`huilu verify --code`, which holds an archive against them."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from storage import bag, ledger
from storage.chained import NOT_VERIFIED, PRINTED, ZERO, CheckpointRecord
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.paper import ALPHABET, qr_text, read_code, read_qr, short_code
from storage.statements import printed_statement
from storage.tables import Recording
from storage.verify import main
from tests.fixtures_hub import ROOT
from tests.storage.forging import lines_of, make_lists_anew, rebuild_chain, sign_anew
from tests.storage.village import DECISION, MEETING, RECORDING, hold_meeting

HASH = st.binary(min_size=32, max_size=32).map(bytes.hex)
CLOCK = st.one_of(
    st.just(NOT_VERIFIED),
    st.fixed_dictionaries(
        {
            "offset_us": st.integers(-(10**12), 10**12),
            "within_us": st.integers(0, 10**9),
            "source": st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
        }
    ),
)
SECOND_VERSION = st.builds(
    CheckpointRecord,
    chain_id=st.just("chn_01jf8zk3v4w5x6y7z8a9b0c1d2"),
    seq=st.integers(1, 10**6),
    at=st.just("2026-11-27T08:30:00.123456Z"),
    head=HASH,
    root=HASH,
    final=st.booleans(),
    algorithm=st.just("ed25519"),
    key_id=HASH.map(lambda of: of[:32]),
    signature=st.binary(min_size=64, max_size=64).map(bytes.hex),
    version=st.just(2),
    clock=CLOCK,
    previous=st.one_of(HASH, st.just(ZERO)),
)
CHECKPOINTS = st.one_of(
    SECOND_VERSION, SECOND_VERSION.map(lambda of: replace(of, version=1, clock=None, previous=None))
)
CODES = st.text(ALPHABET, min_size=16, max_size=16).map(read_code)
OF_DECISION = f"{bag.DECISIONS}/{DECISION}"


@given(CHECKPOINTS)
def test_a_code_is_four_groups_of_four_and_stands_for_all_of_its_checkpoint(point: CheckpointRecord) -> None:
    code = short_code(point)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert read_code(code) == code
    other = "0" * 64 if point.head != "0" * 64 else "1" * 64
    for changed in ({"seq": point.seq + 1}, {"head": other}, {"final": not point.final}, {"at": "2026"}):
        assert short_code(replace(point, **changed)) != code


@given(CODES, st.data())
def test_hands_and_eyes_are_forgiven(code: str, data: st.DataObject) -> None:
    looks_like = {"0": "0oOoＯ", "1": "1iIlL"}
    typed = "".join(
        data.draw(st.sampled_from(looks_like.get(letter, letter + letter.lower()))) for letter in code.replace("-", "")
    )
    at = data.draw(st.integers(0, 16))
    between = data.draw(st.sampled_from(["", " ", "-", "－", "—", " – ", "\u3000"]))
    assert read_code(f" {typed[:at]}{between}{typed[at:]}\n") == code


@given(CODES, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_another_code(code: str, at: int, letter: str) -> None:
    letters = code.replace("-", "")
    typed = letters[:at] + letter + letters[at + 1 :]
    assert (read_code(typed) == code) == (letters[at] == letter)


@given(st.text(max_size=20))
def test_what_is_no_code_is_refused_and_nothing_else_happens(typed: str) -> None:
    try:
        code = read_code(typed)
    except ValueError:
        return
    assert read_code(code) == code


@pytest.mark.parametrize("typed", ["", "ABCD", "0000-0000-0000-000U", "0000-0000-0000-00000"])
def test_too_short_too_long_or_with_a_u_is_no_code(typed: str) -> None:
    with pytest.raises(ValueError, match="16 letters"):
        read_code(typed)


@given(CHECKPOINTS)
def test_a_qr_code_gives_its_checkpoint_back(point: CheckpointRecord) -> None:
    assert read_qr(qr_text(point)) == point


@given(st.one_of(st.text(max_size=60), CHECKPOINTS.map(qr_text), st.just("HUILU1 a 1 b open c d e f g h i")), st.data())
def test_a_torn_qr_text_is_a_value_error(text: str, data: st.DataObject) -> None:
    torn = text[: data.draw(st.integers(0, max(0, len(text) - 1)))]
    try:
        read_qr(torn)
    except ValueError:
        return
    assert len(torn.split()) == 12


def test_a_real_checkpoint_fits_a_qr_code_that_a_telephone_reads(signer: Signer) -> None:
    """Level M; 81 modules a side on 36 mm are 0.4 mm each."""
    clock = {"offset_us": -123456, "within_us": 1234567, "source": "ntp.some-county.gov.cn"}
    point = CheckpointRecord(
        "chn_01jf8zk3v4w5x6y7z8a9b0c1d2", 123456, "2026-11-27T08:30:00.123456Z", "f" * 64, "e" * 64, True,
        signer.algorithm, signer.key_id, "d" * 128, 2, clock, "c" * 64,
    )  # fmt: skip
    code = segno.make(qr_text(point), error="m", boost_error=False)
    print(f"\n{len(qr_text(point))} characters, version {code.designator}, {code.symbol_size(border=0)[0]} modules")
    assert code.version <= 16


async def _printed(database: Database, signer: Signer) -> list[CheckpointRecord]:
    """What the api does when a record is printed: checkpoint, then the entry that bears its code."""
    async with database.writing() as session:
        decided = await ledger.open_chain(session, "decision", DECISION)
        recording = await session.get_one(Recording, RECORDING)
        recorded = await ledger.last_checkpoint(session, recording.chain_id)
        assert recorded is not None
        points = [await ledger.checkpoint(session, decided, signer), recorded]
        await ledger.append(session, decided, PRINTED, printed_statement("w_1", "李书记", points))
    return points


@pytest.fixture
async def paper(sqlite_database: Database, tmp_path: Path, signer: Signer) -> list[CheckpointRecord]:
    """tmp_path/out is exported after its decision was printed, and went on afterwards; the checkpoints on the paper."""
    database = sqlite_database
    await hold_meeting(database, tmp_path / "spool", signer)
    points = await _printed(database, signer)
    async with database.writing() as session:
        decided = await ledger.open_chain(session, "decision", DECISION)
        await ledger.append(session, decided, "posted", {})
    await export_meeting(database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    return points


def verified(
    folder: Path, capsys: pytest.CaptureFixture[str], *codes: str
) -> tuple[int, list[tuple[int, str, str]], list[tuple[str, int]]]:
    status = main(["--json", *(word for code in codes for word in ("--code", code)), str(folder)])
    report = json.loads(capsys.readouterr().out)
    found = [(step["number"], each["code"], each["path"]) for step in report["steps"] for each in step["findings"]]
    return status, found, [(each["chain"], each["seq"]) for each in report["codes"]]


def test_the_codes_of_a_paper_are_found_in_its_archive(
    paper: list[CheckpointRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = [(each.chain_id, each.seq) for each in paper]
    typed = [short_code(each).lower().replace("-", " ").replace("0", "o") for each in paper]
    assert verified(tmp_path / "out", capsys, *typed) == (0, [], seen)
    assert verified(tmp_path / "out", capsys, *map(qr_text, paper)) == (0, [], seen)
    assert main([str(tmp_path / "out"), "--code", typed[0]]) == 0
    said = capsys.readouterr().out
    assert (
        f"{short_code(paper[0])}：decisions/{DECISION}，第 1 至 {paper[0].seq} 条（现共 {paper[0].seq + 2} 条）" in said
    )


def test_a_code_that_no_checkpoint_has_is_a_finding(
    paper: list[CheckpointRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = short_code(paper[0])
    typo = ("8" if letters[0] != "8" else "9") + letters[1:]
    assert verified(tmp_path / "out", capsys, typo) == (1, [(14, "paper.unknown-code", bag.DATA)], [])
    other = qr_text(replace(paper[0], head="0" * 64))
    assert verified(tmp_path / "out", capsys, other) == (1, [(14, "paper.unknown-code", bag.DATA)], [])


@pytest.mark.parametrize("typed", ["hello", "HUILU1 and so on", "HUILU1 a 99999999999999999999 b open c d e f g ? i"])
def test_what_is_no_code_can_not_be_looked_for(
    paper: list[CheckpointRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert main([str(tmp_path / "out"), "--json", "--code", typed]) == 2
    assert "--code" in json.loads(capsys.readouterr().out)["error"]["zh"]


def test_who_rolls_the_chain_back_under_the_hubs_own_key_is_found_by_the_paper(
    paper: list[CheckpointRecord], tmp_path: Path, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything made anew and rightly signed: the folder alone can't show it, the paper does."""
    folder = tmp_path / "out"
    for name, kept in ((bag.CHAIN, 2), (bag.CHECKPOINTS, 1)):
        (folder / OF_DECISION / name).write_bytes(b"".join(lines_of(folder, f"{OF_DECISION}/{name}")[:kept]))
    sign_anew(folder, OF_DECISION, signer)
    make_lists_anew(folder, signer)
    _, before, _ = verified(folder, capsys)
    status, found, seen = verified(folder, capsys, short_code(paper[0]))
    assert (status, seen) == (1, [])
    assert [each for each in found if each not in before] == [(14, "paper.unknown-code", bag.DATA)]


def test_a_figure_changed_under_the_hubs_own_key_disagrees_with_what_was_printed(
    paper: list[CheckpointRecord], tmp_path: Path, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry `printed` still bears the old checkpoint's code; who has no paper sees that much."""

    def change(payload: dict[str, object]) -> None:
        if "in_favour" in payload:
            payload["in_favour"] = 35

    rebuild_chain(tmp_path / "out", f"{OF_DECISION}/{bag.CHAIN}", change)
    sign_anew(tmp_path / "out", OF_DECISION, signer)
    make_lists_anew(tmp_path / "out", signer)
    status, found, _ = verified(tmp_path / "out", capsys)
    assert status == 1
    assert (14, "paper.disagrees", f"{OF_DECISION}/{bag.CHAIN}") in found


def test_the_command_line_takes_codes(paper: list[CheckpointRecord], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "verify", str(tmp_path / "out"), "--english", "--code", short_code(paper[1])],
        cwd=ROOT, capture_output=True, timeout=120, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Code {short_code(paper[1])}: recordings/{RECORDING}, entries 1 to" in done.stdout
