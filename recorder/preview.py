"""The worker's errand that makes tiles, measures and loudness of segments as they arrive (recorder.glimpses).

A bounded batch at once, oldest first, by niced children; what was looked at is noted last, so that after a kill the
same is made again into the same places.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from recorder import containers, decoding, glimpses, loudness, stills, viewing
from recorder.glimpses import ON_A_SHEET, SLOT_NS, STEP_NS
from storage.database import Database
from storage.errors import NoSuchObject, StorageError
from storage.tables import Deletion, Recording, Segment, Stored, Track

log = logging.getLogger(__name__)

EVERY_S = 5.0
REST_S = 0.2  # between full batches
OF_A_TRACK = 32  # segments a turn
BATCH = 96
RECORDINGS = 200
_DELETED = select(Deletion.recording_id).where(Deletion.recording_id == Recording.id).exists()


class _CopyAwaited(Exception):
    """The worker makes the viewing copy of this segment."""


Read = Callable[[Segment, Stored | None], Awaitable[bytes]]


@dataclass(slots=True)
class Own:
    """A track that is followed."""

    recording: str
    track: str
    sound: bool
    start_ns: int  # of the recording
    folder: Path
    closed: bool
    done: int  # number of the last segment that was looked at
    waits: int = 0  # segments that this turn found
    asked: bool = False
    grey: tuple[int, bytes] | None = None  # the last slot with a picture, and its squares


@dataclass(frozen=True, slots=True)
class Waiting:
    own: Own
    segment: Segment
    stored: Stored | None

    @property
    def slot(self) -> int:
        return max(0, self.segment.start_ns - self.own.start_ns) // SLOT_NS


class Preview:
    def __init__(self, database: Database, read: Read, derived: Path) -> None:
        self._database = database
        self._read = read
        self._derived = derived
        self._own: dict[str, Own] = {}
        self._whole: set[str] = set()  # closed recordings of which nothing is left to do
        self._batch = BATCH
        self._closed: set[str] = set()

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            more = False
            try:
                more = await self.turn()
                self._batch = BATCH
            except TimeoutError as error:  # too much at once for a busy machine
                self._batch = max(1, self._batch // 2)
                log.info("previews wait: %s", error)
            except (StorageError, OSError) as error:  # rows and files will be there
                log.warning("previews wait: %s", error)
            await asyncio.sleep(REST_S if more else EVERY_S)

    async def turn(self) -> bool:
        """One batch; whether there may be more. Raises StorageError, OSError."""
        waiting = await self._waiting()
        stopped: set[str] = set()  # tracks that can't go on now
        frames: list[tuple[Waiting, bytes]] = []
        sounds: list[tuple[Waiting, bytes]] = []
        looked: dict[str, int] = {}
        for each in waiting:
            if each.own.track in stopped:
                continue
            try:
                if each.own.sound:
                    sounds.append((each, await self._film(each)))
                elif await asyncio.to_thread(self._lacks_tile, each, frames):
                    frame = stills.key_frame(await self._film(each))
                    frames += [(each, frame)] if frame is not None else []
            except (FileNotFoundError, NoSuchObject) as error:
                log.error("no preview of %s: %s", each.segment.name, error)
            except (_CopyAwaited, StorageError):
                stopped.add(each.own.track)
                continue
            looked[each.own.track] = each.segment.number
        await self._pictures(frames)
        await self._sounds(sounds)
        for track, number in looked.items():
            await asyncio.to_thread(_note, self._own[track], number)
        for own in [own for own in self._own.values() if own.asked]:
            if own.waits or own.closed:
                await self._sheets(own)
            if own.closed and not own.waits:
                del self._own[own.track]
        self._whole |= self._closed - {own.recording for own in self._own.values()}
        return len(waiting) >= self._batch and bool(looked)

    async def _waiting(self) -> list[Waiting]:
        """Rows that weren't looked at yet, of running recordings first."""
        async with self._database.reading() as session:
            known = await session.execute(
                select(Recording.id, Recording.state, Recording.start_ns)
                .where(~_DELETED)
                .order_by(Recording.closed_wall.desc().nulls_first())
                .limit(RECORDINGS)
            )
            recordings = {key: (state, start) for key, state, start in known if key not in self._whole}
            self._closed = {key for key, (state, _) in recordings.items() if state == "closed"}
            self._own = {track: own for track, own in self._own.items() if own.recording in recordings}
            tracks = await session.execute(
                select(Track.id, Track.recording_id, Track.kind).where(Track.recording_id.in_(recordings))
            )
            for track, recording, kind in tracks:
                state, start_ns = recordings[recording]
                if track not in self._own:
                    folder = glimpses.folder(self._derived, recording, track)
                    done = await asyncio.to_thread(glimpses.done, folder)
                    self._own[track] = Own(recording, track, kind == "microphone", start_ns, folder, False, done)
                self._own[track].closed = state == "closed"
                self._own[track].asked = False
            found: list[Waiting] = []
            for own in sorted(self._own.values(), key=lambda own: own.closed):
                if len(found) >= self._batch:
                    break
                query = (
                    select(Segment, Stored)
                    .outerjoin(Stored, Stored.segment_id == Segment.id)
                    .where(Segment.track_id == own.track, Segment.number > own.done)
                    .order_by(Segment.number)
                    .limit(min(OF_A_TRACK, self._batch))
                )
                rows = [Waiting(own, segment, stored) for segment, stored in await session.execute(query)]
                own.asked, own.waits = True, len(rows)
                found += rows
        return found

    @staticmethod
    def _lacks_tile(each: Waiting, frames: list[tuple[Waiting, bytes]]) -> bool:
        if any(one.own is each.own and one.slot == each.slot for one, _ in frames):
            return False
        return not (each.own.folder / glimpses.tile_name(each.slot)).exists()

    async def _film(self, each: Waiting) -> bytes:
        """As it is played. Raises _CopyAwaited while a viewing copy is being made, FileNotFoundError, StorageError."""
        if not containers.is_webm(each.segment.name):
            return await self._read(each.segment, each.stored)
        copies = await asyncio.to_thread(viewing.made, self._derived, each.own.recording)
        copy = copies.get(each.segment.id)
        if copy is None:
            raise _CopyAwaited
        return await asyncio.to_thread((self._derived / copy.name).read_bytes)

    async def _pictures(self, frames: list[tuple[Waiting, bytes]]) -> None:
        found = await asyncio.to_thread(stills.decode, [frame for _, frame in frames])
        for (each, _), still in zip(frames, found, strict=True):
            if still is not None:
                await asyncio.to_thread(_write_still, each.own, each.slot, still)

    async def _sounds(self, films: list[tuple[Waiting, bytes]]) -> None:
        places = [divmod(max(0, each.segment.start_ns - each.own.start_ns), STEP_NS) for each, _ in films]
        offsets = [rest * 48_000 // 1_000_000_000 for _, rest in places]
        found = await asyncio.to_thread(loudness.peaks, [film for _, film in films], offsets)
        for (each, _), (first, _), levels in zip(films, places, found, strict=True):
            if levels is not None:
                await asyncio.to_thread(_write_levels, each.own.folder, first, levels)

    async def _sheets(self, own: Own) -> None:
        """Those whose last slot has passed, and at the end what is left."""
        if own.sound:
            return
        tiles, sheets = await asyncio.to_thread(glimpses.listed, own.folder)
        made = {each.number: each for each in sheets}
        last = tiles[-1] // ON_A_SHEET if tiles else 0
        for number in sorted({slot // ON_A_SHEET for slot in tiles}):
            sheet = glimpses.Sheet(number, tuple(slot for slot in tiles if slot // ON_A_SHEET == number))
            if (number < last or own.closed) and sheet != made.get(number):
                await asyncio.to_thread(_write_sheet, own.folder, sheet, made.get(number))


def _note(own: Own, number: int) -> None:
    own.done = number
    own.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(own.folder / "done", str(number).encode())


def _write_still(own: Own, slot: int, still: stills.Still) -> None:
    own.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if own.grey is None:
        own.grey = _kept_grey(own.folder)
    known = own.grey is not None and own.grey[0] == slot - 1
    change = still.change(own.grey[1]) if known and own.grey is not None else None
    unit = glimpses.UNKNOWN_CHANGE
    measured = unit if change is None else min(unit - 1, round(change / glimpses.CHANGE_UNIT))
    _write_at(own.folder / "pictures", slot * 4, bytes([1, still.brightness, still.spread, measured]))
    own.grey = slot, still.grey
    _replace(own.folder / "last", slot.to_bytes(4, "big") + still.grey)
    _replace(own.folder / glimpses.tile_name(slot), still.tile)


def _kept_grey(folder: Path) -> tuple[int, bytes] | None:
    try:
        data = (folder / "last").read_bytes()
    except FileNotFoundError:
        return None
    return (int.from_bytes(data[:4], "big"), data[4:]) if len(data) == 4 + stills.GREY_BYTES else None


def _write_levels(folder: Path, first: int, levels: bytes) -> None:
    """Two segments share a step at their border: the louder one stands."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "loudness"
    before = b""
    if path.exists():
        with path.open("rb") as file:
            file.seek(first)
            before = file.read(len(levels))
    before = before.ljust(len(levels), b"\0")
    _write_at(path, first, bytes(max(one, other) for one, other in zip(levels, before, strict=True)))


def _write_sheet(folder: Path, sheet: glimpses.Sheet, former: glimpses.Sheet | None) -> None:
    tiles = [(folder / glimpses.tile_name(slot)).read_bytes() for slot in sheet.slots]
    try:
        _replace(folder / sheet.name, stills.sheet(tiles))
    except decoding.Undecodable as error:
        log.error("no sheet of %s: %s", folder, error)
        return
    if former is not None:
        (folder / former.name).unlink(missing_ok=True)


def _write_at(path: Path, offset: int, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, data, offset)
    finally:
        os.close(descriptor)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)


__all__ = ["Preview"]
