"""A closed recording measured from end to end: what is black, frozen, silent, how loud; resumed, bounded, entered."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from media_server.codecs import opus
from ops.sender.film import Film
from recorder import exact, measuring
from recorder.measuring import Measuring
from recorder.preview import Preview
from storage.database import Database
from storage.ledger import entries, open_chain
from storage.tables import Gap, Measured, QualityMark, Recording, Segment, Stored
from tests.recorder import hub, pieces
from tests.recorder.pieces import Pieces, S


def seconds(spans: object) -> list[tuple[float, float]]:
    return [(round(start / S, 1), round(end / S, 1)) for start, end in spans]  # type: ignore[attr-defined]


def test_pictures_of_a_stretch_are_measured_on_the_meetings_time_line(film: Film) -> None:
    at = 3_000
    whole = exact.joined(
        [
            pieces.picture(film, 0, 4, at),
            pieces.standing(film, 2, 10, at + 4),
            pieces.picture(film, 0, 4, at + 14),
        ]
    )
    found = exact.picture(whole, (at + 18) * S)
    assert seconds(found["black"]) == []
    assert seconds(found["freeze"]) == [(at + 4, at + 14)]
    dark = exact.picture(pieces.darkness(640, 360, 6, at), (at + 6) * S)
    ((start, end),) = seconds(dark["black"])
    assert (start, round(end)) == (at, at + 6)
    assert seconds(dark["freeze"]) == [(at, at + 6)]  # it did not end: to the end of the stretch


def test_sound_of_a_stretch(film: Film) -> None:
    at = 7_200
    quiet = pieces.packets([opus.SILENCE] * 300, (at + 4) * 48_000)
    whole = exact.joined([pieces.sound(film, 0, 4, at), quiet, pieces.sound(film, 0, 4, at + 10)])
    silent, level = exact.sound(whole, (at + 14) * S)
    (span,) = [each for each in silent if each[1] - each[0] > 3 * S]
    assert abs(span[0] / S - at - 4) < 0.2
    assert abs(span[1] / S - at - 10) < 0.2
    assert level.samples == 14 * 48_000
    assert -40 < level.peak_db < 0
    twice = level + level
    assert (twice.samples, twice.power, twice.peak_db) == (2 * level.samples, 2 * level.power, level.peak_db)


def test_spans_that_nearly_touch_are_one() -> None:
    assert exact.bridged([(0, 10), (12, 20), (31, 40)], 5) == [(0, 20), (31, 40)]


async def closed_recording(database: Database, film: Film, folder: Path) -> Pieces:
    """20 s of film, 30 s dark, 30 s standing; the sound ends after 15 s, and comes back at 95 s."""
    opened = await hub.open_meeting(database)
    made = Pieces(database, folder / "spool", opened)
    camera, microphone = await made.track("camera"), await made.track("microphone", "opus")
    for at in range(0, 100, 2):
        if at < 20 or at >= 80:
            data = pieces.picture(film, at, 2)
        elif at < 50:
            data = pieces.darkness(640, 360, 2, at)
        else:
            data = pieces.standing(film, 3, 2, at)
        await made.add(camera, data, at * S, (at + 2) * S)
    for at in range(0, 100, 5):
        quiet = pieces.packets([opus.SILENCE] * 250, at * 48_000)
        await made.add(microphone, pieces.sound(film, at, 5) if at < 15 or at >= 95 else quiet, at * S, (at + 5) * S)
    async with database.writing() as session:
        # Five of the dark seconds were in truth a hole of which a row tells: that is said already.
        session.add(
            Gap(id="gap_1", recording_id=opened.recording, track_id=camera, start_ns=20 * S, end_ns=25 * S,
                cause="camera", packets=None)
        )  # fmt: skip
        row = await session.get(Recording, opened.recording)
        assert row is not None
        row.state, row.end_ns, row.closed_wall = "closed", 100 * S, time.time_ns()
        await open_chain(session, "hub", "hub_1")
    return made


async def test_a_closed_recording_gets_its_marks_though_workers_die(
    database: Database, film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await closed_recording(database, film, tmp_path)
    derived = tmp_path / "derived"
    reads: list[str] = []

    async def read(segment: Segment, stored: Stored | None) -> bytes:
        reads.append(segment.name)
        return await asyncio.to_thread((made.spool / segment.name).read_bytes)

    await Preview(database, read, derived).turn()
    reads.clear()
    monkeypatch.setattr(measuring, "STRETCH_NS", 24 * S)
    turns = 0
    while await Measuring(database, read, derived).turn():  # a new worker each time
        turns += 1
        assert turns < 20
    assert turns >= 8
    assert len(reads) == len(set(reads)) == 70  # nothing was measured twice
    async with database.reading() as session:
        marks = (await session.scalars(select(QualityMark).order_by(QualityMark.start_ns))).all()
        measured = (await session.scalars(select(Measured))).one()
        chain = await open_chain(session, "hub", "hub_1")
        said = [payload async for record, _, payload in entries(session, chain) if record.kind == "measured"]
    found = {mark.kind: (round(mark.start_ns / S), round(mark.end_ns / S)) for mark in marks}
    assert found == {"black": (25, 50), "frozen": (50, 80), "silent": (15, 95)}
    assert len(marks) == 3
    assert {mark.state for mark in marks} == {"proposed"}
    (levels,) = measured.levels.values()
    assert -60_00 < levels["rms_cdb"] < levels["peak_cdb"] < 0
    ((entry),) = said
    assert entry is not None
    assert [each["kind"] for each in entry["marks"]] == [mark.kind for mark in marks]
    assert not (derived / made.opened.recording / measuring.FILE).exists()
    assert await Measuring(database, read, derived).turn() is False


async def test_what_cannot_be_read_or_decoded_is_left_out_and_told(
    sqlite_database: Database, film: Film, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = await closed_recording(sqlite_database, film, tmp_path)
    async with sqlite_database.reading() as session:
        rows = (await session.scalars(select(Segment).where(Segment.start_ns < 4 * S))).all()
    for row in rows:
        (made.spool / row.name).unlink()

    async def read(segment: Segment, stored: Stored | None) -> bytes:
        return await asyncio.to_thread((made.spool / segment.name).read_bytes)

    worker = Measuring(sqlite_database, read, tmp_path / "derived")
    while await worker.turn():
        pass
    assert "can't be measured" in caplog.text
    async with sqlite_database.reading() as session:
        assert (await session.scalars(select(Measured))).one().recording_id == made.opened.recording
