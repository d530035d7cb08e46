"""What an export leaves out of a recording: files, payloads and readable facts of spans that its reader may not have.

The chain goes along whole: an entry keeps its place, its kind and its salted hash, and loses what it says. Gaps stay,
because coverage must add up; so does what was decided, which is a record of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.chained import DELIVERY, EXPLANATION, SEGMENT
from storage.minutes_said import KINDS
from storage.tables import Recording, Seclusion, Segment

Spans = Sequence[tuple[int, int]]  # meeting time, ns
TITLE = "限制查看的部分"
MS = 1_000_000


async def secluded(session: AsyncSession, recordings: Sequence[Recording]) -> dict[str, list[tuple[int, int]]]:
    """By recording, what two persons closed to everybody."""
    rows = await session.scalars(
        select(Seclusion).where(
            Seclusion.recording_id.in_([each.id for each in recordings]), Seclusion.ended_wall.is_(None)
        )
    )
    out: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        out.setdefault(row.recording_id, []).append((row.start_ns, row.end_ns))
    return out


class Withheld:
    """Of one recording."""

    def __init__(self, spans: Spans, segments: Sequence[Segment]) -> None:
        self.spans = spans
        self.segments = {each.id for each in segments if self.within(each.start_ns, each.end_ns)}

    def within(self, start_ns: int, end_ns: int | None) -> bool:
        """Whether anything of it lies in a span; without an end it is a moment."""
        last = start_ns + 1 if end_ns is None else max(end_ns, start_ns + 1)
        return any(start < last and start_ns < end for start, end in self.spans)

    def hides(self, kind: str, payload: Mapping[str, Any] | None) -> bool:
        """Whether the payload of a chain's entry stays away."""
        if payload is None or not self.spans:
            return False
        if kind in (SEGMENT, "stored"):
            return payload.get("segment") in self.segments
        if kind == "mark":
            end = payload.get("end_ms")
            return self.within(_ns(payload.get("start_ms")), None if end is None else _ns(end))
        if kind == EXPLANATION:
            return self._speaks(payload.get("spans"))
        if kind == DELIVERY:
            start, end = payload.get("start_ns"), payload.get("end_ns")
            return isinstance(start, int) and isinstance(end, int) and self.within(start, end)
        if kind in ("person-in", "person-out", *KINDS):
            return self.within(_ns(payload.get("at_ms")), None)
        return False

    def _speaks(self, spans: Any) -> bool:
        """Whether an explanation speaks of a gap in a span: its text may say what went on."""
        return isinstance(spans, list) and any(self.within(start, end) for start, end in spans)

    def trim(self, recording: dict[str, Any]) -> None:
        """The readable facts of the recording, without what is hidden."""
        for track in recording["tracks"]:
            track["segments"] = [each for each in track["segments"] if each["id"] not in self.segments]
        recording["marks"] = [each for each in recording["marks"] if not self.within(each["start_ns"], each["end_ns"])]
        recording["deliveries"] = [
            each for each in recording["deliveries"] if not self.within(each["start_ns"], each["end_ns"])
        ]
        recording["explanations"] = [each for each in recording["explanations"] if not self._speaks(each["spans"])]
        recording["objections"] = [
            each for each in recording["objections"] if not self.within(_ns(each["at_ms"]), None)
        ]
        recording["withheld"] = [[start, end] for start, end in self.spans]

    def trim_items(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            if item["start_ns"] is not None and self.within(item["start_ns"], item["end_ns"]):
                item |= {"title": TITLE, "matter": None}


def _ns(milliseconds: Any) -> int:
    return int(milliseconds) * MS if isinstance(milliseconds, int) else 0
