"""The private names of aiortc that ops/sender/dtls.py leans on are there, and mean what it takes them for."""

import inspect

from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCDtlsTransport

from ops.sender.dtls import Keys, shared_certificate


def test_the_names_are_there():
    transport = RTCDtlsTransport(object(), [shared_certificate()])
    for name in ("_role", "_rx_srtp", "_tx_srtp", "_task"):
        assert hasattr(transport, name)
    assert list(inspect.signature(transport._set_role).parameters) == ["role"]
    source = inspect.getsource(rtcdtlstransport)
    assert "self.transport._recv()" in source
    assert "self.transport._send(data)" in source


async def test_two_ends_would_be_client():
    keys = Keys(lambda _: None, shared_certificate())
    assert keys._transport._role == "client"
    assert not keys.open
    assert len(keys.local_fingerprint().value) == 95
    for _ in range(200):
        keys.receive(b"\x16rest")  # a bound, not a growing queue
    await keys.close()
