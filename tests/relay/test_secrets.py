"""A session's secrets never reach a log: a walk with every logger at DEBUG, and what was written is searched."""

import base64
import logging
from typing import Any

import pytest

from media_server.bus import Refused
from media_server.engine import rtcp
from media_server.records import Ice
from tests.relay.client import Camera, Client, publisher_lines, request, viewer_lines
from tests.relay.conftest import Running


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def assert_nowhere(log: pytest.LogCaptureFixture, secrets: dict[str, bytes]) -> None:
    """Neither as text nor as bytes are usually written; whole or its first half."""
    assert log.text, "nothing was logged at all"
    for name, secret in secrets.items():
        half = secret[: max(8, len(secret) // 2)]
        for shape in (half.hex(), repr(half)[2:-1], base64.b64encode(secret).decode()[: len(half)]):
            assert shape.lower() not in log.text.lower(), f"{name} was logged"


def keying_material(client: Client) -> bytes:
    """RFC 5764 §4.2."""
    dtls: Any = client._dtls
    return bytes(dtls._dtls._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 60))


async def test_a_walk_logs_no_password_and_no_key(relay: Running, log: pytest.LogCaptureFixture) -> None:
    publisher = await relay.join(session="p1", media=publisher_lines())
    viewer = await relay.join(session="v1", publisher="home", mode="whep", media=viewer_lines())
    camera = Camera(publisher)
    camera.picture(key=True)
    await viewer.until(lambda: len(viewer.received) == 2)
    viewer.send_rtcp(rtcp.receiver_report(rtcp.ReceiverReport(7)) + rtcp.nack(7, viewer.received[0].ssrc, [1]))
    for bad in (b"\x80" + bytes(40), b"\0\1garbage", b"\x16\xfe\xfd" + bytes(30)):
        publisher.send(bad)
    with pytest.raises(TimeoutError):
        await publisher.check(password="w" * 24)
    own = {"session": "p1", "ice": {"ufrag": "wxyz", "pwd": "the clients own password"}}
    answer = await relay.bus.request("huilu.relay.restart", own)
    await publisher.check()

    short = {"session": "p1", "ice": {"ufrag": "wxyz", "pwd": "a password too short"}}
    torn = request(relay.certificate, session="x", media=publisher_lines()).model_dump()
    torn["ice"]["pwd"] = "another that is short"
    for subject, message in (("restart", short), ("open", torn)):
        with pytest.raises(Refused) as refused:
            await relay.bus.request(f"huilu.relay.{subject}", message)
        assert message["ice"]["pwd"] not in str(refused.value)
    await relay.bus.request("huilu.relay.close", {"session": "v1"})
    await relay.event("session", session="v1", state="closed")

    private = (relay.config.certificate_dir / "relay-dtls.pem").read_bytes().split(b"\n")[2]
    assert_nowhere(
        log,
        {
            "the relay's password": publisher.answer.ice.pwd.encode(),
            "the relay's new password": Ice.model_validate(answer["ice"]).pwd.encode(),
            "the client's password": publisher.asked.ice.pwd.encode(),
            "the client's new password": b"the clients own password",
            "a refused password": b"a password too short",
            "another refused one": b"another that is short",
            "the publisher's SRTP keys": keying_material(publisher),
            "the viewer's SRTP keys": keying_material(viewer),
            "the relay's private key": private,
        },
    )
