"""Secrets of the second factor as the database keeps them: sealed, or marked, under keys that never lie in it."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.errors.accounts import SecretUnreadable

NONCE = 12  # bytes (NIST SP 800-38D §8.2)


class SealedSecrets:
    """Of one hub. The key is `second_factor_key` of keys/secrets.json, from which each use has a key of its own."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a key of 32 bytes")
        self._box = AESGCM(_derived(key, b"huilu second factor: sealing"))
        self._marking = _derived(key, b"huilu second factor: recovery codes")

    def seal(self, owner: str, secret: bytes) -> str:
        """Readable with the same owner only: a row that is moved to another account opens nothing there."""
        nonce = secrets.token_bytes(NONCE)
        return base64.b64encode(nonce + self._box.encrypt(nonce, secret, owner.encode())).decode()

    def open(self, owner: str, sealed: str) -> bytes:
        """Raises SecretUnreadable: another hub's key, or a row that was changed."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._box.decrypt(raw[:NONCE], raw[NONCE:], owner.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(owner) from error

    def mark(self, owner: str, code: str) -> str:
        """What is kept of a recovery code: without the key nobody can try codes against it."""
        return hmac.digest(self._marking, f"{owner}:{code}".encode(), hashlib.sha256).hex()


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, use).derive(key)
