"""The database's side of recording: what is to be recorded, and rows with their ledger entries, each exactly once.

A segment's row, its gaps and their entries are one transaction. What waits for a database is bounded: beyond it only
the sidecars remember, and `behind` says that the spool must be read again.
"""

import asyncio
import calendar
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any

from prometheus_client import Counter
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from recorder.notes import GAP_MS, FillerNote, GapNote, Position, RecordingNote, SegmentNote, Source, TrackNote
from recorder.spans import difference, union
from storage import canary_watch
from storage.chained import SEGMENT
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import ChainClosed, DatabaseAway, DatabaseBusy, StorageError
from storage.ids import new_id
from storage.keys import Signer
from storage.ledger import append, close_chain
from storage.statements import segment_statement
from storage.tables import Filler, Gap, Meeting, Recording, Segment, Site, Stored, Track, UnitAttributes

log = logging.getLogger(__name__)

MAX_WAITING = 20_000  # 11 hours of one track; a note weighs about 1 kB
BATCH = 100  # rows a transaction
LEFT_TO_SIDECARS = Counter(
    "huilu_recorder_left_to_sidecars", "Segments sealed with no place to wait for a row; their sidecars are read again"
)
KIND_NAMES = {"camera": "摄像头", "screen": "屏幕", "microphone": "话筒"}
AWAY = (DatabaseAway, DatabaseBusy)

# Asked every 2 s: columns, not objects.
_DESIRED = (
    select(
        Recording.id, Recording.meeting_id, Recording.chain_id, Recording.state, Recording.start_ns, Recording.end_ns,
        Meeting.opened_wall, Meeting.opened_monotonic, Meeting.opened_boot,
    )
    .join(Meeting, Meeting.id == Recording.meeting_id)
    .where(Recording.state.in_(("recording", "closing")))
)  # fmt: skip
_SEGMENT = insert(Segment)
_FILLER = insert(Filler)
_Waiting = tuple[str, SegmentNote | TrackNote | FillerNote]  # a segment's or track's chain, and what becomes a row


