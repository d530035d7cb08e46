"""Files as a power cut leaves them: cut at any byte, longer than what was synced, zeros and strangers' bytes."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.engine.wrap import low32
from ops.sender.film import Film
from ops.sender.packetizer import h264_payloads, vp8_payloads
from recorder import recovery
from recorder.names import OpenName, open_name
from recorder.notes import Position, RecordingNote, SegmentNote, Source, TrackNote
from recorder.recovery import Found
from recorder.room import Room
from recorder.spool import Spool
from recorder.track import Writer
from recorder.units import Sounds, Unit, pictures
from storage.clock import boot_id
from tests.recorder.hub import demuxed
from tests.vp8_film import frames

S = 1_000_000_000
SOURCE = Source("e1", "s1/x")
FIRST = 0xFFFF_FFF0  # its low half wraps inside the file
LAST_KIB = 4
BLOCK = 512


@dataclass(frozen=True)
class Written:
    """An open file, and of each of its units the data, the index of the last packet and where its last byte stands."""

    track: TrackNote
    name: OpenName
    data: bytes
    units: list[tuple[bytes, int, int]]
    step: int  # ticks

    def whole(self, upto: int) -> list[tuple[bytes, int]]:
        """The units that end before this byte."""
        return [(data, last) for data, last, end in self.units if end <= upto]


def units_of(kind: str, film: Film) -> list[tuple[Unit, int]]:
    """With their times in ns."""
    if kind == "microphone":
        sounds, out = Sounds(), []
        packets = [frame.sound for frame in film.frames if not frame.is_video]
        for number, packet in enumerate(packets[:180]):
            if number not in (70, 71, 72):  # bridged with fillers
                out += [(unit, number * S // 50) for unit in sounds.push(FIRST + number, number * 960, False, packet)]
            else:
                sounds.lose(1)
        return out
    made = pictures("vp8" if kind == "vp8" else "h264")
    if kind == "vp8":
        payloads = [vp8_payloads(each, number, number) for number, each in enumerate(frames(320, 180, 45, 25))]
    else:
        payloads = [h264_payloads(frame.nals) for frame in film.frames if frame.is_video][:45]
    out, index = [], FIRST
    for number, packets in enumerate(payloads):
        for at, payload in enumerate(packets, 1):
            found = made.push(index, number * 3600, at == len(packets), payload)
            out += [(unit, number * S // 25) for unit in found]
            index += 1
    return out


def track_of(kind: str) -> TrackNote:
    sound = kind == "microphone"
    codec = "opus" if sound else kind
    return TrackNote("trk_1", "rec_1", "site.device", "microphone" if sound else "camera", codec)


@pytest.fixture(scope="module", params=["h264", "vp8", "microphone"])
def written(request: pytest.FixtureRequest, film: Film, tmp_path_factory: pytest.TempPathFactory) -> Written:
    track, units = track_of(request.param), units_of(request.param, film)
    writer = Writer(tmp_path_factory.mktemp("written"), track, 1, 0, lambda note: None)
    for unit, at in units:
        assert writer.put(unit, at, SOURCE, "network")
    path = writer.flush()
    assert path is not None
    data, found, at = path.read_bytes(), [], 0
    for unit, _ in units[:-1]:  # the last one's duration isn't known yet
        at = data.index(unit.data, at) + len(unit.data)
        found.append((unit.data, unit.last, at))
    assert found[-1][2] == len(data)
    name = OpenName("rec_1", "trk_1", 1, SOURCE, FIRST, 0)
    return Written(track, name, data, found, 960 if track.kind == "microphone" else 3600)


def units_in(found: Found | None, data: bytes) -> list[tuple[bytes, int]]:
    """Data and index (low half) of what recovery keeps, fillers left out."""
    if found is None:
        return []
    file = data[: found.keep] + found.again
    out: list[tuple[bytes, int]] = []
    for each in found.fragments:
        at = each.end - sum(each.sizes)
        for size, filler in zip(each.sizes, each.fillers, strict=True):
            if not filler:
                out.append((file[at : at + size], each.sequence))
            at += size
    return out


def check(written: Written, data: bytes, upto: int) -> None:
    """`data` is as it was written up to this byte."""
    wanted = written.whole(upto)
    found = recovery.read(data)
    kept = units_in(found, data)
    assert [each for each, _ in kept] == [each for each, _ in wanted]
    if found is not None and not found.fragments[-1].fillers[-1]:
        assert kept[-1][1] == low32(wanted[-1][1])


def test_cut_at_every_byte_of_its_last_kibibytes_exactly_the_whole_units_are_kept(written: Written) -> None:
    size = len(written.data)
    assert size > LAST_KIB << 10
    for cut in range(size - (LAST_KIB << 10), size + 1):
        check(written, written.data[:cut], cut)


def test_cut_in_its_head_nothing_is_kept(written: Written) -> None:
    first = written.units[0][2]
    for cut in range(0, first, max(1, first // 400)):
        assert recovery.read(written.data[:cut]) is None


tails = st.lists(
    st.tuples(st.sampled_from(["written", "zeros", "random"]), st.integers(1, 20), st.integers(0, 255)), max_size=12
)


@settings(max_examples=400, deadline=None)
@given(synced=st.floats(0, 1), blocks=tails, odd=st.integers(0, BLOCK), seed=st.randoms(use_true_random=False))
def test_behind_what_was_synced_anything_may_stand(
    written: Written, synced: float, blocks: list[tuple[str, int, int]], odd: int, seed: "object"
) -> None:
    """Invariant: what is kept is exactly the units before the first byte that isn't as it was written."""
    data = bytearray(written.data[: int(synced * len(written.data))])
    for kind, count, _ in blocks:
        length = count * BLOCK - odd
        if kind == "written":
            data += written.data[len(data) : len(data) + length]
        else:
            data += bytes(length) if kind == "zeros" else seed.randbytes(length)  # type: ignore[attr-defined]
    file = bytes(data)
    same = next(
        (at for at, (one, other) in enumerate(zip(file, written.data, strict=False)) if one != other),
        min(len(file), len(written.data)),
    )
    check(written, file, same)


