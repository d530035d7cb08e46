"""A still picture of a segment, by ffmpeg: a viewing copy, never evidence."""

import os
from pathlib import Path

import ffmpeg

from recorder import containers, decoding

WIDTH = 640
LIMIT_S = 30.0
NICE = 5


class NoPicture(Exception):
    """There is nothing to make a poster of."""


def make_poster(segment: bytes, path: Path) -> None:
    """The segment's first picture as a JPEG; whole or not at all. Blocking. Raises NoPicture, and TimeoutError
    when the machine is too busy: to be tried again."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    container = "matroska" if containers.suffix(segment) == "webm" else "mp4"  # as ffmpeg calls them
    graph = (
        ffmpeg.input("pipe:", format=container)
        .filter("scale", WIDTH, -2)
        .output(str(part), vframes=1, format="mjpeg", loglevel="error", **{"q:v": 4})
        .overwrite_output()
    )
    try:
        _, said = decoding.run(graph, segment, LIMIT_S, NICE)
    except decoding.Undecodable as error:
        part.unlink(missing_ok=True)
        raise NoPicture(str(error)) from error
    if not part.exists() or part.stat().st_size == 0:
        part.unlink(missing_ok=True)
        raise NoPicture(said[-500:])
    os.replace(part, path)
