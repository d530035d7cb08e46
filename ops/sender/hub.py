"""A hub as any other program sees it: sign in, plan, open and end a meeting, by the fixed HTTP paths alone."""

from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import httpx

from ops.sender.session import client


class HubRefused(Exception):
    """The hub said no, or said nothing; the text is its own sentence where it has one."""

    def __init__(self, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status


class Hub:
    """`url` like https://127.0.0.1:8443; `authority` as for a session."""

    def __init__(self, url: str, token: str = "", authority: Path | None = None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.authority = authority
        self.http = client(token, authority)

    async def __aenter__(self) -> "Hub":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            reply = await self.http.request(method, self.url + path, json=body)
        except httpx.HTTPError as error:
            raise HubRefused(f"{path}: {type(error).__name__}") from error
        if reply.status_code >= 400:
            raise HubRefused(f"{path}: {reply.status_code} {reply.text[:300]}", reply.status_code)
        return reply.json() if reply.content else None

    async def sign_in(self, username: str, password: str) -> str:
        answer = await self.ask("POST", "/api/login", {"username": username, "password": password})
        self.token = str(answer["token"])
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.http.cookies.clear()  # the bearer token alone: a cookie would want an Origin
        return self.token

    async def open_meeting(self, title: str, kind: str, unit: str) -> str:
        """A new meeting, opened; its id."""
        meeting = await self.ask("POST", "/api/meetings", {"title": title, "kind": kind, "unit": unit})
        await self.ask("POST", f"/api/meetings/{meeting['id']}/open")
        return str(meeting["id"])

    async def end_meeting(self, meeting: str) -> None:
        await self.ask("POST", f"/api/meetings/{meeting}/end")

    def whip(self, meeting: str, device: str = "", unit: str = "") -> str:
        """Two senders under one token need a `device` each: under one name the second would take the first one's
        place. `unit`: the site, where the token's own isn't meant."""
        about = urlencode({name: value for name, value in (("device", device), ("unit", unit)) if value})
        return f"{self.url}/api/meetings/{meeting}/whip" + (f"?{about}" if about else "")

    def whep(self, meeting: str) -> str:
        return f"{self.url}/api/meetings/{meeting}/whep"
