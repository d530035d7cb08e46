"""Whatever bytes come, a check is answered only if an HMAC of our password is over just these bytes, and never raises.

The bytes are taken as a datagram, and as attributes that somebody who knows the password signs (RFC 8489 §14.5).
"""

import hashlib
import hmac
from random import Random

from aioice import stun

from media_server.engine import ice
from media_server.engine.doors import Doors
from media_server.engine.drops import Drops
from media_server.engine.outputs import Output, Transmit
from media_server.engine.session import Session
from media_server.records import Fingerprint, Ice, SessionRequest

_PASSWORD = "p" * 24
_ADDRESS = ("192.0.2.1", 5)
_HEAD = b"\0\1\0\0" + ice.COOKIE.to_bytes(4, "big") + bytes(12)
_NAME = b"\0\6\0\x09ours:them\0\0\0"


class _Way:
    address = _ADDRESS


def _request(attributes: dict[str, object], signed: bool = True) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12), {"USERNAME": "ours:them"})
    message.attributes.update(attributes)
    if signed:
        message.add_message_integrity(_PASSWORD.encode())
        message.add_fingerprint()
    return bytes(message)


SEEDS = [
    _request({"PRIORITY": 1, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None}),
    _request({"ICE-CONTROLLED": 1}),
    _request({"SOFTWARE": "x" * 40}, signed=False),
    _request({})[20:],
    _NAME + b"\0\x25\0\0" + b"\x80\x2a\0\x08" + bytes(8) + b"\0\x01\0\x08\0\2" + bytes(6),
]


def signed(attributes: bytes) -> bytes:
    """A request with these attributes whose integrity holds."""
    body = _HEAD[:2] + (len(attributes) + 24).to_bytes(2, "big") + _HEAD[4:] + attributes
    return body + b"\0\x08\0\x14" + hmac.new(_PASSWORD.encode(), body, hashlib.sha1).digest()


def holds(data: bytes) -> bool:
    """By ourselves: a MESSAGE-INTEGRITY, the first one, is the HMAC of what stands before it."""
    position = 20
    while position + 4 <= len(data):
        kind, size = int.from_bytes(data[position : position + 2]), int.from_bytes(data[position + 2 : position + 4])
        if kind == ice.MESSAGE_INTEGRITY and size == 20:
            covered = data[:2] + (position + 4).to_bytes(2, "big") + data[4:position]
            digest = hmac.new(_PASSWORD.encode(), covered, hashlib.sha1).digest()
            return digest == data[position + 4 : position + 24]
        position += 4 + size + -size % 4
    return False


def check(data: bytes) -> None:
    attributes = data[: ice.MAX_BYTES - 44]
    for datagram in (data, signed(attributes + bytes(-len(attributes) % 4))):
        outputs: list[Output] = []
        doors = Doors(Random(1), outputs, Drops())
        session = _session()
        doors.add(session)
        way = _Way()
        found = doors.check(way, 0, datagram)
        assert (found is session) == doors_know(doors, way) == bool(outputs)
        if found is not None:
            assert holds(datagram)
            (answer,) = outputs
            assert isinstance(answer, Transmit)
            assert len(answer.data) <= 2 * ice.MAX_BYTES
            message = stun.parse_message(answer.data)
            assert message.check_message_integrity(_PASSWORD.encode())
            assert message.transaction_id == datagram[8:20]


def doors_know(doors: Doors, way: _Way) -> bool:
    return doors.session(way) is not None


def _session() -> Session:
    request = SessionRequest(
        session="s", room="m", publisher="p", mode="whep", ice=Ice(ufrag="them", pwd=_PASSWORD),
        fingerprint=Fingerprint(algorithm="sha-256", value="00"), setup="actpass", media=[],
    )  # fmt: skip
    return Session(request, 1, 1, 0, ice.Credentials("ours", _PASSWORD))
