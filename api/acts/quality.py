"""What is known of pictures and sound beside coverage: first guesses while it runs, measured marks afterwards, and what
an inspector says to those. None of it changes coverage or the judgement of a decision."""

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.recording_access import playable, refused
from api.acts.spoken import spoken_as
from api.domain.day import utc_text
from api.errors.request import NotFound
from api.records.recordings import QualityMarkView, QualityView
from recorder import glimpses, loudness
from recorder.coverage import main_tracks
from recorder.measuring import LEAST_NS
from recorder.spans import Spans
from storage.database import Database
from storage.tables import Measured, QualityMark, Recording, Site, Track

MS = 1_000_000
# As the exact measure has it: -50 dBFS.
_SILENT = loudness.QUIET + round((loudness.FULL - loudness.QUIET) * (1 - 50 / 60))
_SILENCE = re.compile(b"[%c-%c]{%d,}" % (loudness.QUIET, _SILENT, LEAST_NS["silent"] // glimpses.STEP_NS))


async def quality(database: Database, actor: Actor, recording_id: str, derived: Path) -> QualityView:
    """Without what lies in a part that this actor may not see."""
    async with database.reading() as session:
        recording, _, hidden = await playable(session, actor, recording_id)
        measured = await session.get(Measured, recording_id)
        if measured is not None:
            rows = await session.scalars(
                select(QualityMark).where(QualityMark.recording_id == recording_id).order_by(QualityMark.start_ns)
            )
            return QualityView(measured=True, marks=[_view(row) for row in rows if not _hidden(row, hidden)])
        sites = await session.scalars(
            select(Site.id).where(Site.meeting_id == recording.meeting_id, Site.main.is_(True))
        )  # fmt: skip
        tracks = await session.scalars(select(Track).where(Track.recording_id == recording_id))
        main = main_tracks(tracks.all(), sites.all())
    found = await asyncio.to_thread(_rough, derived, recording, sorted(main.pictures), sorted(main.sounds))
    return QualityView(
        measured=False,
        marks=[
            QualityMarkView(
                id=None, track=track, kind=kind, start_ms=start // MS, end_ms=end // MS, state="rough",
                answered_as=None, answered_wall=None, remark=None,
            )
            for track, kind, start, end in found
            if not refused(hidden, start, end)
        ],
    )  # fmt: skip


def _rough(
    derived: Path, recording: Recording, pictures: Sequence[str], sounds: Sequence[str]
) -> list[tuple[str | None, Literal["black", "plain", "frozen", "silent"], int, int]]:
    """From the key frames that were looked at, and from loudness."""
    found: list[tuple[str | None, Literal["black", "plain", "frozen", "silent"], int, int]] = []
    for track in pictures:
        slots = glimpses.slots(glimpses.folder(derived, recording.id, track))
        spans = glimpses.spans_of(slots, recording.start_ns)
        for kind in ("black", "plain", "frozen"):
            found += [(track, kind, s, e) for s, e in spans[kind] if e - s >= LEAST_NS[kind]]
    heard = [glimpses.loudness(glimpses.folder(derived, recording.id, track)) for track in sounds]
    longest = max(map(len, heard), default=0)
    loudest = bytes(map(max, zip(*(each.ljust(longest, b"\0") for each in heard), strict=True)))
    for match in _SILENCE.finditer(loudest):
        start, end = (recording.start_ns + at * glimpses.STEP_NS for at in match.span())
        found.append((None, "silent", start, end))
    return sorted(found, key=lambda each: each[2])


def _hidden(row: QualityMark, hidden: Spans) -> bool:
    return refused(hidden, row.start_ns, row.end_ns)


def _view(row: QualityMark) -> QualityMarkView:
    return QualityMarkView(
        id=row.id,
        track=row.track_id,
        kind=row.kind,  # type: ignore[arg-type]  # the table's own words
        start_ms=row.start_ns // MS,
        end_ms=row.end_ns // MS,
        state=row.state,  # type: ignore[arg-type]
        answered_as=row.answered_as,
        answered_wall=None if row.answered_wall is None else utc_text(row.answered_wall),
        remark=row.remark,
    )


async def answer(
    database: Database,
    hub_id: str,
    actor: Actor,
    recording_id: str,
    mark_id: str,
    state: Literal["confirmed", "dismissed"],
    remark: str | None,
) -> QualityMarkView:
    """The row says what holds now, the hub's chain every word that was said. Raises Forbidden, NotFound."""
    now = time.time_ns()
    async with database.writing() as session:
        _, access, hidden = await playable(session, actor, recording_id)
        said = await spoken_as(session, actor, "quality.answer", access)
        row = await _row(session, recording_id, mark_id)
        if _hidden(row, hidden):
            raise NotFound(f"quality mark {mark_id}")
        row.state, row.remark = state, remark
        row.answered_by, row.answered_as, row.answered_wall = actor.user_id, said, now
        await session.flush()
        payload = {
            "recording": recording_id, "mark": row.id, "track": row.track_id, "kind": row.kind,
            "start_ms": row.start_ns // MS, "end_ms": row.end_ns // MS, "answer": state, "remark": remark,
            "by": actor.user_id, "as": said,
        }  # fmt: skip
        await log_to_hub(session, hub_id, "quality-answered", payload)
        return _view(row)


async def _row(session: AsyncSession, recording_id: str, mark_id: str) -> QualityMark:
    row = await session.get(QualityMark, mark_id, with_for_update=True)
    if row is None or row.recording_id != recording_id:
        raise NotFound(f"quality mark {mark_id}")
    return row
