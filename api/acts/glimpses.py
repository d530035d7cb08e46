"""Tiles and loudness of a recording's tracks (recorder.glimpses), without what this reader may not see or hear."""

import asyncio
from pathlib import Path

from api.acts.actor import Actor
from api.acts.recording_access import playable
from api.errors.recordings import RestrictedPart
from api.errors.request import NotFound
from recorder import glimpses
from recorder.spans import Spans
from storage.database import Database
from storage.tables import Track


async def _of_track(
    database: Database, actor: Actor, recording_id: str, track_id: str, derived: Path
) -> tuple[Path, int, Spans]:
    """Its folder, the recording's start, and what is hidden. Raises NotFound, Forbidden, RecordingDeleted."""
    async with database.reading() as session:
        recording, _, hidden = await playable(session, actor, recording_id)
        track = await session.get(Track, track_id)
        if track is None or track.recording_id != recording_id:
            raise NotFound(f"track {track_id}")
        return glimpses.folder(derived, recording_id, track_id), recording.start_ns, hidden


async def tiles(database: Database, actor: Actor, recording_id: str, track_id: str, derived: Path) -> str:
    """WebVTT on the recording's own time line."""
    own, start_ns, hidden = await _of_track(database, actor, recording_id, track_id, derived)
    return await asyncio.to_thread(glimpses.vtt, track_id, own, start_ns, hidden)


async def tile(database: Database, actor: Actor, recording_id: str, track_id: str, name: str, derived: Path) -> Path:
    """A tile or a sheet. Raises RestrictedPart for one on which there is anything hidden."""
    own, start_ns, hidden = await _of_track(database, actor, recording_id, track_id, derived)
    sheet = glimpses.read_sheet(name)
    slots = sheet.slots if sheet else (int(name.removesuffix(".jpg")),)
    if glimpses.touches(slots, start_ns, hidden):
        raise RestrictedPart(name)
    path = own / name
    if not await asyncio.to_thread(path.is_file):
        raise NotFound(f"tile {name}")
    return path


async def loudness(database: Database, actor: Actor, recording_id: str, track_id: str, derived: Path) -> bytes:
    """A byte each 100 ms from the recording's start (recorder.loudness); 0 where nothing was recorded, or is hidden."""
    own, start_ns, hidden = await _of_track(database, actor, recording_id, track_id, derived)
    return glimpses.without(await asyncio.to_thread(glimpses.loudness, own), start_ns, hidden)
