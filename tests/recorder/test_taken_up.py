"""A recorder that is killed at any packet and started again: one unbroken line, however late the next packets come."""

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media_server.codecs import opus
from media_server.engine.wrap import low32, ntp_of
from media_server.records import SourceNote
from ops.sender.packetizer import Stream, h264_payloads
from recorder import mp4
from recorder.black import black
from recorder.notes import RecordingNote, SegmentNote
from recorder.room import Room
from recorder.spool import Spool
from storage.clock import Origin, boot_id

MS = 1_000_000
S = 1000 * MS
ORIGIN = Origin(1_700_000_000 * S, 5_000 * S, boot_id())
RECORDING = RecordingNote("rec_1", "mtg_1", "chain", 0, ORIGIN.wall_ns, ORIGIN.monotonic_ns, ORIGIN.boot)
FIRST_INDEX = 0x10000
FIRST_STAMP = 0xFFFF_0000  # it wraps within the test

Sent = tuple[int, bytes]  # ns of its capture since the opening, RTP


def pictures(seconds: float) -> list[Sent]:
    """25 a second, each of several packets, a key frame each second."""
    stream = Stream(1, 102, 90_000, FIRST_STAMP, 0)
    sent = []
    for number in range(int(seconds * 25)):
        made = black(320, 180, number)
        # The relay and the recorder look at types alone: any other slice is one that needs those before it.
        nals = [made.sps, made.pps, made.idr] if number % 25 == 0 else [bytes([0x61]) + made.idr[1:]]
        nals[-1] += bytes([number & 0xFF | 1]) * 2000
        payloads = h264_payloads(nals)
        for place, payload in enumerate(payloads, 1):
            packet = stream.packet(payload, low32(FIRST_STAMP + number * 3600), place == len(payloads), b"")
            sent.append((number * 40 * MS, packet))
    return sent


def sounds(seconds: float) -> list[Sent]:
    stream = Stream(2, 111, 48_000, FIRST_STAMP, 0)
    return [
        (
            number * 20 * MS,
            stream.packet(
                bytes([opus.SILENCE[0], number & 0xFF, number >> 8]), low32(FIRST_STAMP + number * 960), False, b""
            ),
        )
        for number in range(int(seconds * 50))
    ]  # fmt: skip


SENT = {"camera": pictures(9), "microphone": sounds(9)}
RATE = {"camera": 90_000, "microphone": 48_000}
# How many packets seal the first segment, when nothing of the next one is on disk yet.
BOUND = {"camera": next(n for n, (at, _) in enumerate(SENT["camera"]) if at > 4 * S), "microphone": 246}


class Relay:
    """Knows all packets, and gives those after an index, `late_ns` after they were captured."""

    def __init__(self, kind: str, *, reports: bool) -> None:
        self.kind = kind
        self.note = SourceNote.model_validate(
            {
                "id": f"s1/{kind}", "room": "mtg_1", "session": "s1", "publisher": "site.device", "kind": kind,
                "codec": "opus" if kind == "microphone" else "h264", "clock_rate": RATE[kind],
            }
        )  # fmt: skip
        self.reports = reports

    def tell(self, room: Room, until: int, late_ns: int) -> None:
        first = room.after("e1").get(f"e1/{self.note.id}", FIRST_INDEX - 1) + 1
        feed = room.source("e1", self.note, first, ORIGIN.monotonic_ns)
        assert feed is not None
        if self.reports:
            feed.report(ntp_of(ORIGIN.wall_ns), FIRST_STAMP)
        for place in range(first - FIRST_INDEX, until):
            captured, data = SENT[self.kind][place]
            now = ORIGIN.monotonic_ns + captured + late_ns
            room.packets(feed, [(FIRST_INDEX + place, now, data)], now)
            if place % 60 == 59:
                room.sync(now)


@pytest.mark.parametrize("kind", ["camera", "microphone"])
@settings(max_examples=10, deadline=None)
@example(past=0, late_ms=30, reports=True)
@example(past=0, late_ms=400, reports=True)
@example(past=0, late_ms=30, reports=False)
@example(past=25, late_ms=400, reports=True)
@given(past=st.integers(-199, 200), late_ms=st.integers(0, 900), reports=st.booleans())
def test_where_it_was_killed_and_how_late_packets_come_leaves_no_seam(
    tmp_path_factory: pytest.TempPathFactory, kind: str, past: int, late_ms: int, reports: bool
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"), 10**9)
    found: dict[int, SegmentNote] = {}

    def room() -> Room:
        made = Room(
            RECORDING, spool, lambda _, note: found.update({note.number: note}), lambda _: None, lambda _, __: None
        )
        for note in made.load([], ORIGIN.monotonic_ns):
            found[note.number] = note
        return made

    relay, sent = Relay(kind, reports=reports), SENT[kind]
    killed = room()
    relay.tell(killed, min(BOUND[kind] + past, len(sent)), 0)
    again = room()
    relay.tell(again, len(sent), late_ms * MS)
    again.finish(ORIGIN.monotonic_ns + 20 * S)
    segments = [found[number] for number in sorted(found)]
    assert [(before.end_ticks, after.start_ticks) for before, after in itertools.pairwise(segments)] == [
        (before.end_ticks, before.end_ticks) for before in segments[:-1]
    ]
    assert [gap for segment in segments for gap in segment.gaps] == []
    assert [after.first_index - before.last_index for before, after in itertools.pairwise(segments)] == [1] * (
        len(segments) - 1
    )
    assert (segments[0].first_index, segments[-1].last_index) == (FIRST_INDEX, FIRST_INDEX + len(sent) - 1)
    kept = sum(len(each.durations) for note in segments for each in fragments(spool.folder / note.name))
    assert kept == len({data[4:8] for _, data in sent}), "one sample a time stamp"


def fragments(path: Path) -> list[mp4.Fragment]:
    return list(mp4.fragments(path.read_bytes()))
