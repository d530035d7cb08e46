"""A real authority over HTTP: what it answers is checked at once, and each wrong answer has its code."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from storage import stamp_certificates, stamp_token
from storage.errors import StampAway, StampRefused, StorageError
from storage.stamp_client import StampClient, StampConfig
from tests.authority import NAME, POLICY, Authority, make_root, make_signer

STATEMENT = b"a checkpoint and its signature"


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    async with Authority().serving() as made:
        yield made


async def ask(authority: Authority, folder: Path, verified: bool = True, **more: Any) -> list[str]:
    """The names on the path of the stamp that came."""
    trusted = folder / "trusted.pem"
    if not trusted.exists():
        authority.write_root(trusted)
    client = StampClient(StampConfig(more.pop("url", authority.url), trusted, **more), lambda: verified)
    try:
        stamped = await client.stamp(STATEMENT)
    finally:
        await client.close()
    assert stamp_token.read(stamped.token).imprint == stamp_token.imprint(STATEMENT)
    return [stamp_certificates.name(each) for each in stamped.path]


async def test_a_stamp_comes(authority: Authority, tmp_path: Path) -> None:
    assert await ask(authority, tmp_path, policy=POLICY) == [NAME, "测试根"]
    assert authority.asked == [stamp_token.imprint(STATEMENT)]
    assert authority.certificates_wanted == [True]


async def test_no_certificates_are_asked_for_where_the_signers_own_is_trusted(
    authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "trusted.pem").write_bytes(authority.signer.pem)
    assert await ask(authority, tmp_path) == [NAME]
    assert authority.certificates_wanted == [False]


async def test_another_implementation_says_the_same() -> None:
    """What our reader accepts, `rfc3161-client` accepts by OpenSSL's code."""
    authority = Authority(signer=make_signer(root := make_root(), kind="rsa"), root=root)
    asked = TimestampRequestBuilder().data(STATEMENT).hash_algorithm(HashAlgorithm.SHA256).build()
    verifier = VerifierBuilder.from_request(asked).add_root_certificate(root.certificate).build()
    answer = decode_timestamp_response(authority.answer(asked.as_bytes()))
    assert verifier.verify_message(answer, STATEMENT)
    token = stamp_token.read(answer.time_stamp_token())
    assert stamp_token.check(token, STATEMENT, [root.certificate]) == authority.signer.certificate


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ({"status": 2}, "stamp.refused"),
        ({"status": 3}, "stamp.refused"),
        ({"http": 403}, "stamp.refused"),
        ({"http": 302}, "stamp.refused"),
        ({"http": 500}, "stamp.away"),
        ({"http": 429}, "stamp.away"),
        ({"nonce": True}, "stamp.replayed"),
        ({"no_nonce": True}, "stamp.replayed"),
        ({"imprint": b"\x01" * 32}, "stamp.of-another"),
        ({"signed_by": make_signer(None)}, "stamp.forged"),
        ({"policy": "1.2.3.9"}, "stamp.policy"),
        ({"off": timedelta(minutes=10)}, "stamp.time"),
        ({"off": timedelta(minutes=-10)}, "stamp.time"),
        ({"body": b""}, "stamp.unreadable"),
        ({"body": b"<html>please sign in</html>", "content_type": "text/html"}, "stamp.unreadable"),
        ({"body": b"0\x03" * 9}, "stamp.unreadable"),
        ({"body": bytes(70_000)}, "stamp.unreadable"),
        ({"slow_s": 60.0}, "stamp.away"),
        ({"drip": True}, "stamp.away"),
    ],
)
async def test_what_is_wrong_has_a_code(
    authority: Authority, tmp_path: Path, faults: dict[str, Any], code: str
) -> None:
    authority.misbehave(**faults)
    limit_s = 1.0 if code == "stamp.away" else 30.0
    with pytest.raises(StorageError) as caught:
        await ask(authority, tmp_path, policy=POLICY, timeout_s=limit_s)
    assert caught.value.code == code
    assert isinstance(caught.value, StampAway | StampRefused)
    authority.misbehave()
    assert await ask(authority, tmp_path, policy=POLICY, timeout_s=30.0) == [NAME, "测试根"]


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        (make_signer(None), "stamp.untrusted"),
        (make_signer(make_root()), "stamp.untrusted"),
        (make_signer(None, usages=()), "stamp.certificate"),
        (make_signer(None, critical=False), "stamp.certificate"),
    ],
)
async def test_wrong_certificates(authority: Authority, tmp_path: Path, signer: Any, code: str) -> None:
    authority.signer = signer
    with pytest.raises(StampRefused) as caught:
        await ask(authority, tmp_path)
    assert caught.value.code == code


async def test_a_clock_that_nothing_verifies_refuses_no_stamp(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority.misbehave(off=timedelta(minutes=10))
    assert await ask(authority, tmp_path, verified=False) == [NAME, "测试根"]
    assert "clock is not verified" in caplog.text


async def test_nobody_there(tmp_path: Path) -> None:
    async with Authority().serving() as authority:
        pass
    with pytest.raises(StampAway):
        await ask(authority, tmp_path)
    with pytest.raises(StampAway):
        await ask(authority, tmp_path, url="http://no-such-host.invalid/tsa", timeout_s=5.0)


@pytest.mark.parametrize("proxy", ["nonsense://127.0.0.1", "http://127.0.0.1:9", "http://[", "http://a:b:c"])
async def test_a_proxy_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Also one that can't be read ends no worker."""
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(StampAway):
        await ask(Authority(), tmp_path, url="http://tsa.invalid/")


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
async def test_a_file_of_certificates_that_is_none(authority: Authority, tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "trusted.pem").write_bytes(content or b"")
    if content is None:
        (tmp_path / "trusted.pem").unlink()
        (tmp_path / "trusted.pem").mkdir()
    with pytest.raises(StampRefused) as caught:
        await ask(authority, tmp_path)
    assert caught.value.code == "stamp.certificate"
    assert authority.asked == []


async def test_whoever_waits_for_a_slow_one_can_be_cancelled(authority: Authority, tmp_path: Path) -> None:
    """A worker that is told to end doesn't wait for the authority."""
    authority.misbehave(slow_s=60.0)
    task = asyncio.create_task(ask(authority, tmp_path, timeout_s=60.0))
    async with asyncio.timeout(30):
        await authority.was_asked.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=30)
    assert done
    assert task.cancelled()
