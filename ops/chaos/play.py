"""The trial itself: a hub of its own, meetings with numbered film, blows, and the account at the end."""

import asyncio
import contextlib
import dataclasses
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from ops import archive, ports
from ops.addresses import free_port
from ops.chaos.account import Account, account
from ops.chaos.blows import Blow, Watch, draw
from ops.chaos.clock import Clock, TimeSource
from ops.chaos.disk import Disk
from ops.chaos.postgres import Postgres
from ops.chaos.proxy import Mode, Proxy
from ops.chaos.reading import Archive, read, state_of, unconfirmed
from ops.chaos.sending import NumberedSender
from ops.child import Spec
from ops.errors import ChaosFailed
from ops.secrets import first_password
from ops.sender.film import Film, FilmMissing, bunny, load, transcode
from ops.sender.hub import Hub as Site
from ops.sender.hub import HubRefused
from ops.setting_table import Settings
from ops.start import ObjectsAt, Start
from ops.supervisor import Hub
from storage.database import Database
from storage.errors import StorageError
from storage.objects import Objects
from storage.tables import Segment, Stored
from storage.verify import verify_folder

KIND = "representatives_meeting"
CONNECT_S = 20.0
PATIENT_S = 20.0  # a request's, on a machine that is busy with what is done to it
HEALTHY_S = 60.0
# Before the first blow and after the last: so that each has something to hit, and time to be made good.
LEAD_S, REST_S = 4.0, 4.0
CLOSED_S = 120.0
CATCH_UP_S = 120.0
# A meeting's first moment: packets that come before the relay has finished the handshake are lost, and an archive
# begins with a key frame (one a second).
BEGINNING_NS = 2_500_000_000
DISK_MIB = 96
# A frame's place is made of its sender's report and of its arrival, on a machine that is busy; a clock is stepped by
# far more.
APART_S = 1.0
TRUE_S = 2.0  # a checkpoint's wall clock and what it states of it give the time, so exactly
# A meeting's own edges, and the causes that a part's death may have.
CAUSES = {"relay": {"relay"}}


@dataclass(frozen=True)
class Trial:
    """What is to happen; times in seconds."""

    kills: int = 20
    parts: tuple[str, ...] = ("recorder",)
    seed: int = 0
    rooms: int = 1
    seconds: float = 0.0  # at least so long
    store_away: float = 0.0
    store_answers: Mode = "away"
    disk_full: float = 0.0
    database_locked: float = 0.0
    postgres: bool = False
    database_held: float = 0.0  # PostgreSQL alone can be
    clock_ahead: float = 0.0
    clock_by: float = 3600.0
    lose: float = 0.0  # share of packets


@dataclass
class Outcome:
    kills: Counter[str] = field(default_factory=Counter)
    near: int = 0  # kills within 100 ms of a segment's end or upload
    account: Account = field(default_factory=Account)
    beginning: int = 0  # frames before an archive's first
    verified: list[str] = field(default_factory=list)  # findings
    segments: int = 0
    bytes: int = 0
    unconfirmed: int = 0
    unconfirmed_most: int = 0  # when the store came back
    caught_up_s: float | None = None
    altered_in_store: int = 0
    refused_connections: int = 0
    lost_packets: int = 0
    holes: list[tuple[float, float, str]] = field(default_factory=list)  # all that the archives name: s, s, cause
    away_s: list[tuple[str, float, float]] = field(default_factory=list)  # part; s of meeting time, s until it was back
    told: Counter[str] = field(default_factory=Counter)  # what the recorder said of itself, seconds
    apart_s: float = 0.0  # between a segment's place on the time line and when its first frame was captured, at most
    clocks: list[float | None] = field(default_factory=list)  # of checkpoints: offset (s), None where not verified
    turned: list[str] = field(default_factory=list)  # what was ended or began anew though nobody did it
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return self.account.sound and self.account.kept > 0 and not (
            self.verified or self.unconfirmed or self.altered_in_store or self.turned or self.apart_s > APART_S
        )  # fmt: skip


class TrialHub(Hub):
    """The hub as it is, its store behind a door that can misbehave."""

    def __init__(self, settings: Settings, door: Callable[[str], Proxy], clock: Clock | None) -> None:
        super().__init__(settings, lambda zh, en: None)
        self._door = door
        self._clock = clock
        self.proxy: Proxy | None = None
        self.store: ObjectsAt | None = None  # behind the door

    def _process(self, name: str) -> Spec:
        spec = super()._process(name)
        more = self._clock.environment if self._clock is not None else {}
        return dataclasses.replace(spec, environment={**spec.environment, **more})

    def _settle_objects(self, inner: ports.InnerPorts) -> ObjectsAt:
        self.store = super()._settle_objects(inner)
        self.proxy = self._door(self.store.endpoint)
        return dataclasses.replace(self.store, endpoint=self.proxy.listen())


