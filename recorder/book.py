"""The database's side of recording: what is to be recorded, and rows with their ledger entries, each exactly once.

A segment's row, its gaps and their entries are one transaction. What waits for a database is bounded: beyond it only
the sidecars remember, and `behind` says that the spool must be read again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from itertools import islice

from prometheus_client import Counter
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from recorder.ending import Ending
from recorder.inserts import add_all, ensure_track
from recorder.notes import FillerNote, Position, RecordingNote, SegmentNote, Source, TrackNote
from recorder.rule import pictures_kept
from recorder.stored import StoredRows
from storage.database import Database
from storage.errors import DatabaseAway, DatabaseBusy, StorageError
from storage.notary import Notary
from storage.tables import Filler, Meeting, Recording, Segment, Site, Track

log = logging.getLogger(__name__)

MAX_WAITING = 20_000  # 11 hours of one track; a note weighs about 1 kB
BATCH = 100  # rows a transaction
LEFT_TO_SIDECARS = Counter(
    "huilu_recorder_left_to_sidecars", "Segments sealed with no place to wait for a row; their sidecars are read again"
)
AWAY = (DatabaseAway, DatabaseBusy)

# Asked every 2 s: columns, not objects.
_DESIRED = (
    select(
        Recording.id, Recording.meeting_id, Recording.chain_id, Recording.state, Recording.start_ns, Recording.end_ns,
        Recording.pictures_up_to, Meeting.opened_wall, Meeting.opened_monotonic, Meeting.opened_boot,
        select(func.count()).where(Site.meeting_id == Meeting.id).scalar_subquery().label("sites"),
    )
    .join(Meeting, Meeting.id == Recording.meeting_id)
    .where(Recording.state.in_(("recording", "closing")))
)  # fmt: skip
_Waiting = tuple[str, SegmentNote | TrackNote | FillerNote]  # a segment's or track's chain, and what becomes a row


class Book:
    def __init__(self, database: Database, notary: Notary) -> None:
        self.database = database
        self.ending = Ending(database, notary)
        self.stored = StoredRows(database)
        self._waiting: deque[_Waiting] = deque()
        self._turn = asyncio.Lock()
        self._tracks: set[str] = set()  # those that have their row
        self.refused: set[str] = set()  # recordings with a segment that the database refused
        self.behind: set[str] = set()  # recordings whose sidecars must be read again
        self._reading: str | None = None  # the one whose sidecars are being read
        self.away = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def add(self, recording: RecordingNote, note: SegmentNote) -> None:
        if len(self._waiting) >= MAX_WAITING:
            if recording.id not in self.behind:
                log.warning("too many rows wait; segments of %s are read again from their sidecars", recording.id)
            self.behind.add(recording.id)
            LEFT_TO_SIDECARS.inc()
        else:
            self._waiting.append((recording.chain, note))

    def add_track(self, recording: RecordingNote, note: TrackNote) -> None:
        # One that is forgotten here comes with its first segment.
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((recording.chain, note))

    def add_filler(self, note: FillerNote) -> None:
        # One that is forgotten here is made again at the end.
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(("", note))

    async def catch_up(self, recording: RecordingNote, sealed: Callable[[], list[SegmentNote]]) -> None:
        """Rows for what only the sidecars know; `sealed` reads them, on a thread of its own: of a day without a
        database there are tens of thousands. A disk that refuses is asked again. Raises DatabaseAway, DatabaseBusy."""
        self._reading = recording.id
        self.behind.discard(recording.id)  # first: what finds no place meanwhile puts it down again
        try:
            for note in await self.without_row(await asyncio.to_thread(sealed)):
                self.add(recording, note)
        except AWAY:
            self.behind.add(recording.id)
            raise
        except OSError as error:
            log.warning("sidecars of %s can't be read: %s", recording.id, error)
            self.behind.add(recording.id)
        finally:
            self._reading = None

    def whole(self, recording: str) -> bool:
        """Whether every sealed segment has had its turn: nothing waits, and nothing is to be read again."""
        return not (self._waiting or recording in self.behind or recording == self._reading)

    async def work_off(self) -> int:
        """Write rows until nothing waits or the database is away; gives how many were written. One at a time."""
        async with self._turn:
            return await self._work_off()

    async def _work_off(self) -> int:
        done = alone = 0
        while self._waiting:
            batch = list(islice(self._waiting, 1 if alone else BATCH))
            try:
                await self._commit(batch)
            except AWAY as error:
                if not self.away:
                    log.warning("rows wait for the database: %s", error)
                self.away = True
                return done
            except (StorageError, IntegrityError) as error:
                self._tracks.clear()
                if len(batch) > 1:
                    alone = len(batch)  # which one it is shows when each goes by itself
                    continue
                # It shouldn't be; a process that ended over it would end over it again, and record nothing at all.
                log.error("stays in the spool without a row, %s: %s", error, batch[0])
                self.refused.add(_recording_of(batch[0]))
            for _ in batch:
                self._waiting.popleft()
            alone = max(0, alone - len(batch))
            self.away = False
            done += len(batch)
        return done

    # What is to be recorded

    async def desired(self) -> tuple[list[RecordingNote], list[RecordingNote]]:
        """Recordings to be recorded, and those to be closed. Raises DatabaseAway, DatabaseBusy."""
        async with self.database.reading() as session:
            rows = (await (await session.connection()).execute(_DESIRED)).all()
        found: dict[str, list[RecordingNote]] = {"recording": [], "closing": []}
        for row in rows:
            origin = Meeting(
                opened_wall=row.opened_wall, opened_monotonic=row.opened_monotonic, opened_boot=row.opened_boot
            ).origin()
            found[row.state].append(
                RecordingNote(
                    row.id, row.meeting_id, row.chain_id, row.start_ns, origin.wall_ns, origin.monotonic_ns,
                    origin.boot, row.end_ns, pictures_kept(row.pictures_up_to, row.sites),
                )
            )  # fmt: skip
        self.away = False
        return found["recording"], found["closing"]

    async def exists(self, recording: str) -> str | None:
        """Its state."""
        async with self.database.reading() as session:
            row = await session.get(Recording, recording)
        return row.state if row else None

    async def positions(self, recording: str) -> list[Position]:
        """How far each track's rows reach."""
        last = (
            select(Segment.track_id, func.max(Segment.number).label("number"))
            .where(Segment.recording_id == recording)
            .group_by(Segment.track_id)
            .subquery()
        )
        query = (
            select(Track, Segment)
            .outerjoin(last, last.c.track_id == Track.id)
            .outerjoin(Segment, (Segment.track_id == Track.id) & (Segment.number == last.c.number))
            .where(Track.recording_id == recording)
        )
        ends = (
            select(Filler.track_id, func.max(Filler.end_ns))
            .join(Track, Track.id == Filler.track_id)
            .where(Track.recording_id == recording)
            .group_by(Filler.track_id)
        )
        async with self.database.reading() as session:
            rows = (await session.execute(query)).all()
            filled: dict[str, int] = {track: end for track, end in (await session.execute(ends)).all()}
        positions = []
        for track, segment in rows:
            note = TrackNote(track.id, recording, track.publisher, track.kind, track.codec)
            if segment is None:
                positions.append(Position(note, filled_ns=filled.get(track.id, 0)))
                continue
            size = (segment.width, segment.height) if segment.width and segment.height else None
            positions.append(
                Position(
                    note, segment.number, segment.end_ns, Source(segment.relay_epoch, segment.source_id),
                    segment.last_index, filled.get(track.id, 0), size,
                )
            )  # fmt: skip
        return positions

    async def without_row(self, notes: list[SegmentNote]) -> list[SegmentNote]:
        """Those of a recording's sealed segments that have no row yet."""
        if not notes:
            return []
        query = select(Segment.id).where(Segment.recording_id == notes[0].track.recording)
        async with self.database.reading() as session:
            known = set((await session.scalars(query)).all())
        return [note for note in notes if note.id not in known]

    # Rows

    async def _commit(self, batch: list[_Waiting]) -> None:
        """All of them in one transaction."""
        ids = [note.id for _, note in batch if isinstance(note, SegmentNote)]
        names = [note.name for _, note in batch if isinstance(note, FillerNote)]
        tracks = set(self._tracks)
        async with self.database.writing() as session:
            known: set[str] = set()
            if ids:
                known.update((await session.scalars(select(Segment.id).where(Segment.id.in_(ids)))).all())
            if names:
                known.update((await session.scalars(select(Filler.name).where(Filler.name.in_(names)))).all())
            fresh: list[tuple[str, SegmentNote | FillerNote]] = []
            for chain, note in batch:
                track = note if isinstance(note, TrackNote) else note.track
                if track.id not in tracks:
                    await ensure_track(session, track)
                    tracks.add(track.id)
                if isinstance(note, TrackNote):
                    continue
                own = note.id if isinstance(note, SegmentNote) else note.name
                if own not in known:
                    known.add(own)
                    fresh.append((chain, note))
            await add_all(session, fresh)
        self._tracks = tracks


def _recording_of(item: _Waiting) -> str:
    note = item[1]
    return note.recording if isinstance(note, TrackNote) else note.track.recording
