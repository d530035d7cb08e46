"""Pure parts: order, MP4 boxes, the black picture, names, pieces of fillers."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.codecs import h264, opus
from recorder import fillers, mp4
from recorder.black import black
from recorder.names import OpenName, filler_name, open_name, read_open_name, sealed_name
from recorder.notes import Source, TrackNote
from recorder.playlists import head_tag
from recorder.reorder import PATIENCE_NS, Lost, Reorder
from tests.recorder.hub import decode_errors

CAMERA = TrackNote("trk", "rec", "site.device", "camera", "h264")
SOUND = TrackNote("trk", "rec", "site.device", "microphone", "opus")


# Order


@given(st.permutations(range(30)), st.sets(st.integers(1, 29), max_size=8))
def test_whatever_the_order_each_index_comes_once_or_is_told_as_lost(order: list[int], missing: set[int]) -> None:
    reorder: Reorder[int] = Reorder(0)
    out: list[tuple[int, int] | Lost] = []
    for now, index in enumerate(order):
        if index not in missing:
            out += reorder.push(index, index * 10, now)
    out += reorder.pop(len(order) + 40 * PATIENCE_NS)
    told: list[int] = []
    for item in out:
        told += range(item.first, item.last + 1) if isinstance(item, Lost) else [item[0]]
    assert told == list(range(max({0, *order} - missing) + 1))
    assert {i for item in out if isinstance(item, Lost) for i in range(item.first, item.last + 1)} <= missing
    assert all(item[1] == item[0] * 10 for item in out if not isinstance(item, Lost))


def test_a_hole_is_waited_for_one_second() -> None:
    reorder: Reorder[str] = Reorder(5)
    assert reorder.push(5, "five", 0) == [(5, "five")]
    assert reorder.push(7, "seven", 10) == []
    assert reorder.missing() == Lost(6, 6)
    assert reorder.pop(10 + PATIENCE_NS - 1) == []
    assert reorder.pop(10 + PATIENCE_NS) == [Lost(6, 6), (7, "seven")]
    assert reorder.push(6, "six", 11 + PATIENCE_NS) == [], "too late, and told as lost already"
    assert reorder.push(7, "seven", 11 + PATIENCE_NS) == [], "doubled"


def test_what_the_relay_no_longer_has_is_skipped() -> None:
    reorder: Reorder[str] = Reorder(1)
    reorder.push(4, "four", 0)
    assert reorder.skip_to(4) == Lost(1, 3)
    assert reorder.pop(0) == [(4, "four")]
    assert reorder.skip_to(2) is None


# MP4

SAMPLES = st.lists(
    st.builds(
        mp4.Sample, st.integers(1, 10**6), st.binary(min_size=1, max_size=40), st.booleans(),
        st.sampled_from(list(mp4.CAUSES)),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**60), SAMPLES), max_size=5), st.data())
def test_fragments_are_found_again_also_in_a_file_cut_off_anywhere(
    written: list[tuple[int, int, list[mp4.Sample]]], data: st.DataObject
) -> None:
    head = mp4.sound_head(2)
    parts = [mp4.fragment(*each) for each in written]
    whole = head + b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    found = list(mp4.fragments(whole[:cut]))
    ends = [len(head) + sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    assert [each.end for each in found] == [end for end in ends if end <= cut]
    assert mp4.head_length(whole[:cut]) == (len(head) if cut >= len(head) else 0)
    for fragment, (sequence, start, samples) in zip(found, written, strict=False):
        assert (fragment.sequence, fragment.start) == (sequence & 0xFFFFFFFF, start)
        assert fragment.durations == tuple(sample.duration for sample in samples)
        assert fragment.sizes == tuple(len(sample.data) for sample in samples)
        assert fragment.fillers == tuple(sample.filler for sample in samples)


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_reading(data: bytes) -> None:
    mp4.head_length(data)
    list(mp4.boxes(data))


def test_a_head_gives_back_what_was_put_into_it() -> None:
    picture = black(640, 360)
    head = mp4.video_head(h264.decoder_configuration([picture.sps], [picture.pps]), 640, 360)
    assert mp4.picture_size(head) == (640, 360)
    assert mp4.parameter_sets(head) == ([picture.sps], [picture.pps])
    assert mp4.picture_size(mp4.sound_head(2)) is None
    assert mp4.parameter_sets(mp4.sound_head(2)) == ([], [])


# The black picture


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 7), st.integers(0, 7))
def test_a_black_picture_of_any_size_decodes_black(columns: int, rows: int, less_x: int, less_y: int) -> None:
    width, height = 16 * columns - 2 * less_x, 16 * rows - 2 * less_y
    picture = black(width, height)
    size = h264.parse_sps(picture.sps)
    assert (size.width, size.height) == (width, height)
    decoder = av.CodecContext.create("h264", "r")
    frames = decoder.decode(av.Packet(h264.annex_b([picture.sps, picture.pps, picture.idr]))) + decoder.decode(None)
    assert len(frames) == 1
    plane = frames[0].to_ndarray(format="yuv420p")
    assert plane.shape == (height * 3 // 2, width)
    assert set(np.unique(plane[:height])) == {16}
    assert set(np.unique(plane[height:])) == {128}


# Fillers


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_pieces_make_up_the_hole_and_none_is_longer_than_the_target(start: int, length: int) -> None:
    found = fillers.pieces(start, start + length)
    assert sum(end - begin for begin, end in found) == length
    assert all(0 < end - begin <= fillers.PIECE_NS for begin, end in found)
    assert [begin for begin, _ in found[1:]] == [end for _, end in found[:-1]]


@pytest.mark.parametrize(("track", "start_ms", "end_ms"), [(CAMERA, 1234, 5678), (SOUND, 1234, 5678), (SOUND, 5, 12)])
def test_a_filler_decodes_and_lies_where_its_hole_is(
    tmp_path: Path, track: TrackNote, start_ms: int, end_ms: int
) -> None:
    note = fillers.write(tmp_path, track, start_ms * 1_000_000, end_ms * 1_000_000, (320, 180))
    path = tmp_path / note.name
    assert decode_errors(path) == ""
    data = path.read_bytes()
    assert (len(data), mp4.head_length(data)) == (note.bytes, note.head_bytes)
    (found,) = mp4.fragments(data)
    assert found.start == track.ticks(note.start_ns)
    assert found.start + sum(found.durations) == track.ticks(note.end_ns)
    assert set(found.fillers) == {"lost"}


# Names


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.integers(0, 10**9), st.integers(1, 10**5))
def test_an_open_name_says_everything_again(epoch: str, source: str, first: int, number: int) -> None:
    name = OpenName("rec_1", "trk_2", number, Source(epoch, source), first, first % 2**32)
    text = open_name(name)
    assert text.count("/") == 2
    assert read_open_name(text + ".open") == name
    assert read_open_name(text) is None


def test_the_heads_tag_stands_in_every_name() -> None:
    name = OpenName("r", "t", 7, Source("e", "s"), 120, 960)
    for suffix in ("mp4", "webm"):
        assert head_tag(sealed_name(name, 398, "5e1f00aa", suffix)) == "5e1f00aa"
    assert head_tag(filler_name("r", "t", 0, 10**9, "0badcafe")) == "0badcafe"


def test_opus_samples_come_out_of_the_file_as_they_went_in() -> None:
    packets = [bytes([opus.SILENCE[0]]) + bytes([n]) * n for n in range(1, 9)]
    file = mp4.sound_head(2) + mp4.fragment(9, 48_000, [mp4.Sample(960, each) for each in packets])
    with av.open(io.BytesIO(file)) as container:
        found = [packet for packet in container.demux() if packet.size]
    assert [bytes(packet) for packet in found] == packets
    assert [packet.pts for packet in found] == [48_000 + 960 * n for n in range(8)]
