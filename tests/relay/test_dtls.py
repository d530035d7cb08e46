"""The one file that knows aiortc's private names, and the relay's certificate."""

import asyncio
from pathlib import Path

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

from media_server.dtls import MAX_WAITING, Certificate, DtlsFailed, DtlsPeer
from media_server.engine import rtp
from media_server.records import Fingerprint


def test_the_private_names_that_we_use_are_there() -> None:
    transport = RTCDtlsTransport(object(), [RTCCertificate.generateCertificate()])
    for name in ("_set_role", "_rx_srtp", "_tx_srtp", "_role"):
        assert hasattr(transport, name), name
    assert hasattr(RTCCertificate, "_create_ssl_context")
    source = Path(RTCDtlsTransport._recv_next.__code__.co_filename).read_text()
    for call in ("self.transport._recv()", "self.transport._send(data)"):
        assert call in source, call


def test_the_certificate_is_kept_with_mode_0600_and_made_anew_when_it_is_broken(tmp_path: Path) -> None:
    first = Certificate.load_or_create(tmp_path / "keys")
    path = tmp_path / "keys" / "relay-dtls.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert Certificate.load_or_create(tmp_path / "keys").fingerprint == first.fingerprint
    path.write_bytes(path.read_bytes()[:100])
    assert Certificate.load_or_create(tmp_path / "keys").fingerprint != first.fingerprint
    assert path.stat().st_mode & 0o777 == 0o600


async def test_two_peers_have_each_others_keys_and_hear_good_bye(tmp_path: Path) -> None:
    ours, theirs = (Certificate.load_or_create(tmp_path / name) for name in ("ours", "theirs"))
    server = DtlsPeer(ours, theirs.fingerprint, lambda data: client.receive(data) and None)
    client = DtlsPeer(theirs, ours.fingerprint, lambda data: server.receive(data) and None, role="client")
    one, two = await asyncio.gather(server.handshake(), client.handshake())
    packet = rtp.build(102, 1, 2, 3, b"abc")
    assert two.rx.unprotect(one.tx.protect(packet)) == packet
    assert one.rx.unprotect(two.tx.protect(packet)) == packet
    await client.stop()
    await asyncio.wait_for(server.over(), 5)
    await server.stop()


async def test_sessions_share_a_context_and_no_keys(tmp_path: Path) -> None:
    ours = Certificate.load_or_create(tmp_path / "ours")
    contexts, keys, peers = set(), [], []
    for name in ("one", "two"):
        theirs = Certificate.load_or_create(tmp_path / name)
        ends: dict[str, DtlsPeer] = {}
        ends["server"] = DtlsPeer(ours, theirs.fingerprint, lambda data, to=ends: to["client"].receive(data))
        ends["client"] = DtlsPeer(
            theirs, ours.fingerprint, lambda data, to=ends: to["server"].receive(data), role="client"
        )
        keys.append(await asyncio.gather(ends["server"].handshake(), ends["client"].handshake()))
        contexts.add(ends["server"]._dtls._ssl.get_context())
        peers += ends.values()
    assert len(contexts) == 1
    (one, first), (two, second) = keys
    packet = rtp.build(102, 1, 2, 3, b"abc")
    for server, client, other in ((one, first, two), (two, second, one)):
        sent = client.tx.protect(packet)
        with pytest.raises(pylibsrtp.Error):
            other.rx.unprotect(sent)
        assert server.rx.unprotect(sent) == packet
    await asyncio.gather(*(peer.stop() for peer in peers))


async def test_another_fingerprint_than_the_offers_is_refused(tmp_path: Path) -> None:
    ours, theirs = (Certificate.load_or_create(tmp_path / name) for name in ("ours", "theirs"))
    wrong = Fingerprint(algorithm="sha-256", value=ours.fingerprint.value)
    server = DtlsPeer(ours, wrong, lambda data: client.receive(data) and None)
    client = DtlsPeer(theirs, ours.fingerprint, lambda data: server.receive(data) and None, role="client")
    waiting = asyncio.create_task(client.handshake())
    with pytest.raises(DtlsFailed):
        await server.handshake()
    await waiting
    await asyncio.gather(server.stop(), client.stop())


async def test_what_dtls_does_not_take_is_refused_and_not_kept(tmp_path: Path) -> None:
    ours = Certificate.load_or_create(tmp_path)
    peer = DtlsPeer(ours, ours.fingerprint, lambda _: None)
    assert all(peer.receive(b"\x16") for _ in range(MAX_WAITING))
    assert not peer.receive(b"\x16")
