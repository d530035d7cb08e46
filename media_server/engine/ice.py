"""ICE-lite (RFC 8445 §2.5): answers to connectivity checks, and which session a check names.

Each viewer checks its way every 2.5 s or so, and strangers may send what they like: so the bytes are walked once, for
no more than MAX_ATTRIBUTES, and an answer, an address, a nomination come only after MESSAGE-INTEGRITY. `aioice.stun`
reads and writes the same messages at five times the cost; the tests hold this file to it.
"""

import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from zlib import crc32

COOKIE = 0x2112A442
MAX_BYTES = 512
MAX_ATTRIBUTES = 20
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020  # RFC 8489 §18.3
USE_CANDIDATE, ICE_CONTROLLED = 0x0025, 0x8029  # RFC 8445 §16.1
BINDING_REQUEST, BINDING_RESPONSE, BINDING_ERROR = 0x0001, 0x0101, 0x0111
HEADER_BYTES = 20
FINGERPRINT, FINGERPRINT_BYTES, FINGERPRINT_MASK = 0x8028, 8, 0x5354554E
INTEGRITY_BYTES = 4 + 20  # an attribute with a SHA-1
ROLE_CONFLICT = bytes((0, 0, 4, 87)) + b"Role Conflict"  # 487, RFC 8445 §7.3.1.1
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


@dataclass(slots=True)
class _Request:
    """A binding request as far as it is covered by its MESSAGE-INTEGRITY."""

    username: bytes
    controlled: bool
    nominated: bool
    covered: int  # where MESSAGE-INTEGRITY begins


def _read(data: bytes) -> _Request | None:
    if not HEADER_BYTES <= len(data) <= MAX_BYTES or len(data) % 4:
        return None
    kind, length, cookie = _HEAD.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != len(data) - HEADER_BYTES:
        return None
    username: bytes | None = None
    controlled = nominated = False
    position = HEADER_BYTES
    for _ in range(MAX_ATTRIBUTES):
        if position + 4 > len(data):
            break
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        start = position + 4
        if start + size > len(data):
            return None
        if attribute == MESSAGE_INTEGRITY:  # what follows it is nobody's word (RFC 8489 §14.5)
            if size != INTEGRITY_BYTES - 4 or username is None:
                return None
            return _Request(username, controlled, nominated, position)
        if attribute == USERNAME and username is None:
            username = data[start : start + size]
        elif attribute == USE_CANDIDATE:
            nominated = True
        elif attribute == ICE_CONTROLLED:
            controlled = True
        position = start + size + (-size % 4)
    return None


def local_ufrag(data: bytes) -> str | None:
    """The ufrag of ours that a binding request names, after checks that cost next to nothing; None: no such request."""
    request = _read(data)
    if request is None:
        return None
    return request.username.partition(b":")[0].decode("ascii", "replace") or None


def answer(data: bytes, credentials: Credentials, address: tuple[str, int]) -> Check | None:
    """The answer to a check from `address`; None when its integrity does not hold or it cannot be read."""
    request = _read(data)
    if request is None:
        return None
    key = credentials.pwd.encode()
    signed = data[request.covered + 4 : request.covered + INTEGRITY_BYTES]
    if not hmac.compare_digest(_integrity(data[: request.covered], key), signed):
        return None
    transaction = data[4:HEADER_BYTES]
    if request.controlled:  # we are lite, hence controlled ourselves
        return Check(_signed(BINDING_ERROR, transaction, _attribute(ERROR_CODE, ROLE_CONFLICT), key), False)
    mapped = _attribute(XOR_MAPPED_ADDRESS, _mapped(address, transaction))
    return Check(_signed(BINDING_RESPONSE, transaction, mapped, key), request.nominated)


def _integrity(covered: bytes, key: bytes) -> bytes:
    """RFC 8489 §14.5: over the message up to the attribute, with the length that it has with it."""
    length = len(covered) - HEADER_BYTES + INTEGRITY_BYTES
    return hmac.digest(key, covered[:2] + length.to_bytes(2, "big") + covered[4:], "sha1")


def _signed(kind: int, transaction: bytes, attributes: bytes, key: bytes) -> bytes:
    """`transaction`: the cookie and the id."""
    length = len(attributes) + INTEGRITY_BYTES
    covered = kind.to_bytes(2, "big") + length.to_bytes(2, "big") + transaction + attributes
    signed = covered + _attribute(MESSAGE_INTEGRITY, hmac.digest(key, covered, "sha1"))
    marked = signed[:2] + (length + FINGERPRINT_BYTES).to_bytes(2, "big") + signed[4:]  # RFC 8489 §14.7
    return marked + _attribute(FINGERPRINT, (crc32(marked) ^ FINGERPRINT_MASK).to_bytes(4, "big"))


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _mapped(address: tuple[str, int], transaction: bytes) -> bytes:
    """RFC 8489 §14.2."""
    host, port = address
    packed = _packed(host)
    mask = int.from_bytes(transaction[: len(packed)], "big")
    hidden = (int.from_bytes(packed, "big") ^ mask).to_bytes(len(packed), "big")
    return bytes((0, 1 if len(packed) == 4 else 2)) + (port ^ COOKIE >> 16).to_bytes(2, "big") + hidden


@lru_cache(4_096)
def _packed(host: str) -> bytes:
    return ip_address(host).packed
