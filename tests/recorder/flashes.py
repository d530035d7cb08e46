"""Where flashes and beeps of the sync clip lie in an archive, in seconds of meeting time."""

import io
from pathlib import Path

import av
import numpy as np

from tests.recorder.hub import Archive

MOST_MS = 40


def sound_after_picture(found: Archive, spool: Path) -> list[float]:
    """For each flash how many milliseconds later the nearest beep begins; earlier ones are negative."""
    flashes = [at for segment in found.segments["camera"] for at in flashes_of(spool / segment.name)]
    beeps = onsets([span for segment in found.segments["microphone"] for span in sound_of(spool / segment.name)])
    return [min((beep - flash for beep in beeps), key=abs) * 1000 for flash in flashes]


def flashes_of(path: Path) -> list[float]:
    """When white begins, in seconds of meeting time."""
    out, white = [], False
    with av.open(io.BytesIO(path.read_bytes())) as container:
        for frame in container.decode(video=0):
            bright = float(frame.to_ndarray(format="gray").mean()) > 128
            if bright and not white:
                out.append(float(frame.pts * frame.time_base))
            white = bright
    return out


def sound_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(io.BytesIO(path.read_bytes())) as container:
        return [
            (float(frame.pts * frame.time_base), np.abs(frame.to_ndarray()).max(axis=0))
            for frame in container.decode(audio=0)
        ]


def onsets(frames: list[tuple[float, np.ndarray]]) -> list[float]:
    """When it becomes loud after silence; sample by sample."""
    out, last = [], -1.0
    for at, values in frames:
        for place in np.flatnonzero(values > 0.2):
            moment = at + place / 48_000
            if moment - last > 0.3:
                out.append(moment)
            last = moment
    return out
