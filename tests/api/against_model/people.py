"""Who sends an act: the county's accounts, signed in anew each month; chosen are mostly those who may."""

from datetime import timedelta
from random import Random

import httpx

from tests.api.against_model.county import PASSWORD, RESTRICTED, Somebody
from tests.api.against_model.played import ok
from tests.api.conftest import ADMIN_PASSWORD, Hub
from tests.api.year import Calendar

SIGNED_IN = timedelta(days=28)  # a token lasts thirty


class People:
    def __init__(self, hub: Hub, calendar: Calendar, everybody: list[Somebody], random: Random) -> None:
        self.hub, self.calendar, self.everybody, self.random = hub, calendar, everybody, random

    def named(self, username: str) -> Somebody:
        return next(each for each in self.everybody if each.username == username)

    async def as_(self, somebody: Somebody) -> httpx.AsyncClient:
        today = self.calendar.today
        if somebody.client is None:
            somebody.client = self.hub.stranger()
        if somebody.signed_in is None or today - somebody.signed_in >= SIGNED_IN:
            known = self.hub.credentials.get(somebody.username)
            password = ADMIN_PASSWORD if somebody.username == "admin" else known.password if known else PASSWORD
            somebody.client.headers.pop("Authorization", None)
            asked = {"username": somebody.username, "password": password}
            found = await ok(await somebody.client.post("/api/login", json=asked))
            somebody.client.headers["Authorization"] = f"Bearer {found['token']}"
            somebody.client.cookies.clear()
            somebody.signed_in = today
        return somebody.client

    def sender(self, able: list[Somebody]) -> Somebody:
        """Of five one is anybody."""
        return self.random.choice(able if able and self.random.randrange(5) else self.everybody)

    def able(self, right: str, matter: str) -> list[Somebody]:
        return [each for each in self.everybody if each.may(right, matter)]

    def running(self, matter: str, *usernames: str) -> Somebody:
        """Who holds meetings; of a restricted matter the secretary alone."""
        names = usernames if matter not in RESTRICTED else ("shuji",)
        return self.named(self.random.choice(names))

    async def leave(self) -> None:
        for each in self.everybody:
            if each.client is not None:
                await each.client.aclose()
