"""The year of a trial: records begin, each goes on on its own days, until so many acts have been sent."""

import heapq
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random

from argon2 import PasswordHasher

from api.acts import sign_in
from api.acts.seed import ensure_admin, seed_demo
from storage.database import Database
from storage.keys import Signer
from tests.api.against_model.acts import act_on, begin
from tests.api.against_model.correcting import correct, say_word
from tests.api.against_model.county import everybody, settle
from tests.api.against_model.meetings import call, finish, hold, in_meeting
from tests.api.against_model.people import People
from tests.api.against_model.stage import Stage
from tests.api.against_model.telling import Telling
from tests.api.against_model.walk import Walk
from tests.api.conftest import ADMIN_PASSWORD, config_for, serving
from tests.api.year import Calendar
from tests.model.acts import DAYS, FIRST_DAY
from tests.model.forms import wrong

ACTS_OF_A_RECORD = 20  # about
MOST = 60
WORDS_AT_THE_END = 4  # on corrections that wait
IN_VAIN = 6  # acts that can't be sent, one after the other: a vote is due in a meeting that is over


class Trial:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._until = float("inf")

    def stop(self) -> None:
        """After the act that is under way."""
        self._until = 0.0

    @property
    def told(self) -> Telling:
        return self.stage.told

    async def run(self, count: int, limit_s: float = float("inf")) -> None:
        random, calendar = self.stage.random, self.stage.calendar
        self._until = min(self._until, time.monotonic() + limit_s)
        begins = max(1, count // ACTS_OF_A_RECORD)
        # A short trial's records begin within a few weeks, so that several are under way.
        days = sorted(random.randrange(min(DAYS, begins * 3)) for _ in range(begins))
        queue: list[tuple[date, int, Walk | None]] = [
            (FIRST_DAY + timedelta(days=on), number, None) for number, on in enumerate(days)
        ]
        heapq.heapify(queue)
        number = len(queue)
        while self.told.acts < count and time.monotonic() < self._until:
            if not queue:
                heapq.heappush(queue, (calendar.today, number, None))
                number += 1
            day, _, walk = heapq.heappop(queue)
            calendar.to(day)
            if walk is None:
                walk = await begin(self.stage)
            else:
                await self._turn(walk)
            if walk is not None and (due := await self._goes_on(walk)) is not None:
                number += 1
                heapq.heappush(queue, (due, number, walk))
        for _, _, walk in queue:
            if walk is not None:
                self.told.end(walk)

    async def _turn(self, walk: Walk) -> None:
        """What was drawn comes to pass."""
        stage = self.stage
        if stage.random.randrange(6) == 0:
            await stage.agree(walk)  # what came by waiting
        before = self.told.acts
        if walk.asked and stage.random.randrange(2):
            await say_word(stage, walk)
        walk.draw.today = max(walk.draw.today, stage.calendar.today)
        if walk.planned is not None:
            await hold(stage, walk)
        else:
            act = walk.pending
            assert act is not None
            if act.get("act") == "sitting":
                await call(stage, walk, act)
            elif act.get("act") in ("vote", "sealed"):
                await in_meeting(stage, walk, act)
            elif act.get("act") == "correct":
                await correct(stage, walk, act)
            else:
                await act_on(stage, walk, act)
        walk.in_vain = 0 if self.told.acts > before or walk.planned else walk.in_vain + 1

    async def _goes_on(self, walk: Walk) -> date | None:
        """The day of its next act; None: it is told to its end."""
        draw = walk.draw
        if walk.planned is not None:
            return draw.today
        walk.turns += 1
        if draw.at_its_end() or walk.turns > MOST or walk.in_vain > IN_VAIN:
            walk.left -= 1
        if walk.left <= 0:
            for played in walk.meetings.values():
                if played.running:
                    await finish(self.stage, walk, played)
            for _ in range(WORDS_AT_THE_END):
                if walk.asked:
                    await say_word(self.stage, walk)
            self.told.end(walk)
            return None
        draw.today = max(draw.today, self.stage.calendar.today)
        walk.pending = draw.act()
        on = walk.pending.get("on")
        day = max(draw.today, self.stage.calendar.today)
        if isinstance(on, str) and wrong({"act": "ask", "step": "x", "on": on}) is None:
            day = max(day, min(date.fromisoformat(on), day + timedelta(days=200)))
        return day


async def _left_out() -> None:
    pass


@asynccontextmanager
async def trial(folder: Path, bus_url: str, database_url: str, seed: int) -> AsyncIterator[Trial]:
    """A hub of its own on the first day of the year; its database has been migrated."""
    hasher, sign_in._hasher = sign_in._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    try:
        with Calendar().kept() as calendar:
            calendar.to(FIRST_DAY)
            database = await Database.open(database_url)
            try:
                await ensure_admin(database, ADMIN_PASSWORD)
                credentials = await seed_demo(database)
                county = everybody()
                village, persons, committee = await settle(database, county)
                config = config_for(folder, bus_url, database_url, absence_limit_s=86_400.0)
                async with serving(config, database, credentials) as hub:
                    # How long recordings are kept is settled for each of them anew on each day, and days go by in
                    # seconds; nothing of it is compared.
                    hub.house.watches.settle_terms = _left_out  # type: ignore[method-assign]
                    random = Random(seed)
                    people = People(hub, calendar, county, random)
                    signer = Signer.load_or_create(hub.config.key_path)
                    try:
                        yield Trial(Stage(hub, calendar, people, village, persons, committee, random, signer))
                    finally:
                        await people.leave()
            finally:
                await database.close()
    finally:
        sign_in._hasher = hasher
