"""What every route works with: database, bus, object store, the live side; opened at start, closed at the end."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from api.acts import county_rules
from api.acts.documents import Documents
from api.acts.page_photos import PagePhotos
from api.acts.sealed_secret import SealedSecrets
from api.acts.second_factor import SecondFactors
from api.acts.take_out import TakeOuts
from api.config import ApiConfig
from api.domain import catalogue
from api.domain.meeting import Patience
from api.live.desks import Desks
from api.live.looking import Looking
from api.live.meetings import LiveMeetings
from api.live.neighbours import Neighbours
from api.live.recorder_state import RecorderState
from api.live.relay_events import RelayEvents
from api.live.rooms import Rooms
from api.live.standing import Standing
from api.live.watches import Watches
from media_server.bus import Bus
from recorder.checkpointing import Checkpointing
from storage.clock_watch import ClockWatch
from storage.database import Database
from storage.notary import Notary
from storage.objects import Objects

log = logging.getLogger(__name__)

CONNECTIONS = 10
TIDY_DESKS_S = 60.0
READ_RULES_S = 20.0  # far below county_rules.MARGIN_S
CHAINS = ("decision", "delivered", "hub")  # signed here each minute; those of recordings by the recorder


class House:
    def __init__(self, config: ApiConfig, database: Database, bus: Bus, objects: Objects | None) -> None:
        self.config = config
        self.database = database
        self.bus = bus
        self.objects = objects
        key = config.second_factor_key or secrets.token_bytes(32)
        self.factors = SecondFactors(config.second_factor, SealedSecrets(key), config.hub_id)
        self.rooms = Rooms()
        self.recorder = RecorderState(bus)
        self.meetings = LiveMeetings(bus, database, self.rooms, self.recorder, self.spawn)
        self.relay = RelayEvents(bus, database, self.rooms, self.meetings.attendance, self.meetings.inside)
        self.neighbours = Neighbours(bus, database, self.recorder)
        self.standing = Standing(database, self.rooms, self.meetings, self.neighbours)
        self.take_outs = TakeOuts(database, objects, config.spool, config.derived, config.key_path)
        self.documents = Documents(config.papers)
        self.page_photos = PagePhotos()
        self.looking = Looking(database, config.hub_id)
        self.notary = Notary(config.key_path, ClockWatch(config.time_source))
        self.checkpointing = Checkpointing(database, self.notary, CHAINS, config.checkpoint_every_s)
        patience = Patience(int(config.absence_limit_s * 1e9), int(config.absence_lost_limit_s * 1e9))
        self.watches = Watches(database, self.recorder, self.meetings, self.neighbours, patience, self.relay.reconcile)
        self.desks = Desks(database)
        self._rules = 0  # sets of the county's own that were read
        self._tasks: set[asyncio.Task[None]] = set()
        self.closing = asyncio.Event()  # channels end themselves when it is set

    @property
    def site(self) -> str:
        """The address below which the pages lie."""
        return self.config.public_url.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def opened(cls, config: ApiConfig) -> AsyncIterator["House"]:
        """Raises DatabaseAway, NoAnswer: the api does not start without database and bus."""
        async with contextlib.AsyncExitStack() as stack:
            database = await Database.open(config.database_url)
            stack.push_async_callback(database.close)
            bus = await Bus.connect(config.bus_url, "api", config.bus_token)
            stack.push_async_callback(bus.close)
            objects = None
            if config.objects is not None:
                objects = Objects(config.objects)
                stack.push_async_callback(objects.close)
            house = cls(config, database, bus, objects)
            stack.push_async_callback(house._end)
            await house._begin()
            yield house

    async def _begin(self) -> None:
        self._rules = await county_rules.load(self.database)
        await self.recorder.listen()
        await self.relay.listen()
        await self.meetings.listen()
        await self.bus.present("api", lambda: {"ok": self.bus.connected})
        self.spawn(self._look_around(), "look around")
        self.spawn(self.notary.clock.keep(), "clock")
        self.spawn(self._prepare(), "prepare")
        for run in (
            self.meetings.run,
            self.standing.run,
            self.looking.run,
            self.watches.watch_recorder,
            self.watches.watch_absence,
            self.watches.watch_decisions,
            self.checkpointing.keep,
            self.watches.watch_terms,
            self.watches.watch_waiting,
            self.watches.watch_branches,
            self._watch_rules,
            self._tidy_desks,
        ):
            self.spawn(_forever(run), run.__qualname__)

    async def _prepare(self) -> None:
        """Ten who come in the first moment after a start wait no longer than others."""
        await self.database.connect(CONNECTIONS)
        await self.desks.prepare()

    async def _look_around(self) -> None:
        await self.recorder.ask()
        await self.relay.reconcile()

    async def read_rules(self) -> None:
        """What another process, or this one, has just taken up."""
        if await county_rules.count(self.database) != self._rules:
            self._rules = await county_rules.load(self.database)
            self.desks.forget()
            log.info("%d sets of the county's own rules", self._rules)

    async def _watch_rules(self) -> None:
        while True:
            await asyncio.sleep(READ_RULES_S)
            await self.read_rules()

    async def _tidy_desks(self) -> None:
        while True:
            await self.desks.tidy()
            await asyncio.sleep(TIDY_DESKS_S)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """A task whose failure is seen in the log, ended with the house."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s failed", task.get_name(), exc_info=task.exception())

    async def _end(self) -> None:
        self.closing.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.looking.write()
        self.documents.close()
        self.page_photos.close()
        catalogue.take_up(None)


async def _forever(run: Callable[[], Awaitable[None]]) -> None:
    """A loop that met something unforeseen begins again after a second."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s begins again", getattr(run, "__qualname__", run))
            await asyncio.sleep(1.0)