def test_one_wrong_bit_anywhere_ends_what_is_kept_before_it(written: Written) -> None:
    for at in range(len(written.data) - 1, 0, -max(1, len(written.data) // 700)):
        data = bytearray(written.data)
        data[at] ^= 1 << (at % 8)
        check(written, bytes(data), at)


def test_a_torn_file_is_sealed_as_far_as_it_goes_and_plays(written: Written, tmp_path: Path) -> None:
    """By the writer itself, at cuts of every kind: in a head, in a table, between two samples, in a sample."""
    size = len(written.data)
    for cut in [*range(size - 1200, size + 1, 61), size - 3]:
        folder = tmp_path / str(cut)
        notes: list[SegmentNote] = []
        writer = Writer(folder, written.track, 1, 0, notes.append)
        path = folder / "rec_1" / "trk_1" / "000001~e1~s1%2Fx~4294967280~0.open"
        path.parent.mkdir(parents=True)
        path.write_bytes(written.data[:cut] + bytes(700))
        assert writer.resume(written.name)
        writer.seal()
        [note] = notes
        wanted = written.whole(cut)
        assert (note.frames, note.first_index, note.last_index) == (len(wanted), FIRST, wanted[-1][1])
        assert note.end_ticks - note.start_ticks == (note.frames + note.fillers) * written.step
        packets = demuxed(folder / note.name)
        assert [packet for packet in packets if packet in {data for data, _ in wanted}] == [data for data, _ in wanted]
        assert len(packets) == note.frames + note.fillers


# Sidecars


@dataclass
class Spooled:
    """Two sealed segments and an open one of a camera."""

    folder: Path
    notes: list[SegmentNote]
    open: Path

    def frames(self) -> list[bytes]:
        return [data for note in self.notes for data in demuxed(self.folder / note.name)]


@pytest.fixture
def spooled(film: Film, tmp_path: Path) -> Spooled:
    notes: list[SegmentNote] = []
    writer = Writer(tmp_path, track_of("h264"), 1, 0, notes.append)
    units = pictures("h264")
    index = FIRST
    shown = [frame for frame in film.frames if frame.is_video]
    for number in range(220):
        payloads = h264_payloads(shown[number % len(shown)].nals)
        for at, payload in enumerate(payloads, 1):
            for unit in units.push(index, number * 3600, at == len(payloads), payload):
                assert writer.put(unit, number * S // 25, SOURCE, "network")
            index += 1
    path = writer.flush()
    assert path is not None
    assert len(notes) == 2
    return Spooled(tmp_path, notes, path)


def none(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def holed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-9000:-8000] = bytes(1000)
    path.write_bytes(data)


def taken_up(spooled: Spooled, rows: list[Position]) -> tuple[list[SegmentNote], Room]:
    """What a recorder that starts makes of the folder, once the relay has been given up; with all sealed segments."""
    spool = Spool(spooled.folder, 10**9)
    sealed: list[SegmentNote] = []
    recording = RecordingNote("rec_1", "mtg_1", "chain", 0, 0, 0, boot_id())
    spool.note_track(track_of("h264"))
    room = Room(recording, spool, lambda _, note: sealed.append(note), lambda _: None, lambda _, __: None)
    sealed += room.load(rows, 0)
    room.finish(S)
    return sorted(sealed, key=lambda note: note.number), room


Damage = Callable[[Path], None]


@pytest.mark.parametrize("damage", [none, empty, half, zeros])
@pytest.mark.parametrize("without_open", [False, True])
def test_a_sidecar_that_is_lost_costs_nothing(spooled: Spooled, damage: Damage, without_open: bool) -> None:
    wanted = spooled.frames()
    opened = [data for data in demuxed(spooled.open)]
    if without_open:
        spooled.open.unlink()
        opened = []
    last = spooled.notes[-1]
    damage(spooled.folder / f"{last.name}.json")
    found, _ = taken_up(spooled, [])
    assert [note.number for note in found] == [1, 2] if without_open else [1, 2, 3]
    again = found[1]
    assert (again.source, again.first_index, again.last_index) == (SOURCE, last.first_index, last.last_index)
    assert (again.start_ticks, again.end_ticks, again.frames) == (last.start_ticks, last.end_ticks, last.frames)
    assert (again.sha256, again.end_stamp) == (last.sha256, last.end_stamp)
    assert [gap for note in found for gap in note.gaps] == []
    assert [data for note in found for data in demuxed(spooled.folder / note.name)] == wanted + opened


@pytest.mark.parametrize("damage", [half, empty, zeros, cut_off, holed])
@pytest.mark.parametrize("sidecar", [True, False])
def test_a_sealed_file_that_is_torn_keeps_its_whole_units(spooled: Spooled, damage: Damage, sidecar: bool) -> None:
    """By a disk that says too early that it has synced."""
    spooled.open.unlink()
    first, last = spooled.notes
    path = spooled.folder / last.name
    whole = demuxed(path)
    if not sidecar:
        (spooled.folder / f"{last.name}.json").unlink()
    damage(path)
    left = len(units_in(recovery.read(path.read_bytes()), path.read_bytes()))
    assert left < last.frames
    found, room = taken_up(spooled, [])
    assert found[0] == first
    assert [note.frames for note in found[1:]] == ([left] if left else [])
    assert [data for note in found[1:] for data in demuxed(spooled.folder / note.name)] == whole[:left]
    # From there on it is asked of the relay once more.
    assert room.after("e1")["e1/s1/x"] == (found[-1].last_index)


def test_a_rename_that_did_not_reach_the_disk(spooled: Spooled) -> None:
    last = spooled.notes[-1]
    spooled.open.unlink()
    name = open_name(OpenName("rec_1", "trk_1", 2, SOURCE, last.first_index, low32(last.start_ticks)))
    (spooled.folder / last.name).rename(spooled.folder / f"{name}.open")
    found, _ = taken_up(spooled, [])
    assert [(note.number, note.name, note.sha256) for note in found] == [
        (note.number, note.name, note.sha256) for note in spooled.notes
    ]


def test_what_has_a_row_is_never_taken_back(spooled: Spooled) -> None:
    spooled.open.unlink()
    last = spooled.notes[-1]
    half(spooled.folder / f"{last.name}.json")
    row = Position(last.track, last.number, last.end_ns, last.source, last.last_index)
    found, room = taken_up(spooled, [row])
    assert found == spooled.notes[:1]
    assert (spooled.folder / last.name).exists()
    assert room.after("e1")["e1/s1/x"] == last.last_index


def test_folders_without_notes_and_strangers_files_stop_nothing(spooled: Spooled) -> None:
    folder = spooled.open.parent
    for name in ("000009~1~2.hzz.mp4", "000010~1~2.x", "lost+found", "~~.open", "000011~e~s~x~1.open", "9.json.open"):
        (folder / name).write_bytes(b"\0" * 100)
    (folder / "filler~0~6000.habcd.mp4").write_bytes(b"")
    found, _ = taken_up(spooled, [])
    assert [note.number for note in found if note.frames] == [1, 2, 3]
    shutil.rmtree(folder)
    assert taken_up(spooled, [])[0] == []
