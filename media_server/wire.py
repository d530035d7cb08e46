"""Relay to listener (a recorder): length-prefixed frames on a Unix stream, version first.

A frame is a big-endian u32 length of what follows, one type byte, and the body. JSON bodies are objects; the
packet's body is fixed-width fields and then RTP as it came, decrypted (RFC 3550 §5.1).

    listener → relay
      H  {"version": 1, "name"}                                    first frame of the connection
      S  {"room", "after": {"<epoch>/<source>": index},            want this room: of each source everything later
          "pictures": all | shown}                                 than index, as far as the history reaches back;
                                                                   shown: of cameras those that are on the main picture
                                                                   or whose site speaks, of microphones the open ones.
                                                                   Once more with the other word: from now on so
      U  {"room"}                                                  no more of this room
      K  {"source"}                                                ask this source for a key frame
      L  {"source", "from", "to"}                                  packets still missing: NACK them if you can
    relay → listener
      H  {"version": 1, "epoch", "monotonic_ns"}
      A  {"source": SourceNote, "handle", "from", "aside": bool}   a source begins for this listener; its first index;
                                                                   aside: what was before it was not shown
      P  handle u32, index u64, arrival u64, RTP                   arrival is CLOCK_MONOTONIC in ns on the relay
      R  handle u32, arrival u64, NTP u64, RTP time u32            a sender report of that source
      M  {"handle", "muted": bool, "cause", "monotonic_ns"}        the page says so: muted | call | locked
      E  {"handle", "cause", "monotonic_ns"}                       ended: closed | silent | dtls | replaced | room;
                                                                   aside: it is shown no more, and may begin again
      X  {"handle", "first", "last"}                               asked for, but no longer in the history

*Index* is the relay's own number of a packet: its unwrapped RTP sequence number, moved forward (never back) when a
publisher restarts its numbers. A missing index is a lost packet; frames may arrive out of index order.
The relay never waits for a listener: one that lets MAX_QUEUED_BYTES pile up is cut off, and comes back by index.
"""

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_QUEUED_BYTES = 8 * 1024 * 1024

_LENGTH = struct.Struct("!I")
_PACKET = struct.Struct("!IQQ")
_REPORT = struct.Struct("!IQQI")
_PACKET_FRAME = struct.Struct("!IcIQQ")  # with its length and its letter

Arrived = tuple[int, int, bytes]  # a packet's index, arrival and RTP


class WireError(Exception):
    """The other end does not speak this protocol."""


@dataclass(slots=True)  # not frozen: that makes each three times as dear to make
class Packet:
    handle: int
    index: int
    arrival_ns: int
    rtp: bytes


@dataclass(frozen=True, slots=True)
class Report:
    handle: int
    arrival_ns: int
    ntp: int  # 64-bit NTP time stamp (RFC 3550 §4)
    rtp_time: int


@dataclass(frozen=True, slots=True)
class Note:
    """A JSON frame: its type letter and its object."""

    type: str
    body: dict[str, Any]


Frame = Packet | Report | Note
JSON_TYPES = frozenset("HSUKLAMEX")


def encode(frame: Frame) -> bytes:
    if isinstance(frame, Packet):
        body = b"P" + _PACKET.pack(frame.handle, frame.index, frame.arrival_ns) + frame.rtp
    elif isinstance(frame, Report):
        body = b"R" + _REPORT.pack(frame.handle, frame.arrival_ns, frame.ntp, frame.rtp_time)
    else:
        body = frame.type.encode() + json.dumps(frame.body, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


def packets(data: bytes, at: int) -> tuple[dict[int, list[Arrived]], int]:
    """The whole packets that stand one behind the other from `at` on, by handle, and where they end: for who takes
    thousands a second, to whom a `Packet` and a call each would cost as much as what is done with it. What stands there
    then is for `decode`: another frame, one that is torn, or one that is wrong."""
    runs: dict[int, list[Arrived]] = {}
    last = len(data) - _PACKET_FRAME.size
    while at < last:
        size, letter, handle, index, arrival = _PACKET_FRAME.unpack_from(data, at)
        end = at + _LENGTH.size + size
        if letter != b"P" or not _PACKET.size + 1 < size <= MAX_FRAME_BYTES or end > len(data):
            break
        arrived = (index, arrival, data[at + _PACKET_FRAME.size : end])
        run = runs.get(handle)
        if run is None:
            runs[handle] = [arrived]
        else:
            run.append(arrived)
        at = end
    return runs, at


def decode(body: bytes) -> Frame:
    """One frame without its length; raises WireError whatever the bytes are, never anything else."""
    kind = body[:1]
    try:
        if kind == b"P":
            handle, index, arrival = _PACKET.unpack_from(body, 1)
            return Packet(handle, index, arrival, body[1 + _PACKET.size :])
        if kind == b"R":
            if len(body) != 1 + _REPORT.size:
                raise WireError("report of a wrong length")
            return Report(*_REPORT.unpack_from(body, 1))
        letter = kind.decode("ascii")
        if letter not in JSON_TYPES:
            raise WireError(f"unknown frame type {kind!r}")
        note = json.loads(body[1:])
    except (struct.error, ValueError, RecursionError) as error:
        raise WireError(str(error)) from error
    if not isinstance(note, dict):
        raise WireError("not an object")
    return Note(letter, note)


async def read(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame, or None at the end of the stream (also in the middle of a frame)."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if not 1 <= length <= MAX_FRAME_BYTES:
            raise WireError(f"a frame of {length} bytes")
        return decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
