"""The worker's errand that measures closed recordings from end to end (recorder.exact): the main site's cameras and
microphones, the tracks by which coverage counts.

One stretch of two minutes after the other, by one niced child; what was found is kept in a file beside the previews,
so that a worker that was killed goes on where it was. Found spans become marks (storage.tables.quality) that a person
confirms or dismisses. Nobody's behaviour is measured: black, one colour, frozen, silent, and how loud.
"""

import asyncio
import json
import logging
import math
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recorder import containers, decoding, exact, glimpses, viewing
from recorder.coverage import main_tracks
from recorder.exact import Level
from recorder.playlists import head_tag
from recorder.spans import Spans, difference, intersection, union
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import NoSuchObject, StorageError
from storage.ids import new_id
from storage.ledger import append
from storage.tables import Chain, Deletion, Gap, Measured, QualityMark, Recording, Segment, Site, Stored, Track

log = logging.getLogger(__name__)

EVERY_S = 10.0
REST_S = 0.5  # between stretches
AGAIN_S = 600.0
LAST_NS = 30 * 24 * 3600 * 1_000_000_000  # an archive of years that is new to this is left as it is
STRETCH_NS = 120_000_000_000
STRETCH_BYTES = 96_000_000
S = 1_000_000_000
# Shorter ones are a hand before the lens, a slide, a breath.
LEAST_NS = {"black": 5 * S, "plain": 5 * S, "frozen": 20 * S, "silent": 60 * S}
BRIDGE_NS = {"black": S, "plain": S, "frozen": S, "silent": 2 * S}
MOST = 200  # marks of a recording; the longest are kept
FILE = "measuring.json"
_DELETED = select(Deletion.recording_id).where(Deletion.recording_id == Recording.id).exists()

Read = Callable[[Segment, Stored | None], Awaitable[bytes]]
Progress = dict[str, Any]


class _CopyAwaited(Exception):
    """The worker makes the viewing copy of this segment."""


