"""The load's process: commands as JSON lines on standard input, one JSON line of answer to each.

    first line   Config
    join         Group: so many clients join → join times, failures
    mark         counting begins, for those who are in
    line         Conditions: the line to each of them becomes this one
    tell         what was counted since
and the end of the input ends it. All reading is done in rounds, because a wake-up for each packet of 400 sockets
would cost more than the packets.
"""

import asyncio
import json
import resource
import select
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from media_server.bus import Bus
from media_server.errors import RelayError
from ops.bench.emulator import Conditions, Link
from ops.bench.ground import enter
from ops.bench.load.client import CONSENT_EVERY_NS, Client, HandshakeFailed, NoPath
from ops.bench.load.door import Door, Media
from ops.bench.load.flows import Flows
from ops.bench.load.many import SLOT, Many
from ops.bench.load.orders import Command, Config, Group
from ops.bench.load.publish import Publisher
from ops.bench.load.watch import LATENCY_STEP_US, Counts, Watch
from ops.sender import rtcp
from ops.sender.film import Film, load
from ops.sender.packetizer import Stream
from ops.sender.session import SessionFailed

REPORT_EVERY_NS = 1_000_000_000
LIGHT_EVERY_NS = 25_000_000  # a picture's time and a little: fewer, fuller readings; nobody waits for these figures
JOIN_LIMIT_S = 30.0
JOINS_LIMIT_S = 60.0  # of a whole group: a relay that can't keep up would hold up the measurement for hours
LEVELS = (20, 40)  # −dBov of the first and of every other site: the first is always the speaker


@dataclass(slots=True, eq=False)
class Member:
    number: int
    client: Client
    publisher: Publisher | None = None
    playing: asyncio.Task[None] | None = None
    watch: Watch | None = None  # none any more: light
    watched: Counts = field(default_factory=Counts)  # at the mark
    light: bool = False
    counted: bool = False  # was in at the mark
    shown: asyncio.Event = field(default_factory=asyncio.Event)


