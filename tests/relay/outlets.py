"""Both fan-outs behind one face: what was given to SRTP, what left to whom, and a way out that can be full.

The native one sends through a `sendmmsg` of the test's own, which takes runs apart as the kernel does.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, TypeVar

import pylibsrtp
import pytest

from media_server.engine.drops import Drops
from media_server.engine.outputs import Srtp
from media_server.fanout import Fanout, Way
from media_server.fanout.python import PythonFanout
from media_server.transport import UdpPath

try:
    from media_server.fanout import native
except ImportError:
    native = None  # type: ignore[assignment]

_MARKS = (pytest.mark.native, pytest.mark.skipif(native is None, reason="the native fan-out is not built here"))
KINDS = ["python", pytest.param("native", marks=_MARKS)]
T = TypeVar("T", bound=Callable[..., Any])
UDP_SEGMENT = 103
KEY = bytes(range(60))


def needs_native(test: T) -> T:
    for mark in _MARKS:
        test = mark(test)
    return test


class _Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr (sendmmsg(2)) on 64 bits."""

    _fields_ = (  # "padding": the end of the struct msghdr in it
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("parts", ctypes.POINTER(_Part)),
        ("part_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("padding", ctypes.c_int), ("length", ctypes.c_uint),
    )  # fmt: skip


_SEND = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Message), ctypes.c_uint, ctypes.c_int, use_errno=True
)
_PROTECT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))


class Kernel:
    """`verdict(port, segments)` is asked for each message: 0 takes it, else an errno. What it took is kept twice: by
    message in `taken` (port and segments), by datagram in `sent`."""

    def __init__(self, sent: list[tuple[int, bytes]]) -> None:
        self._sent = sent
        self.taken: list[tuple[int, list[bytes]]] = []
        self.verdict: Callable[[int, int], int] = lambda _port, _segments: 0
        self.at_once = 1_000  # messages taken by one call
        self.calls = 0
        self.inside: Callable[[], None] = lambda: None
        self._callback = _SEND(self._send)
        self.address = ctypes.cast(self._callback, ctypes.c_void_p).value or 0

    def _send(self, _fd: int, messages: Any, count: int, _flags: int) -> int:
        self.calls += 1
        self.inside()
        for place in range(min(count, self.at_once)):
            message = messages[place]
            port = struct.unpack("!H", ctypes.string_at(message.name + 2, 2))[0]
            error = self.verdict(port, message.part_count)
            if error:
                ctypes.set_errno(error)
                return place or -1
            parts = [message.parts[n] for n in range(message.part_count)]
            data = b"".join(ctypes.string_at(part.base, part.length) for part in parts)
            segments = _segments(message, data)
            self.taken.append((port, segments))
            self._sent += [(port, segment) for segment in segments]
        return min(count, self.at_once)


def _segments(message: Any, data: bytes) -> list[bytes]:
    if not message.control_length:
        assert message.part_count == 1
        return [data]
    _, level, kind, size = struct.unpack("@QiiH", ctypes.string_at(message.control, 18))
    assert (level, kind) == (socket.IPPROTO_UDP, UDP_SEGMENT)
    assert len(data) <= 65_507
    segments = [data[at : at + size] for at in range(0, len(data), size)]
    assert len(segments) == message.part_count <= 64
    return segments


class Open:
    """SRTP that hides nothing and keeps all that it was given."""

    def __init__(self, kept: list[bytes] | None = None) -> None:
        self._kept = [] if kept is None else kept

    def protect(self, packet: bytes) -> bytes:
        self._kept.append(packet)
        return packet

    def protect_rtcp(self, packet: bytes) -> bytes:
        return packet

    unprotect = unprotect_rtcp = protect_rtcp


class Kept:
    """A way that keeps what is sent, and can be full."""

    address = ("192.0.2.1", 5)

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.full = False

    def send(self, data: bytes) -> bool:
        if not self.full:
            self.sent.append(data)
        return not self.full


class Connection:
    """A way that is no UDP socket. It is full while `full()`."""

    def __init__(self, viewer: int, sent: list[tuple[int, bytes]], full: Callable[[], bool]) -> None:
        self.address = ("192.0.2.1", viewer)
        self._viewer, self._sent, self._full = viewer, sent, full

    def send(self, data: bytes) -> bool:
        if self._full():
            return False
        self._sent.append((self._viewer, data))
        return True


class Bound:
    """In place of a relay's UDP socket: a descriptor that is always ready."""

    def __init__(self) -> None:
        self._file = open(os.devnull, "wb", buffering=0)  # noqa: SIM115  # closed with its owner

    def fileno(self) -> int:
        return self._file.fileno()

    def __del__(self) -> None:
        self._file.close()


def keys(profile: int = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, inbound: bool = False) -> pylibsrtp.Session:
    """A session as aiortc makes them."""
    kind = pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    policy = pylibsrtp.Policy(key=KEY, ssrc_type=kind, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


class Outlet:
    """`full`: nothing leaves, or nothing for the next so many tries."""

    def __init__(self, kind: str, hidden: bool = False) -> None:
        """`hidden`: with real SRTP instead of one that hides nothing."""
        self.kind = kind
        self.hidden = hidden
        self.drops = Drops()
        self.protected: list[bytes] = []
        self.full: bool | int = False
        self.fanout: Fanout
        self._sent: list[tuple[int, bytes]] = []
        self.kernel = Kernel(self._sent)
        self._bound = Bound()
        self._keys: dict[int, Srtp] = {}
        self._connected: set[int] = set()
        if kind == "python":
            self.fanout = PythonFanout(self.drops)
            return
        from media_server.fanout._native import Table

        self._callback = _PROTECT(self._protect)
        address = ctypes.cast(self._callback, ctypes.c_void_p).value or 0
        self.kernel.verdict = lambda _port, _segments: errno.EAGAIN if self._is_full() else 0
        protect = native.addresses_of_protect() if hidden else (address, address)
        table = Table(*protect, self.kernel.address)
        self.fanout = native.NativeFanout(self.drops, table)

    def _protect(self, _session: int, packet: int, length: Any) -> int:
        self.protected.append(ctypes.string_at(packet, length[0]))
        return 0

    def _is_full(self) -> bool:
        full = bool(self.full)
        if not isinstance(self.full, bool):
            self.full = max(0, self.full - 1)
        return full

    def way(self, viewer: int) -> Way:
        if self.kind == "python" or viewer in self._connected:
            return Connection(viewer, self._sent, self._is_full)
        return UdpPath(self._bound, ("192.0.2.1", viewer))  # type: ignore[arg-type]

    def add(self, viewer: int, tx: Srtp | None = None) -> None:
        if tx is None:
            tx = Open(self.protected) if self.kind == "python" and not self.hidden else keys()
        self._keys[viewer] = tx
        self.fanout.set_viewer(viewer, self.way(viewer), tx)

    def move(self, viewer: int) -> None:
        """From UDP to a connection and back: the native one hands over to its twin."""
        self._connected ^= {viewer}
        self.fanout.set_viewer(viewer, self.way(viewer), self._keys[viewer])

    @property
    def sent(self) -> list[tuple[int, bytes]]:
        """Viewer and datagram, in order."""
        return self._sent

    def sent_to(self, viewer: int) -> list[bytes]:
        return [data for number, data in self.sent if number == viewer]
