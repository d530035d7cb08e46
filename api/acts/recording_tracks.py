"""A recording's tracks as players take them: what there is of each, with the copies of what no browser plays."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.records.recordings import (
    SpanView,
    TrackView,
)
from recorder import containers, viewing
from recorder.playlists import PieceRow
from recorder.spans import Spans, union
from storage.tables import Meeting, Recording, Segment, Site, Track

MS = 1_000_000
PAUSE_NS = 1_000_000_000  # shorter ones are gaps or nothing, and told as such


async def copies_of(derived: Path, recording_id: str) -> dict[str, viewing.Made]:
    return await asyncio.to_thread(viewing.made, derived, recording_id)


def as_played(segments: Iterable[Segment], copies: dict[str, viewing.Made]) -> tuple[list[PieceRow], bool]:
    """Segments as players take them, and whether copies are missing among them."""
    pieces: list[PieceRow] = []
    missing = False
    for segment in segments:
        copy = copies.get(segment.id)
        if not containers.is_webm(segment.name):
            pieces.append(segment)
        elif copy is None:
            missing = True
        else:
            pieces.append(
                viewing.Copy(segment.id, copy.name, segment.start_ns, segment.end_ns, copy.bytes, copy.head_bytes)
            )
    return pieces, missing


async def tracks_of(
    session: AsyncSession, recording: Recording, meeting: Meeting, hidden: Spans, copies: dict[str, viewing.Made]
) -> list[TrackView]:
    """Without what lies in hidden spans; a track that is only there has a name of its own, and is left out."""
    shown = and_(True, *(or_(Segment.end_ns <= start, Segment.start_ns >= end) for start, end in hidden))
    tracks = (
        await session.scalars(select(Track).where(Track.recording_id == recording.id).order_by(Track.kind, Track.id))
    ).all()
    sums = {
        row[0]: row
        for row in await session.execute(
            select(
                Segment.track_id,
                func.count(),
                func.sum(Segment.bytes),
                func.min(Segment.start_ns),
                func.max(Segment.end_ns),
                func.sum(Segment.frames),
                func.max(Segment.width),
                func.max(Segment.height),
            )
            .where(Segment.recording_id == recording.id, shown)
            .group_by(Segment.track_id)
        )
    }
    spans: dict[str, Spans] = defaultdict(list)
    for track_id, start, end in await session.execute(
        select(Segment.track_id, Segment.start_ns, Segment.end_ns).where(Segment.recording_id == recording.id, shown)
    ):
        spans[track_id].append((start, end))
    sites = {site.id: site for site in await session.scalars(select(Site).where(Site.meeting_id == meeting.id))}
    refs = await tree.refs(session, [site.unit_id for site in sites.values()], meeting.opened_on)
    copying = await _copying(session, recording, copies)
    answer = []
    for track in tracks:
        if hidden and track.id not in sums:
            continue
        _, count, size, start, end, frames, width, height = sums.get(track.id, (None, 0, 0, 0, 0, 0, None, None))
        site = sites.get(track.site_id or "")
        answer.append(
            TrackView(
                id=track.id,
                kind=track.kind,
                codec=track.codec,
                name=track.name,
                site=refs.get(site.unit_id) if site else None,
                segments=int(count),
                bytes=int(size),
                start_ms=int(start) // MS,
                end_ms=int(end) // MS,
                frames=int(frames),
                width=width,
                height=height,
                spans=[
                    SpanView(start_ms=first // MS, end_ms=last // MS)
                    for first, last in union(spans[track.id], PAUSE_NS)
                ],
                copying=track.id in copying,
            )
        )
    return answer


async def _copying(session: AsyncSession, recording: Recording, copies: dict[str, viewing.Made]) -> set[str]:
    """Tracks that can't be played yet: one of a closed recording plays when it is whole, of a running one from its
    first copy on."""
    query = select(Segment.track_id, Segment.id).where(
        Segment.recording_id == recording.id, Segment.name.endswith(containers.WEBM)
    )
    wanted, there = Counter[str](), Counter[str]()
    for track, segment in await session.execute(query):
        wanted[track] += 1
        there[track] += segment in copies
    closed = recording.state == "closed"
    return {track for track, count in wanted.items() if there[track] < (count if closed else 1)}
