"""What is hashed and what is signed: an entry, a payload under its salt, a checkpoint. Used to write and to verify."""

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any

from storage.canonical import canonical_bytes

VERSION = 1  # of entries
CHECKPOINT_VERSION = 2
ZERO = "0" * 64  # what the first entry of a chain rests on
SALT_BYTES = 32
# What verification reads in payloads; `storage.statements` writes them.
SEGMENT = "segment"  # the kind of entry that speaks of a sealed segment
DELIVERY = "delivery"  # the kind of entry that speaks of a file that was recorded elsewhere and came later
EXPLANATION = "explanation"  # of the same chain: why gaps of the recording are there
COUNTERSIGNED = "explanation-countersigned"  # of the same: a supervisor stands for one
DELETION_ORDERED = "deletion-ordered"  # of the hub's chain: two persons let a recording's media be taken away
DELETED = "deleted"  # of the same: they are gone
OPENED = "opened"  # the first one of a recording
PERSON_IN = "person-in"  # somebody came
PAPER_PAGE = "paper-page"  # of a decision, a meeting or the hub: a signed page came back as a photograph
PAPER_SIGNED = "paper-signed"  # of the same: a paper was signed on a screen
PLAN = "plan"  # of a decision: a version of its plan, with the hash of the file
POST = "post"  # of a decision: a notice was put up, with the hashes of the tables that hang with it
NOTICE_UP = "notice-up"  # of the hub: the same, of any notice
PRINTED = "printed"  # of a decision: its record was printed on paper, with the codes of these checkpoints
KEY = "key"  # the kind of entry by which one key of the hub introduces the next
KEY_LOST = "key-lost"  # of the hub's chain: from here on a key signs that none of the known ones introduced
RESTS_ON = "rests_on"  # the field that names entries of other chains by their hash
NOT_VERIFIED = "not verified"  # a clock that no time source spoke of
# {"offset_us": source − node, "within_us": error bound, "source": host}, or NOT_VERIFIED
Clock = dict[str, Any] | str


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
    """A signature over a chain up to and including entry `seq`. The first version had neither `clock` nor `previous`;
    such checkpoints stay as they are, and verify."""

    chain_id: str
    seq: int
    at: str
    head: str  # hash of entry seq
    root: str  # RFC 9162 §2.1; a leaf is an entry's hash, 32 bytes
    final: bool
    algorithm: str
    key_id: str
    signature: str
    version: int = 1
    clock: Clock | None = None  # how far the node's clock was off when it signed
    previous: str | None = None  # `mark` of the chain's checkpoint before, ZERO for its first

    def signed_object(self) -> dict[str, Any]:
        """What the signature covers. `type` keeps it from being used for anything else."""
        out: dict[str, Any] = {
            "algorithm": self.algorithm,
            "at": self.at,
            "chain": self.chain_id,
            "final": self.final,
            "head": self.head,
            "key_id": self.key_id,
            "root": self.root,
            "seq": self.seq,
            "type": "huilu-checkpoint",
            "version": self.version,
        }
        if self.version > 1:
            out |= {"clock": self.clock, "previous": self.previous}
        return out

    def signed_bytes(self) -> bytes:
        return canonical_bytes(self.signed_object())

    def mark(self) -> str:
        """What the next checkpoint of the chain names it by, so that none can be left out between two others."""
        return hashlib.sha256(self.stamped_bytes()).hexdigest()

    def line(self) -> dict[str, Any]:
        """As it stands in exports."""
        out = asdict(self)
        return out if self.version > 1 else {name: out[name] for name in FIRST_VERSION}

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
    return payload_bytes_hash(salt, canonical_bytes(payload))


def payload_bytes_hash(salt: str, payload: bytes) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + payload).hexdigest()


def read_checkpoint(line: Any) -> CheckpointRecord:
    """The inverse of `CheckpointRecord.line`; raises ValueError for anything else."""
    versions: dict[Any, frozenset[str]] = {None: frozenset(FIRST_VERSION), 2: frozenset(FIELDS)}
    if not isinstance(line, dict) or versions.get(line.get("version")) != line.keys():
        raise ValueError("not the fields of a checkpoint")
    texts = ("chain_id", "at", "head", "root", "algorithm", "key_id", "signature")
    if not all(isinstance(line[name], str) for name in texts) or not isinstance(line["final"], bool):
        raise ValueError("a field of another type")
    if type(line["seq"]) is not int or line["seq"] < 1:
        raise ValueError("covers nothing")
    record = CheckpointRecord(**line)
    if record.version > 1 and not (isinstance(record.previous, str) and _is_clock(record.clock)):
        raise ValueError("no statement of the clock, or of the checkpoint before")
    return record


def _is_clock(clock: Any) -> bool:
    if not isinstance(clock, dict):
        return bool(clock == NOT_VERIFIED)
    types = {name: type(value) for name, value in clock.items()}
    return types == {"offset_us": int, "within_us": int, "source": str}


FIELDS = tuple(each.name for each in fields(CheckpointRecord))
FIRST_VERSION = FIELDS[: FIELDS.index("version")]
