"""One message to the county's webhook: as JSON of ours, as WeCom's or DingTalk's robots want it, or by a template.

Ours and a template's are signed as Standard Webhooks say (standardwebhooks.com: `webhook-id`, `webhook-timestamp`,
`webhook-signature: v1,` base64 of HMAC-SHA256 over `id.timestamp.body`), so that a gateway refuses strangers and a
message that comes twice. DingTalk's robots take a signature in the address; WeCom's have their key there. An address
may hold a secret, so it stands in no log. Every wait and every answer has a bound.
"""

import asyncio
import base64
import hmac
import json
import string
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx

from storage.errors import WebhookAway, WebhookRefused

MAX_ANSWER = 64 * 1024
# Robots answer 200 and say in the body what is wrong.
_ROBOTS = ("wecom", "dingtalk")


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    url: str
    form: str = "json"  # json | wecom | dingtalk | template
    secret: str = ""
    template: Path | None = None  # JSON with $id, $kind, $unit, $text, $text_en, $link inside of strings
    timeout_s: float = 10.0
    public_url: str = ""  # of the hub's pages


@dataclass(frozen=True, slots=True)
class Told:
    """What is told, in words."""

    id: str
    kind: str
    unit: str  # the name of who is told
    text: str
    text_en: str
    path: str  # of the page, below the hub's address

    def fields(self, config: WebhookConfig) -> dict[str, str]:
        return {
            "id": self.id, "kind": self.kind, "unit": self.unit, "text": self.text, "text_en": self.text_en,
            "link": config.public_url.rstrip("/") + self.path,
        }  # fmt: skip


class Webhook:
    def __init__(self, config: WebhookConfig) -> None:
        self._config = config
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def send(self, told: Told) -> None:
        """Returns when it was taken. Raises WebhookAway, WebhookRefused."""
        now_s = time.time()
        body = body_of(self._config, told)
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}
        if self._config.form not in _ROBOTS:
            headers |= signature(self._config.secret, told.id, int(now_s), body)
        try:
            async with (
                asyncio.timeout(self._config.timeout_s),
                self._line().stream("POST", self._address(now_s), content=body, headers=headers) as answer,
            ):
                said = bytearray()
                async for piece in answer.aiter_raw():
                    said += piece
                    if len(said) > MAX_ANSWER:
                        raise WebhookRefused("an answer that is too long")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            # Not the error's own words: they may hold the address.
            raise WebhookAway(type(error).__name__) from None
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise WebhookAway(f"HTTP {answer.status_code}")
        if not 200 <= answer.status_code < 300:
            raise WebhookRefused(f"HTTP {answer.status_code}")
        if self._config.form in _ROBOTS:
            _check_robot(bytes(said))

    def _address(self, now_s: float) -> str:
        config = self._config
        if config.form != "dingtalk" or not config.secret:
            return config.url
        stamp = str(int(now_s * 1000))
        sign = base64.b64encode(hmac.digest(config.secret.encode(), f"{stamp}\n{config.secret}".encode(), "sha256"))
        return f"{config.url}{'&' if '?' in config.url else '?'}timestamp={stamp}&sign={quote_plus(sign)}"

    def _line(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._config.timeout_s, follow_redirects=False)
        return self._http


def body_of(config: WebhookConfig, told: Told) -> bytes:
    """Raises WebhookRefused where the template can't be read or comes to no JSON."""
    fields = told.fields(config)
    if config.form == "template":
        return _filled(config.template, fields)
    content: dict[str, Any] = fields
    if config.form in _ROBOTS:
        content = {"msgtype": "text", "text": {"content": f"{told.unit}：{told.text}\n{fields['link']}"}}
    return json.dumps(content, ensure_ascii=False).encode()


def _filled(template: Path | None, fields: dict[str, str]) -> bytes:
    try:
        written = json.loads((template or Path()).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WebhookRefused(f"template: {type(error).__name__}") from None
    return json.dumps(_put_in(written, fields), ensure_ascii=False).encode()


def _put_in(value: Any, fields: dict[str, str]) -> Any:
    if isinstance(value, str):
        return string.Template(value).safe_substitute(fields)
    if isinstance(value, list):
        return [_put_in(each, fields) for each in value]
    if isinstance(value, dict):
        return {key: _put_in(each, fields) for key, each in value.items()}
    return value


def signature(secret: str, message_id: str, stamp_s: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks; without a secret no signature."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(stamp_s)}
    if secret:
        digest = hmac.digest(secret.encode(), f"{message_id}.{stamp_s}.".encode() + body, "sha256")
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers


def _check_robot(said: bytes) -> None:
    try:
        code = json.loads(said)["errcode"]
    except (ValueError, KeyError, TypeError):
        raise WebhookRefused("an answer without errcode") from None
    if code != 0:
        raise WebhookRefused(f"errcode {code}"[:80])
