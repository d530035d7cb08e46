"""Many datagrams of many sockets into one table: `recvmmsg` (recvmmsg(2)) by ctypes, headers by numpy.

Only the first SLOT bytes of each datagram are copied: for a packet that isn't decrypted the header is enough, and
checks, reports and alerts of DTLS are shorter.
"""

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLOT = 256  # bytes kept of each datagram
ROWS = 4096  # datagrams a table holds
EACH = 64  # at most from one socket before the next has its turn
_MSG_DONTWAIT, _MSG_TRUNC = 0x40, 0x20

# struct mmsghdr and struct iovec on 64-bit Linux.
_MESSAGE = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "control", "controllen", "flags", "length"],
        "formats": ["u8", "u4", "u8", "u8", "u8", "u8", "i4", "u4"],
        "offsets": [0, 8, 16, 24, 32, 40, 48, 56],
        "itemsize": 64,
    }
)
_VECTOR = np.dtype([("base", "u8"), ("length", "u8")])

# Without letting go of the interpreter's lock: the calls don't wait, and nobody else runs in this process.
_libc: Any = ctypes.PyDLL(None)
_recvmmsg = _libc.recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_recvmmsg.restype = ctypes.c_int


@dataclass(frozen=True, slots=True)
class Table:
    """`bytes` is (rows, SLOT); `length` the datagrams' own; `reader` says whose each row is. Valid until the next
    table is read."""

    bytes: NDArray[np.uint8]
    length: NDArray[np.uint32]
    reader: NDArray[np.int64]


class Many:
    def __init__(self) -> None:
        self._bytes = np.zeros((ROWS, SLOT), np.uint8)
        self._vectors = np.zeros(ROWS, _VECTOR)
        self._vectors["base"] = self._bytes.ctypes.data + np.arange(ROWS, dtype=np.uint64) * SLOT
        self._vectors["length"] = SLOT
        self._messages = np.zeros(ROWS, _MESSAGE)
        self._messages["iov"] = self._vectors.ctypes.data + np.arange(ROWS, dtype=np.uint64) * _VECTOR.itemsize
        self._messages["iovlen"] = 1

    def read(self, sockets: Iterable[tuple[int, int]]) -> Iterator[Table]:
        """Of each (reader, file descriptor) what is waiting; what is left comes with the next round."""
        base, size = self._messages.ctypes.data, _MESSAGE.itemsize
        readers: list[int] = []
        counts: list[int] = []
        used = 0
        for reader, descriptor in sockets:
            if used > ROWS - EACH:
                yield self._table(readers, counts, used)
                readers, counts, used = [], [], 0
            got = _recvmmsg(descriptor, base + used * size, EACH, _MSG_DONTWAIT | _MSG_TRUNC, None)
            if got > 0:  # else nothing is there, or the other side is gone, which the figures show
                readers.append(reader)
                counts.append(got)
                used += got
        if used:
            yield self._table(readers, counts, used)

    def _table(self, readers: list[int], counts: list[int], used: int) -> Table:
        return Table(
            self._bytes[:used],
            self._messages["length"][:used],
            np.repeat(np.array(readers, np.int64), np.array(counts)),
        )
