"""The recordings that somebody may look at, newest first, found by unit and title."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Select, or_, select

from api.acts import tree
from api.acts.actor import Actor
from api.acts.coverage_of import coverage_of_recording
from api.acts.meeting_access import access_to
from api.acts.meeting_views import HIDDEN_TITLE, briefs, elapsed_ns
from api.acts.secluded import covers, secluded_from
from api.records.recordings import RecordingBrief
from storage.database import Database
from storage.tables import Deletion, Meeting, MeetingPart, Recording

MS = 1_000_000


async def list_recordings(
    database: Database, actor: Actor, unit: str | None, query: str, derived: Path
) -> list[RecordingBrief]:
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("recording.look"))
        found = (
            select(Recording, Meeting)
            .join(Meeting, Meeting.id == Recording.meeting_id)
            .where(or_(Meeting.unit_id.in_(allowed), Meeting.id.in_(_with_part_of(allowed))))
        )
        if unit is not None:
            below = await tree.subtree(session, [unit])
            found = found.where(or_(Meeting.unit_id.in_(below), Meeting.id.in_(_with_part_of(below))))
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
                if not access.may_in_one(actor, "recording.look"):
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
                    duration_ms=duration_ns(recording, meeting) // MS,
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


def _with_part_of(units: Collection[str]) -> Select[str]:
    return select(MeetingPart.meeting_id).where(MeetingPart.unit_id.in_(units))


def duration_ns(recording: Recording, meeting: Meeting) -> int:
    end = elapsed_ns(meeting) if recording.end_ns is None else recording.end_ns
    return max(0, end - recording.start_ns)
