"""Which checkpoints want a stamp, what is kept of it, and what an exported one proves to somebody outside."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storage import bag, ledger, stamp_token, stamps
from storage.chained import CheckpointRecord, read_checkpoint
from storage.clock import rfc3339
from storage.database import Database
from storage.export import export_meeting
from storage.keys import Signer
from storage.verify import Report, as_json, as_text, main, verify_folder
from tests.authority import NAME, Authority, make_root, make_signer
from tests.storage.forging import codes, files_of, make_lists_anew, rebuild_chain, sign_anew
from tests.storage.stamping import AUTHORITY, all_checkpoints, stamp_all, stamped
from tests.storage.village import DECISION, MEETING, RECORDING, hold_meeting

PARENT = f"{bag.RECORDINGS}/{RECORDING}"
OF_DECISION = f"{bag.DECISIONS}/{DECISION}"
HOUR_NS = 3600 * 10**9


async def chains(database: Database, signer: Signer, closed: int, running: int) -> list[str]:
    async with database.writing() as session:
        made = [await ledger.open_chain(session, "recording", f"rec_{each}") for each in range(closed + running)]
        for number, chain in enumerate(made):
            await ledger.append(session, chain, "opened", {})
            if number < closed:
                await ledger.close_chain(session, chain, signer)
            else:
                await ledger.checkpoint(session, chain, signer)
    return made


async def due(database: Database, later_ns: int = 0, since: str = "", limit: int = 100) -> list[tuple[str, int]]:
    async with database.reading() as session:
        found = await stamps.due(session, time.time_ns() + later_ns, HOUR_NS, since, limit)
    return [(each.chain_id, each.seq) for each in found.checkpoints]


async def test_final_ones_want_a_stamp_each_and_open_chains_one_at_a_time(database: Database, signer: Signer) -> None:
    first, second, running = await chains(database, signer, 2, 1)
    assert await due(database) == [(first, 1), (second, 1), (running, 1)]
    assert await due(database, limit=1) == [(first, 1), (running, 1)]
    assert await due(database, since=rfc3339(time.time_ns() + HOUR_NS)) == [(running, 1)]
    await stamp_all(database, Authority())
    assert await due(database) == []
    async with database.writing() as session:
        for _ in range(3):
            await ledger.append(session, running, "gap", {})
            await ledger.checkpoint(session, running, signer)
    assert await due(database) == []  # stamped within the hour
    assert await due(database, HOUR_NS) == [(running, 4)]  # the last one stands for those before it
    async with database.writing() as session:
        await ledger.close_chain(session, running, signer)
    assert await due(database) == [(running, 5)]


async def test_how_many_wait_is_counted_beyond_the_limit(sqlite_database: Database, signer: Signer) -> None:
    await chains(sqlite_database, signer, 5, 1)
    async with sqlite_database.reading() as session:
        found = await stamps.due(session, time.time_ns(), HOUR_NS, "", 2)
    assert (len(found.checkpoints), found.waiting) == (3, 5)


async def test_of_two_that_asked_the_first_stays(database: Database, signer: Signer) -> None:
    (chain,) = await chains(database, signer, 1, 0)
    (record,) = await all_checkpoints(database)
    authority = Authority()
    first, second = stamped(authority, record), stamped(authority, record)
    for each in (first, second):
        async with database.writing() as session:
            await stamps.keep(session, record, each)
    async with database.reading() as session:
        ((stamp, signed_by),) = await stamps.of_chain(session, chain)
    assert stamp.token == first.token != second.token
    assert (signed_by.name, stamp.path[0], len(stamp.path)) == (NAME, signed_by.id, 2)
    assert stamp.at.startswith(first.at.strftime("%Y-%m-%dT%H:%M:%S"))


def record_of(folder: Path, parent: str = PARENT) -> CheckpointRecord:
    return read_checkpoint(json.loads((folder / parent / bag.CHECKPOINTS).read_bytes().splitlines()[-1]))


def token_path(folder: Path, parent: str = PARENT) -> str:
    return f"{parent}/{bag.STAMPS}/{record_of(folder, parent).seq}{bag.TOKEN}"


def verified(folder: Path, authority: Authority | None = AUTHORITY) -> Report:
    return verify_folder(folder, None, authority.root.pem if authority else None)


def test_a_stamp_names_authority_and_time(original: Path) -> None:
    report = verified(original)
    assert report.findings == []
    assert [(each.path, each.final, each.authority, each.trusted) for each in report.stamps] == [
        (token_path(original, OF_DECISION), False, NAME, True),
        (token_path(original), True, NAME, True),
    ]
    assert report.steps[11].checked == 2
    assert report.unstamped == []
    at = report.stamps[1].at
    for english in (True, False):
        said = as_text(report, english)
        assert NAME in said
        assert at in said
        assert "--authority" not in said
        assert "没有时间戳" not in said
    told = json.loads(as_json(report))["stamps"][1]
    assert (told["authority"], told["at"], told["trusted"]) == (NAME, at, True)
    page = (original / bag.PAGE).read_text()
    assert NAME in page
    assert "没有时间戳" not in page


def test_without_a_certificate_to_compare_it_says_so(original: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = verified(original, None)
    assert report.sound
    assert {each.trusted for each in report.stamps} == {None}
    assert report.stamps[0].certificate in as_text(report, english=True)
    certificate = str(original.parent / "authority.pem")
    assert main(["--authority", certificate, "--english", str(original)]) == 0
    assert f"stamped by {NAME}" in capsys.readouterr().out
    (original.parent / "none.pem").write_text("no certificate")
    assert main(["--authority", str(original.parent / "none.pem"), str(original)]) == 2


async def test_no_stamp_is_said_and_is_no_finding(sqlite_database: Database, tmp_path: Path, signer: Signer) -> None:
    await hold_meeting(sqlite_database, tmp_path / "spool", signer)
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", signer)
    report = verified(tmp_path / "out")
    assert report.sound
    assert report.unstamped == [OF_DECISION, PARENT]
    assert f"recordings/{RECORDING}: no stamp" in as_text(report, english=True)
    assert f"recordings/{RECORDING}：没有时间戳" in as_text(report, english=False)
    assert "没有时间戳" in (tmp_path / "out" / bag.PAGE).read_text()


def swap(folder: Path) -> None:
    """Each over the other's checkpoint."""
    one, other = (folder / token_path(folder, parent) for parent in (PARENT, OF_DECISION))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def forge(folder: Path) -> None:
    """Another key in the authority's name."""
    AUTHORITY.misbehave(signed_by=make_signer(None))
    rewrite(folder, AUTHORITY)
    AUTHORITY.misbehave()


