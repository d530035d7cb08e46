"""The H.264 viewing copies of a VP8 recording: every picture at its own time, in pieces that play in a row."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from recorder import mp4, poster, viewing, webm
from recorder.mp4 import Sample
from recorder.playlists import head_tag
from tests.recorder import hub
from tests.vp8_film import frames


def segment_of(film: tuple[bytes, ...], start: int, durations: list[int]) -> bytes:
    out, at = webm.video_head(322, 182), start
    for number, (frame, duration) in enumerate(zip(film, durations, strict=True)):
        out += webm.fragment(number, at, [Sample(duration, frame, number == 0)])
        at += duration
    return out


def test_a_copy_has_each_picture_at_its_ticks(tmp_path: Path) -> None:
    film = frames(322, 182, 50, 25)
    uneven = [3600 + 17 * (number % 5) for number in range(50)]
    data = segment_of(film, 90_000 * 3600 + 11, uneven)
    path = viewing.make("seg_1", data, tmp_path / "rec")
    copy = path.read_bytes()
    (found,) = mp4.fragments(copy)
    assert (found.start, found.durations) == (90_000 * 3600 + 11, tuple(uneven))
    assert mp4.picture_size(copy) == (322, 182)
    assert hub.decode_errors(path) == ""
    with av.open(io.BytesIO(data)) as one, av.open(str(path)) as other:
        for before, after in zip(one.decode(video=0), other.decode(video=0), strict=True):
            apart = np.abs(before.to_ndarray(format="gray").astype(int) - after.to_ndarray(format="gray"))
            assert apart.mean() < 6
    made = viewing.made(tmp_path, "rec")["seg_1"]
    assert (tmp_path / made.name, made.bytes, made.head_bytes) == (path, len(copy), mp4.head_length(copy))


def test_copies_of_one_size_share_their_head(tmp_path: Path) -> None:
    film = frames(322, 182, 50, 25)
    paths = [
        viewing.make(name, segment_of(part, 90_000, [duration] * 25), tmp_path / "rec")
        for name, part, duration in (("seg_a", film[:25], 3600), ("seg_b", film[25:], 6000))
    ]
    assert len({head_tag(path.name) for path in paths}) == 1


def test_what_cannot_be_decoded_is_black_for_its_time(tmp_path: Path) -> None:
    data = segment_of((b"\x11nothing that a decoder knows",) * 25, 180_000, [3600] * 25)
    path = viewing.make("seg_x", data, tmp_path / "rec")
    found = list(mp4.fragments(path.read_bytes()))
    assert (found[0].start, sum(found[0].durations)) == (180_000, 90_000)
    assert hub.decode_errors(path) == ""


def test_a_machine_too_busy_is_no_fault_of_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TimeoutError is an OSError: the worker gives the job back and lives on."""
    monkeypatch.setattr(viewing, "LIMIT_S", 0.0)
    monkeypatch.setattr(poster, "LIMIT_S", 0.0)
    data = segment_of(frames(322, 182, 50, 25), 0, [3600] * 50)
    with pytest.raises(TimeoutError):
        viewing.make("seg_1", data, tmp_path / "rec")
    with pytest.raises(TimeoutError):
        poster.make_poster(data, tmp_path / "rec" / "poster.jpg")
    assert viewing.made(tmp_path, "rec") == {}


def test_there_are_no_copies_where_none_were_made(tmp_path: Path) -> None:
    assert viewing.made(tmp_path, "rec") == {}
    (tmp_path / "rec" / viewing.FOLDER).mkdir(parents=True)
    (tmp_path / "rec" / viewing.FOLDER / "seg_1~600.h00.part").touch()
    assert viewing.made(tmp_path, "rec") == {}
