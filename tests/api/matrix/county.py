"""Of the matrix: who asks, about which thing, in which place, and the county that keeps them."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

import httpx
from sqlalchemy import update

from storage.tables import (
    MediaSession,
    SignIn,
)
from tests.api.conftest import Hub

S = 1_000_000_000
SHANGHAI = timezone(timedelta(hours=8))
FROM = "2018-01-01"
# Whose path leads through which: a village, its town, another village of it; a village of another town, that town.
ABOVE = {"county": None, "town": "county", "town2": "county", "village": "town", "sibling": "town", "far": "town2"}
PARTS = (("b1", "B", "open"), ("d1", "D", "open"), ("d1", "D", "award"), ("g1", "G", "file"), ("h3", "H", "restricted"))


@dataclass
class Somebody:
    role: str
    place: str
    category: str | None = None
    access_class: str | None = None
    user_id: str = ""
    token: str = ""

    @property
    def name(self) -> str:
        narrowed = self.category or self.access_class
        return f"{self.role}@{self.place}" + (f"/{narrowed}" if narrowed else "")


@dataclass
class Thing:
    kind: str
    place: str
    ids: dict[str, str]
    access_class: str = "open"
    category: str | None = None
    sites: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    word: str = ""  # by which it is found

    @property
    def name(self) -> str:
        of = f" {self.category or ''}/{self.access_class}" if self.category or self.access_class != "open" else ""
        return f"{self.kind}@{self.place}{of}"


@dataclass(frozen=True)
class Secret:
    """Words that nobody may read but who sees a part of this class there, or its record."""

    word: str
    place: str
    access_class: str
    category: str
    column: str


@dataclass
class County:
    hub: Hub
    client: httpx.AsyncClient
    people: list[Somebody] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    ids: int = 0

    def who(self, role: str, place: str) -> Somebody:
        return next(each for each in self.people if each.name == f"{role}@{place}")

    def new(self, prefix: str) -> str:
        self.ids += 1
        return f"{prefix}_mx{self.ids:05}"

    def add(self, kind: str, place: str, ids: dict[str, str], *more: Any, **also: Any) -> None:
        self.things.append(Thing(kind, place, ids, *more, **also))

    async def asked(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A machine that has no time for a database's next transaction is asked again; nothing was done."""
        for _ in range(3):
            answer = await self.client.request(method, path, **more)
            if answer.status_code != 503 or "database.busy" not in answer.text:
                break
        return answer

    async def call(self, who: Somebody, method: str, path: str, body: Any = None) -> Any:
        answer = await self.asked(method, path, json=body, headers={"Authorization": f"Bearer {who.token}"})
        assert answer.status_code < 300, f"{who.name} {method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def word(self, place: str, access_class: str, category: str, column: str) -> str:
        """A title; of what isn't open it is a secret."""
        self.ids += 1
        word = f"字{self.ids:05}号"
        if access_class != "open":
            self.secrets.append(Secret(word, place, access_class, category, column))
        return word


def signed_in(user_id: str, token: str, login: str) -> SignIn:
    """A program's: how one signs in is another test's."""
    now = time.time_ns()
    return SignIn(token_hash=hashlib.sha256(token.encode()).hexdigest(), user_id=user_id, carrier="bearer",
                  login_id=login, created_wall=now, seen_wall=now, expires_wall=now + 86_400 * S)  # fmt: skip


async def fresh(county: County, thing: Thing) -> None:
    """Before its owner ends it: what a request ends is there again."""
    async with county.hub.database.writing() as session:
        if thing.kind == "session":
            values = {"ended_wall": None, "ended_cause": None}
            row = update(MediaSession).where(MediaSession.id == thing.ids["session_id"])
            await session.execute(row.values(**values))
        elif thing.kind == "sign-in":
            owner = next(each for each in county.people if each.name == thing.owners[0])
            session.add(signed_in(owner.user_id, county.new("tok"), thing.ids["sign_in_id"]))
