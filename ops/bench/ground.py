"""Where relay and load meet: two network namespaces joined by veth where root allows it, else the loopback device.

The relay stays where it is; the load goes into a namespace of its own, so that packets take the whole way through two
network stacks, as they do on a network. A bad line is `tc netem` on both ends where this kernel has it.
"""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.addresses import LOOPBACK
from ops.bench.emulator import MS, Conditions, Network

_CLONE_NEWNET = 0x40000000
_NAMESPACES = "/run/netns"


@dataclass(frozen=True, slots=True)
class Ground:
    address: str  # the relay's
    namespace: str  # the load's; empty: the same as ours
    netem: bool  # a bad line is made by the kernel

    @property
    def words(self) -> str:
        return "two namespaces over veth" if self.namespace else "loopback"


@contextlib.contextmanager
def ground(*, loopback: bool = False, line: Network | None = None) -> Iterator[Ground]:
    """`line`: everybody's, made by the kernel where it can, and never where it does more than lose and delay."""
    number = os.getpid() % 16_384
    name, near, far = f"huilu-bench-{number}", f"hb{number}", f"hc{number}"
    first = number * 4
    # 198.18.0.0/15 is set aside for measuring network devices (RFC 2544 §C.2.2).
    ours, theirs = (f"198.18.{first >> 8}.{(first & 255) + host}" for host in (1, 2))
    try:
        if loopback:
            raise Unable
        _ip("netns", "add", name)
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        for device, address, inside in ((near, ours, ()), (far, theirs, ("-n", name))):
            _ip(*inside, "address", "add", f"{address}/30", "dev", device)
            _ip(*inside, "link", "set", device, "up")
        netem = line is not None and _plain(line) and _netem(name, near, far, line)
        yield Ground(ours, name, netem)
    except Unable:
        yield Ground(LOOPBACK, "", False)
    finally:
        for words in (("link", "delete", near), ("netns", "delete", name)):
            with contextlib.suppress(Unable):
                _ip(*words)


class Unable(Exception):
    """This account or this kernel can't do it."""


def _ip(*words: str) -> None:
    _run("ip", *words)


def _plain(line: Network) -> bool:
    return all(each == Conditions(each.delay_ns, loss=each.loss) for each in (line.up, line.down))


def _netem(name: str, near: str, far: str, line: Network) -> bool:
    def bad(there: Conditions) -> tuple[str, ...]:
        return ("root", "netem", "limit", "100000", "delay", f"{there.delay_ns / MS}ms", "loss", f"{there.loss * 100}%")

    try:
        _run("tc", "qdisc", "add", "dev", near, *bad(line.down))
        _run("tc", "-n", name, "qdisc", "add", "dev", far, *bad(line.up))
    except Unable:
        with contextlib.suppress(Unable):
            _run("tc", "qdisc", "delete", "dev", near, "root")
        return False
    return True


def _run(*words: str) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unable(" ".join(words)) from error


def enter(namespace: str) -> None:
    """Sockets that this thread opens from now on are in `namespace` (setns(2))."""
    libc: Any = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"{_NAMESPACES}/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    finally:
        os.close(descriptor)
