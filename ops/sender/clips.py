"""A clip that proves sync: black, with a white flash and a beep of 40 ms at each whole second.

As a film for a sender, and as y4m and wav for a browser's fake camera and microphone.
"""

from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from ops.sender.film import FRAMES_PER_SECOND, FilmMissing

FLASH_S = 0.04
BEEP_HZ = 1000


def _sources(seconds: int, width: int, height: int) -> tuple[Any, Any]:
    black = ffmpeg.input(f"color=black:s={width}x{height}:r={FRAMES_PER_SECOND}:d={seconds}", f="lavfi")
    # Half a frame of slack: the condition is true for exactly the frame that starts at the whole second.
    lit = f"lt(mod(t+{FLASH_S / 4},1),{FLASH_S})"
    picture = black.filter("drawbox", x=0, y=0, w="iw", h="ih", color="white", t="fill", enable=lit)
    tone = f"0.8*sin(2*PI*{BEEP_HZ}*t)*lt(mod(t,1),{FLASH_S})"
    sound = ffmpeg.input(f"aevalsrc='{tone}|{tone}':s=48000:d={seconds}", f="lavfi")
    return picture, sound


def _run(output: Any) -> None:
    try:
        output.run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True, overwrite_output=True)
    except ffmpeg.Error as error:
        raise FilmMissing(error.stderr.decode(errors="replace")[-500:]) from error


def flash_and_beep(folder: Path, seconds: int = 10, width: int = 640, height: int = 360) -> Path:
    """A lossless source for `film.transcode`."""
    path = folder / f"flash-and-beep-{seconds}-{width}x{height}.mkv"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        picture, sound = _sources(seconds, width, height)
        partial = path.with_suffix(".part")
        codecs = {"c:v": "ffv1", "pix_fmt": "yuv420p", "c:a": "pcm_s16le"}
        _run(ffmpeg.output(picture, sound, str(partial), format="matroska", **codecs))
        partial.replace(path)
    return path


def fake_devices(
    folder: Path, source: Path | None = None, seconds: int = 10, width: int = 640, height: int = 360
) -> tuple[Path, Path]:
    """y4m and wav for Chromium's --use-file-for-fake-video-capture and -audio-capture, of `source` or of the clip."""
    folder.mkdir(parents=True, exist_ok=True)
    if source is None:
        source = flash_and_beep(folder, seconds, width, height)
    video, audio = folder / f"{source.stem}.y4m", folder / f"{source.stem}.wav"
    given = ffmpeg.input(str(source), t=seconds)
    size = given.video.filter("scale", width, height).filter("fps", FRAMES_PER_SECOND)
    _run(ffmpeg.output(size, str(video), pix_fmt="yuv420p"))
    _run(ffmpeg.output(given.audio, str(audio), acodec="pcm_s16le", ar=48_000, ac=2))
    return video, audio
