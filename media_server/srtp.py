"""SRTP of what arrives: what a packet hides, or by which name it is dropped.

Anyone may send packets in a client's name, so refusing one must be cheap: `Direct` calls pylibsrtp's libsrtp without
the exceptions of its `Session`, at less than half of the cost. Its private names are pinned by a test; where they are
not as we know them, `Plain` does the same by the public ones.
"""

from typing import Any

import pylibsrtp
from pylibsrtp import _binding

from media_server.engine.drops import DropReason
from media_server.engine.outputs import Inbound

UNPROTECT = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"  # libsrtp 2; 3 takes more
MAX_BYTES = 2_048  # of a datagram, as the transport reads it
_REPLAYED = (9, 10, 26)  # srtp_err_status_replay_fail, _replay_old, _pkt_idx_old of srtp.h: here already, or too old


def inbound(session: pylibsrtp.Session) -> Inbound:
    """The cheapest there is for a client's keys."""
    try:
        return Direct(session)
    except (AttributeError, TypeError, RuntimeError):
        return Plain(session)


class Direct:
    """One client's keys, used from one thread. Raises what `inbound` catches where pylibsrtp is another one."""

    def __init__(self, session: Any) -> None:
        ffi: Any = _binding.ffi
        lib: Any = _binding.lib
        for function in (lib.srtp_unprotect, lib.srtp_unprotect_rtcp):
            if ffi.typeof(function).cname != UNPROTECT:
                raise RuntimeError(f"srtp_unprotect is {ffi.typeof(function).cname}")
        self._owner = session  # the srtp_t lives as long as it does
        self._srtp = session._srtp[0]
        self._rtp, self._rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp
        self._bytes = ffi.new("char[]", MAX_BYTES)
        self._view = ffi.buffer(self._bytes)
        self._length = ffi.new("int *")
        self._copy = ffi.memmove

    def unprotect(self, packet: bytes) -> bytes | DropReason:
        return self._undo(self._rtp, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes | DropReason:
        return self._undo(self._rtcp, packet)

    def _undo(self, function: Any, packet: bytes) -> bytes | DropReason:
        size = len(packet)
        if size > MAX_BYTES:
            return DropReason.SRTP_REFUSED
        length = self._length
        length[0] = size
        self._copy(self._bytes, packet, size)
        status = function(self._srtp, self._bytes, length)
        if status == 0:
            plain: bytes = self._view[: length[0]]
            return plain
        return DropReason.SRTP_REPLAYED if status in _REPLAYED else DropReason.SRTP_REFUSED


class Plain:
    """The same by pylibsrtp's public names; packets above its own 1,500 bytes are refused."""

    def __init__(self, session: pylibsrtp.Session) -> None:
        self._session = session

    def unprotect(self, packet: bytes) -> bytes | DropReason:
        try:
            return self._session.unprotect(packet)
        except (pylibsrtp.Error, ValueError) as error:
            return _reason(error)

    def unprotect_rtcp(self, packet: bytes) -> bytes | DropReason:
        try:
            return self._session.unprotect_rtcp(packet)
        except (pylibsrtp.Error, ValueError) as error:
            return _reason(error)


def _reason(error: Exception) -> DropReason:
    """By libsrtp's own words."""
    words = str(error)
    replayed = words.startswith("replay") or words.endswith("too old to consider")
    return DropReason.SRTP_REPLAYED if replayed else DropReason.SRTP_REFUSED
