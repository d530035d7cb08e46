"""Whatever two clients with keys send, the engine neither raises nor grows without bound nor sends a number twice.

The bytes are steps: a byte that says who sends and how long after the last, a byte of length, a datagram. Numbers are
watched by tests.relay.weak.Way, which refuses one that goes out with other bytes.
"""

import struct

from media_server.engine import rtcp, rtp
from media_server.engine.losses import MAX_MISSING
from media_server.engine.routing import MAX_SSRCS
from media_server.engine.session import MAX_PATHS
from ops.bench.emulator import MS, PRESETS
from tests.relay.client import CAMERA_SSRC, IDR, MICROPHONE_SSRC, SLICE
from tests.relay.weak import CAMERA_RTX_SSRC, Meeting

_LATER = (0, 0, 5, 20, 100, 500, 1_100, 6_000)  # ms


def step(who: int, later: int, data: bytes) -> bytes:
    return bytes((who | later << 1, len(data))) + data


def _picture(number: int, key: bool = False, ssrc: int = CAMERA_SSRC) -> bytes:
    return rtp.build(102, number, 3_600 * number, ssrc, (IDR if key else SLICE) + bytes(5), True)


_VIEWER_SSRC = 0x0101_0101  # replaced by the SSRC of the viewer's picture slot, which the engine chooses
_NACK = rtcp.nack(7, _VIEWER_SSRC, [1, 2, 3])
_REPORT = rtcp.sender_report(rtcp.SenderReport(CAMERA_SSRC, 1 << 40, 7_200, 1, 1))
SEEDS = [
    step(0, 0, _picture(1, True)) + step(0, 2, _picture(2)) + step(0, 2, _picture(5)) + step(0, 3, _picture(3)),
    step(0, 0, _picture(1, True)) + step(1, 3, _NACK) + step(1, 4, _NACK) + step(1, 2, rtcp.pli(7, _VIEWER_SSRC)),
    step(0, 0, _picture(1, True)) + step(0, 1, _picture(3))
    + step(0, 1, rtp.build(103, 9, 7_200, CAMERA_RTX_SSRC, struct.pack("!H", 2) + SLICE)) + step(0, 1, _REPORT),
    step(0, 0, _picture(65_530, True)) + step(0, 5, _picture(30_000)) + step(0, 5, _picture(30_001, True)),
    step(0, 0, rtp.build(111, 1, 0, MICROPHONE_SSRC, bytes(30), extensions={1: b"\x85"})) + step(0, 4, _REPORT),
    step(1, 0, rtcp.receiver_report(rtcp.ReceiverReport(7, (rtcp.ReportBlock(_VIEWER_SSRC, 9, 9, 9, 9, 1, 1),)))),
    step(0, 0, _picture(1, True)) + step(0, 6, _picture(2, ssrc=77)) + step(0, 7, _picture(3, True, ssrc=77)),
]  # fmt: skip


def check(data: bytes) -> None:
    meeting = Meeting(PRESETS["clear"], PRESETS["clear"], seed=1, rtx=True)
    relay, ways = meeting.relay, (meeting.publisher.way, meeting.viewers[0].way)
    slot = relay.sessions["v0"].slots[0]
    position = 0
    while position + 2 <= len(data):
        head, size = data[position], data[position + 1]
        datagram = data[position + 2 : position + 2 + size]
        position += 2 + size
        meeting.now += _LATER[head >> 1 & 7] * MS
        datagram = datagram.replace(_VIEWER_SSRC.to_bytes(4, "big"), slot.ssrc.to_bytes(4, "big"))
        relay.datagram(meeting.now, ways[head & 1], datagram)
        meeting.act()
        relay.tick(meeting.now)
        meeting.act()
    for session in relay.sessions.values():
        assert len(session.paths) <= MAX_PATHS
        assert len(session.routing._by_ssrc) <= MAX_SSRCS
        for source in session.sources:
            assert len(source.losses) <= MAX_MISSING
