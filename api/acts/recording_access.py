"""Who may open a recording, what of it he is refused, and whether there is still anything to play."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.meeting_access import Access, access_of
from api.acts.meeting_views import hidden_spans
from api.acts.secluded import secluded_from
from api.domain.day import utc_text
from api.errors.recordings import RecordingDeleted
from api.errors.request import Forbidden, NotFound
from recorder.spans import Spans
from storage.tables import Deletion, Recording


async def open_recording(session: AsyncSession, actor: Actor, recording_id: str) -> tuple[Recording, Access]:
    """Raises NotFound for one that the actor may not look at."""
    recording = await session.get(Recording, recording_id)
    if recording is None:
        raise NotFound(f"recording {recording_id}")
    access = await access_of(session, recording.meeting_id)
    if not access.seen_by(actor):  # said of the recording: of its meeting nobody asked
        raise NotFound(f"recording {recording_id}")
    if not access.may_in_one(actor, "recording.look"):
        raise Forbidden("recording.look")
    return recording, access


async def playable(session: AsyncSession, actor: Actor, recording_id: str) -> tuple[Recording, Access, Spans]:
    """With what this actor is refused of it; raises RecordingDeleted when nothing is left to play."""
    recording, access = await open_recording(session, actor, recording_id)
    if await deleted_since(session, recording_id) is not None:
        raise RecordingDeleted(recording_id)
    secluded = await secluded_from(session, actor, [recording_id])
    return recording, access, await hidden_spans(session, actor, access) + secluded.get(recording_id, [])


async def deleted_since(session: AsyncSession, recording_id: str) -> str | None:
    """Since when its media are gone."""
    wall = await session.scalar(select(Deletion.done_wall).where(Deletion.recording_id == recording_id))
    return None if wall is None else utc_text(wall)


def refused(hidden: Spans, start_ns: int, end_ns: int) -> bool:
    """A piece is refused whole when it shows anything of a hidden span."""
    return any(start_ns < end and start < end_ns for start, end in hidden)
