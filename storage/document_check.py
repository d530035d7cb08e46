"""Whether the readable documents of an export say what the chains say: a row that was changed in the database behind
the chain's back would otherwise go into a rightly signed export.

A document's field is compared with the field of the same name in the last entry that speaks of the same thing. What
both must have: votes and segments. Chains that were touched, and things whose payload is withheld, are left out:
they were found already, or can't be known.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from storage.chain_check import ChainReading
from storage.chained import OPENED, PERSON_IN, SEGMENT
from storage.corrected import corrections, standing_votes
from storage.filed_said import KINDS as FILED
from storage.filed_said import plans, signed, tables
from storage.minutes_said import objections

Facts = Mapping[str, Any]


def decision_disagrees(decision: Facts, reading: ChainReading, meeting: Any, filed: bool) -> Iterator[str]:
    """What a decision.json says otherwise than its chain. `filed`: whether the export's format knows of files that were
    handed in, of which those of `meeting` go along."""
    if any(line.withheld and line.kind not in (*FILED, "stored") for line in reading.lines):
        return
    if filed:
        told = [(line.seq, line.kind, line.at, line.payload) for line in reading.lines if line.payload is not None]
        for name, should in (("plans", plans(told)), ("tables", tables(told)), ("signed", signed(told, meeting))):
            if should != decision.get(name):
                yield name
    said = payloads(reading)
    if decision.get("chain", reading.chain) != reading.chain:
        yield "chain"
    lines = [(line.seq, line.kind, line.payload) for line in reading.lines if line.payload is not None]
    votes, fell = standing_votes(lines)
    yield from things("vote", decision.get("votes"), votes, strict=True, whole=not fell)
    outcomes = [each["outcome"] for _, each in said if "outcome" in each]
    if outcomes and decision.get("outcome") != outcomes[-1]:
        yield "outcome"
    judged = None
    for _, each in said:
        judged = each.get("proper", judged)
    if decision.get("proper") != judged:
        yield "proper"
    if objections(said) != (decision.get("objections") or []):
        yield "objections"
    if corrections(lines) != (decision.get("corrections") or []):
        yield "corrections"
    discussed = sorted({str(each.get("agenda_item")) for kind, each in said if kind == "item"})
    if discussed != _texts(decision.get("items")):
        yield "items"
    titles = [each["title"] for kind, each in said if kind == "created" and "title" in each]
    if titles and decision.get("title") != titles[-1]:
        yield "title"


def recording_disagrees(recording: Facts, reading: ChainReading, decisions: Any, restricted: Set[int]) -> Iterator[str]:
    """What meeting.json says of a recording, and of the `decisions` voted on in it, otherwise than its chain.
    `restricted`: entries of restricted parts, whose things were left out of the document as well."""
    said = payloads(reading)
    withheld = {line.kind for line in reading.lines if line.withheld and line.seq not in restricted}
    left_out = {line.kind for line in reading.lines if line.seq in restricted}
    tracks = recording.get("tracks")
    segments = [
        segment
        for track in (tracks if isinstance(tracks, list) else [])
        if isinstance(track, dict) and isinstance(track.get("segments"), list)
        for segment in track["segments"]
    ]
    for kind, listed, strict in (
        (SEGMENT, segments, True),
        ("gap", recording.get("gaps"), False),
        ("mark", recording.get("marks"), False),
    ):
        if kind not in withheld:
            yield from things(
                kind, listed, [each for its, each in said if its == kind], strict and kind not in left_out
            )
    voted = {str(each["decision"]) for kind, each in said if kind == "vote" and "decision" in each}
    yield from (f"decision {name}" for name in sorted(voted - set(_texts(decisions))))


def meeting_disagrees(meeting: Facts, readings: Iterable[ChainReading]) -> Iterator[str]:
    """What meeting.json says of the meeting itself otherwise than the chains of its recordings: its title and unit, and
    the names of those who came."""
    names = {str(each.get("name")) for each in meeting.get("presences") or () if isinstance(each, dict)}
    unit = meeting.get("unit")
    for kind, each in (said for reading in readings for said in payloads(reading)):
        if kind == OPENED and each.get("meeting", meeting.get("id")) != meeting.get("id"):
            yield "id"
        if kind == OPENED and "title" in each and each["title"] != meeting.get("title"):
            yield "title"
        if kind == OPENED and "unit_name" in each and isinstance(unit, dict) and each["unit_name"] != unit.get("name"):
            yield "unit: name"
        if kind == PERSON_IN and "name" in each and each["name"] not in names:
            yield f"presence {each['name']}"


def _texts(listed: Any) -> list[str]:
    return sorted({str(each) for each in listed}) if isinstance(listed, list) else []


def payloads(reading: ChainReading) -> list[tuple[str, Facts]]:
    return [(line.kind, line.payload) for line in reading.lines if line.payload is not None]


def things(kind: str, listed: Any, said: list[Facts], strict: bool, whole: bool = True) -> Iterator[str]:
    """Things of a document against what entries of `kind` say of them; an entry names its thing by its kind. `strict`:
    none without an entry; `whole`: no entry without its thing."""
    last = {str(each[kind]): each for each in said if kind in each}
    things = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    seen = set()
    for thing in things:
        name = str(thing.get("id"))
        seen.add(name)
        entry = last.get(name)
        if entry is None:
            if strict:
                yield f"{kind} {name}"
            continue
        yield from (
            f"{kind} {name}: {key}"
            for key in sorted(thing)
            if key != "id" and key in entry and entry[key] != thing[key]
        )
    yield from (f"{kind} {name}" for name in sorted(last) if whole and name not in seen)