class Generator:
    def __init__(self, config: Config, bus: Bus) -> None:
        self._config = config
        self._door = Door(bus, config.room)
        self._members: list[Member] = []
        self._by_descriptor: dict[int, Member] = {}
        self._by_session: dict[str, Member] = {}
        self._watching: dict[Member, None] = {}  # those that decrypt
        self._lined: list[Member] = []  # on a bad line
        self._light: dict[int, int] = {}  # descriptor → number of those that don't decrypt
        self._epoll, self._light_epoll = select.epoll(), select.epoll()
        self._light_due = 0
        self._many = Many()
        self._flows = Flows()
        self._due: deque[tuple[int, Member]] = deque()  # reports, in order
        self._films: dict[str, Film] = {}
        self._latencies: Counter[int] = Counter()
        self._gone: Counts = Counts()  # of watches given up since the mark
        self._cpu_s = 0.0  # used at the mark
        self._marked_at = 0  # ns
        self._turned_at: list[float] = []  # seconds since the mark, at which lines became others

    # -- joining

    async def join(self, group: Group) -> Command:
        for film in set(group.films.values()) - self._films.keys():
            self._films[film] = await asyncio.to_thread(load, Path(film))
        turn = asyncio.Semaphore(group.at_once)
        times: list[float] = []
        failures: list[str] = []

        too_late = time.monotonic() + group.over_s + JOINS_LIMIT_S

        async def one(at: int) -> None:
            await asyncio.sleep(group.over_s * at / group.count)
            async with turn:
                if time.monotonic() > too_late:
                    failures.append("the relay is too slow to let in more")
                    return
                try:
                    times.append(await self._join(group, at))
                except (SessionFailed, NoPath, HandshakeFailed, RelayError, TimeoutError) as error:
                    failures.append(f"{type(error).__name__}: {error}")

        await asyncio.gather(*(one(at) for at in range(group.count)))
        return {"join_ms": sorted(round(each * 1e3, 1) for each in times), "failures": failures}

    async def _join(self, group: Group, at: int) -> float:
        """Seconds from the offer to the first whole key frame, or with nothing to see to the agreed keys."""
        number, config = len(self._members), self._config
        lines: list[Link] = []
        if config.line is not None:
            seed = config.seed * 100_000 + number * 2
            lines = [Link(config.line.up, seed), Link(config.line.down, seed + 1)]
        member = Member(number, Client(*lines))
        self._members.append(member)
        if member.client.bad_line:
            self._lined.append(member)
        streams: dict[Media, Stream | None] = {}
        rids: list[str] = []
        if group.films:
            start = at * 7 % 60 / 60  # neighbours' key frames don't come together
            films = {rid: self._films[film] for rid, film in group.films.items()}
            member.publisher = Publisher(
                films, sound=at < group.sound, start=start, level=LEVELS[at > 0], on_request=group.on_request
            )
            streams, rids = member.publisher.streams, member.publisher.rids
        began = time.monotonic_ns()
        entered = await self._door.enter(
            member.client, group.mode, streams, rids, rtx=group.estimates, room=self._room(number)
        )
        self._by_session[entered.session] = member
        await member.client.connect(entered.answer, JOIN_LIMIT_S)
        keyed = time.monotonic_ns()
        if entered.ssrcs:
            member.watch = Watch(member.client, entered.ssrcs, entered.repairs, group.estimates)
            # Spread evenly over the order of joining, which is the order in which the relay serves.
            self._watching[member] = None
            member.light = (at + 1) * group.decrypting // group.count == at * group.decrypting // group.count
        member.client.begin(
            member.watch.take if member.watch else lambda _, __: None,
            lambda compound, when: self._control(member, compound, when),
        )
        self._by_descriptor[member.client.fileno()] = member
        self._epoll.register(member.client.fileno(), select.EPOLLIN)
        self._due.append((time.monotonic_ns() + REPORT_EVERY_NS, member))
        if member.publisher is not None:
            member.playing = asyncio.create_task(member.publisher.play(member.client))
        if member.watch is None:
            return (keyed - began) / 1e9
        watch = member.watch
        async with asyncio.timeout(JOIN_LIMIT_S):
            await member.shown.wait()
        assert watch.first_frame_at is not None, "that is what was waited for"
        return (watch.first_frame_at - began) / 1e9

    def _room(self, number: int) -> str:
        rooms = self._config.rooms
        return f"{self._config.room}-{number % rooms}" if rooms > 1 else self._config.room

    def _control(self, member: Member, compound: bytes, when: int) -> None:
        if member.publisher is not None:
            member.publisher.take(member.client, compound)
        if member.watch is not None:
            member.watch.control(compound, when)

    async def layers(self, _: str, body: dict[str, Any]) -> None:
        """The relay says which layers a session is to send."""
        member = self._by_session.get(body["session"])
        if member is not None and member.publisher is not None:
            member.publisher.turn(body["layers"])

    # -- rounds

    async def rounds(self) -> None:
        while True:
            began = time.monotonic()
            self._round(time.monotonic_ns())
            spent = time.monotonic() - began
            await asyncio.sleep(max(0.0, self._config.round_ms / 1e3 - spent))

    def _round(self, now: int) -> None:
        for member in self._lined:
            member.client.pass_on(now)
        for descriptor, _ in self._epoll.poll(0):
            self._by_descriptor[descriptor].client.read()
        for member in list(self._watching):
            self._look_after(member, now)
        if now >= self._light_due:
            self._light_due = now + LIGHT_EVERY_NS
            self._read_light(now)
        while self._due and self._due[0][0] <= now:
            due, member = self._due.popleft()
            self._due.append((max(due, now - REPORT_EVERY_NS) + REPORT_EVERY_NS, member))
            self._report(member, time.monotonic_ns())  # later than what was read just now

    def _read_light(self, now: int) -> None:
        ready = [(self._light[descriptor], descriptor) for descriptor, _ in self._light_epoll.poll(0)]
        for table in self._many.read(ready):
            second = table.bytes[:, 1]
            media = (table.bytes[:, 0] >> 6 == 2) & ((second & 0x7F < 64) | (second & 0x7F > 95))  # RFC 5761 §4
            self._flows.take(table.bytes[media], table.length[media], table.reader[media])
            for row in np.flatnonzero(~media):
                if table.length[row] <= SLOT:
                    datagram = table.bytes[row, : table.length[row]].tobytes()
                    self._members[table.reader[row]].client.take(datagram, now)

    def _look_after(self, member: Member, now: int) -> None:
        watch = member.watch
        assert watch is not None, "only those who watch are looked after"
        watch.ask(now)
        if watch.first_frame_at is None:
            return
        member.shown.set()
        if member.light:
            self._lighten(member, watch)

    def _lighten(self, member: Member, watch: Watch) -> None:
        """From now on only clear headers are counted."""
        if member.counted:
            self._gone.add(watch.counts)
            self._gone.add(member.watched, -1)
        self._flows.add(member.number, watch.next_numbers())
        member.watch = None
        del self._watching[member]
        member.client.plain_arrivals()
        descriptor = member.client.fileno()
        self._epoll.unregister(descriptor)
        del self._by_descriptor[descriptor]
        self._light[descriptor] = member.number
        self._light_epoll.register(descriptor, select.EPOLLIN)

    def _report(self, member: Member, now: int) -> None:
        client = member.client
        blocks = member.watch.blocks(now) if member.watch is not None else self._flows.blocks(member.number)
        if blocks:
            client.send_rtcp(rtcp.receiver_report(client.ssrc, blocks[:31]) + rtcp.description(client.ssrc, "bench"))
        if now >= client.consent_due:
            client.consent_due += CONSENT_EVERY_NS
            client.ask()

    # -- counting

    async def mark(self) -> Command:
        self._flows.counts, self._gone = Counts(), Counts()
        self._latencies = Counter()
        now = time.monotonic_ns()
        for member in self._members:
            if member.watch is not None and member.watch.first_frame_at is not None:
                member.counted = True
                member.watched = Counts(**asdict(member.watch.counts))
                member.watch.latencies = self._latencies
                for picture in member.watch.pictures:
                    picture.mark(now)
        self._marked_at, self._turned_at = now, []
        self._cpu_s = time.process_time()
        return {}

    async def line(self, conditions: Conditions) -> Command:
        now = time.monotonic_ns()
        self._turned_at.append((now - self._marked_at) / 1e9)
        for member in self._lined:
            member.client.inward_becomes(conditions)
        return {}

    async def tell(self) -> Command:
        cpu_s, now = time.process_time(), time.monotonic_ns()
        counts = Counts(**asdict(self._flows.counts))
        counts.add(self._gone)
        for member in self._members:
            if member.playing is not None and member.playing.done():
                member.playing.result()  # it plays until it is cancelled: this raises what ended it
            if member.watch is not None:
                counts.add(member.watch.counts)
                counts.add(member.watched, -1)
        return {
            "cpu_s": cpu_s - self._cpu_s, "counts": asdict(counts),
            "latency": {str(step): count for step, count in self._latencies.items()},
            "latency_step_us": LATENCY_STEP_US,
            "undecrypted": sum(member.client.undecrypted for member in self._members),
            "decrypting": sum(member.watch is not None for member in self._members),
            "turned_s": self._turned_at,
            "pictures": [
                {
                    "longest_pause_ms": round(max(picture.longest_pause, now - picture.shown_at) / 1e6, 1),
                    "since_shown_ms": round((now - picture.shown_at) / 1e6, 1),
                    "turns": [((at - self._marked_at) / 1e9, lines) for at, lines in picture.turns],
                }
                for member in self._members if member.watch is not None
                for picture in member.watch.pictures if picture.shown_at is not None
            ],
        }  # fmt: skip

    async def close(self) -> None:
        for member in self._members:
            if member.playing is not None:
                member.playing.cancel()
                await asyncio.wait([member.playing])
            await member.client.close()  # and with it its place in the epolls
        self._epoll.close()
        self._light_epoll.close()


async def main() -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    config = Config.read(await reader.readline())
    bus = await Bus.connect(config.bus_url, "bench", config.bus_token)
    if config.namespace:
        enter(config.namespace)  # the line to the bus stays where it was
    generator = Generator(config, bus)
    await bus.listen("huilu.event.relay.layers", generator.layers)
    rounds = asyncio.create_task(generator.rounds())
    try:
        while line := await reader.readline():
            command = json.loads(line)
            name, about = command["do"], command.get("about")
            doing = asyncio.ensure_future(
                generator.join(Group(**about)) if name == "join"
                else generator.line(Conditions(**about)) if name == "line"
                else {"mark": generator.mark, "tell": generator.tell}[name]()
            )  # fmt: skip
            await asyncio.wait([doing, rounds], return_when=asyncio.FIRST_COMPLETED)
            if rounds.done():
                rounds.result()
            print(json.dumps(doing.result()), flush=True)
    finally:
        rounds.cancel()
        await asyncio.wait([rounds])
        await generator.close()
        await bus.close()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main())
