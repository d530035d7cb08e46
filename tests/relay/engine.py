"""The engine alone: a source and its packets by hand, with a clock of the test's own."""

from media_server.engine import rtp
from media_server.engine.capture import Least
from media_server.engine.drops import DropReason
from media_server.engine.history import Packet
from media_server.engine.source import Source
from media_server.records import Kind, MediaLine, SourceNote
from tests.relay.client import H264, IDR, OPUS, SLICE

MS = 1_000_000
SECOND = 1_000 * MS


def source(kind: Kind = "camera", name: str = "s1", history_ns: int = 10 * SECOND, publisher: str = "p") -> Source:
    sound = kind == "microphone"
    fmt = OPUS if sound else H264
    line = MediaLine(mid="0", kind="audio" if sound else "video", direction="sendonly", source=kind, formats=[fmt])
    note = SourceNote(
        id=name, room="m", session=f"{publisher}-session", publisher=publisher, kind=kind,
        codec="opus" if sound else "h264", clock_rate=fmt.clock_rate,
    )  # fmt: skip
    return Source(note, line, fmt, 1111, Least(), history_ns)


def packet(
    sequence: int, stamp: int = 0, key: bool = False, ssrc: int = 1111, size: int = 10, marker: bool = False
) -> rtp.Rtp:
    payload = (IDR if key else SLICE) + sequence.to_bytes(4, "big") + bytes(size)
    read = rtp.read(rtp.build(102, sequence, stamp, ssrc, payload, marker))
    assert read is not None
    return read


def take(into: Source, now: int, sequence: int, stamp: int = 0, key: bool = False, size: int = 10) -> Packet:
    taken = into.take(now, packet(sequence, stamp, key, size=size))
    assert not isinstance(taken, DropReason), taken
    return taken
