"""One hub: its processes started in order, kept alive, shown in one table, ended in order with nothing lost.

start   bus, objects, database (a task that ends), relay → recorder, worker, api; nothing waits for the objects
stop    relay; recorder, which seals what is open; worker and api; bus and objects
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from prometheus_client import REGISTRY

from media_server import memory
from media_server.bus import Bus, Message
from media_server.engine.drops import Drops
from media_server.errors import RelayError
from media_server.fanout.choice import choose
from ops import bus_server, certificates, object_store, ports, prepare, secrets
from ops.addresses import local_addresses
from ops.child import Child, Spec, Tell, Timing, Unwell, all_healthy
from ops.errors import BadSetting
from ops.files import write_private
from ops.layout import Layout
from ops.lock import Lock
from ops.logs import Log
from ops.setting_table import Settings
from ops.start import ObjectsAt, Start
from ops.supervision_metrics import ProcessCollector
from ops.terminal import table
from storage.errors import KeyLost

START_S = 100.0  # until every part is healthy, on the slowest machine that is worth waiting for
STOP_S = 4.8  # of the five seconds that a stop may take
CERTIFICATE_S = 3600.0  # how often names and age of the certificate are looked at
PROCESSES = ("relay", "recorder", "worker", "api")
# The relay keeps 10 s: a hanging recorder that is replaced within them has lost nothing.
RECORDER_HANG_S = 6.0
STOP_ORDER = (  # (DESIGN §4), and the most that each may take of the time
    (("relay",), 1.0),
    (("recorder",), 2.0),  # seals what is open
    (("worker", "api"), 1.2),
    (("bus", "objects"), 2.0),
)
_BUS_SURE_S = 1.5  # the bus counts as carrying answers when it has been well for so long


class Hub:
    def __init__(self, settings: Settings, tell: Tell, timing: Timing | None = None) -> None:
        self.settings = settings
        self.layout = Layout(settings.data)
        self.children: dict[str, Child] = {}
        self.first: prepare.First | None = None  # what the preparation of the database said
        self._tell = tell
        self._timing = timing or Timing()
        self._lock: Lock | None = None
        self._leftovers: list[Path] = []  # what the store makes outside of the data folder
        self._socket: socket.socket | None = None
        self._bus: Bus | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._logs: list[Log] = []
        self._sparing = asyncio.Lock()
        self._collector = ProcessCollector(self.children)
        self._failed: asyncio.Future[None] | None = None
        self.start_facts: Start | None = None

    # start

    async def start(self) -> Start:
        """Every part healthy, or an OpsError and nothing left running."""
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> Start:
        self._failed = asyncio.get_running_loop().create_future()
        self.layout.make()
        self._lock = Lock(self.layout.run)
        self._lock.take()
        _try_fanout(self.settings.fanout)
        addresses = self.settings.media_address or local_addresses()
        self._socket = ports.listen(self.settings.listen_address, self.settings.port)
        ports.try_media(addresses, self.settings.media_port)
        facts = self._settle(addresses)
        facts.write()
        self.start_facts = facts

        database_ready = asyncio.Event()
        bus_ready = asyncio.Event()
        if "bus" in self.children:
            bus_ready = self.children["bus"].was_healthy
        else:
            bus_ready.set()
        for name in PROCESSES:
            self._add(self._process(name))
        for name, child in self.children.items():
            after = () if name in ("bus", "objects") else (bus_ready,)
            if name in ("recorder", "worker", "api"):
                after = (*after, database_ready)
            self._keep(name, child.run(*after))
        self._keep("line", self._line(bus_ready, facts))
        self._keep("database", self._prepare(database_ready))
        self._keep("certificate", self._renew_certificate(addresses))

        ready = asyncio.ensure_future(all_healthy(list(self.children.values()), START_S))
        try:
            await asyncio.wait((ready, self._failed), return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
            await ready
        finally:
            ready.cancel()
        return facts

    def _settle(self, addresses: tuple[str, ...]) -> Start:
        """Ports, tokens, files; adds the children for bus and objects where they are the hub's own."""
        settings, layout = self.settings, self.layout
        held = secrets.load_or_make(layout.keys)
        inner = ports.InnerPorts(layout.run)
        bus_url, bus_token = settings.bus_url, settings.bus_token
        if not bus_url:
            port = inner.port("bus")
            bus_url, bus_token = f"nats://127.0.0.1:{port}", held.bus_token
            self._add(bus_server.spec(layout.bus, layout.run / "nats.conf", port, bus_token))
        objects = self._settle_objects(inner)
        if settings.certificate_file:
            pair = certificates.own_certificate(Path(settings.certificate_file), Path(settings.certificate_key_file))
        else:
            names = certificates.wanted_names(addresses, settings.certificate_names)
            pair = certificates.ensure(layout.certificates, names)
        known_as = next((one for one in addresses if one != "127.0.0.1"), "localhost")
        known_as = f"[{known_as}]" if ":" in known_as else known_as
        return Start(
            data=str(layout.data),
            hub_id=held.hub_id,
            public_url=settings.public_url or f"https://{known_as}:{settings.port}",
            local_url=f"https://{settings.listen_address or 'localhost'}:{settings.port}",
            notices_url=settings.notices_url,
            papers=settings.papers_folder or str(layout.data / "papers"),
            bus_url=bus_url,
            bus_token=bus_token,
            database_url=settings.database_url or f"sqlite+aiosqlite:///{layout.database}",
            objects=objects,
            media_port=settings.media_port,
            media_addresses=addresses,
            certificate=str(pair.certificate),
            certificate_key=str(pair.key),
            authority=str(pair.authority) if pair.authority else None,
            remb_bps=settings.remb_kbps * 1000,
            silent_s=settings.silent_s,
            fanout=settings.fanout,
            absence_s=settings.absence_min * 60,
            absence_lost_s=settings.absence_lost_min * 60,
            spool_limit_bytes=settings.spool_limit_gib << 30,
            metrics_token=settings.metrics_token,
            turn_urls=settings.turn_urls,
            turn_username=settings.turn_username,
            turn_password=settings.turn_password,
            turn_secret=settings.turn_secret,
            stamp_url=settings.stamp_url,
            stamp_certificates=certificates.of_authority(settings.stamp_certificate_file),
            stamp_policy=settings.stamp_policy,
            stamp_timeout_s=settings.stamp_timeout_s,
            stamp_every_s=settings.stamp_every_min * 60,
            stamp_clock_s=settings.stamp_clock_s,
            time_source=settings.time_source,
            second_factor=settings.second_factor,
            days_off=settings.days_off,
            days_worked=settings.days_worked,
            second_factor_key=held.second_factor_key,
            webhook_url=settings.webhook_url,
            webhook_form=settings.webhook_form,
            webhook_secret=settings.webhook_secret,
            webhook_template=_absolute(settings.webhook_template_file),
            webhook_timeout_s=settings.webhook_timeout_s,
        )

    def _settle_objects(self, inner: ports.InnerPorts) -> ObjectsAt:
        settings = self.settings
        if settings.objects_endpoint:
            return ObjectsAt(
                settings.objects_endpoint,
                settings.objects_access_key,
                settings.objects_secret_key,
                settings.objects_bucket,
                settings.objects_secure,
                settings.objects_lock_days,
                doors=None,
            )
        planned = object_store.plan(self.layout.objects, inner)
        self._add(object_store.spec(planned))
        self._leftovers = planned.leftovers()
        return ObjectsAt(
            planned.endpoint,
            planned.access_key,
            planned.secret_key,
            settings.objects_bucket,
            secure=False,
            lock_days=settings.objects_lock_days,
            doors=planned.ports.all,
        )

    def _process(self, name: str) -> Spec:
        environment = prepare.child_environment()
        fds: tuple[int, ...] = ()
        if name == "api":
            assert self._socket is not None
            fds = (self._socket.fileno(),)
            environment[prepare.LISTEN_FD] = str(fds[0])
        elif name == "relay":
            environment |= memory.environment(os.environ)

        async def ask(pid: int) -> str:
            if self._bus is None:
                raise Unwell("bus")
            try:
                answer = await self._bus.request(f"huilu.health.{name}", {}, timeout=self._timing.answer)
            except RelayError as error:
                raise Unwell(error.detail) from error
            if answer.get("pid") != pid:
                raise Unwell(f"another process answers: pid {answer.get('pid')}")
            return str(answer.get("detail", ""))

        where = {
            "relay": f"UDP+TCP {self.settings.media_port}",
            "api": f"https *:{self.settings.port}",
            "recorder": str(self.layout.spool),
            "worker": str(self.layout.derived),
        }[name]
        return Spec(
            name=name,
            argv=prepare.waiting_command(name, self.layout.data),
            waits=True,
            spare=self.settings.spares,
            ask=ask,
            where=where,
            carried_since=self._bus_since,
            environment=environment,
            pass_fds=fds,
            hang_s=RECORDER_HANG_S if name == "recorder" else None,
        )

    def _bus_since(self) -> float | None:
        """Since when the bus has carried answers, if it has for a while."""
        if self._bus is None or not self._bus.connected:
            return None
        own = self.children.get("bus")
        if own is None:
            return self._connected_since
        if own.well_since is None or time.monotonic() - own.well_since < _BUS_SURE_S:
            return None
        return own.well_since

    _connected_since = 0.0

    def _add(self, spec: Spec) -> None:
        log = Log(self.layout.logs / f"{spec.name}.log", self.settings.log_mib << 20)
        self._logs.append(log)
        child = Child(spec, log, self._tell, self._timing, self._sparing)
        child.on_change = self._note_children
        self.children[spec.name] = child

    def _note_children(self) -> None:
        if self._lock is not None:
            self._lock.note_children({name: child.pid for name, child in self.children.items() if child.pid})

    # while it runs

    async def _line(self, bus_ready: asyncio.Event, facts: Start) -> None:
        """The hub's own line to the bus: asks its children, answers for itself."""
        await bus_ready.wait()
        self._bus = await Bus.connect(facts.bus_url, "supervisor", facts.bus_token)
        REGISTRY.register(self._collector)
        await self._bus.present("supervisor", self.health)
        was = True
        while True:  # an outside bus has no child that says since when it is well
            if self._bus.connected and not was:
                self._connected_since = time.monotonic()
            was = self._bus.connected
            await asyncio.sleep(self._timing.beat)

    def health(self) -> Message:
        return {
            "ok": all(child.healthy for child in self.children.values()),
            "processes": {
                name: {
                    "state": child.state,
                    "pid": child.pid,
                    "restarts": child.restarts,
                    "start_s": round(child.last_start_s, 3),
                    "detail": child.detail,
                }
                for name, child in self.children.items()
            },
        }

    async def _prepare(self, ready: asyncio.Event) -> None:
        log = Log(self.layout.logs / "database.log", self.settings.log_mib << 20)
        self._logs.append(log)
        self.first = await prepare.database(self.layout.data, self.settings.demo, self.settings.admin_password, log)
        if self.first.unintroduced is not None:
            lost = KeyLost(self.first.unintroduced)
            self._tell(f"{lost.zh}：{lost.detail}", f"{lost.en} [{lost.code}] {lost.detail}")
        if self.first.demo:  # passwords of people who don't exist: kept, so that trying things out may go on tomorrow
            made = json.dumps(self.first.demo, ensure_ascii=False, indent=1)
            write_private(self.layout.demo_accounts, made.encode())
        ready.set()

    async def _renew_certificate(self, addresses: tuple[str, ...]) -> None:
        """The api takes a new file by itself (ops.processes)."""
        while not self.settings.certificate_file:
            await asyncio.sleep(CERTIFICATE_S)
            now_here = self.settings.media_address or local_addresses()
            names = certificates.wanted_names((*addresses, *now_here), self.settings.certificate_names)
            await asyncio.to_thread(certificates.ensure, self.layout.certificates, names)

    def _keep(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._see)

    def _see(self, task: asyncio.Task[None]) -> None:
        """A failure of the hub's own tasks ends the hub: it can't look after anybody any more."""
        if task.cancelled() or (error := task.exception()) is None or self._failed is None:
            return
        if not self._failed.done():
            self._failed.set_exception(error)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; raises what ended one of the hub's own tasks."""
        assert self._failed is not None
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((stopped, self._failed), return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
        finally:
            stopped.cancel()

    def table(self) -> str:
        rows = [
            (
                name,
                child.state,
                str(child.pid or ""),
                child.spec.where,
                f"{child.last_start_s:.1f} s",
                child.detail[:40],
            )
            for name, child in self.children.items()
        ]
        return table(("组件 part", "状态 state", "pid", "位置 where", "启动 start", "说明 detail"), rows)

    # stop

    async def stop(self) -> None:
        """Relay, recorder, worker and api, bus and objects; within STOP_S, whatever hangs."""
        deadline = time.monotonic() + STOP_S

        def left(most: float) -> float:
            return max(0.1, min(most, deadline - time.monotonic()))

        for names, most in STOP_ORDER:
            if "bus" in names and self._bus is not None:
                with contextlib.suppress(KeyError):
                    REGISTRY.unregister(self._collector)
                await self._bus.close()
            here = [self.children[name] for name in names if name in self.children]
            await asyncio.gather(*(child.stop(left(most)) for child in here))
        for path in self._leftovers:
            path.unlink(missing_ok=True)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._failed is not None and self._failed.done():
            self._failed.exception()  # seen
        for log in self._logs:
            log.close()
        if self._socket is not None:
            self._socket.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _try_fanout(wanted: str) -> None:
    """Refuse at the terminal what the relay would only refuse in its log."""
    if wanted == "native":
        try:
            choose(wanted, Drops())
        except RelayError as error:
            raise BadSetting(f"fanout = native: {error.zh} / {error.en} [{error.code}]") from error


async def until_signalled(settings: Settings, tell: Tell, started: Callable[[Hub, Start], None]) -> None:
    """What `huilu up` does: start, show, run until Ctrl-C or SIGTERM, stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    hub = Hub(settings, tell)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.ensure_future(hub.start())
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            started(hub, starting.result())
            await hub.run(stop)
            tell("正在停止", "stopping")
    finally:
        stopped.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        else:
            await hub.stop()


def _absolute(file: str) -> str:
    return str(Path(file).absolute()) if file else ""
