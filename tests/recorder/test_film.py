"""A recording's picture and sound as one MP4 from its fragments: nothing lost, nothing encoded, all in step."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import pytest

from ops.sender.film import Film as Reel
from recorder import film as making
from recorder import mp4
from recorder.film import Lane, NotAsSealed, NothingThere
from recorder.playlists import PieceRow
from tests.recorder import hub, pieces
from tests.recorder.pieces import S


@dataclass
class Shelf:
    """Files by their piece."""

    files: dict[str, bytes] = field(default_factory=dict)
    reads: int = 0

    def piece(self, data: bytes, start_s: float, end_s: float) -> PieceRow:
        head = mp4.head_length(data)
        name = f"rec/trk/{len(self.files):06d}~0~9.h{hash(data[:head]) & 0xFFFFFFFF:08x}.mp4"
        self.files[name] = data
        return Piece(name, name, int(start_s * S), int(end_s * S), len(data), head)

    async def read(self, piece: PieceRow) -> bytes:
        self.reads += 1
        return self.files[piece.name]

    async def made(self, *lanes: Lane, span: tuple[float, float] = (0, 1000), hidden: Any = ()) -> bytes:
        """The whole film; each part has the size that was promised."""
        planned = await making.plan(lanes, int(span[0] * S), int(span[1] * S), list(hidden), self.read)
        out = [planned.head]
        for number, part in enumerate(planned.parts):
            assert planned.offsets[number] == sum(map(len, out))
            out.append(making.content(part, self.files[part.piece.name] if part.piece else b""))
        assert planned.size == sum(map(len, out))
        return b"".join(out)


@dataclass(frozen=True)
class Piece:
    id: str
    name: str
    start_ns: int
    end_ns: int
    bytes: int
    head_bytes: int


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def camera(shelf: Shelf, reel: Reel, seconds: Any) -> Lane:
    made = [shelf.piece(pieces.picture(reel, at, 2), at, at + 2) for at in seconds]
    return Lane("camera", made, (reel.width, reel.height))


def microphone(shelf: Shelf, reel: Reel, seconds: Any) -> Lane:
    return Lane("microphone", [shelf.piece(pieces.sound(reel, at, 4), at, at + 4) for at in seconds])


@dataclass(frozen=True)
class Told:
    pts: int
    data: bytes

    def __bytes__(self) -> bytes:
        return self.data


def streams(data: bytes) -> tuple[list[Told], list[Told]]:
    """Packets of picture and sound, as a demuxer of others' making finds them."""
    found: dict[str, list[Told]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(data)) as container:
        for packet in container.demux():
            if packet.size:
                assert packet.pts is not None
                found[packet.stream.type].append(Told(packet.pts, bytes(packet)))
    return found["video"], found["audio"]


def payloads(shelf: Shelf, lane: Lane) -> list[bytes]:
    out = []
    for piece in lane.pieces:
        with av.open(io.BytesIO(shelf.files[piece.name])) as container:
            out += [bytes(packet) for packet in container.demux() if packet.size]
    return out


async def test_all_frames_and_packets_are_in_it_as_they_were(shelf: Shelf, film: Reel, tmp_path: Path) -> None:
    seen, heard = camera(shelf, film, range(0, 12, 2)), microphone(shelf, film, range(0, 12, 4))
    data = await shelf.made(seen, heard)
    picture, sound = streams(data)
    assert [bytes(each) for each in picture] == payloads(shelf, seen)
    assert [bytes(each) for each in sound] == payloads(shelf, heard)
    assert [each.pts for each in picture] == list(range(0, 12 * 90_000, 3600))
    assert [each.pts for each in sound] == list(range(0, 12 * 48_000, 960))
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    assert hub.decode_errors(path) == ""
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert abs(container.duration / 1_000_000 - 12) < 0.1
        container.seek(7_000_000)
        first = next(container.decode(video=0))
        assert first.time is not None
        assert 6.0 <= first.time <= 7.1
    # Of each track one file was read, for its head.
    assert shelf.reads == 2


