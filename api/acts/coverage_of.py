"""A meeting's coverage from its rows: all parts of its recording, the main site's picture and sound, no breaks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.records.meetings import CoverageView, GapView
from recorder.coverage import LIVE_EDGE_NS, Coverage, Delivered, Hole, coverage, main_tracks
from recorder.notes import GAP_MS
from recorder.rule import pictures_kept
from storage.causes import CAUSES
from storage.tables import Break, Delivery, Gap, Meeting, Recording, Segment, Site, Track

MS = 1_000_000

UNKNOWN = ("原因待查", "not known yet")


@dataclass(frozen=True, slots=True)
class Sealed:
    track_id: str
    start_ns: int
    end_ns: int


async def sealed_rows(session: AsyncSession, recording_id: str) -> list[Sealed]:
    rows = await session.execute(
        select(Segment.track_id, Segment.start_ns, Segment.end_ns).where(Segment.recording_id == recording_id)
    )
    return [Sealed(*row) for row in rows]


async def coverage_of_recording(
    session: AsyncSession, meeting: Meeting, recording: Recording, sealed: Iterable[Sealed] | None = None
) -> Coverage:
    """Until now while it runs; until it is closed the last moments are still being sealed. `sealed` are rows that the
    caller holds already."""
    sites = (await session.execute(select(Site.id, Site.main).where(Site.meeting_id == meeting.id))).all()
    tracks = await session.scalars(select(Track).where(Track.recording_id == recording.id))
    gaps = await session.scalars(select(Gap).where(Gap.recording_id == recording.id))
    breaks = await session.scalars(select(Break).where(Break.meeting_id == meeting.id))
    live, end_ns = recording.state != "closed", recording.end_ns
    if live:
        now = meeting.origin().meeting_now()
        end_ns = now if end_ns is None else min(now, end_ns + LIVE_EDGE_NS)
    assert end_ns is not None, recording.id
    return coverage(
        await sealed_rows(session, recording.id) if sealed is None else sealed,
        gaps.all(),
        breaks.all(),
        recording.start_ns,
        max(end_ns, recording.start_ns),
        main_tracks(
            tracks.all(),
            (site for site, is_main in sites if is_main),
            pictures_kept(recording.pictures_up_to, len(sites)),
        ),
        live=live,
        delivered=await _delivered(session, meeting.id, {site for site, is_main in sites if is_main}),
    )


async def _delivered(session: AsyncSession, meeting_id: str, main: Collection[str]) -> list[Delivered]:
    """Of the main site, or of every site where none is; as soon as it is known what is in them. Those that were handed
    in too late are kept and shown, and count nothing."""
    rows = (
        await session.scalars(
            select(Delivery).where(
                Delivery.meeting_id == meeting_id, Delivery.length_ns.is_not(None), Delivery.late.is_(False)
            )
        )
    ).all()
    own = [row for row in rows if row.site_id in main] or rows
    return [
        Delivered(
            row.origin, row.start_ns, min(row.end_ns, row.start_ns + (row.length_ns or 0)), bool(row.picture),
            bool(row.sound),
        )
        for row in own
    ]  # fmt: skip


async def coverage_of_meeting(
    session: AsyncSession, meeting: Meeting, sealed: dict[str, list[Sealed]] | None = None
) -> CoverageView | None:
    recordings = (
        await session.scalars(select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part))
    ).all()
    if not recordings:
        return None
    return coverage_view(
        [
            await coverage_of_recording(session, meeting, each, sealed.get(each.id) if sealed else None)
            for each in recordings
        ]
    )


def coverage_view(parts: Sequence[Coverage]) -> CoverageView:
    sealed, due = sum(part.sealed_ns for part in parts), sum(part.due_ns for part in parts)
    return CoverageView(
        live=sealed / due if due else 1.0,
        device=_share(parts, due, "device"),
        later=_share(parts, due, "later"),
        device_ms=sum(part.device_ns for part in parts) // MS,
        later_ms=sum(part.later_ns for part in parts) // MS,
        sealed_ms=sealed // MS,
        due_ms=due // MS,
        # A breath between two files counts, but is nothing to tell of.
        gaps=[
            _hole_view(hole)
            for part in parts
            for hole in part.holes
            if hole.cause not in (None, "starting", "ending") or hole.end_ns - hole.start_ns >= GAP_MS * MS
        ],
    )


def _share(parts: Sequence[Coverage], due: int, which: str) -> float | None:
    if not due or all(getattr(part, which) is None for part in parts):
        return None
    return float(sum(getattr(part, f"{which}_ns") for part in parts) / due)


def _hole_view(hole: Hole) -> GapView:
    zh, en = CAUSES.get(hole.cause or "", UNKNOWN)
    return GapView(
        track=None,
        start_ms=hole.start_ns // MS,
        end_ms=hole.end_ns // MS,
        cause=hole.cause or "unknown",
        cause_zh=zh,
        cause_en=en,
        packets=None,
    )


def gap_view(gap: Gap) -> GapView:
    zh, en = CAUSES.get(gap.cause, (gap.cause, gap.cause))
    return GapView(
        id=gap.id,
        track=gap.track_id,
        start_ms=gap.start_ns // MS,
        end_ms=gap.end_ns // MS,
        cause=gap.cause,
        cause_zh=zh,
        cause_en=en,
        packets=gap.packets,
    )