def rewrite(folder: Path, authority: Authority, with_certificates: bool = False) -> None:
    imprint = stamp_token.imprint(record_of(folder).stamped_bytes())
    (folder / token_path(folder)).write_bytes(authority.token(imprint, with_certificates=with_certificates))


def move_time(folder: Path) -> None:
    path = folder / token_path(folder)
    at = stamp_token.read(path.read_bytes()).at
    earlier = (at - timedelta(days=365)).strftime("%Y%m%d%H%M%S").encode()
    path.write_bytes(path.read_bytes().replace(at.strftime("%Y%m%d%H%M%S").encode(), earlier))


def spoil(folder: Path) -> None:
    path = folder / token_path(folder)
    path.write_bytes(path.read_bytes()[:-1])


def own_authority(folder: Path) -> None:
    """Everything right, by an authority that somebody made for himself, its certificate sent along."""
    rewrite(folder, Authority(), with_certificates=True)


def own_authority_below(folder: Path) -> None:
    """The same, with a root of the same name that lies in the folder."""
    root = make_root()
    assert root.certificate.subject == AUTHORITY.root.certificate.subject
    signer = make_signer(root)
    rewrite(folder, Authority(root, signer, between=(root,)), with_certificates=True)


@pytest.mark.parametrize(
    ("attack", "code", "parents"),
    [
        (swap, "stamp.of-another", [OF_DECISION, PARENT]),
        (forge, "stamp.forged", [PARENT]),
        (move_time, "stamp.forged", [PARENT]),
        (spoil, "stamp.unreadable", [PARENT]),
        (own_authority, "stamp.untrusted", [PARENT]),
        (own_authority_below, "stamp.untrusted", [PARENT]),
    ],
)
def test_attacks_are_told_apart(
    folder: Path, original: Path, attack: Callable[[Path], None], code: str, parents: list[str]
) -> None:
    """Also by somebody who holds the hub's key and makes every list anew with it."""
    attack(folder)
    expected = [(code, token_path(folder, parent)) for parent in parents]
    assert [each for each in codes(verified(folder)) if each[0] != "file.altered"] == expected
    make_lists_anew(folder, Signer.load_or_create(original.parent / "signing.pem"))
    assert codes(verified(folder)) == expected


