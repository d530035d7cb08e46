"""A writer without socket or clock: the time line, its moves, bridges, resumption."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.codecs import h264, opus
from recorder import mp4
from recorder.black import black
from recorder.names import OpenName
from recorder.notes import SegmentNote, Source, TrackNote
from recorder.track import SLEW_MS, Writer
from recorder.units import Sounds, Unit, pictures

MS = 1_000_000
S = 1000 * MS
CAMERA = TrackNote("trk_c", "rec", "site.device", "camera", "h264")
SOUND = TrackNote("trk_m", "rec", "site.device", "microphone", "opus")
SOURCE = Source("e1", "s1")


def picture(number: int, every: int = 25, **more: object) -> Unit:
    """25 a second, a key frame each second."""
    made = black(320, 180, number)
    key = number % every == 0
    head = mp4.video_head(h264.decoder_configuration([made.sps], [made.pps]), 320, 180) if key else b""
    values = {"lost": 0, "broken": number == 0, **more}
    return Unit(
        number * 2, number * 2 + 1, number * 3600, bytes(3000), key, 0, head=head, width=320, height=180, **values
    )  # type: ignore[arg-type]


def sound(number: int, stamp: int | None = None, **more: object) -> Unit:
    values = {"lost": 0, "broken": number == 0, **more}
    data = bytes([opus.SILENCE[0], number & 0xFF])
    return Unit(
        number, number, number * 960 if stamp is None else stamp, data, True, 960, head=mp4.sound_head(2), **values
    )  # type: ignore[arg-type]


def writer(folder: Path, track: TrackNote, out: list[SegmentNote], **more: object) -> Writer:
    return Writer(folder, track, 1, 0, out.append, **more)  # type: ignore[arg-type]


def test_segments_are_four_seconds_long_and_join(tmp_path: Path) -> None:
    out: list[SegmentNote] = []
    track = writer(tmp_path, CAMERA, out)
    for number in range(500):
        assert track.put(picture(number), 5 * S + number * 40 * MS, SOURCE, "network")
    track.seal()
    assert [(note.start_ns, note.end_ns) for note in out] == [
        ((5 + 4 * n) * S, (9 + 4 * n) * S) for n in range(5)
    ]  # fmt: skip
    assert [note.frames for note in out] == [100] * 5
    assert [(note.first_index, note.last_index) for note in out] == [(200 * n, 200 * n + 199) for n in range(5)]
    assert out[0].gaps == []


@pytest.mark.parametrize(("frame_bytes", "seconds"), [(200, 4), (9_000, 4), (14_000, 3), (30_000, 2), (50_000, 2)])
def test_a_segment_of_pictures_is_a_megabyte_within_two_and_four_seconds(
    tmp_path: Path, frame_bytes: int, seconds: int
) -> None:
    out: list[SegmentNote] = []
    track = writer(tmp_path, CAMERA, out)
    for number in range(500):
        unit = picture(number)
        unit.data = bytes(frame_bytes)
        track.put(unit, number * 40 * MS, SOURCE, "network")
    assert [note.end_ns - note.start_ns for note in out[1:]] == [seconds * S] * (len(out) - 1)
    assert len(out) > 3


@settings(max_examples=25, deadline=None)
@given(st.integers(-80, 80))
def test_the_line_moves_at_bounds_only_and_by_five_milliseconds_at_most(
    tmp_path_factory: pytest.TempPathFactory, off_ms: int
) -> None:
    out: list[SegmentNote] = []
    track = writer(tmp_path_factory.mktemp("spool"), CAMERA, out)
    for number in range(600):
        ideal = S + number * 40 * MS + (off_ms * MS if number > 10 else 0)
        track.put(picture(number), ideal, SOURCE, "network")
    track.seal()
    for before, after in itertools.pairwise(out):
        assert before.end_ticks == after.start_ticks
    for number, note in enumerate(out):
        length = (note.end_ticks - note.start_ticks) / 90
        assert abs(length - note.frames * 40) <= SLEW_MS + 0.02
        apart = note.start_ns - (S + number * 4 * S)
        assert abs(apart) <= abs(off_ms) * MS + MS
    assert abs(out[-1].start_ns - (S + 20 * S)) >= min(abs(off_ms) - SLEW_MS, 5 * SLEW_MS) * MS - MS


def test_a_hole_starts_a_segment_where_it_was_captured(tmp_path: Path) -> None:
    out: list[SegmentNote] = []
    track = writer(tmp_path, CAMERA, out)
    for number in [*range(30), *range(50, 75)]:
        track.put(
            picture(number, lost=3 if number == 50 else 0, broken=number in (0, 50)), number * 40 * MS, SOURCE, "camera"
        )
    track.seal()
    assert [(note.start_ns, note.end_ns) for note in out] == [(0, 1200 * MS), (2 * S, 3 * S)]
    (gap,) = out[1].gaps
    assert (gap.start_ns, gap.end_ns, gap.cause, gap.packets) == (1200 * MS, 2 * S, "network", 3)


def test_a_unit_that_follows_nothing_is_not_taken(tmp_path: Path) -> None:
    track = writer(tmp_path, CAMERA, [])
    assert not track.put(picture(7), 0, SOURCE, "network")


@pytest.mark.parametrize(
    ("lost", "cause", "kind"), [(2, "network", "lost"), (0, "microphone", "dtx"), (0, "muted", "muted")]
)
def test_sound_has_a_packet_every_20_ms(tmp_path: Path, lost: int, cause: str, kind: str) -> None:
    out: list[SegmentNote] = []
    track = writer(tmp_path, SOUND, out)
    for number in [*range(50), *range(60, 100)]:
        hole = number == 60
        track.put(
            sound(number, lost=lost if hole else 0, broken=number == 0 or (hole and lost > 0)),
            number * 20 * MS,
            SOURCE,
            cause,
        )
    track.seal()
    (note,) = out
    assert (note.frames, note.fillers) == (90, 10)
    assert [(span.cause, span.start_ns, span.end_ns) for span in note.spans] == [(kind, 1000 * MS, 1200 * MS)]
    assert [gap.cause for gap in note.gaps] == ([] if kind == "dtx" else [cause])
    durations = [d for each in mp4.fragments((tmp_path / note.name).read_bytes()) for d in each.durations]
    assert durations == [960] * 100


@settings(max_examples=30, deadline=None)
@given(data=st.data(), video=st.booleans())
def test_a_file_taken_up_after_any_cut_ends_as_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, video: bool
) -> None:
    make, track, step = (picture, CAMERA, 40 * MS) if video else (sound, SOUND, 20 * MS)
    units = [make(number) for number in range(40)]

    def write(folder: Path, out: list[SegmentNote]) -> Writer:
        made = writer(folder, track, out)
        for number, unit in enumerate(units):
            made.put(unit, number * step, SOURCE, "network")
        return made

    wanted: list[SegmentNote] = []
    folder = tmp_path_factory.mktemp("whole")
    write(folder, wanted).seal()
    whole = [(folder / note.name).read_bytes() for note in wanted]

    folder = tmp_path_factory.mktemp("cut")
    done: list[SegmentNote] = []
    write(folder, done)
    (path,) = folder.glob("*/*/*.open")
    length = data.draw(st.integers(0, path.stat().st_size))
    path.write_bytes(path.read_bytes()[:length])
    again = Writer(folder, track, len(done) + 1, done[-1].end_ticks if done else 0, done.append)
    name = OpenName("rec", track.id, len(done) + 1, SOURCE, 0, 0)
    if again.resume(name):
        last = again.open_index
        assert last is not None
    else:
        last = -1
        assert not path.exists()
    for number, unit in enumerate(units):
        if unit.first > last:
            again.put(unit, number * step, SOURCE, "network")
    again.seal()
    assert [samples((folder / note.name).read_bytes()) for note in done] == [samples(each) for each in whole]
    assert [(n.frames, n.start_ticks, n.end_ticks, n.first_index, n.last_index) for n in done] == [
        (n.frames, n.start_ticks, n.end_ticks, n.first_index, n.last_index) for n in wanted
    ]  # fmt: skip


def samples(file: bytes) -> list[tuple[int, int]]:
    return [pair for each in mp4.fragments(file) for pair in zip(each.durations, each.sizes, strict=True)]


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_payload_upsets_the_units(payloads: list[bytes]) -> None:
    for units in (pictures("h264"), pictures("vp8"), Sounds()):
        for index, payload in enumerate(payloads):
            for unit in units.push(index, index // 2 * 3000, index % 2 == 1, payload):
                assert unit.first <= unit.last <= index
