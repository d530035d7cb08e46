"""What a recording's chain says of the lock canary (`storage.canary`): whether the store that keeps it was found to
hold its locks, as known when the recording was closed."""

from dataclasses import dataclass

from storage.chain_check import ChainReading

CANARY = "canary"


@dataclass(frozen=True, slots=True)
class CanarySeen:
    path: str  # of the chain's folder
    entry: int
    at: str | None  # RFC 3339 UTC; none: it had not been out
    held: bool | None
    tried: int  # ways past the lock
    open: tuple[str, ...]
    unknown: tuple[str, ...]  # could not be tried


def canary_in(parent: str, reading: ChainReading) -> CanarySeen | None:
    """The last word on it; None where the chain has none that can be read."""
    for line in reversed(reading.lines):
        if line.kind != CANARY or line.payload is None or not line.holds:
            continue
        said = line.payload
        listed = said.get("doors")
        doors = [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict)]
        named = {
            outcome: tuple(str(each.get("name")) for each in doors if each.get("outcome") == outcome)
            for outcome in ("open", "unknown")
        }
        at, held = said.get("at"), said.get("held")
        return CanarySeen(
            parent, line.seq, None if at is None else str(at), held if isinstance(held, bool) else None, len(doors),
            named["open"], named["unknown"],
        )  # fmt: skip
    return None
