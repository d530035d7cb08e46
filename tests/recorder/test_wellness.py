"""What the recorder says of itself: a camera that stalls is a gap, not an alarm; a row that is refused is told."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select

from media_server.bus import Bus
from ops.sender.film import Film
from recorder.book import Book
from recorder.notes import RecordingNote, SegmentNote, Source, TrackNote
from storage.clock import rfc3339_now
from storage.database import Database
from storage.ids import new_id
from storage.keys import Signer
from storage.tables import Segment, Track
from tests.recorder import hub
from tests.recorder.relay_socket import Publisher, RelaySocket


async def state(bus: Bus) -> dict[str, Any]:
    return await bus.request("huilu.recorder.state", {}, 2.0)


async def test_a_lone_camera_that_stalls_is_a_gap_and_no_alarm(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        publisher = Publisher(socket, opened.meeting, film, publisher=opened.publisher)
        publisher.pause_sound = True
        await publisher.play(2.5)
        for _ in range(11):
            await asyncio.sleep(0.5)
            assert (await state(bus))["well"]
        await publisher.play(1.5)
        await asyncio.sleep(0.3)
        await hub.finish(bus, sqlite_database, opened)
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    [gap] = [gap for gap in found.gaps if gap.track_id and gap.end_ns - gap.start_ns > 4_000_000_000]
    assert (found.kind_of(gap.track_id), gap.cause) == ("camera", "camera")


async def test_packets_that_come_to_nothing_are_told(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        publisher = Publisher(
            socket, opened.meeting, film, publisher=opened.publisher,
            lose=lambda frame, _: frame.key or not frame.is_video,
        )  # fmt: skip
        playing = asyncio.create_task(publisher.play(30))

        async def told() -> bool:
            found = await state(bus)
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
    book = Book(database, Signer.load_or_create(tmp_path / "node.pem"))
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


async def test_a_refused_row_makes_the_recorder_unwell(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path, film: Film, socket: RelaySocket
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
        await hub.ready(bus, opened)
        playing = asyncio.create_task(Publisher(socket, opened.meeting, film, publisher=opened.publisher).play(30))

        async def tracks() -> list[str]:
            async with sqlite_database.reading() as session:
                return list((await session.scalars(select(Track.id).where(Track.kind == "camera"))).all())

        [track] = await hub.until(tracks)
        book, recording = await recording_note(sqlite_database, opened, tmp_path)
        for number in (2, 3, 4):  # somebody else has taken the numbers to come
            book.add(recording, note_of(opened, TrackNote(track, recording.id, "", "camera", "h264"), number))
        await book.work_off()

        async def told() -> bool:
            found = await state(bus)
            return (found["well"], found["code"]) == (False, "recorder.row-refused") and bool(found["zh"])

        await hub.until(told)
        playing.cancel()
