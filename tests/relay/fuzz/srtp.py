"""Whatever bytes come under a client's keys, both ways undo the same of them, and only what was really protected, once.

The bytes are steps: a byte that says what is done (noise as it is, RTP or RTCP protected and perhaps torn, an earlier
one once more), a byte of length, what it is done with.
"""

import pylibsrtp

from media_server.engine import rtcp, rtp
from media_server.engine.drops import DropReason
from media_server.srtp import Direct, Plain
from tests.relay.outlets import keys

NOISE, PROTECTED, TORN, AGAIN = range(4)
_PROFILES = (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80)


def step(what: int, data: bytes, control: bool = False) -> bytes:
    return bytes((what | control << 2, len(data))) + data


_PACKET = rtp.build(102, 7, 0, 9, bytes(20))
_REPORT = rtcp.receiver_report(rtcp.ReceiverReport(9))
SEEDS = [
    b"\0" + step(PROTECTED, _PACKET) + step(AGAIN, b"\0") + step(PROTECTED, _REPORT, True) + step(AGAIN, b"\1", True),
    b"\1" + step(PROTECTED, rtp.build(111, 65_535, 0, 9, b"x")) + step(TORN, _PACKET) + step(NOISE, _PACKET),
    b"\0" + step(NOISE, b"\x90\x66\0\1" + bytes(8) + b"\xbe\xde\xff\xff") + step(NOISE, bytes(30), True),
]


def check(data: bytes) -> None:
    profile = _PROFILES[data[0] & 1] if data else _PROFILES[0]
    tx, direct, plain = keys(profile), Direct(keys(profile, inbound=True)), Plain(keys(profile, inbound=True))
    sent: list[bytes] = []
    position = 1
    while position + 2 <= len(data):
        head, size = data[position], data[position + 1]
        body = data[position + 2 : position + 2 + size]
        position += 2 + size
        what, control = head & 3, bool(head & 4)
        datagram = body
        if what == AGAIN:
            if not sent:
                continue
            datagram = sent[(body[0] if body else 0) % len(sent)]
        elif what != NOISE:
            try:
                datagram = tx.protect_rtcp(body) if control else tx.protect(body)
            except pylibsrtp.Error:
                continue
            if what == TORN and datagram:
                datagram = datagram[:-1] + bytes((datagram[-1] ^ 1,))
        ways = [(way.unprotect_rtcp if control else way.unprotect)(datagram) for way in (direct, plain)]
        assert ways[0] == ways[1]
        assert type(ways[0]) is type(ways[1])
        if what == PROTECTED and isinstance(ways[0], bytes):
            assert ways[0] == body
            sent.append(datagram)
        elif what != PROTECTED:
            assert isinstance(ways[0], DropReason)
