"""Moving pictures as VP8 frames, encoded by libvpx as a browser would: no hidden frames, a key frame when asked."""

from fractions import Fraction
from functools import cache

import av
import numpy as np


@cache
def frames(width: int, height: int, count: int, every: int = 10_000, seed: int = 1) -> tuple[bytes, ...]:
    """`count` frames, a key frame each `every`."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.bit_rate = Fraction(1, 25), 800_000
    encoder.options = {
        "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0", "error-resilient": "1",
        "g": str(every), "keyint_min": str(every),
    }  # fmt: skip
    noise = (
        np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    )
    noise = np.pad(noise, ((0, height - noise.shape[0]), (0, width - noise.shape[1]), (0, 0)))
    out = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.roll(noise, number * 4, 1), "rgb24").reformat(format="yuv420p")
        frame.pts = number
        out += [bytes(packet) for packet in encoder.encode(frame)]
    out += [bytes(packet) for packet in encoder.encode(None)]
    assert len(out) == count
    return tuple(out)
