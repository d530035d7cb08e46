"""A still picture of a segment, by ffmpeg: a viewing copy, never evidence."""

import os
import subprocess
from pathlib import Path

import ffmpeg
import imageio_ffmpeg

from recorder import containers

WIDTH = 640
LIMIT_S = 30.0


class NoPicture(Exception):
    """There is nothing to make a poster of."""


def make_poster(segment: bytes, path: Path) -> None:
    """The segment's first picture as a JPEG; whole or not at all. Blocking. Raises NoPicture, and TimeoutError
    when the machine is too busy: to be tried again."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    container = "matroska" if containers.suffix(segment) == "webm" else "mp4"  # as ffmpeg calls them
    process = (
        ffmpeg.input("pipe:", format=container)
        .filter("scale", WIDTH, -2)
        .output(str(part), vframes=1, format="mjpeg", **{"q:v": 4})
        .global_args("-nostdin", "-hide_banner", "-loglevel", "error")
        .overwrite_output()
        .run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stdin=True, pipe_stdout=True, pipe_stderr=True)
    )
    try:
        _, error = process.communicate(segment, timeout=LIMIT_S)
    except BaseException as failure:
        process.kill()
        process.wait()
        if isinstance(failure, subprocess.TimeoutExpired):
            raise TimeoutError(f"no poster within {LIMIT_S} s") from failure
        raise
    if process.returncode != 0 or not part.exists() or part.stat().st_size == 0:
        part.unlink(missing_ok=True)
        raise NoPicture(error.decode(errors="replace")[-500:])
    os.replace(part, path)
