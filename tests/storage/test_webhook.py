"""One message to a real HTTP server: what it gets in each form, how it is signed, and every way it may refuse."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from storage.errors import WebhookAway, WebhookRefused
from storage.webhook import Told, Webhook, WebhookConfig
from tests.gateway import Gateway

TOLD = Told(
    "msg_1", "meeting-opened", "城关镇", "东河村于09:30开会：“一事一议”", "Donghe: a meeting", "/meetings/mtg_1"
)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as made:
        yield made


async def send(gateway: Gateway, form: str = "json", **more: object) -> None:
    config = WebhookConfig(gateway.url, form, public_url="https://hub.example/", **more)  # type: ignore[arg-type]
    webhook = Webhook(config)
    try:
        await webhook.send(TOLD)
    finally:
        await webhook.close()


async def test_ours_is_json_and_signed_as_standard_webhooks_say(gateway: Gateway) -> None:
    await send(gateway, secret="s3cret")
    (got,) = gateway.got
    assert json.loads(got.body) == {
        "id": "msg_1", "kind": "meeting-opened", "unit": "城关镇", "text": TOLD.text, "text_en": TOLD.text_en,
        "link": "https://hub.example/meetings/mtg_1",
    }  # fmt: skip
    signed = f"msg_1.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["webhook-signature"] == f"v1,{expected}"


async def test_without_a_secret_nothing_is_signed(gateway: Gateway) -> None:
    await send(gateway)
    assert "webhook-signature" not in gateway.got[0].headers


async def test_wecom_gets_its_text_and_its_answer_is_read(gateway: Gateway) -> None:
    gateway.answer = b'{"errcode": 0, "errmsg": "ok"}'
    await send(gateway, "wecom")
    content = json.loads(gateway.got[0].body)
    assert content["msgtype"] == "text"
    assert content["text"]["content"] == f"城关镇：{TOLD.text}\nhttps://hub.example/meetings/mtg_1"
    gateway.answer = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    with pytest.raises(WebhookRefused, match="93000"):
        await send(gateway, "wecom")
    gateway.answer = b"ok"
    with pytest.raises(WebhookRefused):
        await send(gateway, "wecom")


async def test_dingtalk_is_signed_in_its_address(gateway: Gateway) -> None:
    gateway.answer = b'{"errcode": 0}'
    gateway.path = "/robot/send?access_token=abc"
    await send(gateway, "dingtalk", secret="SEC1")
    query = parse_qs(urlsplit(gateway.got[0].target).query)
    expected = hmac.new(b"SEC1", f"{query['timestamp'][0]}\nSEC1".encode(), hashlib.sha256).digest()
    assert query["access_token"] == ["abc"]
    assert query["sign"] == [base64.b64encode(expected).decode()]


async def test_a_countys_template_is_filled_and_stays_json(gateway: Gateway, tmp_path: Path) -> None:
    template = tmp_path / "sms.json"
    template.write_text(
        '{"sign": "某县", "params": ["$unit", "$text"], "no": 7, "url": "${link}?from=sms", "x": "$$1"}'
    )
    await send(gateway, "template", template=template)
    assert json.loads(gateway.got[0].body) == {
        "sign": "某县", "params": ["城关镇", TOLD.text], "no": 7,
        "url": "https://hub.example/meetings/mtg_1?from=sms", "x": "$1",
    }  # fmt: skip
    for wrong in ("{", None):
        if wrong is None:
            template.unlink()
        else:
            template.write_text(wrong)
        with pytest.raises(WebhookRefused, match="template"):
            await send(gateway, "template", template=template)
    assert len(gateway.got) == 1


@pytest.mark.parametrize("status", [500, 503, 408, 429])
async def test_who_cannot_now_is_away(gateway: Gateway, status: int) -> None:
    gateway.status = status
    with pytest.raises(WebhookAway, match=str(status)):
        await send(gateway)


@pytest.mark.parametrize("status", [301, 400, 401, 404])
async def test_who_will_not_has_refused(gateway: Gateway, status: int) -> None:
    gateway.status = status
    with pytest.raises(WebhookRefused, match=str(status)):
        await send(gateway)
    assert len(gateway.got) == 1  # no redirect was followed


async def test_nobody_there_nobody_answering_and_too_long_an_answer(gateway: Gateway) -> None:
    with pytest.raises(WebhookAway) as away:
        await Webhook(WebhookConfig("http://127.0.0.1:9/key-in-the-address")).send(TOLD)
    assert "key-in-the-address" not in str(away.value)
    gateway.hangs = True
    with pytest.raises(WebhookAway):
        await send(gateway, timeout_s=0.3)
    gateway.hangs = False
    gateway.answer = b"x" * 70_000
    with pytest.raises(WebhookRefused, match="long"):
        await send(gateway)
