"""Who asks: the cookie of a page or the bearer token of a program, as dependencies of the routes."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.acts.actor import Actor
from api.acts.sign_in import recognise, touch
from api.errors.accounts import MustChange, NotSignedIn
from api.errors.request import ForeignOrigin
from api.house import House

COOKIE = "huilu_session"
PORTS = {"http": 80, "https": 443}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def house_of(connection: HTTPConnection) -> House:
    house: House = connection.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


async def recognised(connection: HTTPConnection, house: TheHouse) -> Actor:
    """Signed in, also while the password must be changed."""
    header = connection.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if header:
        if scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn
        actor = await recognise(house.database, token.strip(), "bearer")
    elif cookie := connection.cookies.get(COOKIE):
        check_origin(connection, house.config.public_url)
        actor = await recognise(house.database, cookie, "cookie")
    else:
        raise NotSignedIn
    await touch(house.database, actor)
    return actor


def check_origin(connection: HTTPConnection, public_url: str) -> None:
    """A cookie acts only for our own pages: unsafe methods and sockets name their origin (RFC 6454 §7). It is the one
    under which we were asked, or, behind a reverse proxy that names us otherwise, the setting `public_url`."""
    method = connection.scope.get("method", "WEBSOCKET")
    if method in SAFE:
        return
    origin = connection.headers.get("origin")
    asked = f"{connection.scope.get('scheme', '')}://{connection.headers.get('host', '')}"
    named = origin_of(origin or "")
    if named is None or named not in (origin_of(asked), origin_of(public_url)):
        raise ForeignOrigin(origin or "none")


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port (RFC 6454 §4); None for what has none, as `null`. A socket's scheme is its page's."""
    try:
        parts = urlsplit(url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        if scheme not in PORTS or not parts.hostname:
            return None
        return scheme, parts.hostname, PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        return None


async def settled(actor: Annotated[Actor, Depends(recognised)]) -> Actor:
    """With a password of his own; perhaps still without the second factor that his post asks for."""
    if actor.must_change:
        raise MustChange
    return actor


async def signed_in(actor: Annotated[Actor, Depends(settled)], house: TheHouse) -> Actor:
    house.factors.require(actor)
    return actor


Recognised = Annotated[Actor, Depends(recognised)]
Settled = Annotated[Actor, Depends(settled)]
Signed = Annotated[Actor, Depends(signed_in)]
