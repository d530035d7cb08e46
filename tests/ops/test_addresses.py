"""Ports of the hub's own services."""

import socket
from pathlib import Path

from ops.addresses import LOOPBACK, free_port, is_free


def test_a_free_port_is_none_that_the_kernel_gives_to_callers() -> None:
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = {free_port() for _ in range(50)}
    assert len(ports) > 1
    assert not [port for port in ports if first <= port <= last]


def test_a_port_is_free_only_over_udp_and_tcp() -> None:
    port = free_port()
    assert is_free(port)
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as holder:
            holder.bind((LOOPBACK, port))
            if kind == socket.SOCK_STREAM:
                holder.listen()
            assert not is_free(port)
