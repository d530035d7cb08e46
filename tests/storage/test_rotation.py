"""A new signing key: introduced by the old one, which signs no more; verified through, and told from a stranger's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import bag, ledger
from storage.canonical import canonical_bytes
from storage.chained import KEY
from storage.database import Database
from storage.errors import BadKey, KeyRetired
from storage.export import export_meeting
from storage.keys import Signer
from storage.notary import Notary, waiting
from storage.rotation import rotate
from storage.tables import Recording, SigningKey, Succession
from storage.verify import verify_folder
from tests.storage.forging import codes, make_lists_anew, take_over
from tests.storage.village import DECISION, MEETING, RECORDING, filled, hold_meeting

HUB = "hub_1"


async def one_entry(database: Database, subject: str = "rec_9") -> str:
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "recording", subject)
        await ledger.append(session, chain, "segment", {})
    return chain


async def test_the_old_key_introduces_the_new_one_and_signs_no_more(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    old_signer = Signer.load_or_create(path)
    running = Notary(path)  # of another process, which has loaded the old key
    chain = await one_entry(database)
    async with database.writing() as session:
        before = await running.checkpoint(session, chain)
    old, new = await rotate(database, Notary(path), HUB)
    assert (old, Signer.load_or_create(path).key_id) == (before.key_id, new)
    assert not waiting(path).exists()
    await one_entry(database)
    with pytest.raises(KeyRetired):
        async with database.writing() as session:
            await ledger.checkpoint(session, chain, old_signer)
    async with database.writing() as session:
        after = await running.checkpoint(session, chain)
    assert (before.key_id, after.key_id) == (old, new)
    async with database.reading() as session:
        hub = await ledger.open_chain(session, "hub", HUB)
        [(entry, _, payload)] = [each async for each in ledger.entries(session, hub)]
        [checkpoint] = await ledger.checkpoints(session, hub)
        assert {each.id for each in await session.scalars(select(SigningKey))} == {old, new}
    assert payload is not None
    assert (entry.kind, payload["key"], payload["by"]) == (KEY, new, old)
    assert (checkpoint.head, checkpoint.key_id) == (entry.hash, old)


async def test_a_rotation_that_was_cut_off_is_finished_by_whoever_signs_next(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.pem"
    running = Notary(path)
    old = running.signer().key_id
    with monkeypatch.context() as patched:
        patched.setattr("storage.rotation.take_place", lambda path: None)  # dies before step 3
        _, new = await rotate(sqlite_database, Notary(path), HUB)
    assert Signer.load_or_create(path).key_id == old
    chain = await one_entry(sqlite_database)
    async with sqlite_database.writing() as session:
        assert (await running.close_chain(session, chain)).key_id == new
    assert Signer.load_or_create(path).key_id == new


async def test_a_rotation_that_was_cut_off_is_finished_when_asked_again(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.pem"
    Signer.load_or_create(path)
    with monkeypatch.context() as patched:
        patched.setattr("storage.rotation.take_place", lambda path: None)
        first = await rotate(sqlite_database, Notary(path), HUB)
    assert await rotate(sqlite_database, Notary(path), HUB) == first
    async with sqlite_database.reading() as session:
        assert len((await session.scalars(select(Succession))).all()) == 1
    # The introduced key is gone, and another lies in its place: that one is nobody's.
    with monkeypatch.context() as patched:
        patched.setattr("storage.rotation.take_place", lambda path: None)
        await rotate(sqlite_database, Notary(path), HUB)
    waiting(path).unlink()
    with pytest.raises(BadKey):
        await rotate(sqlite_database, Notary(path), HUB)


async def test_nothing_to_rotate(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadKey):
        await rotate(sqlite_database, Notary(tmp_path / "none.pem"), HUB)


@pytest.fixture(scope="module")
def original(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of a recording that three keys signed, one after the other, and a fourth exported."""
    work = tmp_path_factory.mktemp("rotated")

    async def make(database: Database) -> None:
        path = work / "node.pem"
        (work / "first.pem").write_text(Signer.load_or_create(path).public_pem)
        await hold_meeting(database, work / "spool", Signer.load_or_create(path), closed=False)
        await rotate(database, Notary(path), HUB)
        await rotate(database, Notary(path), HUB)
        async with database.writing() as session:
            chain = await ledger.open_chain(session, "recording", RECORDING)
            await ledger.append(session, chain, "closed", {})
            await Notary(path).close_chain(session, chain)
            (await session.get_one(Recording, RECORDING)).state = "closed"
        await rotate(database, Notary(path), HUB)
        signer = Signer.load_or_create(path)
        (work / "last.pem").write_text(signer.public_pem)
        await export_meeting(database, None, work / "spool", MEETING, work / "out", signer)

    filled(migrated_sqlite, work, make)
    return work / "out"


