"""Packets come many at a time: whatever a read holds of a source, what is written is the same as of each by itself."""

import itertools
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media_server import wire
from media_server.engine.wrap import low32
from recorder.notes import SegmentNote
from recorder.room import Room
from recorder.spool import Spool
from tests.recorder.test_taken_up import FIRST_INDEX, FIRST_STAMP, MS, ORIGIN, RECORDING, SENT, Relay, S

EXTENSION = struct.pack("!HHI", 0xBEDE, 1, 0x51000100)


def as_it_came(data: bytes, number: int) -> bytes:
    return data


def extended(data: bytes, number: int) -> bytes:
    """As Chromium sends it, with a header extension (RFC 8285)."""
    return bytes([data[0] | 0x10]) + data[1:12] + EXTENSION + data[12:]


def now_and_then(data: bytes, number: int) -> bytes:
    return extended(data, number) if number % 3 else data


def padded(data: bytes, number: int) -> bytes:
    return data if number % 5 else bytes([data[0] | 0x20]) + data[1:] + b"\0\0\3"


def begun_anew(data: bytes, number: int) -> bytes:
    """From its 200th packet on another stream of the same publisher: SSRC and stamps are others."""
    if number < 200:
        return data
    (stamp,) = struct.unpack_from("!I", data, 4)
    return data[:4] + struct.pack("!II", low32(stamp + 123_456_789), 77) + data[12:]


def jumped(data: bytes, number: int) -> bytes:
    """From its 200th packet on its stamps are half an hour further on, and its numbers go on."""
    (stamp,) = struct.unpack_from("!I", data, 4)
    return data if number < 200 else data[:4] + struct.pack("!I", low32(stamp + 1800 * 90_000)) + data[8:]


def backwards(data: bytes, number: int) -> bytes:
    """A picture's stamp goes back once: the writer refuses it, and what follows up to the next key frame."""
    (stamp,) = struct.unpack_from("!I", data, 4)
    back = low32(stamp - FIRST_STAMP) == 60 * 3_600
    return data[:4] + struct.pack("!I", low32(stamp - 9_000)) + data[8:] if back else data


def cut_short(data: bytes, number: int) -> bytes:
    return data[: number % 14] if number % 50 == 49 else data


FORMS: list[Callable[[bytes, int], bytes]] = [
    as_it_came, extended, now_and_then, padded, begun_anew, jumped, backwards, cut_short,
]  # fmt: skip


def written(folder: Path, kind: str, runs: list[list[wire.Arrived]], *, together: bool) -> list[tuple[object, ...]]:
    out: list[SegmentNote] = []
    room = Room(RECORDING, Spool(folder, 10**9), lambda _, note: out.append(note), lambda _: None, lambda _, __: None)
    room.load([], ORIGIN.monotonic_ns)
    feed = room.source("e1", Relay(kind, reports=False).note, FIRST_INDEX, ORIGIN.monotonic_ns)
    assert feed is not None
    for run in runs:
        now = run[-1][1]
        for each in [run] if together else [[packet] for packet in run]:
            room.packets(feed, each, now)
        room.tick(now, True)
    room.finish(ORIGIN.monotonic_ns + 20 * S)
    return [
        (
            note.number, note.first_index, note.last_index, note.start_ticks, note.end_ticks, note.frames, note.sha256,
            [(gap.start_ns, gap.end_ns, gap.cause, gap.packets) for gap in note.gaps],
        )
        for note in out
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["camera", "microphone"])
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_run_is_written_as_its_packets_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, kind: str, form: Callable[[bytes, int], bytes], data: st.DataObject
) -> None:
    sent = [
        (FIRST_INDEX + number, ORIGIN.monotonic_ns + at + 30 * MS, form(rtp, number))
        for number, (at, rtp) in enumerate(SENT[kind])
    ]
    places = st.integers(0, len(sent) - 1)
    for place in sorted(data.draw(st.lists(places, max_size=4), "lost"), reverse=True):
        sent.pop(min(place, len(sent) - 1))
    for place in data.draw(st.lists(places, max_size=4), "late"):
        packet = sent.pop(min(place, len(sent) - 1))
        sent.insert(min(place + 7, len(sent)), packet)
    for place in data.draw(st.lists(places, max_size=4), "doubled"):
        sent.insert(min(place + 3, len(sent)), sent[min(place, len(sent) - 1)])
    cuts = sorted({0, len(sent), *data.draw(st.lists(places.map(lambda at: min(at, len(sent))), max_size=40), "cuts")})
    runs = [sent[begin:end] for begin, end in itertools.pairwise(cuts)]
    together = written(tmp_path_factory.mktemp("together"), kind, runs, together=True)
    assert together == written(tmp_path_factory.mktemp("apart"), kind, runs, together=False)
    assert together


FRAMES: list[wire.Frame] = [
    wire.Packet(1, 2, 3, bytes(40)), wire.Packet(1, 3, 4, bytes(1)), wire.Packet(2, 9, 5, bytes(1400)),
    wire.Report(1, 3, 4, 5), wire.Note("E", {"handle": 1, "cause": "closed"}),
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAMES), max_size=30), st.integers(0, 60))
def test_what_is_read_by_runs_is_what_was_told(told: list[wire.Frame], torn: int) -> None:
    """Of each handle in its order, and before and after any other frame; what is torn is left."""
    whole = b"".join(wire.encode(frame) for frame in told)
    data = whole[: len(whole) - torn] if torn < len(whole) else b""
    at, found = 0, []
    while True:
        begin = at
        runs, at = wire.packets(data, at)
        found.append({handle: [wire.Packet(handle, *each) for each in run] for handle, run in runs.items()})
        assert sum(len(wire.encode(each)) for run in found[-1].values() for each in run) == at - begin
        size = int.from_bytes(data[at : at + 4], "big")
        if len(data) - at < 4 or len(data) - at - 4 < size:
            break
        found.append({0: [wire.decode(data[at + 4 : at + 4 + size])]})  # type: ignore[list-item]
        at += 4 + size
    expected: list[dict[int, list[wire.Frame]]] = [{}]
    taken = 0
    for frame in told:
        taken += len(wire.encode(frame))
        if taken > len(data):
            break
        if isinstance(frame, wire.Packet):
            expected[-1].setdefault(frame.handle, []).append(frame)
        else:
            expected += [{0: [frame]}, {}]
    assert found == expected


@pytest.mark.parametrize("body", [b"P", b"P" + bytes(20), b"P" + bytes(19)])
def test_a_packet_without_a_packet_is_left_to_be_refused(body: bytes) -> None:
    data = len(body).to_bytes(4, "big") + body + bytes(64)
    assert wire.packets(data, 0) == ({}, 0)
