"""A room that begins anew is forgotten meanwhile: whatever a relay tells, nothing of it is written by two."""

from pathlib import Path

from media_server import wire
from recorder.hearing import Hearing
from recorder.line import Line
from recorder.room import Room
from recorder.spool import Spool
from tests.recorder.test_taken_up import FIRST_INDEX, ORIGIN, RECORDING, Relay


def named(kind: str, handle: int) -> wire.Note:
    source = Relay(kind, reports=False).note.model_dump()
    return wire.Note("A", {"handle": handle, "source": source, "from": FIRST_INDEX})


def test_a_room_that_is_forgotten_is_told_of_no_source_and_of_no_other_life_of_the_relay(tmp_path: Path) -> None:
    room = Room(RECORDING, Spool(tmp_path, 10**9), lambda _, __: None, lambda _: None, lambda _, __: None)
    room.load([], ORIGIN.monotonic_ns)
    hearing = Hearing({RECORDING.id: room}, lambda: ORIGIN.monotonic_ns, lambda _: None)
    line = Line(tmp_path / "relay", "recorder", hearing, hearing.wanted)
    line.epoch, line.connected = "e1", True
    hearing.listen([line])
    hearing.up(line, "e1")
    hearing.begin(room, ORIGIN.monotonic_ns)
    hearing.heard(line, named("camera", 1), ORIGIN.monotonic_ns)
    assert len(room.feeds) == len(room.tracks) == 1
    hearing.forget(room)
    hearing.heard(line, named("microphone", 2), ORIGIN.monotonic_ns)
    hearing.up(line, "e2")
    assert len(room.feeds) == len(room.tracks) == 1, "what its successor takes up is still written"
    line.epoch = "e2"
    hearing.begin(room, ORIGIN.monotonic_ns)
    hearing.heard(line, named("microphone", 2), ORIGIN.monotonic_ns)
    assert {feed.source.epoch for feed in room.feeds.values()} == {"e2"}
