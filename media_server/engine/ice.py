"""ICE-lite (RFC 8445 §2.5): answers to connectivity checks, and which session a check names.

`aioice.stun` parses and builds. It walks any number of attributes and raises more than it says (MEDIA.md), so
cheap checks on the bytes come first, and an answer, an address, a nomination only after MESSAGE-INTEGRITY.
"""

import struct
from dataclasses import dataclass

from aioice import stun

COOKIE = 0x2112A442
MAX_BYTES = 512
MAX_ATTRIBUTES = 20
USERNAME, MESSAGE_INTEGRITY = 0x0006, 0x0008
BINDING_REQUEST = 0x0001
ROLE_CONFLICT = (487, "Role Conflict")  # RFC 8445 §7.3.1.1
GRACE_NS = 30 * 1_000_000_000  # old credentials stay valid so long after a restart

_HEAD = struct.Struct("!HHI")
_ATTRIBUTE = struct.Struct("!HH")


@dataclass(slots=True)
class Credentials:
    """One generation of a session's ICE credentials."""

    ufrag: str
    pwd: str
    until: int | None = None  # now at which an old generation ends


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check whose integrity held."""

    response: bytes
    nominated: bool


def local_ufrag(data: bytes) -> str | None:
    """The ufrag of ours that a binding request names, after checks that cost next to nothing; None: no such request."""
    if not 20 <= len(data) <= MAX_BYTES or len(data) % 4:
        return None
    kind, length, cookie = _HEAD.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != len(data) - 20:
        return None
    username: bytes | None = None
    signed = False
    position = 20
    for _ in range(MAX_ATTRIBUTES):
        if position + 4 > len(data):
            break
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        position += 4
        if position + size > len(data):
            return None
        if attribute == USERNAME and username is None:
            username = data[position : position + size]
        elif attribute == MESSAGE_INTEGRITY:
            signed = size == 20
            break
        position += size + (-size % 4)
    if not signed or username is None:
        return None
    return username.partition(b":")[0].decode("ascii", "replace") or None


def answer(data: bytes, credentials: Credentials, address: tuple[str, int]) -> Check | None:
    """The answer to a check from `address`; None when its integrity does not hold or it cannot be read."""
    key = credentials.pwd.encode()
    try:
        request = stun.parse_message(data)
        if not request.check_message_integrity(key):
            return None
    except (ValueError, struct.error, IndexError, KeyError, OverflowError):
        return None
    if "ICE-CONTROLLED" in request.attributes:  # we are lite, hence controlled ourselves
        refusal = stun.Message(
            stun.Method.BINDING, stun.Class.ERROR, request.transaction_id, {"ERROR-CODE": ROLE_CONFLICT}
        )
        refusal.add_message_integrity(key)
        return Check(bytes(refusal), False)
    response = stun.Message(
        stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id, {"XOR-MAPPED-ADDRESS": address}
    )
    response.add_message_integrity(key)
    return Check(bytes(response), "USE-CANDIDATE" in request.attributes)