class Measuring:
    def __init__(self, database: Database, read: Read, derived: Path) -> None:
        self._database = database
        self._read = read
        self._derived = derived
        self._stretch_ns = STRETCH_NS
        self._put_off: dict[str, float] = {}  # recordings, not before (monotonic, s)

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            more = False
            try:
                more = await self.turn()
                self._stretch_ns = STRETCH_NS
            except TimeoutError as error:  # too much at once for a busy machine
                self._stretch_ns = max(S, self._stretch_ns // 2)
                log.info("measuring waits: %s", error)
            except (StorageError, OSError) as error:
                log.warning("measuring waits: %s", error)
            await asyncio.sleep(REST_S if more else EVERY_S)

    async def turn(self) -> bool:
        """One stretch of one recording; whether there was one. Raises StorageError, OSError."""
        self._put_off = {each: until for each, until in self._put_off.items() if until > time.monotonic()}
        async with self._database.reading() as session:
            query = (
                select(Recording)
                .outerjoin(Measured, Measured.recording_id == Recording.id)
                .where(
                    Recording.state == "closed",
                    Recording.closed_wall > time.time_ns() - LAST_NS,
                    Measured.recording_id.is_(None),
                    Recording.id.not_in(self._put_off),
                    ~_DELETED,
                )
                .order_by(Recording.closed_wall.desc())
                .limit(1)
            )
            recording = await session.scalar(query)
            if recording is None:
                return False
            pictures, sounds = await _main(session, recording)
            path = self._derived / recording.id / FILE
            progress: Progress = await asyncio.to_thread(_load, path)
            for track in (*pictures, *sounds):
                own = progress.setdefault(track, {"done": 0, "found": {}, "level": [0, 0.0, -math.inf]})
                rows = await session.execute(
                    select(Segment, Stored)
                    .outerjoin(Stored, Stored.segment_id == Segment.id)
                    .where(Segment.track_id == track, Segment.number > own["done"])
                    .order_by(Segment.number)
                    .limit(500)
                )
                stretch = self._stretch([(segment, stored) for segment, stored in rows])
                if stretch:
                    break
            else:
                stretch, track = [], ""
        if stretch:
            try:
                await self._measure(stretch, progress[track], sound=track in sounds)
            except (_CopyAwaited, StorageError) as error:
                self._put_off[recording.id] = time.monotonic() + AGAIN_S  # others come meanwhile
                log.info("measuring %s waits: %s", recording.id, error)
                return True
            await asyncio.to_thread(_save, path, progress)
        else:
            await self._enter(recording, pictures, sounds, progress)
            await asyncio.to_thread(path.unlink, True)
        return True

    def _stretch(self, rows: Sequence[tuple[Segment, Stored | None]]) -> list[tuple[Segment, Stored | None]]:
        """As many as have one head and follow each other for two minutes at most."""
        found: list[tuple[Segment, Stored | None]] = []
        size = 0
        for segment, stored in rows:
            if found:
                first, last = found[0][0], found[-1][0]
                if (
                    containers.is_webm(segment.name) != containers.is_webm(first.name)
                    or head_tag(segment.name) != head_tag(first.name)
                    or segment.end_ns - first.start_ns > self._stretch_ns
                    or segment.start_ns - last.end_ns > S
                    or size + segment.bytes > STRETCH_BYTES
                ):
                    break
            found.append((segment, stored))
            size += segment.bytes
        return found

    async def _measure(self, stretch: Sequence[tuple[Segment, Stored | None]], own: Progress, sound: bool) -> None:
        last = stretch[-1][0]
        try:
            film = exact.joined([await self._film(*each) for each in stretch])
            if sound:
                silent, level = await asyncio.to_thread(exact.sound, film, last.end_ns)
                found = {"silent": silent}
                own["level"] = _level(Level(*own["level"]) + level)
            else:
                seen = await asyncio.to_thread(exact.picture, film, last.end_ns)
                found = {"black": seen["black"], "frozen": seen["freeze"]}
            for kind, spans in found.items():
                own["found"].setdefault(kind, []).extend(spans)
        except (decoding.Undecodable, FileNotFoundError, NoSuchObject) as error:
            # Nothing is said of it; verify is who finds what is wrong with a file.
            log.error("%s to %s can't be measured: %s", stretch[0][0].name, last.name, error)
        own["done"] = last.number

    async def _film(self, segment: Segment, stored: Stored | None) -> bytes:
        """As it is played."""
        if not containers.is_webm(segment.name):
            return await self._read(segment, stored)
        copy = (await asyncio.to_thread(viewing.made, self._derived, segment.recording_id)).get(segment.id)
        if copy is None:
            raise _CopyAwaited(segment.id)
        return await asyncio.to_thread((self._derived / copy.name).read_bytes)

    async def _enter(self, recording: Recording, pictures: list[str], sounds: list[str], progress: Progress) -> None:
        """Marks with one entry on the hub's chain: the recording's own is closed."""
        now = time.time_ns()
        async with self._database.reading() as session:
            sealed = {track: await _sealed(session, recording.id, track) for track in (*pictures, *sounds)}
        found: list[tuple[str | None, str, int, int]] = []
        for track in pictures:
            own = {kind: _spans(spans) for kind, spans in progress[track]["found"].items()}
            slots = await asyncio.to_thread(
                glimpses.slots, glimpses.folder(self._derived, recording.id, track)
            )  # fmt: skip
            rough = glimpses.spans_of(slots, recording.start_ns)
            for kind, spans in _told(own, rough, sealed[track]).items():
                found += [(track, kind, start, end) for start, end in spans]
        quiet = _silence({t: _spans(progress[t]["found"].get("silent", [])) for t in sounds}, sealed)
        found += [(None, "silent", start, end) for start, end in quiet]
        found = sorted(sorted(found, key=lambda each: each[2] - each[3])[:MOST], key=lambda each: each[2])
        levels = {track: _levels(Level(*progress[track]["level"])) for track in sounds}
        async with self._database.writing() as session:
            if await session.get(Measured, recording.id) is not None:
                return  # another worker was first
            session.add(Measured(recording_id=recording.id, levels=levels, done_wall=now))
            rows = [
                QualityMark(
                    id=new_id("qmk"), recording_id=recording.id, track_id=track, kind=kind, start_ns=start, end_ns=end,
                    state="proposed",
                )
                for track, kind, start, end in found
            ]  # fmt: skip
            session.add_all(rows)
            await session.flush()
            said = [
                {
                    "mark": row.id, "track": row.track_id, "kind": row.kind, "start_ms": row.start_ns // 1_000_000,
                    "end_ms": row.end_ns // 1_000_000,
                }
                for row in rows
            ]  # fmt: skip
            hubs = await session.scalars(select(Chain.id).where(Chain.kind == "hub", Chain.closed.is_(False)))
            for hub in sorted(hubs.all()):
                payload = {"recording": recording.id, "marks": said, "levels": levels, "done": rfc3339(now)}
                await append(session, hub, "measured", payload)
        log.info("recording %s was measured: %d marks", recording.id, len(found))


async def _main(session: AsyncSession, recording: Recording) -> tuple[list[str], list[str]]:
    """Pictures and sounds by which coverage counts."""
    sites = await session.scalars(select(Site.id).where(Site.meeting_id == recording.meeting_id, Site.main.is_(True)))
    tracks = await session.scalars(select(Track).where(Track.recording_id == recording.id))
    main = main_tracks(tracks.all(), sites.all())
    return sorted(main.pictures), sorted(main.sounds)


async def _sealed(session: AsyncSession, recording: str, track: str) -> Spans:
    """Where the track really has something: what is missing is a gap, and nothing else."""
    segments = await session.execute(select(Segment.start_ns, Segment.end_ns).where(Segment.track_id == track))
    gaps = await session.execute(
        select(Gap.start_ns, Gap.end_ns).where(Gap.recording_id == recording, Gap.track_id == track)
    )
    return difference(union((start, end) for start, end in segments), union((start, end) for start, end in gaps))


def _told(own: dict[str, Spans], rough: dict[str, Spans], sealed: Spans) -> dict[str, Spans]:
    """Each moment is said once: black before all, of one colour before frozen."""
    black = exact.bridged(own.get("black", []), BRIDGE_NS["black"])
    frozen = difference(union(own.get("frozen", [])), black)
    plain = intersection(frozen, rough["plain"])
    kinds = {"black": black, "plain": plain, "frozen": difference(frozen, plain)}
    return {kind: _long(kind, intersection(exact.bridged(s, BRIDGE_NS[kind]), sealed)) for kind, s in kinds.items()}


def _silence(silent: dict[str, Spans], sealed: dict[str, Spans]) -> Spans:
    """Where there is sound of some microphone, and nothing is heard in any."""
    there = union(span for track in silent for span in sealed[track])
    loud = union(span for track, spans in silent.items() for span in difference(sealed[track], union(spans)))
    return _long("silent", exact.bridged(difference(there, loud), BRIDGE_NS["silent"]))


def _long(kind: str, spans: Spans) -> Spans:
    return [(start, end) for start, end in exact.bridged(spans, 0) if end - start >= LEAST_NS[kind]]


def _spans(found: Sequence[Sequence[int]]) -> Spans:
    return [(start, end) for start, end in found]


def _level(level: Level) -> list[float]:
    return [level.samples, level.power, level.peak_db]


def _levels(level: Level) -> dict[str, int | None]:
    """Hundredths of dBFS; none where there was nothing."""
    rms = 10 * math.log10(level.power / level.samples) if level.samples and level.power > 0 else None
    peak = level.peak_db if math.isfinite(level.peak_db) else None
    return {
        "rms_cdb": None if rms is None else round(rms * 100),
        "peak_cdb": None if peak is None else round(peak * 100),
    }


def _load(path: Path) -> Progress:
    try:
        found: Progress = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _save(path: Path, progress: Progress) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(progress))
    os.replace(part, path)
