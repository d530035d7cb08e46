"""Three hours of a publisher whose clocks run 100 ppm off: picture and sound stay within 40 ms of one another.

Time is made here; packets, feeds, tracks and files are the real ones. Frames are few and small: what is measured is
where they lie on the meeting's time line, and each segment says it of its first packet.
"""

import random
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import pytest

from media_server.codecs import opus
from media_server.engine.wrap import low32, ntp_of
from media_server.records import SourceNote
from ops.sender.packetizer import Stream, h264_payloads
from recorder.black import black
from recorder.notes import RecordingNote, SegmentNote
from recorder.room import Room
from recorder.spool import Spool
from storage.clock import Origin, boot_id

S = 1_000_000_000
MS = 1_000_000
HOURS_NS = 3 * 3600 * S
MOST_MS = 40
ORIGIN = Origin(1_700_000_000 * S, 5_000 * S, boot_id())
RECORDING = RecordingNote("rec_1", "mtg_1", "chain", 0, ORIGIN.wall_ns, ORIGIN.monotonic_ns, ORIGIN.boot)
WALL_OFF_NS = -180 * S
PICTURE_NS, SOUND_NS = S, 120 * MS
KEY_EVERY = 4
REPORT_NS = 5 * S
LATE_MS = 40  # packets come up to so much late
FIRST = 0x10000


@dataclass
class Clocks:
    """Parts in a million by which the publisher's clocks run fast, of what true time says."""

    wall: float
    camera: float
    microphone: float

    def of(self, kind: str, true_ns: int) -> int:
        return true_ns + round(true_ns * getattr(self, kind) / 1e6)


class Track:
    """One source: its packets, by number, with the true time of each."""

    def __init__(self, kind: str, rate: int, each_ns: int, clocks: Clocks) -> None:
        self.kind, self.rate, self.each_ns, self.clocks = kind, rate, each_ns, clocks
        self.base = 0xFFF0_0000 if kind == "camera" else 77
        self.note = SourceNote.model_validate(
            {
                "id": f"s1/{kind}", "room": "mtg_1", "session": "s1", "publisher": "site.device", "kind": kind,
                "codec": "opus" if kind == "microphone" else "h264", "clock_rate": rate,
            }
        )  # fmt: skip
        self.stream = Stream(len(kind), 100, rate, self.base, 0)
        made = [black(64, 64, number) for number in range(2)]
        self._keys = [h264_payloads([each.sps, each.pps, each.idr])[0] for each in made]
        self._others = [bytes([0x61]) + each.idr[1:] for each in made]

    def stamp(self, true_ns: int) -> int:
        return low32(self.base + self.clocks.of(self.kind, true_ns) * self.rate // S)

    def packet(self, number: int) -> bytes:
        if self.kind == "microphone":
            payload = bytes([opus.SILENCE[0] | 3, 6]) + bytes(6)  # code 3: six frames of 20 ms
        else:
            payload = (self._others if number % KEY_EVERY else self._keys)[number & 1]
        return self.stream.packet(payload, self._by_samples(number), self.kind == "camera", b"")

    def _by_samples(self, number: int) -> int:
        """A device counts its own samples."""
        return low32(self.base + number * self.each_ns * self.rate // S)

    def true_ns(self, number: int) -> int:
        """When the device, whose second is longer or shorter, has come to this number."""
        return round(number * self.each_ns / (1 + getattr(self.clocks, self.kind) / 1e6))

    def error_ns(self, note: SegmentNote) -> int:
        """How far from true time a segment begins."""
        return note.start_ns - self.true_ns(note.first_index - FIRST)


@pytest.mark.parametrize(
    "clocks",
    [
        Clocks(100, 100, 100),  # the whole device
        Clocks(-100, 0, -100),  # a camera of its own
        Clocks(0, -100, 100),
    ],
    ids=["device", "camera", "apart"],
)
def test_picture_and_sound_stay_together(tmp_path: Path, clocks: Clocks) -> None:
    dice = random.Random(3)
    notes: dict[str, list[SegmentNote]] = {"camera": [], "microphone": []}
    room = Room(
        RECORDING, Spool(tmp_path, 10**11), lambda _, note: notes[note.track.kind].append(note), lambda _: None,
        lambda _, __: None,
    )  # fmt: skip
    room.load([], ORIGIN.monotonic_ns)
    tracks = [Track("camera", 90_000, PICTURE_NS, clocks), Track("microphone", 48_000, SOUND_NS, clocks)]
    feeds = []
    for track in tracks:
        feed = room.source("e1", track.note, FIRST, ORIGIN.monotonic_ns)
        assert feed is not None
        feeds.append(feed)
    numbers, next_report, next_tick = [0, 0], 2450 * MS, S
    while True:
        which = min((0, 1), key=lambda each: tracks[each].true_ns(numbers[each]))
        track, number = tracks[which], numbers[which]
        true = track.true_ns(number)
        if true >= HOURS_NS:
            break
        now = ORIGIN.monotonic_ns + true + dice.randrange(LATE_MS * MS)
        if true >= next_report:
            next_report += REPORT_NS
            wall = ORIGIN.wall_ns + WALL_OFF_NS + clocks.of("wall", true)
            for feed, each in zip(feeds, tracks, strict=True):
                feed.report(ntp_of(wall), each.stamp(true))
        room.packets(feeds[which], [(FIRST + number, now, track.packet(number))], now)
        numbers[which] += 1
        if true >= next_tick:
            next_tick += S
            room.tick(now, True)
    room.finish(ORIGIN.monotonic_ns + HOURS_NS + S)
    for track in tracks:
        found = notes[track.kind]
        assert sum(note.frames for note in found) == numbers[tracks.index(track)]
        assert [before.end_ticks for before in found[:-1]] == [after.start_ticks for after in found[1:]]
        assert [gap for note in found for gap in note.gaps] == []
    picture, sound = ([(note.start_ns, track.error_ns(note)) for note in notes[track.kind]] for track in tracks)
    apart = [off - at_that_time(sound, start) for start, off in picture]
    apart += [at_that_time(picture, start) - off for start, off in sound]
    print(f"picture − sound: {min(apart) / MS:.1f} to {max(apart) / MS:.1f} ms over {len(picture)} segments")
    assert max(abs(each) for each in apart) <= MOST_MS * MS
    assert notes["camera"][-1].end_ns > HOURS_NS - 2 * S


def at_that_time(errors: list[tuple[int, int]], start_ns: int) -> int:
    """Of the segment that holds this moment."""
    return errors[max(0, bisect_right(errors, (start_ns, 1 << 60)) - 1)][1]


def test_the_measure_can_fail() -> None:
    errors = [(0, 0), (10, 5), (20, 70)]
    assert [at_that_time(errors, at) for at in (0, 9, 10, 19, 25)] == [0, 0, 5, 5, 70]
