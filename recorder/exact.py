"""Every picture and every sample of a stretch, measured by ffmpeg's own filters: black, frozen, silent, how loud.

Times are the meeting's: segments carry them, and `-copyts` leaves them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ffmpeg

from recorder import decoding, mp4
from recorder.spans import Spans, union

# A picture counts as black where 98% of it is below a tenth of full brightness (blackdetect's own measure).
BLACK: dict[str, Any] = {"d": 0.5, "pix_th": 0.10, "pic_th": 0.98}
# Frozen: the mean difference to the picture before is below -60 dB, as freezedetect has it.
FROZEN: dict[str, Any] = {"n": 0.001, "d": 2}
# Speech into a microphone on a table lies well above.
SILENT: dict[str, Any] = {"noise": "-50dB", "d": 1}
LIMIT_S = 300.0
NICE = 15
_S = 1_000_000_000

_SAID = re.compile(r"(black_start|black_end|freeze_start|freeze_end|silence_start|silence_end): ?(-?[0-9.]+)")
_LEVEL = re.compile(r"(RMS level dB|Peak level dB|Number of samples): (-?[0-9.]+|-?inf|nan)")


@dataclass(frozen=True, slots=True)
class Level:
    """Of sound: a sum that can be added up over stretches."""

    samples: int = 0
    power: float = 0.0  # mean square times samples, of full scale
    peak_db: float = float("-inf")

    def __add__(self, other: "Level") -> "Level":
        peak = max(self.peak_db, other.peak_db)
        return Level(self.samples + other.samples, self.power + other.power, peak)


def joined(segments: Sequence[bytes]) -> bytes:
    """Segments with one head as one film."""
    return segments[0] + b"".join(data[mp4.head_length(data) :] for data in segments[1:])


def picture(film: bytes, end_ns: int) -> dict[str, Spans]:
    """Black and frozen spans; `end_ns`: where the stretch ends. Blocking. Raises Undecodable, TimeoutError."""
    graph = (
        ffmpeg.input("pipe:", format="mp4", copyts=None, threads=1)
        .filter("blackdetect", **BLACK)
        .filter("freezedetect", **FROZEN)
        .output("-", format="null", loglevel="info")
    )
    said = decoding.run(graph, film, LIMIT_S, NICE)[1]
    return {kind: _spans(said, kind, end_ns) for kind in ("black", "freeze")}


def sound(film: bytes, end_ns: int) -> tuple[Spans, Level]:
    """Silent spans, and how loud it was. Blocking. Raises Undecodable, TimeoutError."""
    graph = (
        ffmpeg.input("pipe:", format="mp4", copyts=None, threads=1)
        .filter("silencedetect", **SILENT)
        .filter("astats", measure_perchannel="none")
        .output("-", format="null", loglevel="info")
    )
    said = decoding.run(graph, film, LIMIT_S, NICE)[1]
    told = {name: float(value) for name, value in _LEVEL.findall(said)}
    samples = int(told.get("Number of samples", 0))
    rms = told.get("RMS level dB", float("-inf"))
    power = samples * 10 ** (rms / 10) if samples and rms == rms else 0.0
    return _spans(said, "silence", end_ns), Level(samples, power, told.get("Peak level dB", float("-inf")))


def _spans(said: str, kind: str, end_ns: int) -> Spans:
    """What began and did not end lasts to the end of the stretch."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for name, value in _SAID.findall(said):
        if name == f"{kind}_start":
            start = round(float(value) * _S)
        elif name == f"{kind}_end" and start is not None:
            found.append((start, round(float(value) * _S)))
            start = None
    if start is not None:
        found.append((start, end_ns))
    return union(found)


def bridged(spans: Iterable[tuple[int, int]], hole_ns: int) -> Spans:
    """Spans that lie no further apart than this made one."""
    out: Spans = []
    for start, end in union(spans):
        if out and start - out[-1][1] <= hole_ns:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out
