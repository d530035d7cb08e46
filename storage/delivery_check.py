"""What an export's chain of deliveries says: the files that it speaks of, and whether the meeting's facts agree."""

from collections.abc import Iterator, Mapping
from typing import Any

from storage.chain_check import ChainReading
from storage.chained import DELETED, DELIVERY
from storage.document_check import payloads, things

Facts = Mapping[str, Any]


def delivered_files(reading: ChainReading) -> tuple[list[dict[str, Any]], bool]:
    """Entries of files that must be in the folder, and whether every such entry could be read. Those that went with
    their recording are left out."""
    said = [(line.kind, line.payload) for line in reading.lines if line.payload is not None and line.holds]
    gone = {str(payload.get(DELIVERY)) for kind, payload in said if kind == DELETED}
    files = [payload for kind, payload in said if kind == DELIVERY and str(payload.get(DELIVERY)) not in gone]
    withheld = any(line.kind == DELIVERY and line.withheld for line in reading.lines)
    return files, reading.intact and not reading.payloads and not withheld


def deliveries_disagree(recording: Facts, reading: ChainReading | None) -> Iterator[str]:
    """What meeting.json says of them otherwise than their chain (None: there is none)."""
    if reading is not None and any(line.withheld for line in reading.lines):
        return
    said = [each for kind, each in (payloads(reading) if reading is not None else []) if kind == DELIVERY]
    yield from things(DELIVERY, recording.get("deliveries"), said, strict=True)
