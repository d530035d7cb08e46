"""The last rows of a recording: gaps that no segment carries, the end of its chain, and holes that lack a filler."""

import time

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from recorder.inserts import add_gap
from recorder.notes import GAP_MS, GapNote, RecordingNote, TrackNote
from recorder.spans import difference, union
from storage import canary_watch
from storage.database import Database
from storage.ids import new_id
from storage.ledger import append
from storage.notary import Notary
from storage.tables import Filler, Gap, Recording, Segment, Track


class Ending:
    def __init__(self, database: Database, notary: Notary) -> None:
        self._database = database
        self._notary = notary

    async def close(self, recording: RecordingNote, gaps: list[GapNote]) -> list[tuple[TrackNote, int, int]]:
        """Write the last gaps and close the chain; gives the holes that have no filler yet. Nothing of the recording
        may wait any more. Raises DatabaseAway, DatabaseBusy."""
        async with self._database.writing() as session:
            row = await session.get(Recording, recording.id)
            if row is None or row.state == "closed":
                return []
            for gap in [*gaps, *await self._nobody(session, recording)]:
                await add_gap(session, recording.id, recording.chain, gap)
            await canary_watch.state_in(session, recording.chain)
            await append(
                session, recording.chain, "closed", {"start_ns": recording.start_ns, "end_ns": recording.end_ns}
            )
            await self._notary.close_chain(session, recording.chain)
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
