"""A recording's picture and sound as one MP4 file (recorder.film), without what this reader may not see."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.recording_access import playable
from api.acts.recording_streams import Piece, piece_of
from api.acts.recording_tracks import as_played, copies_of
from api.domain.day import day_of
from api.errors.recordings import NotPlayable
from api.errors.request import Forbidden, NotFound
from recorder.film import Film, Lane, NothingThere, plan
from recorder.playlists import PieceRow
from storage.database import Database
from storage.tables import Segment, Stored, Track

ReadPiece = Callable[[Piece], Awaitable[bytes]]

MS = 1_000_000
_ENDLESS_MS = 1 << 42


@dataclass(frozen=True, slots=True)
class Wish:
    """Meeting time; without tracks the first picture and the sound of the same place."""

    picture: str | None
    sound: str | None
    from_ms: int = 0
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    film: Film
    wish: Wish  # with the tracks that were chosen
    pieces: dict[str, Piece]  # where the bytes of each lie
    name: str  # of the file, without its ending


async def plan_film(
    database: Database, actor: Actor, recording_id: str, wish: Wish, folders: tuple[Path, Path], read: ReadPiece
) -> Planned:
    """`folders`: the spool, and that of derived files. Raises Forbidden, NotFound, NotPlayable, RecordingDeleted."""
    spool, derived = folders
    copies = await copies_of(derived, recording_id)
    async with database.reading() as session:
        _, access, hidden = await playable(session, actor, recording_id)
        if not access.may(actor, "recording.export"):
            raise Forbidden("recording.export")
        tracks = (
            await session.scalars(
                select(Track).where(Track.recording_id == recording_id).order_by(Track.kind, Track.id)
            )
        ).all()  # fmt: skip
        chosen = _chosen(tracks, wish)
        pieces: dict[str, Piece] = {}
        lanes: list[Lane] = []
        for track in chosen:
            segments, stored = await _rows(session, track.id)
            rows, missing = as_played(segments, copies)
            if missing:
                raise NotPlayable(f"the viewing copies of {track.id} are being made")
            for segment, row in zip(segments, rows, strict=True):
                found = piece_of(segment, stored.get(segment.id), spool)
                if row is not segment:
                    found = replace(found, folder=derived, name=row.name, size=row.bytes, key=None, version=None)
                pieces[segment.id] = found
            lanes.append(Lane(track.kind, rows, _size(segments)))
        name = f"{access.meeting.title} {day_of(access.meeting.opened_wall or 0)}"

    async def read_row(row: PieceRow) -> bytes:
        return await read(pieces[row.id])

    until = _ENDLESS_MS if wish.until_ms is None else wish.until_ms
    try:
        film = await plan(lanes, wish.from_ms * MS, until * MS, hidden, read_row)
    except NothingThere as error:
        raise NotFound(f"nothing of {recording_id} in this span") from error
    picture = next((track.id for track in chosen if track.kind != "microphone"), None)
    sound = next((track.id for track in chosen if track.kind == "microphone"), None)
    return Planned(film, replace(wish, picture=picture, sound=sound), pieces, name)


async def note_download(database: Database, hub_id: str, actor: Actor, recording_id: str, wish: Wish) -> None:
    """That it was taken away, beside the looks that say what really went out."""
    said = {"picture": wish.picture, "sound": wish.sound, "from_ms": wish.from_ms, "until_ms": wish.until_ms}
    async with database.writing() as session:
        await log_to_hub(session, hub_id, "download", {"user": actor.user_id, "recording": recording_id, **said})


def _chosen(tracks: Sequence[Track], wish: Wish) -> list[Track]:
    """The first is what the film is cut by. Raises NotFound."""
    by_id = {track.id: track for track in tracks}
    for wanted, sound in ((wish.picture, False), (wish.sound, True)):
        if wanted is not None and (wanted not in by_id or (by_id[wanted].kind == "microphone") != sound):
            raise NotFound(f"track {wanted}")
    picture, sound_track = by_id.get(wish.picture or ""), by_id.get(wish.sound or "")
    if picture is None and sound_track is None:
        picture = next((track for track in tracks if track.kind != "microphone"), None)
        sounds = [track for track in tracks if track.kind == "microphone"]
        own = [track for track in sounds if picture is not None and track.publisher == picture.publisher]
        sound_track = next(iter([*own, *sounds]), None)
    chosen = [track for track in (picture, sound_track) if track is not None]
    if not chosen:
        raise NotFound("a track")
    return chosen


async def _rows(session: AsyncSession, track_id: str) -> tuple[list[Segment], dict[str, Stored]]:
    rows = await session.execute(
        select(Segment, Stored)
        .outerjoin(Stored, Stored.segment_id == Segment.id)
        .where(Segment.track_id == track_id)
        .order_by(Segment.start_ns)
    )
    segments, stored = [], {}
    for segment, kept in rows:
        segments.append(segment)
        if kept is not None:
            stored[segment.id] = kept
    return segments, stored


def _size(segments: list[Segment]) -> tuple[int, int] | None:
    """The largest: players make their window by it."""
    sizes = [(each.width, each.height) for each in segments if each.width and each.height]
    return max(sizes, default=None)
