"""What an export leaves out of a meeting's restricted parts: film, payloads, documents; the chain around them stays.

A restricted part is an agenda item whose access class is not open, from its start to its end. Left out is what was
filmed, marked, decided or who came during it, its title, decision records that are not open with their files, and the
signed minutes and sign-in sheet of the meeting's part in which it lies, as nothing can be cut out of a photograph. That
there was such a part, how long, and how many entries speak of it, is not hidden: coverage must add up (DESIGN §8), and
verification names each entry that is withheld.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.facts import Facts, Gathered
from storage.filed_said import part_of
from storage.withheld import TITLE

OPEN = "open"
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Restricted:
    """The restricted parts of a meeting: spans of meeting time in ns, and the ids of what belongs to them."""

    spans: list[tuple[int, int]]
    ids: dict[str, set[str]] = field(default_factory=dict)  # field of a payload → those that are withheld

    def hides(self, kind: str, payload: Mapping[str, Any]) -> bool:
        """Whether an entry speaks of a restricted part. Gaps don't: that something is missing is always said."""
        if any(payload.get(name) in ids for name, ids in self.ids.items()):
            return True
        at_ms = payload.get("at_ms")
        return kind != "gap" and isinstance(at_ms, int) and self.overlaps(at_ms * _MS, at_ms * _MS)

    def overlaps(self, start_ns: int, end_ns: int | None) -> bool:
        end_ns = start_ns if end_ns is None else end_ns
        return any(start_ns < until and max(end_ns, start_ns + 1) > since for since, until in self.spans)


def restricted_of(gathered: Gathered) -> Restricted:
    meeting = gathered.meeting
    whole = [(0, _end(meeting))] if meeting["access_class"] != OPEN else []
    items = [item for item in meeting["items"] if item["access_class"] != OPEN]
    begun = [item for item in items if item["start_ns"] is not None]
    found = Restricted(
        [*whole, *((item["start_ns"], _end(meeting) if item["end_ns"] is None else item["end_ns"]) for item in begun)]
    )
    hidden = {item["id"] for item in items}
    decisions = [
        each for each in gathered.decisions if each["access_class"] != OPEN or whole or hidden & set(each["items"])
    ]
    marks = [mark for recording in meeting["recordings"] for mark in recording["marks"]]
    decided = {each["id"] for each in decisions}
    parts = {(meeting["id"], str(item["part"])) for item in items}
    sheets = [*meeting["signed"], *(each for decision in gathered.decisions for each in decision["signed"])]
    own = {each["file"] for each in meeting["signed"] if whole or each["of"] in hidden}
    found.ids.update(
        file=own | {each["file"] for each in sheets if part_of(each) in parts},
        agenda_item=hidden,
        item=hidden,
        decision=decided,
        vote={vote["id"] for each in decisions for vote in each["votes"]},
        delivery={each.id for each in gathered.deliveries if found.overlaps(each.start_ns, each.end_ns)},
        explanation={
            each["id"]
            for recording in meeting["recordings"]
            for each in recording["explanations"]
            if any(found.overlaps(start, end) for start, end in each["spans"])
        },
        segment={each.id for each, _ in gathered.segments if found.overlaps(each.start_ns, each.end_ns)},
        mark={
            mark["id"]
            for mark in marks
            if found.overlaps(mark["start_ns"], mark["end_ns"])
            or mark["agenda_item_id"] in hidden
            or mark["decision_id"] in decided
        },
    )
    return found


def without(gathered: Gathered, restricted: Restricted) -> Gathered:
    """The same meeting as it may be shown."""
    meeting, ids = gathered.meeting, restricted.ids
    decisions = [
        each | {"signed": [line for line in each["signed"] if line["file"] not in ids["file"]]}
        for each in gathered.decisions
        if each["id"] not in ids["decision"]
    ]
    shown = meeting | {
        "items": [
            item | {"title": TITLE, "matter": None} if item["id"] in ids["agenda_item"] else item
            for item in meeting["items"]
        ],
        "presences": [
            each for each in meeting["presences"] if not restricted.overlaps(each["start_ns"], each["start_ns"])
        ],
        "recordings": [_recording(each, restricted) for each in meeting["recordings"]],
        "decisions": [each["id"] for each in decisions],
        "objections": _shown(meeting["objections"], restricted),
        "signed": [line for line in meeting["signed"] if line["file"] not in ids["file"]],
    }
    segments = [(segment, stored) for segment, stored in gathered.segments if segment.id not in ids["segment"]]
    deliveries = [each for each in gathered.deliveries if each.id not in ids["delivery"]]
    named = {line["file"] for each in decisions for line in (*each["plans"], *each["tables"], *each["signed"])}
    named |= {line["file"] for line in shown["signed"]}
    filed = [(line, row) for line, row in gathered.filed if line["file"] in named]
    return Gathered(shown, gathered.recordings, segments, decisions, deliveries, filed)


def _recording(recording: Facts, restricted: Restricted) -> Facts:
    ids = restricted.ids
    tracks = []
    for track in recording["tracks"]:
        left = [segment for segment in track["segments"] if segment["id"] not in ids["segment"]]
        if left or not track["segments"]:  # else it was there in the restricted part only
            tracks.append(track | {"segments": left})
    marks = [mark for mark in recording["marks"] if mark["id"] not in ids["mark"]]
    deliveries = [each for each in recording["deliveries"] if each["id"] not in ids["delivery"]]
    explanations = [each for each in recording["explanations"] if each["id"] not in ids["explanation"]]
    objections = _shown(recording["objections"], restricted)
    return recording | {
        "tracks": tracks, "marks": marks, "deliveries": deliveries, "explanations": explanations,
        "objections": objections,
    }  # fmt: skip


def _shown(objections: list[Facts], restricted: Restricted) -> list[Facts]:
    return [each for each in objections if not restricted.hides("minutes-objected", each)]


def _end(meeting: Facts) -> int:
    """Past everything, where the meeting has no end yet."""
    return 1 << 62 if meeting["end_ns"] is None else int(meeting["end_ns"])