async def play(trial: Trial, folder: Path) -> Outcome:
    """Raises OpsError when it could not be played."""
    film = await asyncio.to_thread(_film, trial.rooms)
    data = folder / "data"
    async with contextlib.AsyncExitStack() as stack:
        disk = None
        if trial.disk_full:
            disk = Disk(data / "spool", DISK_MIB)
            stack.callback(disk.remove)
        postgres = None
        if trial.postgres:
            postgres = await asyncio.to_thread(Postgres)
            stack.callback(postgres.remove)
        clock = await asyncio.to_thread(Clock, folder) if trial.clock_ahead else None
        source = await stack.enter_async_context(TimeSource())
        watch = Watch(data / "spool")
        settings = Settings(
            data=data, port=free_port(), media_port=free_port(), demo=True, admin_password=first_password(),
            database_url=postgres.url if postgres else "", time_source=source.address,
        )  # fmt: skip
        hub = TrialHub(settings, lambda upstream: Proxy(upstream, watch.upload), clock)
        start = await hub.start()
        stack.push_async_callback(hub.stop)
        assert hub.proxy is not None
        await hub.proxy.start()
        stack.push_async_callback(hub.proxy.stop)
        try:
            return await _Play(trial, hub, start, film, folder, watch, disk, postgres, clock).play()
        except HubRefused as error:
            raise ChaosFailed(str(error)) from error


def _film(rooms: int) -> Film:
    try:
        width, height, kbps = (1280, 720, 1000) if rooms <= 4 else (640, 360, 700)
        cache = Path(tempfile.gettempdir()) / "huilu-film"
        return load(transcode(bunny(), cache, width=width, height=height, kbps=kbps))
    except FilmMissing as error:
        raise ChaosFailed(str(error)) from error


