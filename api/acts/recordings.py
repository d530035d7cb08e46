"""Recordings as the pages see them, their playlists, and where the bytes of a piece lie."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.coverage_of import coverage_of_recording, coverage_view, gap_view
from api.acts.meeting_access import Access, access_to
from api.acts.meeting_views import ENDLESS, HIDDEN_TITLE, briefs, elapsed_ns, hidden_spans, sees_item, view
from api.acts.secluded import covers, secluded_from
from api.domain.day import utc_text
from api.errors import Forbidden, NotFound, RecordingDeleted, RestrictedPart
from api.records.meetings import MeetingView
from api.records.recordings import (
    CheckpointView,
    MarkView,
    MayDo,
    RecordingBrief,
    RecordingView,
    SpanOfPart,
    SpanView,
    TrackView,
)
from recorder import containers, viewing
from recorder.playlists import MasterTrack, PieceRow, master_playlist, media_playlist
from recorder.rule import pictures_kept
from recorder.spans import Spans, union
from storage.database import Database
from storage.ledger import checkpoints
from storage.tables import AgendaItem, Deletion, Filler, Gap, Mark, Meeting, Recording, Segment, Site, Stored, Track

MS = 1_000_000
PAUSE_NS = 1_000_000_000  # shorter ones are gaps or nothing, and told as such


@dataclass(frozen=True, slots=True)
class Piece:
    """A sealed file, or its viewing copy: where it lies, and which span it shows."""

    id: str
    recording_id: str
    folder: Path  # the spool, or that of derived files
    name: str  # below it
    size: int
    start_ns: int
    end_ns: int
    filler: bool
    key: str | None
    version: str | None


async def list_recordings(
    database: Database, actor: Actor, unit: str | None, query: str, derived: Path
) -> list[RecordingBrief]:
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("recording.look"))
        found = (
            select(Recording, Meeting)
            .join(Meeting, Meeting.id == Recording.meeting_id)
            .where(Meeting.unit_id.in_(allowed))
        )
        if unit is not None:
            found = found.where(Meeting.unit_id.in_(await tree.subtree(session, [unit])))
        if query:
            found = found.where(Meeting.title.contains(query, autoescape=True))
        rows = (await session.execute(found.order_by(Recording.id.desc()).limit(200))).all()
        ids = [recording.id for recording, _ in rows]
        secluded = await secluded_from(session, actor, ids)
        gone = select(Deletion.recording_id).where(Deletion.recording_id.in_(ids), Deletion.done_wall.is_not(None))
        deleted = set(await session.scalars(gone))
        answer = []
        for recording, meeting in rows:
            if meeting.access_class != "open":
                access = await access_to(session, actor, meeting.id)
                if not access.may(actor, "recording.look"):
                    continue
            unseen = covers(secluded.get(recording.id, ()), recording)
            if unseen and query:  # its title would tell
                continue
            figures = await coverage_of_recording(session, meeting, recording)
            brief = (await briefs(session, actor, [meeting]))[0]
            poster = derived / recording.id / "poster.jpg"
            answer.append(
                RecordingBrief(
                    id=recording.id,
                    meeting=brief.model_copy(update={"title": HIDDEN_TITLE}) if unseen else brief,
                    part=recording.part,
                    duration_ms=_duration_ns(recording, meeting) // MS,
                    coverage_live=figures.live,
                    state=recording.state,
                    poster=f"/api/recordings/{recording.id}/poster.jpg"
                    if recording.id not in secluded and poster.is_file()
                    else None,
                    title_hidden=unseen,
                    deleted=recording.id in deleted,
                )
            )
        return answer


async def _deleted(session: AsyncSession, recording_id: str) -> str | None:
    """Since when its media are gone."""
    wall = await session.scalar(select(Deletion.done_wall).where(Deletion.recording_id == recording_id))
    return None if wall is None else utc_text(wall)


async def playable(session: AsyncSession, actor: Actor, recording_id: str) -> tuple[Recording, Access, Spans]:
    """With what this actor is refused of it; raises RecordingDeleted when nothing is left to play."""
    recording, access = await open_recording(session, actor, recording_id)
    if await _deleted(session, recording_id) is not None:
        raise RecordingDeleted(recording_id)
    secluded = await secluded_from(session, actor, [recording_id])
    return recording, access, await hidden_spans(session, actor, access) + secluded.get(recording_id, [])


def _duration_ns(recording: Recording, meeting: Meeting) -> int:
    end = elapsed_ns(meeting) if recording.end_ns is None else recording.end_ns
    return max(0, end - recording.start_ns)


async def open_recording(session: AsyncSession, actor: Actor, recording_id: str) -> tuple[Recording, Access]:
    """Raises NotFound for one that the actor may not look at."""
    recording = await session.get(Recording, recording_id)
    if recording is None:
        raise NotFound(f"recording {recording_id}")
    access = await access_to(session, actor, recording.meeting_id)
    if not access.may(actor, "recording.look"):
        raise Forbidden("recording.look")
    return recording, access


async def recording_view(database: Database, actor: Actor, recording_id: str, derived: Path) -> RecordingView:
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        recording, access = await open_recording(session, actor, recording_id)
        secluded = (await secluded_from(session, actor, [recording_id])).get(recording_id, [])
        unseen = covers(secluded, recording)
        meeting = _without(await view(session, actor, access), secluded, unseen)
        hidden = await hidden_spans(session, actor, access) + secluded
        gaps = await session.scalars(select(Gap).where(Gap.recording_id == recording_id).order_by(Gap.start_ns))
        figures = await coverage_of_recording(session, access.meeting, recording)
        final = [each for each in await checkpoints(session, recording.chain_id) if each.final]
        return RecordingView(
            id=recording_id,
            meeting=meeting,
            part=recording.part,
            state=recording.state,  # type: ignore[arg-type]  # the table's own words
            start_ms=recording.start_ns // MS,
            duration_ms=_duration_ns(recording, access.meeting) // MS,
            pictures=pictures_kept(recording.pictures_up_to, await _sites(session, recording.meeting_id)),
            tracks=await _tracks(session, recording, access.meeting, hidden, copies),
            gaps=[gap_view(gap) for gap in gaps],
            marks=[] if unseen else await _marks(session, actor, access, recording_id, secluded),
            coverage=coverage_view([figures]),
            checkpoint=CheckpointView(
                seq=final[-1].seq, root=final[-1].root, key_id=final[-1].key_id, short=final[-1].root[:16]
            )
            if final
            else None,
            viewable=not hidden,
            title_hidden=unseen,
            deleted_wall=await _deleted(session, recording_id),
            restricted=await _refused_spans(session, recording, hidden),
            may=MayDo(download=access.may(actor, "recording.export"), answer=access.may(actor, "quality.answer")),
        )


def _without(meeting: MeetingView, secluded: Spans, whole: bool) -> MeetingView:
    """A meeting as beside a recording of which something is secluded: what was dealt with meanwhile has no name."""
    items = [
        item.model_copy(update={"title": HIDDEN_TITLE, "matter": None, "decision": None, "votes": [], "hidden": True})
        if item.start_ms is not None
        and refused(secluded, item.start_ms * MS, ENDLESS if item.end_ms is None else item.end_ms * MS)
        else item
        for item in meeting.items
    ]
    return meeting.model_copy(update={"items": items} | ({"title": HIDDEN_TITLE} if whole else {}))


def refused(hidden: Spans, start_ns: int, end_ns: int) -> bool:
    """A piece is refused whole when it shows anything of a hidden span."""
    return any(start_ns < end and start < end_ns for start, end in hidden)


async def _refused_spans(session: AsyncSession, recording: Recording, hidden: Spans) -> list[SpanOfPart]:
    """Hidden spans widened to whole pieces of whichever track: between these bounds no player gets everything."""
    spans: Spans = []
    for start, end in hidden:
        if (recording.end_ns is not None and start >= recording.end_ns) or end <= recording.start_ns:
            continue
        first, last = max(start, recording.start_ns), end
        for piece, within in ((Segment, Segment.recording_id == recording.id), (Filler, _filler_of(recording.id))):
            query = select(func.min(piece.start_ns), func.max(piece.end_ns)).where(
                within, piece.start_ns < end, piece.end_ns > start
            )
            low, high = (await session.execute(query)).one()
            if low is not None:
                first, last = min(first, low), max(last, high)
        spans.append((first, last))
    return [
        SpanOfPart(start_ms=start // MS, end_ms=None if end >= ENDLESS else -(-end // MS))
        for start, end in union(spans)
    ]


def _filler_of(recording_id: str) -> ColumnElement[bool]:
    return Filler.track_id.in_(select(Track.id).where(Track.recording_id == recording_id))


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


async def _sites(session: AsyncSession, meeting_id: str) -> int:
    return await session.scalar(select(func.count()).where(Site.meeting_id == meeting_id)) or 0


async def _tracks(
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


async def _marks(
    session: AsyncSession, actor: Actor, access: Access, recording_id: str, secluded: Spans
) -> list[MarkView]:
    rows = (
        await session.scalars(select(Mark).where(Mark.recording_id == recording_id).order_by(Mark.start_ns, Mark.id))
    ).all()
    items = {
        item.id: item
        for item in await session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == access.meeting.id))
    }
    return [
        MarkView(
            id=row.id,
            kind=row.kind,
            label=row.label,
            start_ms=row.start_ns // MS,
            end_ms=None if row.end_ns is None else row.end_ns // MS,
            item=row.agenda_item_id,
            decision=row.decision_id,
        )
        for row in rows
        if not refused(secluded, row.start_ns, (row.end_ns or row.start_ns) + 1)
        and (row.agenda_item_id is None or sees_item(actor, access.path, items[row.agenda_item_id]))
    ]


async def master(database: Database, actor: Actor, recording_id: str, picture: str | None, derived: Path) -> str:
    """Without pictures whose viewing copies are being made."""
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        recording, access, hidden = await playable(session, actor, recording_id)
        tracks = [
            track
            for track in await _tracks(session, recording, access.meeting, hidden, copies)
            if track.segments or not track.end_ms
        ]
    if picture is not None and picture not in {track.id for track in tracks if track.kind != "microphone"}:
        raise NotFound(f"picture {picture}")
    return master_playlist(
        [
            MasterTrack(track.id, track.kind, track.name, track.width, track.height)
            for track in tracks
            if not track.copying
        ],
        picture,
    )


async def playlist(
    database: Database, actor: Actor, recording_id: str, track_id: str, derived: Path, delta: bool = False
) -> str:
    """One track; pieces that this actor is refused (`piece`) keep their place as gaps. Where copies are being made, it
    goes as far as they do."""
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        recording, _, hidden = await playable(session, actor, recording_id)
        track = await session.get(Track, track_id)
        if track is None or track.recording_id != recording_id:
            raise NotFound(f"track {track_id}")
        segments = await session.scalars(select(Segment).where(Segment.track_id == track_id).order_by(Segment.start_ns))
        fillers = await session.scalars(select(Filler).where(Filler.track_id == track_id).order_by(Filler.start_ns))
        pieces, missing = as_played(segments, copies)
        return media_playlist(
            pieces,
            fillers.all(),
            recording.state == "closed" and not missing,
            _uri,
            lambda piece: refused(hidden, piece.start_ns, piece.end_ns),
            delta,
        )


def _uri(piece: PieceRow) -> str:
    return f"media/{piece.id}.mp4"


async def piece(
    database: Database, actor: Actor, recording_id: str, piece_id: str, spool: Path, derived: Path
) -> Piece:
    """As it is played: of a WebM segment, its copy. Raises RestrictedPart when it shows anything that the actor may not
    see."""
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        _, _, hidden = await playable(session, actor, recording_id)
        found = await _piece(session, recording_id, piece_id, spool)
        if refused(hidden, found.start_ns, found.end_ns):
            raise RestrictedPart(piece_id)
    if containers.is_webm(found.name):
        copy = copies.get(piece_id)
        if copy is None:
            raise NotFound(f"viewing copy of {piece_id}")
        found = replace(found, folder=derived, name=copy.name, size=copy.bytes, key=None, version=None)
    return found


def piece_of(segment: Segment, stored: Stored | None, spool: Path) -> Piece:
    return Piece(
        segment.id,
        segment.recording_id,
        spool,
        segment.name,
        segment.bytes,
        segment.start_ns,
        segment.end_ns,
        False,
        stored.key if stored else None,
        stored.version if stored else None,
    )


async def _piece(session: AsyncSession, recording_id: str, piece_id: str, spool: Path) -> Piece:
    segment = await session.get(Segment, piece_id)
    if segment is not None and segment.recording_id == recording_id:
        return piece_of(segment, await session.get(Stored, piece_id), spool)
    filler = await session.get(Filler, piece_id)
    track = await session.get(Track, filler.track_id) if filler else None
    if filler is None or track is None or track.recording_id != recording_id:
        raise NotFound(f"piece {piece_id}")
    return Piece(
        filler.id, recording_id, spool, filler.name, filler.bytes, filler.start_ns, filler.end_ns, True, None, None
    )  # fmt: skip
