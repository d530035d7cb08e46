"""A recording's playlists, and where the bytes of each piece lie; what an actor is refused keeps its place."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.recording_access import playable, refused
from api.acts.recording_tracks import as_played, copies_of, tracks_of
from api.errors.recordings import RestrictedPart
from api.errors.request import NotFound
from recorder import containers
from recorder.playlists import MasterTrack, PieceRow, master_playlist, media_playlist
from storage.database import Database
from storage.tables import Filler, Segment, Stored, Track


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


async def master(database: Database, actor: Actor, recording_id: str, picture: str | None, derived: Path) -> str:
    """Without pictures whose viewing copies are being made."""
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        recording, access, hidden = await playable(session, actor, recording_id)
        tracks = [
            track
            for track in await tracks_of(session, recording, access.meeting, hidden, copies)
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
