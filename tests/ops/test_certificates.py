"""The authority and the server certificate: what a browser would check, and when they are made again."""

import asyncio
import datetime
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from ops import certificates
from ops.addresses import local_addresses
from ops.errors import BadCertificate

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
NAMES = certificates.wanted_names(("127.0.0.1", "10.20.0.7"), ("huilu.example",))


def held(made: certificates.Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def test_names_and_modes(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path / "c", NAMES, NOW)
    assert set(NAMES) == certificates.names_in(held(made))
    assert {"localhost", "127.0.0.1", "10.20.0.7", "huilu.example"} <= set(NAMES)
    for path in (tmp_path / "c").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700


def test_it_is_kept_while_it_is_good(tmp_path: Path) -> None:
    first = held(certificates.ensure(tmp_path, NAMES, NOW))
    assert held(certificates.ensure(tmp_path, NAMES, NOW + datetime.timedelta(days=300))) == first
    assert held(certificates.ensure(tmp_path, NAMES[:3], NOW)) == first, "fewer addresses are no reason"


@pytest.mark.parametrize("why", ["address", "age", "lost key"])
def test_it_is_made_again(tmp_path: Path, why: str) -> None:
    made = certificates.ensure(tmp_path, NAMES, NOW)
    first = held(made)
    authority = made.authority.read_bytes() if made.authority else b""
    now, names = NOW, NAMES
    if why == "address":
        names = (*NAMES, "10.20.0.8")
    elif why == "age":
        now = NOW + datetime.timedelta(days=certificates.SERVER_DAYS - certificates.RENEW_DAYS)
    else:
        made.key.unlink()
    again = certificates.ensure(tmp_path, names, now)
    assert held(again) != first
    assert again.authority is not None
    assert again.authority.read_bytes() == authority, "villages trust the authority once"


def test_what_is_trusted_for_time_stamps_is_read_before_anything_starts(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path, NAMES, NOW)
    assert certificates.of_authority(str(made.certificate)) == str(made.certificate)
    assert certificates.of_authority("") == ""
    for wrong in (made.key, tmp_path / "none.pem", tmp_path):
        with pytest.raises(BadCertificate):
            certificates.of_authority(str(wrong))


async def test_a_client_that_trusts_the_authority_connects(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path, certificates.wanted_names(local_addresses()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        trusting = ssl.create_default_context(cafile=str(made.authority))
        for name in ("localhost", "127.0.0.1"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
            assert await reader.readline() == b"hello\n"
            writer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="elsewhere.example")
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=ssl.create_default_context())


def test_a_county_certificate_is_tried_first(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path / "a", NAMES)
    other = certificates.ensure(tmp_path / "b", NAMES)
    assert certificates.own_certificate(made.certificate, made.key).authority is None
    with pytest.raises(BadCertificate):
        certificates.own_certificate(made.certificate, other.key)
    with pytest.raises(BadCertificate):
        certificates.own_certificate(tmp_path / "none.pem", other.key)
