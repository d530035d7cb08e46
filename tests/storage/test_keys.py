"""The signing key: made once, private, and its signatures hold."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.errors import BadKey
from storage.keys import Signer, key_id, load_public, verifies


def test_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    first = Signer.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Signer.load_or_create(path).public_bytes == first.public_bytes
    assert [each.name for each in path.parent.iterdir()] == ["signing.pem"]


def test_of_several_first_ones_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:  # the same pid twice is a mistake, so one after the other in a thread
        keys = {pool.submit(Signer.load_or_create, tmp_path / "k").result().key_id for _ in range(3)}
    assert len(keys) == 1


def test_a_signature_holds_for_its_bytes_only(signer: Signer) -> None:
    public = load_public(signer.public_pem.encode())
    assert key_id(public) == signer.key_id
    signature = signer.sign(b"a")
    assert verifies(public, signature, b"a")
    assert not verifies(public, signature, b"b")
    assert not verifies(public, signature[:-1], b"a")
    assert not verifies(public[:-1], signature, b"a")


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"])
def test_an_unreadable_key_stops_loudly(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k"
    path.write_bytes(content)
    with pytest.raises(BadKey):
        Signer.load_or_create(path)
    assert path.read_bytes() == content
