"""One recording as the replay page sees it: tracks, gaps, marks, coverage, without what this actor is refused."""

from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.coverage_of import coverage_of_recording, coverage_view, gap_view
from api.acts.meeting_access import Access
from api.acts.meeting_views import ENDLESS, HIDDEN_TITLE, hidden_spans, sees_item, view
from api.acts.recording_access import deleted_since, open_recording, refused
from api.acts.recording_list import duration_ns
from api.acts.recording_tracks import copies_of, tracks_of
from api.acts.secluded import covers, secluded_from
from api.records.meetings import MeetingView
from api.records.recordings import CheckpointView, MarkView, MayDo, RecordingView, SpanOfPart
from recorder.rule import pictures_kept
from recorder.spans import Spans, union
from storage.database import Database
from storage.ledger import checkpoints
from storage.tables import AgendaItem, Filler, Gap, Mark, Recording, Segment, Site, Track

MS = 1_000_000


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
            duration_ms=duration_ns(recording, access.meeting) // MS,
            pictures=pictures_kept(recording.pictures_up_to, await _sites(session, recording.meeting_id)),
            tracks=await tracks_of(session, recording, access.meeting, hidden, copies),
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
            deleted_wall=await deleted_since(session, recording_id),
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


async def _sites(session: AsyncSession, meeting_id: str) -> int:
    return await session.scalar(select(func.count()).where(Site.meeting_id == meeting_id)) or 0


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
    paths = {item.id: access.part_of(item).path for item in items.values()}
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
        and (row.agenda_item_id is None or sees_item(actor, paths[row.agenda_item_id], items[row.agenda_item_id]))
    ]
