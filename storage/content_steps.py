"""The steps of a verification that hold everything else against the chains: film, decisions, readable documents."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from storage import bag
from storage.canonical import read_canonical
from storage.chain_check import ChainReading, Line
from storage.chained import RESTS_ON, SEGMENT
from storage.deletion_check import deletion_of
from storage.delivery_check import delivered_files, deliveries_disagree, objections_disagree, signed_disagree
from storage.document_check import decision_disagrees, meeting_disagrees, recording_disagrees
from storage.errors import NotCanonical
from storage.verify_check import Check


def step_8_segments(check: Check) -> int:
    stated = check.stated
    gone: set[str] = set()  # recordings' folders whose media were deleted, as the hub's chain says
    complete = True  # whether every entry could be read, so that an unnamed file is really unnamed
    for parent, reading in check.chains.items():
        if not parent.startswith(f"{bag.RECORDINGS}/"):
            continue
        complete &= reading.intact and not reading.payloads
        if (deleted := deletion_of(check, parent, reading)) is not None:
            check.deleted.append(deleted)
            gone.update(f"{bag.MEDIA}/{name}" for name in _segments(reading))
        for line in reading.lines:
            if line.kind == SEGMENT and line.payload is not None and line.holds and line.own == line.hash:
                stated[f"{bag.MEDIA}/{line.payload.get('name')}"] = line.payload
            elif line.kind == SEGMENT and line.withheld:
                complete = False
    for parent, reading in check.chains.items():
        if parent.startswith(f"{bag.DELIVERIES}/"):
            files, all_read = delivered_files(reading)
            stated.update({f"{bag.MEDIA}/{payload.get('name')}": dict(payload) for payload in files})
            complete &= all_read
    missing = check.missing()
    for path, payload in stated.items():
        if path not in check.files:
            if path not in missing and path not in gone:
                check.found(8, "segment.missing", path, "录像分段缺失", "the segment is missing")
        elif check.files[path] != (payload.get("bytes"), payload.get("sha256")):
            check.found(
                8,
                "segment.altered",
                path,
                f"录像分段被改动（轨 {payload.get('track')} 第 {payload.get('number')} 段）",
                f"the segment was altered (track {payload.get('track')}, number {payload.get('number')})",
            )
    listed = {finding.path for finding in check.findings if finding.code == "file.unlisted"}
    for path in sorted(check.files):
        if complete and path.startswith(f"{bag.MEDIA}/") and path not in stated and path not in listed:
            check.found(8, "segment.unknown", path, "存证链里没有这一段", "no entry speaks of this segment")
    return len(stated)


def _segments(reading: ChainReading) -> Iterator[str]:
    for line in reading.lines:
        if line.kind == SEGMENT and line.payload is not None:
            yield str(line.payload.get("name"))


def step_9_decisions(check: Check) -> int:
    by_chain = {reading.chain: reading for reading in check.chains.values()}
    count = 0
    for parent, reading in check.chains.items():
        for line in reading.lines:
            for ground, seq, stated in _grounds(line):
                target = by_chain.get(ground)
                if target is None:
                    continue  # of a meeting that is not in this folder
                count += 1
                known = target.hash_of(seq)
                if stated not in known and (known or target.intact):
                    check.found(
                        9,
                        "decision.other-ground",
                        f"{parent}/{bag.CHAIN}",
                        f"第 {line.number} 条所依据的录像记录不是归档夹里的这一份",
                        f"entry {line.number} rests on another recording than the one in this folder",
                        line.number,
                    )
    listed = check.meeting.get("decisions")
    for each in listed if isinstance(listed, list) else []:
        path = f"{bag.DECISIONS}/{each}/{bag.DECISION}"
        if path not in check.files and path not in check.missing():
            check.found(9, "decision.missing", path, "缺失", "is missing")
    return count


def _grounds(line: Line) -> Iterator[tuple[str, int, str]]:
    """The entries of other chains that an entry says it rests on."""
    grounds = line.payload.get(RESTS_ON) if line.payload is not None and line.holds else None
    for each in grounds if isinstance(grounds, list) else []:
        if isinstance(each, dict):
            yield str(each.get("chain")), each["seq"] if type(each.get("seq")) is int else 0, str(each.get("hash"))


def step_10_documents(check: Check) -> int:
    count = 0
    recordings = check.meeting.get("recordings")
    untouched = []
    said: list[Iterator[str]] = []
    for recording in recordings if isinstance(recordings, list) else []:
        if isinstance(recording, dict):
            reading = check.untouched(f"{bag.RECORDINGS}/{recording.get('id')}")
            if reading is not None:
                untouched.append(reading)
                restricted = _restricted(check, recording)
                said.append(recording_disagrees(recording, reading, check.meeting.get("decisions"), restricted))
            later = check.chains.get(f"{bag.DELIVERIES}/{recording.get('id')}")
            if later is None or (later.intact and not later.payloads):
                count += later is not None
                said.append(deliveries_disagree(recording, later))
    # Of a meeting that was not recorded, or a moment that no recording holds.
    later = check.chains.get(f"{bag.DELIVERIES}/{check.meeting.get('id')}")
    if later is None or (later.intact and not later.payloads):
        count += later is not None
        said += [objections_disagree(check.meeting, later), signed_disagree(check.meeting, later)]
    count += len(untouched)
    said.append(meeting_disagrees(check.meeting, untouched))
    _disagrees(check, bag.MEETING, chain.from_iterable(said))
    for parent in check.chains:
        path = f"{parent}/{bag.DECISION}"
        reading = check.untouched(parent)
        if not parent.startswith(f"{bag.DECISIONS}/") or path not in check.files or reading is None:
            continue
        try:
            decision = read_canonical(check.read(path))
        except NotCanonical:
            decision = None
        if isinstance(decision, dict):
            count += 1
            filed = check.signature.get("format") not in bag.WITHOUT_FILED
            _disagrees(check, path, decision_disagrees(decision, reading, check.meeting.get("id"), filed))
    return count


def _restricted(check: Check, recording: dict[str, Any]) -> set[int]:
    path = f"{bag.RECORDINGS}/{recording.get('id')}/{bag.CHAIN}"
    return {each.seq for each in check.withheld if each.path == path and each.reason != bag.ERASED}


def _disagrees(check: Check, path: str, what: Iterator[str]) -> None:
    """One finding a document, with all that it says otherwise."""
    named = ", ".join(what)
    if named:
        check.found(
            10, "document.disagrees", path, f"与存证链不一致：{named}", f"says otherwise than the chain: {named}"
        )
