"""A node's Ed25519 key: made at first start, kept in a file that only its owner reads, signs checkpoints."""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from storage.errors import BadKey

ALGORITHM = "ed25519"


class Signer:
    """Signs; never gives its private half away."""

    algorithm = ALGORITHM

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_bytes = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_pem = (
            private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        )
        self.key_id = key_id(self.public_bytes)

    @classmethod
    def load_or_create(cls, path: Path) -> "Signer":
        """The key in `path` (PEM, PKCS #8, mode 0600); several processes may come first at once, one wins."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(
                path,
                Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            )
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "Signer":
        """Raises BadKey, also where there is none."""
        try:
            private = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadKey(f"{path}: {error}") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise BadKey(f"{path}: not an Ed25519 key")
        return cls(private)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def key_id(public: bytes) -> str:
    """The first 128 bits of the public key's SHA-256; short enough to be compared by eye."""
    return hashlib.sha256(public).hexdigest()[:32]


def load_public(pem: bytes) -> bytes:
    """The raw public key; raises BadKey for anything but an Ed25519 public key in PEM."""
    try:
        public = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(str(error)) from error
    if not isinstance(public, Ed25519PublicKey):
        raise BadKey("not an Ed25519 key")
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write_once(path: Path, secret: bytes) -> None:
    """`path` appears whole or not at all, and is never replaced."""
    own = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(own, path)
        except FileExistsError:
            return
    finally:
        own.unlink()
