"""Whatever frame a listener sends, the relay reads and obeys it or raises WireError; what it writes reads as written.

The bytes are a frame's body, read by itself and from a stream, then obeyed by a relay with one source.
"""

import asyncio
import contextlib
from typing import Any

from media_server import wire
from media_server.listeners import Listener
from ops.bench.emulator import PRESETS, SECOND
from tests.relay.weak import Meeting

_MEETING = Meeting(PRESETS["clear"], PRESETS["clear"], seed=1)
_MEETING.run(SECOND)
_SOURCE = next(iter(_MEETING.relay.rooms["m"].sources))
_LOOP = asyncio.new_event_loop()

SEEDS = [
    b'S{"room":"m","after":{"epoch/%s":65537}}' % _SOURCE.encode(),
    b'U{"room":"m"}',
    b'K{"source":"%s"}' % _SOURCE.encode(),
    b'L{"source":"%s","from":65536,"to":131600}' % _SOURCE.encode(),
    b'H{"version":1,"name":"x"}',
    wire.encode(wire.Packet(1, 2, 3, bytes(20)))[4:],
    wire.encode(wire.Report(1, 2, 3, 4))[4:],
]


class _Writer:
    """Takes everything."""

    def __init__(self) -> None:
        self.transport: Any = self
        self.written = b""

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.written += data


def check(data: bytes) -> None:
    try:
        frame = wire.decode(data)
    except wire.WireError:
        frame = None
    assert _streamed(data) == (frame is not None and len(data) <= wire.MAX_FRAME_BYTES)
    if frame is None:
        return
    written = wire.encode(frame)
    assert wire.encode(wire.decode(written[4:])) == written
    if isinstance(frame, wire.Note):
        writer: Any = _Writer()
        listener = Listener(writer, _MEETING.relay)
        with contextlib.suppress(wire.WireError):
            listener.asked(frame)
        told = writer.written
        while told:
            size = int.from_bytes(told[:4], "big")
            wire.decode(told[4 : 4 + size])
            told = told[4 + size :]


def _streamed(body: bytes) -> bool:
    reader = asyncio.StreamReader(loop=_LOOP)
    reader.feed_data(len(body).to_bytes(4, "big") + body)
    reader.feed_eof()
    try:
        return _LOOP.run_until_complete(wire.read(reader)) is not None
    except wire.WireError:
        return False