async def test_a_span_begins_at_a_picture_and_the_sound_with_it(shelf: Shelf, film: Reel) -> None:
    seen, heard = camera(shelf, film, range(0, 12, 2)), microphone(shelf, film, range(0, 12, 4))
    picture, sound = streams(await shelf.made(seen, heard, span=(6.5, 9.0)))
    assert [bytes(each) for each in picture] == payloads(shelf, seen)[150:250]
    assert (picture[0].pts, picture[-1].pts) == (0, 99 * 3600)
    assert [bytes(each) for each in sound] == payloads(shelf, heard)[300:500]
    assert [each.pts for each in sound] == list(range(0, 4 * 48_000, 960))
    with pytest.raises(NothingThere):
        await shelf.made(seen, heard, span=(50, 60))


async def test_holes_are_filled_so_that_both_stay_in_step(shelf: Shelf, film: Reel, tmp_path: Path) -> None:
    seen, heard = camera(shelf, film, (0, 2, 6, 8)), microphone(shelf, film, (0, 8))
    data = await shelf.made(seen, heard)
    picture, sound = streams(data)
    assert [each.pts for each in sound] == list(range(0, 10 * 48_000, 960))
    times = [each.pts for each in picture]
    assert times == sorted(times)
    assert times[:100] == list(range(0, 100 * 3600, 3600))
    assert times[-100:] == list(range(6 * 90_000, 10 * 90_000, 3600))
    assert [each for each in times if 4 * 90_000 <= each < 6 * 90_000] == [360_000, 450_000]
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    assert hub.decode_errors(path) == ""
    with av.open(str(path)) as container:
        shown = {round(frame.time or 0, 2): frame for frame in container.decode(video=0)}
    assert shown[4.0].to_ndarray(format="gray").max() <= 20  # no picture, rather than the last one
    assert shown[6.0].to_ndarray(format="gray").max() > 100


async def test_a_new_picture_size_goes_on_in_the_same_track(shelf: Shelf, film: Reel, tmp_path: Path) -> None:
    own = [shelf.piece(pieces.picture(film, at, 2), at, at + 2) for at in (0, 2)]
    own.append(shelf.piece(pieces.darkness(320, 180, 2, 4), 4, 6))
    own.append(shelf.piece(pieces.picture(film, 6, 2), 6, 8))
    data = await shelf.made(Lane("camera", own, (640, 360)))
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    assert hub.decode_errors(path) == ""
    with av.open(str(path)) as container:
        (stream,) = container.streams
        sizes = [(frame.width, frame.height) for frame in container.decode(stream)]
    assert sizes[0] == sizes[-1] == (640, 360)
    assert (320, 180) in sizes
    assert len(sizes) == 100 + 10 + 50


async def test_what_is_hidden_is_cut_out_for_both_alike(shelf: Shelf, film: Reel) -> None:
    seen, heard = camera(shelf, film, range(0, 12, 2)), microphone(shelf, film, range(0, 12, 4))
    hidden = [(int(4.5 * S), int(5.5 * S))]
    picture, sound = streams(await shelf.made(seen, heard, hidden=hidden))
    # The piece from 4 s to 6 s is left out, and with it the sound of that time.
    frames, spoken = payloads(shelf, seen), payloads(shelf, heard)
    assert [bytes(each) for each in picture] == frames[:100] + frames[150:]
    assert [bytes(each) for each in sound] == spoken[:200] + spoken[300:]
    assert [each.pts for each in picture] == list(range(0, 10 * 90_000, 3600))
    assert [each.pts for each in sound] == list(range(0, 10 * 48_000, 960))
    with pytest.raises(NothingThere):
        await shelf.made(seen, heard, hidden=[(0, 20 * S)])


async def test_a_file_that_was_spoilt_is_never_passed_on_as_whole(shelf: Shelf, film: Reel) -> None:
    seen = camera(shelf, film, (0, 2))
    name = seen.pieces[1].name
    shelf.files[name] = shelf.files[name][:-1] + bytes([shelf.files[name][-1] ^ 1])
    with pytest.raises(NotAsSealed):
        await shelf.made(seen)


async def test_sound_alone_is_a_film_too(shelf: Shelf, film: Reel) -> None:
    heard = microphone(shelf, film, (0, 4))
    picture, sound = streams(await shelf.made(heard))
    assert picture == []
    assert [bytes(each) for each in sound] == payloads(shelf, heard)
