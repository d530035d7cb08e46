"""Where a request comes from, as one address: a dual-stack socket shows IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2)."""

import ipaddress

from starlette.requests import HTTPConnection


def address_of(connection: HTTPConnection) -> str:
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        # One subscriber has a /64: a limit by the single address would be none.
        return str(ipaddress.ip_network((address, 64), strict=False).network_address) if address.is_global else host
    return str(address)


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