class Book:
    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer
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
        """Rows for what only the sidecars know; `sealed` reads them. Raises DatabaseAway, DatabaseBusy."""
        self._reading = recording.id
        self.behind.discard(recording.id)  # first: what finds no place meanwhile puts it down again
        try:
            for note in await self.without_row(sealed()):
                self.add(recording, note)
        except AWAY:
            self.behind.add(recording.id)
            raise
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
        async with self._database.reading() as session:
            rows = (await (await session.connection()).execute(_DESIRED)).all()
        found: dict[str, list[RecordingNote]] = {"recording": [], "closing": []}
        for row in rows:
            origin = Meeting(
                opened_wall=row.opened_wall, opened_monotonic=row.opened_monotonic, opened_boot=row.opened_boot
            ).origin()
            found[row.state].append(
                RecordingNote(
                    row.id, row.meeting_id, row.chain_id, row.start_ns, origin.wall_ns, origin.monotonic_ns,
                    origin.boot, row.end_ns,
                )
            )  # fmt: skip
        self.away = False
        return found["recording"], found["closing"]

    async def exists(self, recording: str) -> str | None:
        """Its state."""
        async with self._database.reading() as session:
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
        async with self._database.reading() as session:
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
        async with self._database.reading() as session:
            known = set((await session.scalars(query)).all())
        return [note for note in notes if note.id not in known]

    # Rows

    async def _commit(self, batch: list[_Waiting]) -> None:
        """All of them in one transaction. Chains are taken in one order, as by everybody who takes several."""
        ids = [note.id for _, note in batch if isinstance(note, SegmentNote)]
        names = [note.name for _, note in batch if isinstance(note, FillerNote)]
        tracks = set(self._tracks)
        async with self._database.writing() as session:
            known: set[str] = set()
            if ids:
                known.update((await session.scalars(select(Segment.id).where(Segment.id.in_(ids)))).all())
            if names:
                known.update((await session.scalars(select(Filler.name).where(Filler.name.in_(names)))).all())
            for chain, note in sorted(batch, key=itemgetter(0)):
                track = note if isinstance(note, TrackNote) else note.track
                if track.id not in tracks:
                    await self._ensure_track(session, track)
                    tracks.add(track.id)
                if isinstance(note, SegmentNote) and note.id not in known:
                    known.add(note.id)
                    await self._add_segment(session, chain, note)
                elif isinstance(note, FillerNote) and note.name not in known:
                    known.add(note.name)
                    await (await session.connection()).execute(_FILLER, _filler(note))
        self._tracks = tracks

    async def _add_segment(self, session: AsyncSession, chain: str, note: SegmentNote) -> None:
        # Plain tables, as in the ledger: every segment comes this way.
        values = _segment(note)
        await (await session.connection()).execute(_SEGMENT, values)
        for gap in note.gaps:
            await self._add_gap(session, note.track.recording, chain, gap)
        statement = segment_statement(Segment(**values))
        if note.spans:
            statement["spans"] = [
                {"cause": span.cause, "start_ns": span.start_ns, "end_ns": span.end_ns} for span in note.spans
            ]
        await append(session, chain, SEGMENT, statement)

    async def _ensure_track(self, session: AsyncSession, note: TrackNote) -> None:
        if await session.get(Track, note.id) is not None:
            return
        # A publisher is a device at a site: SITE.DEVICE
        site = await session.get(Site, note.publisher.partition(".")[0])
        name = KIND_NAMES[note.kind]
        if site is not None:
            attributes = (
                select(UnitAttributes.name)
                .where(UnitAttributes.unit_id == site.unit_id, UnitAttributes.until_on.is_(None))
                .order_by(UnitAttributes.from_on.desc())
                .limit(1)
            )
            unit = await session.scalar(attributes)
            name = f"{unit} {name}" if unit else name
        session.add(
            Track(
                id=note.id, recording_id=note.recording, publisher=note.publisher, kind=note.kind, codec=note.codec,
                site_id=site.id if site else None, name=name,
            )
        )  # fmt: skip
        await session.flush()

    async def _add_gap(self, session: AsyncSession, recording: str, chain: str, gap: GapNote) -> None:
        session.add(
            Gap(
                id=gap.id, recording_id=recording, track_id=gap.track, start_ns=gap.start_ns, end_ns=gap.end_ns,
                cause=gap.cause, packets=gap.packets,
            )
        )  # fmt: skip
        await session.flush()
        await append(session, chain, "gap", gap_statement(gap))

    # Stored

    async def not_stored(self, limit: int, skip: set[str]) -> list[tuple[Segment, str]]:
        """Segments that aren't in the object store yet, oldest first, with their chains."""
        query = (
            select(Segment, Recording.chain_id)
            .join(Recording, Recording.id == Segment.recording_id)
            .outerjoin(Stored, Stored.segment_id == Segment.id)
            .where(Stored.segment_id.is_(None))
            .order_by(Segment.sealed_wall)
            .limit(limit + len(skip))
        )
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
        return [(segment, chain) for segment, chain in rows if segment.id not in skip][:limit]

    async def missing_in_store(self, recording: str) -> bool:
        query = (
            select(Segment.id)
            .outerjoin(Stored, Stored.segment_id == Segment.id)
            .where(Segment.recording_id == recording, Stored.segment_id.is_(None))
            .limit(1)
        )
        async with self._database.reading() as session:
            return (await session.scalar(query)) is not None

    async def stored(self, rows: list[tuple[Segment, str, Stored]]) -> None:
        """Rows and entries of what was confirmed, in one transaction; chains in one order (see `_commit`)."""
        async with self._database.writing() as session:
            ids = [segment.id for segment, _, _ in rows]
            known = set((await session.scalars(select(Stored.segment_id).where(Stored.segment_id.in_(ids)))).all())
            for segment, chain, row in sorted(rows, key=itemgetter(1)):
                if segment.id in known:
                    continue
                session.add(row)
                await session.flush()
                try:
                    await append(
                        session,
                        chain,
                        "stored",
                        {
                            "segment": segment.id, "sha256": segment.sha256, "bucket": row.bucket, "key": row.key,
                            "version": row.version, "locked_until": rfc3339(row.locked_until_wall),
                        },
                    )  # fmt: skip
                except ChainClosed:
                    # The meeting ended before the store was back: the row says it, the closed chain takes no more.
                    log.warning("segment %s was stored after its recording was closed", segment.id)

    async def removable(self, before_wall: int, limit: int) -> list[str]:
        """Names of segments that were confirmed in the store before this moment, oldest first."""
        query = (
            select(Segment.name)
            .join(Stored, Stored.segment_id == Segment.id)
            .where(Stored.confirmed_wall < before_wall)
            .order_by(Stored.confirmed_wall)
            .limit(limit)
        )
        async with self._database.reading() as session:
            return list((await session.scalars(query)).all())

    # The end

    async def close(self, recording: RecordingNote, gaps: list[GapNote]) -> list[tuple[TrackNote, int, int]]:
        """Write the last gaps and close the chain; gives the holes that have no filler yet. Nothing of the recording
        may wait any more. Raises DatabaseAway, DatabaseBusy."""
        async with self._database.writing() as session:
            row = await session.get(Recording, recording.id)
            if row is None or row.state == "closed":
                return []
            for gap in [*gaps, *await self._nobody(session, recording)]:
                await self._add_gap(session, recording.id, recording.chain, gap)
            await canary_watch.state_in(session, recording.chain)
            await append(
                session, recording.chain, "closed", {"start_ns": recording.start_ns, "end_ns": recording.end_ns}
            )
            await close_chain(session, recording.chain, self._signer)
            await session.execute(
                update(Recording).where(Recording.id == recording.id).values(state="closed", closed_wall=time.time_ns())
            )
        return await self.unfilled(recording)

    async def _nobody(self, session: AsyncSession, recording: RecordingNote) -> list[GapNote]:
        """Spans in which no track was ever meant to be: nobody had come yet, or everybody had left."""
        assert recording.end_ns is not None
        segments = (
            await session.execute(select(Segment.start_ns, Segment.end_ns).where(Segment.recording_id == recording.id))
        ).all()
        gaps = (await session.execute(select(Gap.start_ns, Gap.end_ns).where(Gap.recording_id == recording.id))).all()
        known = union([*((start, end) for start, end in segments), *((start, end) for start, end in gaps)])
        return [
            GapNote(new_id("gap"), None, start, end, "left")
            for start, end in difference(union([(recording.start_ns, recording.end_ns)]), known)
            if end - start >= (GAP_MS * 1_000_000 if start == recording.start_ns else 500_000_000)
        ]

    async def unfilled(self, recording: RecordingNote) -> list[tuple[TrackNote, int, int]]:
        """Holes of the tracks, from the recording's start to its end, in which no filler stands."""
        if recording.end_ns is None:
            return []
        holes = []
        async with self._database.reading() as session:
            tracks = (await session.scalars(select(Track).where(Track.recording_id == recording.id))).all()
            for track in tracks:
                note = TrackNote(track.id, recording.id, track.publisher, track.kind, track.codec)
                sealed = (
                    await session.execute(select(Segment.start_ns, Segment.end_ns).where(Segment.track_id == track.id))
                ).all()
                filled = (
                    await session.execute(select(Filler.start_ns, Filler.end_ns).where(Filler.track_id == track.id))
                ).all()
                segments = union((start, end) for start, end in sealed)
                # A filler that overlaps a segment isn't played (recorder.playlists.in_step).
                usable = [
                    (start, end)
                    for start, end in filled
                    if not any(s < end - 1_000_000 and start < e - 1_000_000 for s, e in segments)
                ]
                whole = union([(recording.start_ns, recording.end_ns)])
                for start, end in difference(whole, union([*segments, *usable])):
                    if end - start > 1_000_000:
                        holes.append((note, start, end))
        return holes


