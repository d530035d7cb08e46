"""How one key of the hub introduced the next, as an export shows it and as verification reads it.

One line a succession: the entry `key` of the hub's chain with its payload and salt, and the old key's last checkpoint,
which stands on that entry. No more of the hub's chain is needed, nor shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storage.canonical import canonical_bytes, read_canonical
from storage.chain_check import read_chain
from storage.chained import KEY, CheckpointRecord, read_checkpoint
from storage.errors import BadKey, NotCanonical
from storage.keys import ALGORITHM, key_id, load_public, verifies


@dataclass(frozen=True, slots=True)
class Introduced:
    """A key, and the one that introduced it."""

    key: str
    by: str


def line(entry: dict[str, Any], checkpoint: CheckpointRecord) -> dict[str, Any]:
    """`entry`: a line of a chain (`storage.export.chain_line`)."""
    return {"checkpoint": checkpoint.line(), "line": entry}


def read(raw: bytes, keys: Mapping[str, bytes | None]) -> Introduced | None:
    """None for whatever is not a key introduced by one of `keys`."""
    try:
        both = read_canonical(raw)
        checkpoint = read_checkpoint(both["checkpoint"])
        reading = read_chain(canonical_bytes(both["line"]))
        [entry] = reading.lines
        payload = entry.payload or {}
        public = load_public(str(payload.get("public")).encode())
        by = keys[checkpoint.key_id]
        signature, message = bytes.fromhex(checkpoint.signature), checkpoint.signed_bytes()
    except (NotCanonical, BadKey, KeyError, TypeError, ValueError):
        return None
    holds = (
        entry.holds
        and entry.own == entry.hash == checkpoint.head
        and (entry.kind, entry.seq, entry.chain) == (KEY, checkpoint.seq, checkpoint.chain_id)
        and (payload.get("by"), payload.get("key")) == (checkpoint.key_id, key_id(public))
        and checkpoint.algorithm == ALGORITHM
        and by is not None
        and verifies(by, signature, message)
    )
    return Introduced(key_id(public), checkpoint.key_id) if holds else None


def known(from_keys: Iterable[str], successions: Iterable[Introduced]) -> set[str]:
    """Those keys, and all that they introduced, one after the other."""
    return _reached(set(from_keys), [(each.by, each.key) for each in successions])


def ancestors(of: str, successions: Iterable[Introduced]) -> set[str]:
    """That key, and all by which it was introduced, one after the other."""
    return _reached({of}, [(each.key, each.by) for each in successions])


def _reached(found: set[str], steps: list[tuple[str, str]]) -> set[str]:
    while more := {to for start, to in steps if start in found} - found:
        found |= more
    return found
