"""What the recorder says of itself: a camera that stalls is a gap, not an alarm; a row that is refused is told."""

import asyncio
import threading
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from recorder.book import Book
from recorder.notes import RecordingNote, SegmentNote, Source, TrackNote
from storage.clock import rfc3339_now
from storage.database import Database
from storage.ids import new_id
from storage.notary import Notary
from storage.tables import Segment, Track
from tests.recorder import hub
from tests.recorder.hall import Hall


async def test_a_lone_camera_that_stalls_is_a_gap_and_no_alarm(hall: Hall) -> None:
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened)
        publisher.pause_sound = True
        await publisher.play(2.5)
        for _ in range(11):
            await asyncio.sleep(0.5)
            assert (await hall.state())["well"]
        await publisher.play(1.5)
        await asyncio.sleep(0.3)
        await hall.finish(opened)
    found = await hall.archive(opened)
    [gap] = [gap for gap in found.gaps if gap.track_id and gap.end_ns - gap.start_ns > 4_000_000_000]
    assert (found.kind_of(gap.track_id), gap.cause) == ("camera", "camera")


async def test_packets_that_come_to_nothing_are_told(hall: Hall) -> None:
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened, lose=lambda frame, _: frame.key or not frame.is_video)
        playing = asyncio.create_task(publisher.play(30))

        async def told() -> bool:
            found = await hall.state()
            return (found["well"], found["code"]) == (False, "recorder.not-recording") and bool(found["zh"])

        await hub.until(told)
        playing.cancel()


def note_of(opened: hub.Opened, track: TrackNote, number: int) -> SegmentNote:
    begin = number * 180_000
    return SegmentNote(
        new_id("seg"), track, Source("e1", "s1/camera"), number, f"{opened.recording}/{track.id}/{number}.mp4", begin,
        begin + 100, begin, begin + 180_000, 50, 0, 700, 1280, 720, rfc3339_now(), 1000, "0" * 64, "0" * 64,
    )  # fmt: skip


async def recording_note(database: Database, opened: hub.Opened, tmp_path: Path) -> tuple[Book, RecordingNote]:
    book = Book(database, Notary(tmp_path / "node.pem"))
    [note] = [each for each in (await book.desired())[0] if each.id == opened.recording]
    return book, note


async def test_a_row_that_is_refused_costs_no_other_and_is_remembered(database: Database, tmp_path: Path) -> None:
    opened = await hub.open_meeting(database)
    book, recording = await recording_note(database, opened, tmp_path)
    track = TrackNote(new_id("trk"), recording.id, opened.publisher, "camera", "h264")
    notes = [note_of(opened, track, number) for number in (1, 2, 3, 2, 4)]  # the fourth has the second's number
    book.add_track(recording, track)
    for note in notes:
        book.add(recording, note)
    assert await book.work_off() == 6
    async with database.reading() as session:
        numbers = (await session.scalars(select(Segment.number).where(Segment.track_id == track.id))).all()
    assert sorted(numbers) == [1, 2, 3, 4]
    assert book.refused == {recording.id}
    book.add(recording, notes[0])  # once more, as after a restart
    assert await book.work_off() == 1
    assert book.waiting == 0


def left_to_sidecars() -> float:
    return REGISTRY.get_sample_value("huilu_recorder_left_to_sidecars_total") or 0.0


async def test_what_finds_no_place_to_wait_is_counted_and_read_again_from_its_sidecars(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recorder.book.MAX_WAITING", 3)
    opened = await hub.open_meeting(database)
    book, recording = await recording_note(database, opened, tmp_path)
    track = TrackNote(new_id("trk"), recording.id, opened.publisher, "camera", "h264")
    sealed = [note_of(opened, track, number) for number in range(1, 9)]
    before = left_to_sidecars()
    for note in sealed:
        book.add(recording, note)
    assert left_to_sidecars() - before == 5
    turns = 0
    threads: set[int] = set()

    def read() -> list[SegmentNote]:
        threads.add(threading.get_ident())
        return sealed

    def refuse() -> list[SegmentNote]:
        raise OSError("a disk that has gone")

    while not book.whole(recording.id):
        await book.work_off()
        await book.catch_up(recording, refuse)
        assert not book.whole(recording.id), "it is asked again"
        await book.catch_up(recording, read)
        turns += 1
    assert turns >= 3, "three at a time"
    assert threading.get_ident() not in threads, "packets go on meanwhile"
    async with database.reading() as session:
        numbers = (await session.scalars(select(Segment.number).where(Segment.track_id == track.id))).all()
    assert sorted(numbers) == list(range(1, 9))


async def test_a_refused_row_makes_the_recorder_unwell(hall: Hall) -> None:
    async with hall.recorded() as opened:
        playing = asyncio.create_task(hall.publisher(opened).play(30))

        async def tracks() -> list[str]:
            async with hall.database.reading() as session:
                return list((await session.scalars(select(Track.id).where(Track.kind == "camera"))).all())

        [track] = await hub.until(tracks)
        book, recording = await recording_note(hall.database, opened, hall.folder)
        for number in (2, 3, 4):  # somebody else has taken the numbers to come
            book.add(recording, note_of(opened, TrackNote(track, recording.id, "", "camera", "h264"), number))
        await book.work_off()

        async def told() -> bool:
            found = await hall.state()
            return (found["well"], found["code"]) == (False, "recorder.row-refused") and bool(found["zh"])

        await hub.until(told)
        playing.cancel()