def test_a_stamp_that_was_taken_away_or_added(folder: Path) -> None:
    path = folder / token_path(folder)
    content = path.read_bytes()
    path.unlink()
    assert codes(verified(folder)) == [("file.missing", token_path(folder))]
    path.with_name("99.tst").write_bytes(content)
    stray = f"{PARENT}/{bag.STAMPS}/99.tst"
    assert codes(verified(folder)) == [
        ("file.missing", token_path(folder)),
        ("file.unlisted", stray),
        ("stamp.stray", stray),
    ]


def test_certificates_are_called_by_their_hash(folder: Path) -> None:
    first, second = sorted((folder / bag.AUTHORITIES).iterdir())
    first.write_bytes(second.read_bytes())
    altered = [("stamp.certificate-altered", first.relative_to(folder).as_posix())]
    assert codes(verified(folder, None)) == altered
    first.unlink()
    assert codes(verified(folder, None)) == [("file.missing", altered[0][1])]


def test_a_past_that_was_made_up_later_shows(folder: Path, original: Path) -> None:
    """Who holds the hub's key signs any history; the true stamp is not over it, and a new one has the time of now."""
    thief = Signer.load_or_create(original.parent / "signing.pem")  # the hub's own key

    def change(payload: dict[str, object]) -> None:
        if "in_favour" in payload:
            payload["in_favour"] = 40

    path = f"{PARENT}/{bag.CHAIN}"
    rebuild_chain(folder, path, change)
    sign_anew(folder, PARENT, thief)
    make_lists_anew(folder, thief)
    found = codes(verified(folder))
    assert ("stamp.of-another", token_path(folder)) in found
    assert not [each for each in found if each[0].startswith(("chain", "checkpoint", "entry"))]
    # A true authority stamps whatever it is sent, and says when that was.
    sign_anew(folder, PARENT, thief, at="2026-02-02T02:40:00.000000Z")
    rewrite(folder, AUTHORITY)
    make_lists_anew(folder, thief)
    report = verified(folder)
    assert ("stamp.of-another", token_path(folder)) not in codes(report)
    assert report.stamps[-1].late_s > 24 * 3600
    assert "nothing from outside speaks of that time" in as_text(report, english=True)
    assert "该时间没有外部证明" in as_text(report, english=False)


def test_every_byte_of_stamps_and_certificates_is_covered(folder: Path) -> None:
    """Flipped one after the other: exactly one finding, on that file (the other files: test_verify)."""
    for path in [each for each in files_of(folder) if each.endswith(bag.TOKEN) or each.startswith(bag.AUTHORITIES)]:
        content = (folder / path).read_bytes()
        for at in range(0, len(content), 29):
            (folder / path).write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
            assert [each.path for each in verified(folder, None).findings] == [path], (path, at)
        (folder / path).write_bytes(content)
    assert verified(folder).sound
