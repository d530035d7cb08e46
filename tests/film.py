"""Films as devices and telephones make them, by ffmpeg: cheap, short, each with a picture and a sound."""

from pathlib import Path

import ffmpeg
import imageio_ffmpeg


def film(path: Path, seconds: float, picture: str = "libx264", sound: str = "libopus") -> Path:
    """The container follows the name's ending; `picture`: libx264, libvpx, …"""
    moving = ffmpeg.input(f"testsrc=size=320x180:rate=10:duration={seconds}", format="lavfi")
    tone = ffmpeg.input(f"sine=frequency=440:duration={seconds}", format="lavfi")
    options = {"c:v": picture, "c:a": sound, "pix_fmt": "yuv420p", "g": 20, "ar": 48_000, "strict": -2}
    ffmpeg.output(moving, tone, str(path), **options).run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True)
    return path
