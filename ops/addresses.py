"""The addresses of this machine: what browsers on the network can reach it by."""

import ctypes
import errno
import ipaddress
import secrets
import socket
from ctypes import POINTER, Structure, c_char_p, c_uint, c_ushort, c_void_p
from pathlib import Path
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


_FIRST_PORT = 10_000  # below are the well-known ones, and what administrators like to choose
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A loopback port that nobody holds at this moment, over UDP and TCP, and that the kernel gives to nobody who only
    calls out: else a service that starts again finds its port taken by somebody's connection (ip(7))."""
    try:
        end = int(_RANGE.read_text().split()[0])
    except OSError:
        end = 32_768
    if end < _FIRST_PORT + 1_000:
        end = 65_536  # the county's own range begins low: no port is out of it
    for _ in range(1_000):
        port = secrets.choice(range(_FIRST_PORT, end))
        if is_free(port):
            return port
    raise OSError(errno.EADDRINUSE, "no free port")


def is_free(port: int) -> bool:
    """Whether a service could take this loopback port now."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            tcp.bind((LOOPBACK, port))
            udp.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
