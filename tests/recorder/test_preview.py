"""Tiles, measures and loudness of segments as they come: from real key frames and real sound."""

import hashlib
import io
import math
from pathlib import Path

import av
import numpy as np
import pytest

from media_server.codecs import opus
from ops.sender.film import Film
from recorder import glimpses, loudness, stills
from recorder.preview import Preview
from storage.database import Database
from storage.objects import Objects
from storage.tables import Recording, Segment, Stored
from tests.fixtures_storage import put_at_last
from tests.recorder import hub, pieces
from tests.recorder.pieces import Pieces, S


def shown(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg), format="mjpeg") as container:
        return next(container.decode(video=0)).to_ndarray(format="gray")


def tone(amplitude: float, packets: int) -> list[bytes]:
    """440 Hz as Opus of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = 64_000
    out: list[bytes] = []
    for number in range(packets):
        at = (np.arange(960) + number * 960) / 48_000
        wave = (amplitude * 32_767 * np.sin(2 * math.pi * 440 * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * 960
        out += [bytes(packet) for packet in encoder.encode(frame)]
    return out


def test_key_frames_of_any_size_become_tiles_and_squares(film: Film) -> None:
    bright = stills.key_frame(pieces.picture(film, 0))
    tall = stills.key_frame(pieces.darkness(360, 640, 1, 0))
    assert bright
    assert tall
    broken = bright[: len(bright) // 3].replace(b"\x65", b"\x00")
    found = stills.decode([bright, tall, bright])
    assert all(found)
    first, second, third = (each for each in found if each is not None)
    assert first.grey == third.grey
    assert np.abs(shown(first.tile).astype(int) - shown(third.tile)).mean() < 2
    assert shown(first.tile).shape == (stills.TILE_HEIGHT, stills.TILE_WIDTH)
    assert (second.brightness, second.spread) == (0, 0)
    assert first.brightness > 40
    assert first.spread > 60
    assert first.change(first.grey) == 0
    # What cannot be decoded takes no other's place.
    mixed = stills.decode([b"\0\0\0\1\x09\xf0\0\0\0\1\x65nothing", bright, broken, tall])
    assert [each.grey if each else None for each in mixed][:2] == [None, first.grey]
    assert mixed[3] is not None
    assert mixed[3].grey == second.grey
    assert stills.key_frame(b"no segment at all") is None


def test_a_sheet_shows_each_tile_in_its_place(film: Film) -> None:
    frames = [stills.key_frame(pieces.picture(film, second)) for second in (0, 2, 4)]
    tiles = [each.tile for each in stills.decode([frame for frame in frames if frame]) if each]
    sheet = glimpses.Sheet(3, (75, 77, 99))
    assert glimpses.read_sheet(sheet.name) == sheet
    whole = shown(stills.sheet(tiles))
    assert whole.shape == (5 * stills.TILE_HEIGHT, 5 * stills.TILE_WIDTH)
    for slot, tile in zip(sheet.slots, tiles, strict=True):
        left, top = sheet.place(slot)
        part = whole[top : top + stills.TILE_HEIGHT, left : left + stills.TILE_WIDTH]
        assert np.abs(part.astype(int) - shown(tile)).mean() < 3
    for name in ("000012.jpg", "sheet-x-1.jpg", "sheet-000001-1.png", "sheet-1.jpg", "last"):
        assert glimpses.read_sheet(name) is None


def test_levels_are_what_the_sound_was() -> None:
    loud, faint = tone(0.5, 100), tone(0.01, 100)
    quiet = [opus.SILENCE] * 100
    found = loudness.peaks([pieces.packets(each, 0) for each in (loud, quiet, faint, [])], [0, 0, 0, 0])
    assert found[3] is None
    for levels, amplitude in ((found[0], 0.5), (found[2], 0.01)):
        assert levels is not None
        assert len(levels) == 20
        middle = [loudness.decibels(each) for each in levels[2:-2]]
        assert max(abs(each - 20 * math.log10(amplitude)) for each in middle) < 1.5
    # A loud neighbour is not heard in it.
    assert found[1] == bytes([loudness.QUIET]) * 20
    # Half a step later it begins in the middle of one.
    (shifted,) = loudness.peaks([pieces.packets(loud, 0)], [2400])
    assert shifted is not None
    assert len(shifted) == 21
    assert loudness.peaks([b"rubbish", pieces.packets(loud, 0)], [0, 0]) == [None, found[0]]
    assert (loudness.level(0.0), loudness.level(1e-4), loudness.level(1.0)) == (1, 1, 255)


async def test_a_running_recording_and_its_end(
    database: Database, film: Film, tmp_path: Path, objects: Objects
) -> None:
    opened = await hub.open_meeting(database)
    made = Pieces(database, tmp_path / "spool", opened)
    camera, microphone = await made.track("camera"), await made.track("microphone", "opus")
    for second in range(0, 24, 2):
        data = (
            pieces.picture(film, second + second // 10, 2, second)
            if second < 12
            else pieces.darkness(640, 360, 2, second)
        )
        await made.add(camera, data, second * S, (second + 2) * S)
    last = None
    for second in range(0, 24, 4):
        last = await made.add(microphone, pieces.sound(film, second, 4), second * S, (second + 4) * S)
    assert last is not None
    # One of them is in the store only.
    path = made.spool / last.name
    kept = await put_at_last(objects, last.name, path, hashlib.sha256(path.read_bytes()).hexdigest())
    path.unlink()
    async with database.writing() as session:
        session.add(
            Stored(
                segment_id=last.id, bucket=kept.bucket, key=kept.key, version=kept.version, locked_until_wall=0,
                confirmed_wall=0,
            )
        )  # fmt: skip

    async def read(segment: Segment, stored: Stored | None) -> bytes:
        here = made.spool / segment.name
        if here.exists():
            return here.read_bytes()
        assert stored is not None
        return await objects.read(stored.key, stored.version)

    derived = tmp_path / "derived"
    preview = Preview(database, read, derived)
    assert await preview.turn() is False
    seen, heard = (glimpses.folder(derived, opened.recording, each) for each in (camera, microphone))
    assert glimpses.listed(seen) == ([0, 1, 2], [])
    assert (glimpses.done(seen), glimpses.done(heard)) == (12, 6)
    levels = glimpses.loudness(heard)
    assert len(levels) in (240, 241)
    assert min(levels[:240]) >= loudness.QUIET
    assert max(levels) > 100
    found = glimpses.slots(seen)
    assert [each.number for each in found] == [0, 1, 2]
    assert [each.dark for each in found] == [False, False, True]
    assert found[0].change is None
    assert found[1].still is False
    assert glimpses.spans_of(found, 0)["black"] == [(20 * S, 30 * S)]
    running = glimpses.vtt(camera, seen, 0, [])
    assert running.splitlines()[:4] == [
        "WEBVTT", "", "00:00:00.000 --> 00:00:10.000", f"{camera}/000000.jpg",
    ]  # fmt: skip

    # A worker that was killed before it noted anything makes the same again.
    before = {path: path.read_bytes() for path in (*seen.iterdir(), *heard.iterdir())}
    for folder in (seen, heard):
        (folder / "done").unlink()
    await Preview(database, read, derived).turn()
    assert {path: path.read_bytes() for path in (*seen.iterdir(), *heard.iterdir())} == before

    async with database.writing() as session:
        row = await session.get(Recording, opened.recording)
        assert row is not None
        row.state, row.end_ns, row.closed_wall = "closed", 24 * S, 1
    await preview.turn()
    (sheet,) = glimpses.listed(seen)[1]
    assert sheet.slots == (0, 1, 2)
    whole = glimpses.vtt(camera, seen, 0, [])
    assert f"{camera}/{sheet.name}#xywh=160,0,160,90" in whole
    # Who may not see 11 s to 12 s gets neither the slot nor the sheet that it is on, and hears nothing of it.
    hidden = [(11 * S, 12 * S)]
    cut = glimpses.vtt(camera, seen, 0, hidden)
    assert "sheet" not in cut
    assert [line for line in cut.splitlines() if line.startswith(camera)] == [
        f"{camera}/000000.jpg", f"{camera}/000002.jpg",
    ]  # fmt: skip
    silent = glimpses.without(levels, 0, hidden)
    assert silent[110:120] == bytes(10)
    assert silent[:110] + silent[120:] == levels[:110] + levels[120:]


async def test_what_cannot_be_read_holds_up_nothing_else(
    sqlite_database: Database, film: Film, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = await hub.open_meeting(sqlite_database)
    made = Pieces(sqlite_database, tmp_path / "spool", opened)
    camera = await made.track("camera")
    lost = await made.add(camera, pieces.picture(film, 0), 0, S)
    await made.add(camera, b"rubbish", S, 2 * S)
    await made.add(camera, pieces.picture(film, 2), 2 * S, 3 * S)
    (made.spool / lost.name).unlink()

    async def read(segment: Segment, stored: Stored | None) -> bytes:
        return (made.spool / segment.name).read_bytes()

    await Preview(sqlite_database, read, tmp_path / "derived").turn()
    own = glimpses.folder(tmp_path / "derived", opened.recording, camera)
    assert glimpses.done(own) == 3
    assert lost.name in caplog.text
    assert glimpses.listed(own) == ([0], [])
