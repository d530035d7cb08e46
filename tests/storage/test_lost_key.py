"""A signing key that is gone: never replaced without a word, at start nor while the hub runs."""

from pathlib import Path
from typing import Any

import pytest

from storage import bag, ledger
from storage.chained import KEY_LOST
from storage.database import Database
from storage.errors import BadKey, KeyUnknown
from storage.export import export_meeting
from storage.keys import Signer
from storage.lost_key import settle
from storage.notary import Notary, waiting
from storage.rotation import rotate
from storage.verify import verify_folder
from tests.storage.forging import codes
from tests.storage.village import DECISION, MEETING, RECORDING, hold_meeting

HUB = "hub_1"


async def grown(database: Database, subject: str = "rec_9") -> str:
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "recording", subject)
        await ledger.append(session, chain, "segment", {})
    return chain


async def sign(database: Database, notary: Notary) -> str:
    chain = await grown(database)
    async with database.writing() as session:
        return (await notary.checkpoint(session, chain)).key_id


async def said(database: Database) -> list[dict[str, Any]]:
    """What the hub's chain says of lost keys."""
    async with database.writing() as session:
        hub = await ledger.open_chain(session, "hub", HUB)
        found = [(entry.kind, payload) async for entry, _, payload in ledger.entries(session, hub)]
    return [payload for kind, payload in found if kind == KEY_LOST and payload is not None]


async def test_the_first_start_makes_a_key_and_has_nothing_to_say(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "node.pem"
    for _ in range(2):
        assert await settle(database, path, HUB) is None
    made = Signer.load(path).key_id
    assert await sign(database, Notary(path)) == made
    assert await settle(database, path, HUB) is None
    assert await said(database) == []


async def test_a_start_without_the_key_says_so_once_in_the_hub_s_chain(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    assert await settle(database, path, HUB) is None
    old = Signer.load(path).key_id  # it has signed nothing yet
    path.unlink()
    new = await settle(database, path, HUB)
    assert new == Signer.load(path).key_id != old
    assert await settle(database, path, HUB) is None
    [told] = await said(database)
    assert (told["key"], told["public"]) == (new, Signer.load(path).public_pem)
    assert [each["key"] for each in told["known"]] == [old]
    assert await sign(database, Notary(path)) == new  # the old one's chain goes on


async def test_a_start_that_died_before_it_could_say_so_says_it_the_next_time(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "node.pem"
    await sign(database, Notary(path))
    path.unlink()
    made = Signer.load_or_create(path).key_id  # and nothing more; or another hub's key was put there
    with pytest.raises(KeyUnknown):
        await sign(database, Notary(path))
    with pytest.raises(KeyUnknown):
        await rotate(database, Notary(path), HUB)
    waiting(path).unlink()
    assert await settle(database, path, HUB) == made
    assert await sign(database, Notary(path)) == made


async def test_while_the_hub_runs_nobody_makes_another_one(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    running = Notary(path)
    own = await sign(database, running)
    before = path.read_bytes()
    path.unlink()
    assert await sign(database, running) == own
    with pytest.raises(KeyUnknown):
        await sign(database, Notary(path))  # of a process that was started anew
    with pytest.raises(BadKey):
        Signer.load(path)
    assert not path.exists()
    path.write_bytes(before)  # put back
    assert await sign(database, Notary(path)) == own


async def test_a_key_that_was_introduced_and_lies_ready_is_not_lost(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.pem"
    await sign(database, Notary(path))
    with monkeypatch.context() as patched:
        patched.setattr("storage.rotation.take_place", lambda path: None)
        _, new = await rotate(database, Notary(path), HUB)
    path.unlink()
    assert await settle(database, path, HUB) is None
    assert Signer.load(path).key_id == new


async def test_an_export_still_shows_that_nobody_introduced_it(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    old = Signer.load_or_create(path)
    await hold_meeting(sqlite_database, tmp_path / "spool", old)
    path.unlink()
    assert await settle(sqlite_database, path, HUB) is not None
    new = Signer.load(path)
    await export_meeting(sqlite_database, None, tmp_path / "spool", MEETING, tmp_path / "out", new)
    found = codes(verify_folder(tmp_path / "out", new.public_pem.encode()))
    assert found == [
        ("signer.not-introduced", f"{parent}/{bag.CHECKPOINTS}")
        for parent in (f"{bag.DECISIONS}/{DECISION}", f"{bag.RECORDINGS}/{RECORDING}")
    ]
    assert codes(verify_folder(tmp_path / "out", [new.public_pem.encode(), old.public_pem.encode()])) == []
