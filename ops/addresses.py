"""The addresses of this machine: what browsers on the network can reach it by."""

import ctypes
import ipaddress
import socket
from ctypes import POINTER, Structure, c_char_p, c_uint, c_ushort, c_void_p
from typing import Any

LOOPBACK = "127.0.0.1"


class _IfAddrs(Structure):
    """struct ifaddrs of getifaddrs(3), as far as it is read; the standard library has no call for it."""


_IfAddrs._fields_ = [
    ("next", POINTER(_IfAddrs)),
    ("name", c_char_p),
    ("flags", c_uint),
    ("address", c_void_p),
    ("netmask", c_void_p),
    ("other", c_void_p),
    ("data", c_void_p),
]
_IFF_UP = 1


def local_addresses() -> tuple[str, ...]:
    """127.0.0.1 and every address of an interface that is up and not loopback, link-local or multicast; IPv4 first."""
    found: dict[str, None] = {}
    for text in _interface_addresses():
        address = ipaddress.ip_address(text)
        if not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified):
            found[text] = None
    return (LOOPBACK, *sorted(found, key=lambda text: ipaddress.ip_address(text).version))


def _interface_addresses() -> list[str]:
    libc: Any = ctypes.CDLL(None, use_errno=True)
    head = POINTER(_IfAddrs)()
    if libc.getifaddrs(ctypes.byref(head)) != 0:
        raise OSError(ctypes.get_errno(), "getifaddrs")
    found: list[str] = []
    try:
        entry: Any = head
        while entry:
            one = entry.contents
            if one.address and one.flags & _IFF_UP:
                family = ctypes.cast(one.address, POINTER(c_ushort)).contents.value
                if family == socket.AF_INET:  # sockaddr_in: address at byte 4
                    found.append(socket.inet_ntop(socket.AF_INET, ctypes.string_at(one.address + 4, 4)))
                elif family == socket.AF_INET6:  # sockaddr_in6: address at byte 8
                    found.append(socket.inet_ntop(socket.AF_INET6, ctypes.string_at(one.address + 8, 16)))
            entry = one.next
    finally:
        libc.freeifaddrs(head)
    return found


def free_port() -> int:
    """A loopback port that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
