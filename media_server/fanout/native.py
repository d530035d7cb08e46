"""The fan-out in C (media_server/fanout/c): one call a batch, with the GIL released.

It calls libsrtp by the addresses that pylibsrtp's library gives, and links no crypto of its own. pylibsrtp's private
names are used here and in `media_server/srtp.py` only and pinned by a test. Viewers over TCP keep the Python way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pylibsrtp import _binding

from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import Forward, SetEntry, Srtp
from media_server.fanout import Way
from media_server.fanout._native import Table
from media_server.fanout.python import PythonFanout
from media_server.transport import UdpPath

# of both, in libsrtp 2; 3 takes more
PROTECT = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"

_COUNTED = (
    DropReason.BEFORE_SWITCH, DropReason.SEND_BLOCKED, DropReason.SRTP_REFUSED,
    DropReason.TOO_LONG, DropReason.SEND_FAILED,
)  # fmt: skip


def addresses_of_protect() -> tuple[int, int]:
    """Of `srtp_protect` and `srtp_protect_rtcp`; raises RuntimeError where pylibsrtp brings a libsrtp with others."""
    ffi: Any = _binding.ffi
    lib: Any = _binding.lib

    def address(name: str) -> int:
        kind = ffi.typeof(getattr(lib, name))
        if kind.cname != PROTECT:
            raise RuntimeError(f"{name} is {kind.cname}")
        return int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))

    return address("srtp_protect"), address("srtp_protect_rtcp")


def address_of_session(session: Any) -> int:
    """The `srtp_t` of a pylibsrtp Session; it lives as long as the Session does."""
    ffi: Any = _binding.ffi
    return int(ffi.cast("uintptr_t", session._srtp[0]))


class NativeFanout:
    name = "native"

    def __init__(self, drops: Drops, table: Table | None = None) -> None:
        self._drops = drops
        self._table = table or Table(*addresses_of_protect())
        self._native: dict[int, dict[int, SetEntry]] = {}  # viewers in the table, with their entries
        self._others = PythonFanout(drops)
        self._other_entries: dict[int, dict[int, SetEntry]] = {}
        self._before: dict[int, Drops] = {}  # of viewers that came by another way before
        self._sent = 0
        self.messages = 0  # calls of sendmmsg

    @property
    def sent(self) -> int:
        return self._sent + self._others.sent

    def set_viewer(self, viewer: int, way: Way, tx: Srtp) -> None:
        """A viewer whose way was over UDP and is over TCP now, or the other way round, takes its entries along."""
        datagrams = isinstance(way, UdpPath) and "%" not in way.address[0]  # an IPv6 zone: the Python way resolves it
        before = (self._other_entries if datagrams else self._native).get(viewer)
        if before is not None:
            gone = Drops(self.dropped(viewer))
            self.remove_viewer(viewer)
            self._before[viewer] = gone
        if datagrams:
            assert isinstance(way, UdpPath)
            self._table.set_viewer(viewer, tx, address_of_session(tx), way.socket.fileno(), *way.address)
            self._native.setdefault(viewer, {})
        else:
            self._others.set_viewer(viewer, way, tx)
            self._other_entries.setdefault(viewer, {})
        for entry in (before or {}).values():
            self.set_entry(entry)

    def remove_viewer(self, viewer: int) -> None:
        self._before.pop(viewer, None)
        if viewer in self._native:
            self._table.remove_viewer(viewer)
            del self._native[viewer]
        if viewer in self._other_entries:
            self._others.remove_viewer(viewer)
            del self._other_entries[viewer]

    def set_entry(self, entry: SetEntry) -> None:
        native = self._native.get(entry.viewer)
        if native is None:
            self._others.set_entry(entry)
            self._other_entries[entry.viewer][entry.entry] = entry
            return
        self._table.set_entry(
            entry.entry, entry.viewer, entry.ssrc, entry.payload_type,
            entry.first_index, entry.number_offset, entry.stamp_offset, entry.send_time_id,
        )  # fmt: skip
        native[entry.entry] = entry

    def forward(self, batch: Sequence[Forward]) -> None:
        self._count(self._table.forward(batch))
        if self._other_entries:
            self._others.forward(batch)

    def again(self, viewer: int, data: bytes) -> None:
        if viewer in self._native:
            self._count(self._table.again(viewer, data))
        else:
            self._others.again(viewer, data)

    def rtcp(self, viewer: int, data: bytes) -> None:
        if viewer in self._native:
            _, *dropped, messages = self._table.rtcp(viewer, data)
            self._count((0, *dropped, messages))
        else:
            self._others.rtcp(viewer, data)

    def dropped(self, viewer: int) -> Mapping[DropReason, int]:
        drops = Drops(self._before.get(viewer, {}))
        drops.update(self._others.dropped(viewer))
        drops.update(dict(zip(_COUNTED, self._table.dropped(viewer), strict=True)))
        return drops

    def _count(self, counts: tuple[int, ...]) -> None:
        sent, *dropped, messages = counts
        self._sent += sent
        self.messages += messages
        if any(dropped):
            for reason, count in zip(_COUNTED, dropped, strict=True):
                if count:
                    self._drops.add(reason, count)
