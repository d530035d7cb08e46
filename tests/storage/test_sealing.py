"""The ritual leaves a whole file or an open one, wherever it is killed; names are never overwritten."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import AlreadySealed, NotOpen
from storage.hashes import TwoHashes
from storage.sealing import SealingFile, Survey, read_sidecar, remove_sealed, survey


def test_seal(tmp_path: Path) -> None:
    file = SealingFile(tmp_path, "rec_1/trk_1/7")
    file.write(b"head")
    file.write(b"body")
    sealed = file.seal("rec_1/trk_1/7-9.mp4", {"start_ns": 5})
    assert (tmp_path / sealed.name).read_bytes() == b"headbody"
    assert (sealed.bytes, sealed.sha256) == (8, hashlib.sha256(b"headbody").hexdigest())
    assert read_sidecar(tmp_path, sealed.name) == sealed
    assert sealed.intact(tmp_path)
    assert survey(tmp_path) == Survey([sealed], [], [])
    (tmp_path / sealed.name).write_bytes(b"headbodx")
    assert not sealed.intact(tmp_path)
    remove_sealed(tmp_path, sealed.name)
    assert survey(tmp_path) == Survey([], [], [])


def test_sm3_known_answers() -> None:
    # GB/T 32905-2016, appendix A.
    for message, digest in (
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ):
        hashed = TwoHashes()
        hashed.update(message)
        assert hashed.digests()[1] == hashed.digests()[1] == digest


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_pieces_make_no_difference(pieces: list[bytes]) -> None:
    whole, parts = TwoHashes(), TwoHashes()
    whole.update(b"".join(pieces))
    for piece in pieces:
        parts.update(piece)
    assert whole.digests() == parts.digests()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    SealingFile(tmp_path, "1").seal("one")
    file = SealingFile(tmp_path, "1")
    with pytest.raises(AlreadySealed):
        SealingFile(tmp_path, "1")
    file.write(b"x")
    with pytest.raises(AlreadySealed):
        file.seal("one")
    assert (tmp_path / "one").read_bytes() == b""
    assert file.seal("two").bytes == 1
    for late in (lambda: file.write(b"y"), file.sync, lambda: file.seal("three")):
        with pytest.raises(NotOpen):
            late()


def test_abandon(tmp_path: Path) -> None:
    file = SealingFile(tmp_path, "1")
    file.write(b"x")
    file.abandon()
    assert survey(tmp_path) == Survey([], [], [])


def test_a_name_may_not_lead_out_of_the_spool(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        SealingFile(tmp_path / "spool", "../x")
    file = SealingFile(tmp_path / "spool", "x")
    with pytest.raises(ValueError, match="leads out"):
        file.seal("../../x")


def test_go_on_after_a_crash(tmp_path: Path) -> None:
    file = SealingFile(tmp_path, "1")
    file.write(b"whole unit, half a un")
    file.sync()
    again = SealingFile.reopen(tmp_path, "1", keep=10)
    again.write(b"!")
    sealed = again.seal("one")
    assert (tmp_path / "one").read_bytes() == b"whole unit!"
    assert sealed.intact(tmp_path)


CRASHING = """
import os, sys
from pathlib import Path
from storage import sealing

calls = 0
def dying(name):
    real = getattr(os, name)
    def call(*arguments, **names):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
        return real(*arguments, **names)
    setattr(os, name, call)

for name in ("fsync", "rename", "open"):
    dying(name)
file = sealing.SealingFile(Path(sys.argv[1]), "folder/1")
file.write(b"x" * 1000)
file.seal("folder/one", {"start_ns": 1})
"""


def test_killed_at_every_step(tmp_path: Path) -> None:
    """Whatever the step: either sealed with its sidecar and intact, or an open file that can be sealed again."""
    outcomes = set()
    for step in range(1, 40):
        spool = tmp_path / str(step)
        spool.mkdir()
        status = subprocess.run([sys.executable, "-c", CRASHING, str(spool), str(step)], check=False).returncode
        found = survey(spool)
        assert all(each.intact(spool) and each.facts == {"start_ns": 1} for each in found.sealed)
        assert len(found.sealed) + ("folder/1.open" in found.open) <= 1
        assert all(name.endswith((".json", ".json.open")) for name in found.torn)
        if "folder/1.open" in found.open:
            again = SealingFile.reopen(spool, "folder/1", 500)
            again.seal("folder/one")
            found = survey(spool)
            assert [each.bytes for each in found.sealed] == [500]
            assert not found.open
            assert not found.torn
        outcomes.add((status, len(found.sealed)))
        if status == 0:
            break
    assert (0, 1) in outcomes
    assert (-signal.SIGKILL, 1) in outcomes


def test_permissions(tmp_path: Path) -> None:
    SealingFile(tmp_path, "a/b/1").seal("a/b/one")
    assert os.stat(tmp_path / "a").st_mode & 0o077 == 0