def wall_ns(text: str) -> int:
    """The inverse of storage.clock.rfc3339, to the microsecond."""
    moment = datetime.fromisoformat(text)
    return calendar.timegm(moment.utctimetuple()) * 1_000_000_000 + moment.microsecond * 1000


def gap_statement(gap: GapNote) -> dict[str, Any]:
    return {
        "gap": gap.id, "track": gap.track, "start_ns": gap.start_ns, "end_ns": gap.end_ns, "cause": gap.cause,
        "packets": gap.packets,
    }  # fmt: skip


def _segment(note: SegmentNote) -> dict[str, Any]:
    return {
        "id": note.id, "recording_id": note.track.recording, "track_id": note.track.id, "number": note.number,
        "name": note.name, "relay_epoch": note.source.epoch, "source_id": note.source.id,
        "first_index": note.first_index, "last_index": note.last_index, "start_ns": note.start_ns,
        "end_ns": note.end_ns, "frames": note.frames, "fillers": note.fillers, "bytes": note.bytes,
        "head_bytes": note.head_bytes, "width": note.width, "height": note.height, "sha256": note.sha256,
        "sm3": note.sm3, "sealed_wall": wall_ns(note.sealed_at),
    }  # fmt: skip


def _filler(note: FillerNote) -> dict[str, Any]:
    return {
        "id": note.id, "track_id": note.track.id, "name": note.name, "start_ns": note.start_ns, "end_ns": note.end_ns,
        "bytes": note.bytes, "head_bytes": note.head_bytes,
    }  # fmt: skip


def _recording_of(item: _Waiting) -> str:
    note = item[1]
    return note.recording if isinstance(note, TrackNote) else note.track.recording
