"""Between the engine and the world: takes what arrived, and does what the engine wants done, in its order."""

import asyncio
import contextlib
import logging
import time
from random import SystemRandom

from media_server.batch import Batch
from media_server.bus import Bus
from media_server.dtls import Certificate, DtlsFailed, DtlsPeer
from media_server.engine.drops import DropReason
from media_server.engine.outputs import (
    Again,
    Closed,
    Event,
    Forward,
    Handshake,
    Output,
    Path,
    RemoveViewer,
    Rtcp,
    SetEntry,
    SetViewer,
    Transmit,
)  # fmt: skip
from media_server.engine.relay import TICK_NS, EngineSettings, Relay
from media_server.fanout import Fanout, Way
from media_server.fanout.choice import choose
from media_server.listeners import ListenerServer
from media_server.srtp import inbound
from media_server.tasks import Tasks

MAX_EVENTS = 5_000  # waiting for the bus; the oldest goes first, and levels are told again every 2 s

log = logging.getLogger(__name__)


class _Peer:
    """A session's DTLS with its task, and the way it last had."""

    def __init__(self, dtls: DtlsPeer) -> None:
        self.dtls = dtls
        self.task: asyncio.Task[None] | None = None


class Driver:
    def __init__(self, settings: EngineSettings, certificate: Certificate, fanout: str = "") -> None:
        self.relay = Relay(settings, SystemRandom())
        self.certificate = certificate
        self.fanout: Fanout = choose(fanout, self.relay.drops)
        self._batch = Batch(self.fanout.forward)
        self.listeners: ListenerServer | None = None
        self.arrived = 0
        self.events_dropped = 0
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_EVENTS)
        self._peers: dict[str, _Peer] = {}
        self._ways: dict[str, Way] = {}
        self._tasks = Tasks()

    # -- in

    def deliver(self, arrived: list[tuple[Path, bytes]]) -> None:
        now = time.monotonic_ns()
        self.arrived += len(arrived)
        for path, data in arrived:
            try:
                self.relay.datagram(now, path, data)
            except Exception:
                self.relay.drops.add(DropReason.FAILED)
                log.exception("a datagram of %d bytes", len(data))
        self.act()

    def lost(self, path: Path) -> None:
        self.relay.lost(path)
        self.act()

    def knows(self, path: Path) -> bool:
        return self.relay.knows(path)

    async def keep_time(self) -> None:
        while True:
            await asyncio.sleep(TICK_NS / 1e9)
            self.relay.tick(time.monotonic_ns())
            self.act()

    async def tell(self, bus: Bus) -> None:
        """Publish events, each with the epoch."""
        while True:
            event = await self._events.get()
            await bus.publish(event.subject, {"epoch": self.relay.settings.epoch, **event.body})

    # -- out

    def act(self) -> None:
        batch = self._batch
        for output in self.relay.drain():
            if isinstance(output, Forward):
                batch.add(output)
                continue
            if isinstance(output, SetEntry | SetViewer | RemoveViewer | Again):
                batch.flush()  # what was to go before the table changes
            self._do(output)
        batch.settle()

    def _do(self, output: Output) -> None:
        if isinstance(output, Transmit):
            _way(output.path).send(output.data)
        elif isinstance(output, Rtcp):
            self.fanout.rtcp(output.viewer, output.data)
        elif isinstance(output, SetEntry):
            self.fanout.set_entry(output)
        elif isinstance(output, Again):
            self.fanout.again(output.viewer, output.data)
        elif isinstance(output, SetViewer):
            self.fanout.set_viewer(output.viewer, _way(output.path), output.tx)
        elif isinstance(output, RemoveViewer):
            self.fanout.remove_viewer(output.viewer)
        elif isinstance(output, Handshake):
            self._handshake(output)
        elif isinstance(output, Event):
            self._put(output)
        elif isinstance(output, Closed):
            self._close(output.session)
        elif self.listeners is not None:
            self.listeners.tell(output)

    def _put(self, event: Event) -> None:
        if self._events.full():
            self._events.get_nowait()
            self.events_dropped += 1
        self._events.put_nowait(event)

    # -- DTLS

    def _handshake(self, output: Handshake) -> None:
        session = self.relay.sessions.get(output.session)
        if session is None:
            return
        peer = self._peers.get(session.id)
        if peer is None:
            name = session.id
            dtls = DtlsPeer(self.certificate, session.request.fingerprint, lambda data: self._send(name, data))
            peer = self._peers[name] = _Peer(dtls)
            peer.task = self._tasks.start(self._run(name, dtls), f"DTLS of {name}")
        if not peer.dtls.receive(output.data):
            self.relay.drops.add(DropReason.DTLS_QUEUE_FULL)

    def _send(self, session: str, data: bytes) -> None:
        path = self.relay.way(session)
        if path is not None:
            self._ways[session] = _way(path)
        way = self._ways.get(session)  # a good-bye goes out after the session is gone
        if way is not None:
            way.send(data)

    async def _run(self, session: str, dtls: DtlsPeer) -> None:
        cause = "closed"
        try:
            keys = await dtls.handshake()
            self.relay.keys(time.monotonic_ns(), session, inbound(keys.rx), keys.tx)
            self.act()
            await dtls.over()
        except DtlsFailed as error:
            cause = "dtls"
            log.info("session %s: DTLS %s", session, error)
        except Exception:
            cause = "dtls"
            log.exception("session %s: DTLS", session)
        self.relay.dtls_ended(time.monotonic_ns(), session, cause)
        self.act()

    def _close(self, session: str) -> None:
        peer = self._peers.pop(session, None)
        if peer is None:
            return
        self._tasks.start(self._say_good_bye(session, peer), f"good-bye to {session}")

    async def _say_good_bye(self, session: str, peer: _Peer) -> None:
        try:
            async with asyncio.timeout(2):
                await peer.dtls.stop()
                if peer.task is not None and peer.task is not asyncio.current_task():
                    peer.task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await peer.task
        except TimeoutError:
            log.warning("session %s: DTLS does not end", session)
        finally:
            self._ways.pop(session, None)

    async def close(self) -> None:
        """End every session and say good-bye."""
        now = time.monotonic_ns()
        for session in list(self.relay.sessions):
            self.relay.close(now, session)
        self.act()
        await self._tasks.finish()


def _way(path: Path) -> Way:
    send = getattr(path, "send", None)
    assert send is not None, "every path that reached the engine came from a transport"
    way: Way = path  # type: ignore[assignment]
    return way