class _Play:
    def __init__(
        self,
        trial: Trial,
        hub: TrialHub,
        start: Start,
        film: Film,
        folder: Path,
        watch: Watch,
        disk: Disk | None,
        postgres: Postgres | None,
        clock: Clock | None,
    ) -> None:
        self.trial, self.hub, self.start, self.film, self.folder = trial, hub, start, film, folder
        self.watch, self.disk, self.postgres, self.clock = watch, disk, postgres, clock
        self.outcome = Outcome()
        self.authority = Path(start.authority) if start.authority else None
        self.senders: list[NumberedSender] = []
        self.meetings: list[str] = []

    async def play(self) -> Outcome:
        database = await Database.open(self.start.database_url)
        began = time.monotonic()
        try:
            async with await self._sign_in("secretary") as secretary, await self._sign_in("terminal") as terminal:
                await self._hold(secretary, terminal)
                for meeting in self.meetings:
                    await self._patiently(secretary, "POST", f"/api/meetings/{meeting}/end")
            await self._closed(database)
            await self._caught_up(database)
            await self._account(database)
        finally:
            await database.close()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    async def _sign_in(self, role: str) -> Site:
        assert self.hub.first is not None
        one = next(account for account in self.hub.first.demo if account["role"] == role)
        site = Site(self.start.local_url, authority=self.authority)
        site.http.timeout = httpx.Timeout(PATIENT_S)
        await site.sign_in(one["username"], one["password"])
        return site

    async def _hold(self, secretary: Site, terminal: Site) -> None:
        village = (await secretary.ask("GET", "/api/me"))["home"]
        stop = asyncio.Event()
        sending: list[asyncio.Task[Any]] = []
        dice = random.Random(self.trial.seed)
        try:
            for number in range(self.trial.rooms):
                title = f"{village['name']}村民代表会议 {number + 1}"
                self.meetings.append(await secretary.open_meeting(title, KIND, village["id"]))
                sender = NumberedSender(
                    self.film, terminal.whip(self.meetings[-1], device=f"chaos{number:03d}"), terminal.token,
                    authority=self.authority, lose=self.trial.lose, dice=dice,
                )  # fmt: skip
                self.senders.append(sender)
                sending.append(asyncio.create_task(sender.run(stop)))
                await self._connected(sender, sending[-1])
            async with asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(self._ask())
                await asyncio.sleep(LEAD_S)
                begun = time.monotonic()
                jobs = [
                    tasks.create_task(job)
                    for job in (
                        self._kill_all(), self._take_store_away(), self._fill_disk(), self._lock_database(),
                        self._hold_database(), self._step_clock(),
                    )
                ]  # fmt: skip
                await asyncio.wait(jobs)
                await asyncio.sleep(max(REST_S, self.trial.seconds - (time.monotonic() - begun)))
                asking.cancel()
            for sender in self.senders:
                await self._connected(sender, None)
            stop.set()
            async with asyncio.timeout(CONNECT_S):
                await asyncio.gather(*sending)
        except TimeoutError as error:
            raise ChaosFailed("the sites did not come or go in time") from error
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
        self.outcome.lost_packets = sum(sender.lost_packets for sender in self.senders)
        await asyncio.sleep(1.5)  # the last packets' way into the recorder

    async def _connected(self, sender: NumberedSender, task: "asyncio.Task[Any] | None") -> None:
        async with asyncio.timeout(CONNECT_S):
            while not sender.sent.connected.is_set():  # and the task may end meanwhile
                if task is not None and task.done():
                    task.result()
                await asyncio.sleep(0.05)

    async def _patiently(self, site: Site, method: str, path: str) -> None:
        """The api or the database may be away just now."""
        until, asked = time.monotonic() + HEALTHY_S, False
        while True:
            try:
                await site.ask(method, path)
                return
            except HubRefused as error:
                if asked and error.status == 409:  # an earlier try came through; its answer didn't
                    return
                if time.monotonic() > until or 400 <= error.status < 500:
                    raise
            asked = True
            await asyncio.sleep(0.5)

    async def _ask(self) -> None:
        """What the pages are told of the recorder, each second."""
        async with await self._sign_in("secretary") as site:
            while True:
                with contextlib.suppress(HubRefused):
                    told = (await site.ask("GET", "/api/status"))["recorder"]
                    self.outcome.told[told["code"] or "well"] += 1
                await asyncio.sleep(1.0)

    # blows

    async def _kill_all(self) -> None:
        for blow in draw(self.trial.seed, self.trial.kills, self.trial.parts):
            await asyncio.sleep(blow.pause_s)
            self.outcome.near += bool(await self.watch.until(blow) and blow.near)
            await self._kill(blow)

    async def _kill(self, blow: Blow) -> None:
        child = self.hub.children[blow.part]
        pid = child.pid
        if pid is None:  # it is being started
            return
        sessions = [sender.sent.sessions for sender in self.senders]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.outcome.kills[blow.part] += 1
        at = time.monotonic()

        def back() -> bool:
            return (
                child.healthy
                and child.pid not in (None, pid)
                and all(sender.sent.connected.is_set() for sender in self.senders)
                and (
                    blow.part != "relay"
                    or all(s.sent.sessions > n for s, n in zip(self.senders, sessions, strict=True))
                )
            )

        try:
            async with asyncio.timeout(HEALTHY_S):
                while not back():  # noqa: ASYNC110  # other processes change it
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise ChaosFailed(f"{blow.part} did not come back") from error
        self.outcome.away_s.append((blow.part, at, time.monotonic() - at))

    async def _take_store_away(self) -> None:
        if not self.trial.store_away:
            return
        assert self.hub.proxy is not None
        self.hub.proxy.become(self.trial.store_answers)
        await asyncio.sleep(self.trial.store_away)
        self.outcome.refused_connections = self.hub.proxy.connections
        self.hub.proxy.become("pass")

    async def _fill_disk(self) -> None:
        if self.disk is None:
            return
        hog = await asyncio.to_thread(self.disk.fill)
        await asyncio.sleep(self.trial.disk_full)
        hog.unlink()

    async def _lock_database(self) -> None:
        if self.trial.database_locked:
            await asyncio.to_thread(self._hold_lock)

    def _hold_lock(self) -> None:
        """As a foreign program does that forgets its transaction."""
        connection = sqlite3.connect(self.start.layout.database, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(self.trial.database_locked)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    async def _hold_database(self) -> None:
        if self.postgres is not None and self.trial.database_held:
            await asyncio.to_thread(self.postgres.hold)
            try:
                await asyncio.sleep(self.trial.database_held)
            finally:
                await asyncio.to_thread(self.postgres.let_go)

    async def _step_clock(self) -> None:
        if self.clock is not None:
            self.clock.step(self.trial.clock_by)
            await asyncio.sleep(self.trial.clock_ahead)
            self.clock.step(0.0)

    # the account

    async def _closed(self, database: Database) -> None:
        until = time.monotonic() + CLOSED_S
        while {await state_of(database, meeting) for meeting in self.meetings} != {"closed"}:
            if time.monotonic() > until:
                raise ChaosFailed("a recording is not closed")
            await asyncio.sleep(0.2)

    async def _caught_up(self, database: Database) -> None:
        outcome, began = self.outcome, time.monotonic()
        while True:
            outcome.unconfirmed, outcome.segments, outcome.bytes = await unconfirmed(database)
            outcome.unconfirmed_most = max(outcome.unconfirmed_most, outcome.unconfirmed)
            if not outcome.unconfirmed or time.monotonic() - began > CATCH_UP_S + self.trial.store_away:
                break
            await asyncio.sleep(0.25)
        if not outcome.unconfirmed:
            outcome.caught_up_s = time.monotonic() - began
        assert self.hub.store is not None
        objects = Objects(dataclasses.replace(self.start, objects=self.hub.store).objects_config())
        try:
            async for segment, stored in _stored(database):
                outcome.altered_in_store += not await objects.confirm(stored.key, stored.version, segment.sha256)
        except StorageError as error:
            raise ChaosFailed(str(error)) from error
        finally:
            await objects.close()

    async def _account(self, database: Database) -> None:
        causes = {cause for part in self.trial.parts for cause in CAUSES.get(part, ())}
        causes |= {"network"} if self.trial.lose else set()
        causes |= {"disk"} if self.trial.disk_full else set()
        for meeting, sender in zip(self.meetings, self.senders, strict=True):
            exported = self.folder / f"export-{meeting}"
            await archive.write(self.start, meeting, exported)
            report = await asyncio.to_thread(verify_folder, exported)
            self.outcome.verified += [finding.en for finding in report.findings]
            found = await read(database, meeting, exported)
            for kind, moments in (("camera", sender.pictures), ("microphone", sender.sounds)):
                sent = [found.origin.meeting_ns(at) for at in moments]
                tracks = [track for track in found.tracks if track.kind == kind]
                numbers = [number for track in tracks for number in track.numbers]
                first = min((number for number in numbers if number is not None), default=0)
                if sent and first < len(sent) and sent[first] - sent[0] > BEGINNING_NS:
                    first = 0
                self.outcome.beginning += first
                shifted = [None if number is None else number - first for number in numbers]
                holes = [hole for track in tracks for hole in track.holes]
                self.outcome.account += account(sent[first:], shifted, holes, causes)
                self.outcome.holes += [(hole.start_ns / 1e9, hole.end_ns / 1e9, hole.cause) for hole in holes]
                apart = [abs(at - sent[n]) for track in tracks for n, at in track.firsts if 0 <= n < len(sent)]
                self.outcome.apart_s = max([self.outcome.apart_s, *(each / 1e9 for each in apart)])
            self._turned(meeting, sender, found)
            await asyncio.to_thread(shutil.rmtree, exported)
            zero = found.origin.monotonic_ns / 1e9
        self.outcome.away_s = [(part, at - zero, took) for part, at, took in self.outcome.away_s]

    def _turned(self, meeting: str, sender: NumberedSender, found: Archive) -> None:
        """What a step of the clock could end or begin, and nothing else that is done here."""
        turned = self.outcome.turned
        if found.ended_by == "absence":
            turned.append(f"{meeting} was ended by absence")
        if not self.outcome.kills and not self.trial.database_held and sender.sent.sessions > 1:
            turned.append(f"{meeting}: the site had {sender.sent.sessions} sessions")
        now = time.time_ns()
        for at, clock in found.clocks:
            stated = clock["offset_us"] / 1e6 if isinstance(clock, dict) else None
            self.outcome.clocks.append(stated)
            if stated is not None:
                true = datetime.fromisoformat(at).timestamp() + stated
                if not found.origin.wall_ns / 1e9 - TRUE_S <= true <= now / 1e9 + TRUE_S:
                    turned.append(f"{meeting}: a checkpoint of {at} states {stated:.1f} s")


async def _stored(database: Database) -> AsyncIterator[tuple[Segment, Stored]]:
    from sqlalchemy import select

    async with database.reading() as session:
        rows = (await session.execute(select(Segment, Stored).join(Stored, Stored.segment_id == Segment.id))).all()
    for segment, stored in rows:
        yield segment, stored