def pem(original: Path, name: str) -> bytes:
    return (original.parent / f"{name}.pem").read_bytes()


def test_it_verifies_by_the_first_key_and_by_the_last(original: Path, tmp_path: Path) -> None:
    lines = (original / bag.SUCCESSIONS).read_bytes().splitlines()
    assert len(lines) == 3
    assert len(list((original / bag.KEYS).iterdir())) == 4
    for trust in (None, pem(original, "first"), pem(original, "last")):
        assert verify_folder(original, trust).findings == []
    stranger = Signer.load_or_create(tmp_path / "stranger.pem").public_pem.encode()
    assert codes(verify_folder(original, stranger)) == [("signer.not-trusted", bag.SIGNATURE)]
    assert verify_folder(original, [stranger, pem(original, "first")]).findings == []


def rewritten(folder: Path, original: Path, change: Callable[[list[bytes]], list[bytes]]) -> list[tuple[str, str]]:
    """By whoever holds the hub's last key, so that only the successions can tell."""
    path = folder / bag.SUCCESSIONS
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))
    make_lists_anew(folder, Signer.load_or_create(original.parent / "node.pem"))
    return codes(verify_folder(folder))


RECORDED = f"{bag.RECORDINGS}/{RECORDING}/{bag.CHECKPOINTS}"
DECIDED = f"{bag.DECISIONS}/{DECISION}/{bag.CHECKPOINTS}"


STRANGE = [("signer.not-introduced", DECIDED), ("signer.not-introduced", RECORDED)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_succession_that_is_missing(folder: Path, original: Path, number: int) -> None:
    """Of 1 → 2 → 3 → 4 any one: what the first signed is a stranger's, and the first leads not to the last."""
    assert rewritten(folder, original, lambda lines: lines[:number] + lines[number + 1 :]) == STRANGE
    found = codes(verify_folder(folder, pem(original, "first")))
    assert ("signer.not-trusted", bag.SIGNATURE) in found


def altered(field: str) -> Callable[[list[bytes]], list[bytes]]:
    def change(lines: list[bytes]) -> list[bytes]:
        last = json.loads(lines[-1])
        match field:
            case "payload":
                last["line"]["payload"]["key"] = "0" * 32
            case "entry":
                last["line"]["entry"]["at"] = "2020-01-01T00:00:00.000000Z"
            case "signature":
                last["checkpoint"]["signature"] = "0" * 128
            case "checkpoint":
                last["checkpoint"]["seq"] += 1
            case "of another":
                last["checkpoint"] = json.loads(lines[0])["checkpoint"]
            case "withheld":
                last["line"]["payload"] = last["line"]["salt"] = None
        return [*lines[:-1], canonical_bytes(last)]

    return change


@pytest.mark.parametrize("field", ["payload", "entry", "signature", "checkpoint", "of another", "withheld"])
def test_a_succession_that_was_altered(folder: Path, original: Path, field: str) -> None:
    assert rewritten(folder, original, altered(field)) == [
        ("key.succession-altered", bag.SUCCESSIONS),
        *STRANGE,
    ]


def test_a_stranger_s_key_beside_the_hub_s(folder: Path, original: Path, tmp_path: Path) -> None:
    """Who holds no key of the hub signs the lists; what the hub's keys signed gives him away, or, when he signs that
    anew as well, the key that one trusts."""
    thief = Signer.load_or_create(tmp_path / "thief.pem")
    (folder / bag.KEYS / f"{thief.key_id}.pem").write_text(thief.public_pem)
    make_lists_anew(folder, thief)
    assert codes(verify_folder(folder)) == STRANGE
    assert ("signer.not-trusted", bag.SIGNATURE) in codes(verify_folder(folder, pem(original, "first")))
    take_over(folder, thief)
    assert codes(verify_folder(folder)) == []
    assert ("signer.not-trusted", bag.SIGNATURE) in codes(verify_folder(folder, pem(original, "first")))
