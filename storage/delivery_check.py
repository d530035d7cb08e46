"""What an export's chain of what came later says: the files, explanations, objections to minutes and signed pages of
which it speaks, and whether the meeting's facts agree."""

from collections.abc import Iterator, Mapping
from typing import Any

from storage.chain_check import ChainReading
from storage.chained import COUNTERSIGNED, DELETED, DELIVERY, EXPLANATION
from storage.document_check import payloads, things
from storage.filed_said import KINDS as FILED
from storage.filed_said import of_meeting
from storage.minutes_said import objections

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
    said = payloads(reading) if reading is not None else []
    sent = [each for kind, each in said if kind == DELIVERY]
    yield from things(DELIVERY, recording.get("deliveries"), sent, strict=True)
    explained = [each for kind, each in said if kind == EXPLANATION]
    yield from things(EXPLANATION, recording.get("explanations"), explained, strict=True)
    yield from objections_disagree(recording, reading)
    signed = {str(each.get(EXPLANATION)): each for kind, each in said if kind == COUNTERSIGNED}
    listed = recording.get("explanations")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and not _same(each.get("countersigned"), signed.get(str(each.get("id")))):
            yield f"explanation {each.get('id')}: countersigned"


def objections_disagree(of: Facts, reading: ChainReading | None) -> Iterator[str]:
    """What meeting.json says of the minutes, of a recording or of what none holds, otherwise than the chain."""
    if reading is not None and any(line.withheld and line.kind not in (*FILED, "stored") for line in reading.lines):
        return
    if objections(payloads(reading) if reading is not None else []) != (of.get("objections") or []):
        yield "objections"


def signed_disagree(meeting: Facts, reading: ChainReading | None) -> Iterator[str]:
    """What meeting.json says of what came back signed of the meeting's papers otherwise than its own chain."""
    lines = reading.lines if reading is not None else ()
    told = [(line.seq, line.kind, line.at, line.payload) for line in lines if line.payload is not None]
    if of_meeting(told) != (meeting.get("signed") or []):
        yield "signed"


def _same(listed: Any, entry: Mapping[str, Any] | None) -> bool:
    if not isinstance(listed, dict) or entry is None:
        return listed is None and entry is None
    return all(entry.get(name) == value for name, value in listed.items())
