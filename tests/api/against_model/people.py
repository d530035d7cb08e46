"""Who sends an act: the county's accounts, signed in anew each day; chosen are mostly those who may."""

from random import Random

import httpx

from tests.api.against_model.county import PASSWORD, RESTRICTED, Somebody
from tests.api.against_model.played import ok
from tests.api.conftest import ADMIN_PASSWORD, Hub
from tests.api.year import Calendar


class People:
    def __init__(self, hub: Hub, calendar: Calendar, everybody: list[Somebody], random: Random) -> None:
        self.hub, self.calendar, self.everybody, self.random = hub, calendar, everybody, random

    def named(self, username: str) -> Somebody:
        return next(each for each in self.everybody if each.username == username)

    async def as_(self, somebody: Somebody) -> httpx.AsyncClient:
        today = self.calendar.today.isoformat()
        if somebody.signed_in != today:
            if somebody.client is not None:
                await somebody.client.aclose()
            known = self.hub.credentials.get(somebody.username)
            password = ADMIN_PASSWORD if somebody.username == "admin" else known.password if known else PASSWORD
            async with self.hub.stranger() as stranger:
                found = await ok(
                    await stranger.post("/api/login", json={"username": somebody.username, "password": password})
                )
            somebody.client = self.hub.stranger(headers={"Authorization": f"Bearer {found['token']}"})
            somebody.signed_in = today
        assert somebody.client is not None
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
