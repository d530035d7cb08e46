"""TURN servers for who is signed in: a fixed account, or passwords that end by themselves (coturn's REST scheme,
draft-uberti-behave-turn-rest-00: user name `end:name`, password base64(HMAC-SHA1(secret, user name)))."""

import base64
import hmac
from dataclasses import dataclass

VALID_S = 24 * 3600  # a training lasts a day; a server asks again for each allocation, and pages ask the hub before


@dataclass(frozen=True, slots=True)
class TurnSettings:
    urls: tuple[str, ...] = ()  # RFC 7064, RFC 7065
    username: str = ""
    password: str = ""
    secret: str = ""  # shared with the server; stands above the fixed account


@dataclass(frozen=True, slots=True)
class TurnAccount:
    urls: tuple[str, ...]
    username: str | None  # None: a STUN server, which asks for none
    credential: str | None


def accounts(settings: TurnSettings, name: str, now_s: int) -> list[TurnAccount]:
    """What the user `name` may use for VALID_S from `now_s` (UNIX time) on."""
    turn = tuple(url for url in settings.urls if not url.startswith("stun"))
    stun = tuple(url for url in settings.urls if url.startswith("stun"))
    found = [TurnAccount(stun, None, None)] if stun else []
    if turn:
        username, password = settings.username, settings.password
        if settings.secret:
            username = f"{now_s + VALID_S}:{name}"
            digest = hmac.digest(settings.secret.encode(), username.encode(), "sha1")
            password = base64.b64encode(digest).decode()
        found.append(TurnAccount(turn, username, password))
    return found
