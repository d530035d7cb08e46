"""The two hashes of every file, in one pass: SHA-256, and SM3 (GB/T 32905) as Chinese archives ask for."""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import hashes

CHUNK_BYTES = 1 << 20


class TwoHashes:
    """Fed in pieces; `digests` may be asked at any time and changes nothing."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sm3 = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        self._sha256.update(data)
        self._sm3.update(data)

    def digests(self) -> tuple[str, str]:
        """SHA-256 and SM3, in hexadecimal."""
        return self._sha256.hexdigest(), self._sm3.copy().finalize().hex()


def hash_file(path: Path) -> tuple[int, str, str]:
    """Bytes, SHA-256 and SM3 of what lies there."""
    hashed, size = TwoHashes(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            hashed.update(chunk)
            size += len(chunk)
    return size, *hashed.digests()
