"""The hub's own ports: tried before anything starts, so that a busy one is one clear sentence."""

import errno
import json
import socket
from pathlib import Path

from ops.addresses import free_port, is_free
from ops.errors import AddressMissing, PortBusy
from ops.files import write_private

_BACKLOG = 1024


def listen(address: str, port: int) -> socket.socket:
    """The socket of the pages, kept open by the hub: while the api is restarted, callers wait instead of failing."""
    try:
        if address:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return socket.create_server((address, port), family=family, backlog=_BACKLOG)
        if socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
        return socket.create_server(("", port), backlog=_BACKLOG)
    except OSError as error:
        raise _as_ours(error, f"TCP {address or '*'}:{port}") from error


def try_media(addresses: tuple[str, ...], port: int) -> None:
    """Whether the relay will get its UDP and TCP port on each address."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
            with socket.socket(family, kind) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError as error:
                    raise _as_ours(error, f"{name} {address}:{port}") from error


def _as_ours(error: OSError, where: str) -> AddressMissing | PortBusy:
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return AddressMissing(where)
    return PortBusy(f"{where}: {error.strerror or error}")


class InnerPorts:
    """Loopback ports of the inner services: the same at every start while they are free."""

    def __init__(self, run: Path) -> None:
        self._path = run / "ports.json"
        try:
            self._known: dict[str, int] = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            self._known = {}

    def port(self, name: str) -> int:
        known = self._known.get(name)
        if known is None or not is_free(known):
            self._known[name] = known = free_port()
            write_private(self._path, json.dumps(self._known).encode())
        return known
