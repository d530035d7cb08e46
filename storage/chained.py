"""What is hashed and what is signed: an entry, a payload under its salt, a checkpoint. Used to write and to verify."""

import hashlib
from dataclasses import dataclass
from typing import Any

from storage.canonical import canonical_bytes

VERSION = 1
ZERO = "0" * 64  # what the first entry of a chain rests on
SALT_BYTES = 32
# What verification reads in payloads; `storage.statements` writes them.
SEGMENT = "segment"  # the kind of entry that speaks of a sealed segment
RESTS_ON = "rests_on"  # the field that names entries of other chains by their hash


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One entry as it stands in its chain."""

    chain_id: str
    seq: int
    kind: str
    at: str  # RFC 3339 UTC
    payload_hash: str
    previous: str
    hash: str

    def chained_object(self) -> dict[str, Any]:
        return chained_object(self.chain_id, self.seq, self.kind, self.at, self.payload_hash, self.previous)

    def chained_bytes(self) -> bytes:
        return canonical_bytes(self.chained_object())


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A signature over a chain up to and including entry `seq`."""

    chain_id: str
    seq: int
    at: str
    head: str  # hash of entry seq
    root: str  # RFC 9162 §2.1; a leaf is an entry's hash, 32 bytes
    final: bool
    algorithm: str
    key_id: str
    signature: str

    def signed_bytes(self) -> bytes:
        return signed_bytes(
            self.chain_id, self.seq, self.at, self.head, self.root, self.final, self.algorithm, self.key_id
        )

    def stamped_bytes(self) -> bytes:
        """What a time stamp covers: the statement and its signature, so that both are shown to have been there."""
        return self.signed_bytes() + bytes.fromhex(self.signature)


def chained_object(chain: str, seq: int, kind: str, at: str, payload_hash: str, previous: str) -> dict[str, Any]:
    """An entry as it stands in exports; its canonical form is what is hashed."""
    return {
        "at": at,
        "chain": chain,
        "kind": kind,
        "payload_hash": payload_hash,
        "previous": previous,
        "seq": seq,
        "version": VERSION,
    }


def chained_bytes(chain: str, seq: int, kind: str, at: str, payload_hash: str, previous: str) -> bytes:
    """The bytes of an entry that are hashed. The payload is in them only as its salted hash, so that it can be
    withheld or erased without breaking the chain."""
    return canonical_bytes(chained_object(chain, seq, kind, at, payload_hash, previous))


def entry_hash(chained: bytes) -> str:
    return hashlib.sha256(chained).hexdigest()


def payload_hash(salt: str, payload: Any) -> str:
    """SHA-256(salt ‖ canonical payload). Without the salt a short payload (a vote's figures) could be guessed."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical_bytes(payload)).hexdigest()


def signed_bytes(
    chain: str, seq: int, at: str, head: str, root: str, final: bool, algorithm: str, key_id: str
) -> bytes:
    """What a checkpoint's signature covers. `type` keeps a signature from being used for anything else."""
    return canonical_bytes(
        {
            "algorithm": algorithm,
            "at": at,
            "chain": chain,
            "final": final,
            "head": head,
            "key_id": key_id,
            "root": root,
            "seq": seq,
            "type": "huilu-checkpoint",
            "version": VERSION,
        }
    )
