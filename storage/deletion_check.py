"""Whether an export's word that a recording's media were deleted holds: an entry of the hub's chain, naming this
recording's chain, under a signed root. Without it a missing segment is a missing segment."""

from dataclasses import dataclass
from typing import Any

from storage import bag
from storage.canonical import canonical_bytes, read_canonical
from storage.chain_check import ChainReading, Line, read_chain
from storage.chained import DELETION_ORDERED, read_checkpoint
from storage.errors import NotCanonical
from storage.inclusion import included
from storage.keys import ALGORITHM, verifies
from storage.verify_check import Check


@dataclass(frozen=True, slots=True)
class DeletedSeen:
    """A deletion that holds."""

    path: str
    recording: str
    at: str  # of the order, RFC 3339 UTC
    retention: str
    reason: str
    proposed: str  # name and post
    confirmed: str
    segments: int
    bytes: int
    chain: str  # the hub's, and the order's number in it
    entry: int


def deletion_of(check: Check, parent: str, reading: ChainReading) -> DeletedSeen | None:
    """Of the recording in this folder; a word that doesn't hold is a finding of step 8."""
    path = f"{parent}/{bag.DELETIONS}"
    if path not in check.files:
        return None
    seen: DeletedSeen | None = None
    for number, raw in enumerate(check.read(path).splitlines(), start=1):
        entry = _proved(raw, check)
        if entry is None or entry.payload is None:
            check.found(
                8, "deletion.unproved", path, f"第 {number} 行的删除记录不成立：不在签名的存证链中，或被改动",
                f"the deletion in line {number} doesn't hold: it is under no signed root, or was altered", number,
            )  # fmt: skip
            continue
        what = entry.payload
        if entry.kind != DELETION_ORDERED:
            continue
        if not reading.intact or what.get("chain") != reading.chain:
            check.found(
                8, "deletion.of-another", path, "删除记录说的不是这份录像",
                "the deletion speaks of another recording", number,
            )  # fmt: skip
            continue
        seen = DeletedSeen(
            path, str(what.get("recording")), str(_in(what, "answered", "at")), str(what.get("retention")),
            str(what.get("reason")), str(_in(what, "proposed", "as")), str(_in(what, "answered", "as")),
            int(what.get("segments") or 0), int(what.get("bytes") or 0), entry.chain, entry.seq,
        )  # fmt: skip
    return seen


def _in(what: dict[str, Any], outer: str, inner: str) -> Any:
    found = what.get(outer)
    return found.get(inner) if isinstance(found, dict) else None


def _proved(raw: bytes, check: Check) -> Line | None:
    """An entry that lies under a checkpoint whose signature holds."""
    try:
        line = read_canonical(raw)
        record = read_checkpoint(line["checkpoint"])
        beside = [bytes.fromhex(each) for each in line["path"]]
        of_chain = {name: line[name] for name in ("entry", "hash", "payload", "salt")}
        entry = read_chain(canonical_bytes(of_chain)).lines[0]
        public = check.keys.get(record.key_id)
        if len(line) != 6 or entry.payload is None or public is None:
            return None
        signed = record.algorithm == ALGORITHM and verifies(
            public, bytes.fromhex(record.signature), record.signed_bytes()
        )
        whole = entry.holds and entry.own == entry.hash and entry.chain == record.chain_id
        under = included(bytes.fromhex(entry.own), entry.seq - 1, record.seq, beside, bytes.fromhex(record.root))
    except (NotCanonical, KeyError, TypeError, ValueError, IndexError):
        return None
    return entry if signed and whole and under else None
