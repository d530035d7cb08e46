"""ICE-lite (RFC 8445 §2.5): answers to connectivity checks, and which session a check names.

Each viewer checks its way every 2.5 s or so, and strangers may send what they like. So whom a check names is read
first, and the rest, for no more than MAX_ATTRIBUTES, only of one that names somebody; an answer, an address, a
nomination come only after MESSAGE-INTEGRITY. `aioice.stun` reads and writes the same messages at five times the cost;
the tests hold this file to it.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field
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

_FIRST = struct.Struct("!HHI12xHH")  # the header and its first attribute's
_ATTRIBUTE = struct.Struct("!HH")
_INTEGRITY_HEAD = _ATTRIBUTE.pack(MESSAGE_INTEGRITY, INTEGRITY_BYTES - 4)
_FINGERPRINT_HEAD = _ATTRIBUTE.pack(FINGERPRINT, FINGERPRINT_BYTES - 4)
_INNER, _OUTER = (bytes(octet ^ pad for octet in range(256)) for pad in (0x36, 0x5C))


class Key:
    """HMAC-SHA-1 of one key (RFC 2104), made ready once: a strange check costs less than half of `hmac.digest` so."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = hashlib.sha1(b"").block_size
        if len(key) > block:
            key = hashlib.sha1(key).digest()
        whole = key.ljust(block, b"\0")
        self._inner = hashlib.sha1(whole.translate(_INNER))
        self._outer = hashlib.sha1(whole.translate(_OUTER))

    def digest(self, data: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


@dataclass(slots=True)
class Credentials:
    """One generation of a session's ICE credentials."""

    ufrag: str
    pwd: str
    until: int | None = None  # now at which an old generation ends
    key: Key = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.key = Key(self.pwd.encode())


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check whose integrity held."""

    transaction: bytes  # the cookie and the id
    nominated: bool
    controlled: bool  # the client takes itself for it, as we are: it is told, and nominates nothing


def local_ufrag(data: bytes) -> bytes | None:
    """The ufrag of ours that a binding request names, after checks that cost next to nothing; None: no such request."""
    size = len(data)
    if not HEADER_BYTES + 4 <= size <= MAX_BYTES or size % 4:
        return None
    kind, length, cookie, attribute, octets = _FIRST.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != size - HEADER_BYTES:
        return None
    start = HEADER_BYTES + 4
    for _ in range(MAX_ATTRIBUTES):
        if start + octets > size:
            return None
        if attribute == USERNAME:  # a browser's first
            return data[start : start + octets].partition(b":")[0] or None
        start += octets + (-octets % 4) + 4
        if attribute == MESSAGE_INTEGRITY or start > size:
            return None
        attribute, octets = _ATTRIBUTE.unpack_from(data, start - 4)
    return None


def verified(data: bytes, key: Key) -> Check | None:
    """A check in which `local_ufrag` found the name that the key belongs to; None when its integrity does not hold or
    it cannot be read.

    MESSAGE-INTEGRITY is looked for where every client puts it, at the end or before a FINGERPRINT, so that a stranger's
    attributes are not even walked. What follows it otherwise would be nobody's word (RFC 8489 §14.5).
    """
    at = len(data) - INTEGRITY_BYTES
    if data[-FINGERPRINT_BYTES : 4 - FINGERPRINT_BYTES] == _FINGERPRINT_HEAD:
        at -= FINGERPRINT_BYTES
    if at < HEADER_BYTES:
        return None
    # with the length that the message has with the attribute
    covered = data[:2] + (at - HEADER_BYTES + INTEGRITY_BYTES).to_bytes(2, "big") + data[4:at]
    if not hmac.compare_digest(_INTEGRITY_HEAD + key.digest(covered), data[at : at + INTEGRITY_BYTES]):
        return None
    controlled = nominated = False
    position = HEADER_BYTES
    for _ in range(MAX_ATTRIBUTES):
        if position >= at:
            break
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        if attribute == MESSAGE_INTEGRITY:
            return None  # two of them
        if attribute == USE_CANDIDATE:
            nominated = True
        elif attribute == ICE_CONTROLLED:
            controlled = True
        position += 4 + size + (-size % 4)
    if position != at:
        return None
    return Check(data[4:HEADER_BYTES], nominated and not controlled, controlled)


def answer(check: Check, key: Key, address: tuple[str, int]) -> bytes:
    """What is sent back to `address`, from which the check came."""
    if check.controlled:  # we are lite, hence controlled ourselves
        return _signed(BINDING_ERROR, check.transaction, _attribute(ERROR_CODE, ROLE_CONFLICT), key)
    mapped = _attribute(XOR_MAPPED_ADDRESS, _mapped(address, check.transaction))
    return _signed(BINDING_RESPONSE, check.transaction, mapped, key)


def _signed(kind: int, transaction: bytes, attributes: bytes, key: Key) -> bytes:
    length = len(attributes) + INTEGRITY_BYTES
    covered = kind.to_bytes(2, "big") + length.to_bytes(2, "big") + transaction + attributes
    signed = covered + _attribute(MESSAGE_INTEGRITY, key.digest(covered))
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
