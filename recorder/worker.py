"""The worker's process: jobs of the durable work queue (posters, viewing copies of segments), previews of what was
sealed, the lock canary, time stamps, messages, and what keeping asks of the object store."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from nats.errors import Error as NatsError
from sqlalchemy import select

from media_server.bus import Bus
from recorder import containers, decoding, jobs, viewing
from recorder.delivered import Deliveries
from recorder.keeping import Keeping
from recorder.measuring import Measuring
from recorder.messaging import Messaging
from recorder.plans import NoticeTables, Plans, SignedPapers
from recorder.poster import NoPicture, make_poster
from recorder.preview import Preview
from recorder.stamping import Stamping
from recorder.sweeping import Sweeping
from storage import canary_watch
from storage.database import Database
from storage.errors import StorageError
from storage.objects import Objects, ObjectsConfig
from storage.stamp_client import StampConfig
from storage.tables import Deletion, Recording, Segment, Stored, Track
from storage.webhook import WebhookConfig

log = logging.getLogger(__name__)

FETCH_S = 5.0
RETRY_S = 10.0
LOOK_AGAIN_S = 20.0  # a meeting that runs has its poster by then
COPIES_EVERY_S = 2.0  # whoever replays a running meeting waits for them
# What was ordered so long ago and isn't there was given up by the queue.
ORDER_AGAIN_S = 600.0
_DELETED = select(Deletion.recording_id).where(Deletion.recording_id == Recording.id).exists()
_PICTURED = select(Track.id).where(Track.recording_id == Recording.id, Track.kind.in_(("camera", "screen"))).exists()


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    bus_url: str
    bus_token: str | None
    database_url: str
    spool: Path
    objects: ObjectsConfig
    derived: Path
    stamps: StampConfig | None = None  # None: no time-stamping authority is named
    webhook: WebhookConfig | None = None  # None: nobody outside is told
    hub_id: str = ""


async def run(config: WorkerConfig, stop: asyncio.Event) -> None:
    """Do jobs until `stop`; the one in hand is finished or left to the next worker."""
    bus = await Bus.connect(config.bus_url, "worker", config.bus_token)
    database = await Database.open(config.database_url)
    worker = Worker(config, bus, database, Objects(config.objects))
    try:
        await bus.present("worker", worker.health)
        async with asyncio.TaskGroup() as tasks:
            errands = (worker.work(), worker.look(), worker.copies(), worker.watch(), worker.stamp(), worker.keep(),
                       worker.preview(), worker.measure(), worker.deliveries.keep(), worker.sweeping.keep(),
                       worker.deliveries.copy(), worker.messages(), worker.plans.keep(),
                       worker.signed.keep(), worker.tables.keep())  # fmt: skip
            running = [tasks.create_task(each) for each in errands]
            await stop.wait()
            decoding.end()
            for task in running:
                task.cancel()
    finally:
        await worker.close()
        decoding.begin()  # others of this process may decode


class Worker:
    def __init__(self, config: WorkerConfig, bus: Bus, database: Database, objects: Objects) -> None:
        self._config = config
        self._bus = bus
        self._database = database
        self._objects = objects
        self.sweeping = Sweeping(database, objects)
        self._stamping = Stamping(database, config.stamps) if config.stamps is not None else None
        self._messaging = Messaging(database, config.webhook, config.hub_id) if config.webhook is not None else None
        self._keeping = Keeping(database, objects, config.spool, config.derived)
        self._preview = Preview(database, self._read, config.derived)
        self.plans = Plans(database, objects, config.spool)
        self.signed = SignedPapers(database, objects, config.spool)
        self.tables = NoticeTables(database, objects, config.spool)
        self.deliveries = Deliveries(database, objects, config.spool, config.derived)
        self._measuring = Measuring(database, self._read, config.derived)
        self._canary = canary_watch.Watch(database, objects)

    def health(self) -> dict[str, str]:
        """What somebody must look after is said; the worker itself is well."""
        overdue = self._stamping.overdue if self._stamping is not None else None
        behind = self._messaging.alarm if self._messaging is not None else None
        alarms = [
            each
            for each in (
                self._canary.alarm, self._keeping.alarm, self.deliveries.keeping.alarm, self.plans.alarm,
                self.signed.alarm, self.tables.alarm, self.sweeping.alarm, overdue, behind,
            )
            if each is not None
        ]  # fmt: skip
        return {"detail": "; ".join(f"{each.code}: {each.en}" for each in alarms)} if alarms else {}

    async def close(self) -> None:
        if self._stamping is not None:
            await self._stamping.close()
        if self._messaging is not None:
            await self._messaging.close()
        await self._objects.close()
        await self._database.close()
        await self._bus.close()

    async def work(self) -> None:
        """Never ends by itself; the bus may go and come back."""
        while True:
            try:
                queue = await jobs.subscribe(self._bus)
                while True:
                    for message in await jobs.take(queue, FETCH_S):
                        if await self._do(message.data):
                            await message.ack()
                        else:
                            await message.nak(RETRY_S)
            except (NatsError, OSError) as error:
                log.warning("work queue: %s", error or type(error).__name__)
                await asyncio.sleep(1.0)

    async def watch(self) -> None:
        """The lock canary (DESIGN §6)."""
        await self._canary.keep()

    async def messages(self) -> None:
        """What people outside are told."""
        if self._messaging is not None:
            await self._messaging.keep()

    async def keep(self) -> None:
        """Locks, holds, deletions."""
        await self._keeping.keep()

    async def preview(self) -> None:
        """Tiles, measures and loudness of segments as they come."""
        await self._preview.keep()

    async def measure(self) -> None:
        """Closed recordings from end to end."""
        await self._measuring.keep()

    async def stamp(self) -> None:
        """Time stamps of checkpoints, where an authority is named."""
        if self._stamping is not None:
            await self._stamping.keep()

    async def _do(self, data: bytes) -> bool:
        """Whether the job is done with, well or for good."""
        try:
            job = json.loads(data)
            kind, recording, segment = job["job"], str(job["recording"]), str(job.get("segment", ""))
        except (ValueError, KeyError, TypeError):
            log.error("a job that can't be read: %r", data[:200])
            return True
        if kind not in ("poster", "copy"):
            log.error("no such job: %s", kind)
            return True
        try:
            await (self._poster(recording) if kind == "poster" else self._copy(segment))
        except NoPicture:
            log.info("recording %s has no picture", recording)
        except (StorageError, OSError) as error:
            log.warning("%s of %s: %s", kind, segment or recording, error)
            return False
        return True

    async def look(self) -> None:
        """Order what was forgotten: an order that found no bus."""
        known: set[str] = set()
        while True:
            try:
                async with self._database.reading() as session:
                    closed = await session.scalars(
                        select(Recording.id).where(Recording.state == "closed", ~_DELETED)
                        .order_by(Recording.closed_wall.desc()).limit(100)
                    )  # fmt: skip
                    missing = [each for each in closed.all() if each not in known and not self._path(each).exists()]
                for each in missing:
                    await jobs.order(self._bus, {"job": "poster", "recording": each})
                    known.add(each)
            except (StorageError, NatsError, OSError) as error:
                log.warning("looking for missing posters: %s", error or type(error).__name__)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def copies(self) -> None:
        """Order the viewing copies of segments that browsers don't play as pieces."""
        ordered: dict[str, float] = {}
        done: set[str] = set()
        while True:
            try:
                for recording, segment in await self._without_copy(done):
                    if time.monotonic() - ordered.get(segment, -ORDER_AGAIN_S) >= ORDER_AGAIN_S:
                        await jobs.order(
                            self._bus, {"job": "copy", "recording": recording, "segment": segment}, segment
                        )
                        ordered[segment] = time.monotonic()
            except (StorageError, NatsError, OSError) as error:
                log.warning("looking for missing viewing copies: %s", error or type(error).__name__)
            await asyncio.sleep(COPIES_EVERY_S)

    async def _without_copy(self, done: set[str]) -> list[tuple[str, str]]:
        """Recording and segment, oldest first. `done`: closed recordings that lack none."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(Recording.id, Recording.state)
                .where(~_DELETED)
                .order_by(Recording.closed_wall.desc().nulls_first())
                .limit(200)
            )
            states = {recording: state for recording, state in rows if recording not in done}
            found = await session.execute(
                select(Segment.recording_id, Segment.id)
                .where(Segment.recording_id.in_(states), Segment.name.endswith(containers.WEBM))
                .order_by(Segment.sealed_wall)
            )
            wanted = [(recording, segment) for recording, segment in found]
        made = {each: await asyncio.to_thread(viewing.made, self._config.derived, each) for each in dict(wanted)}
        missing = [(recording, segment) for recording, segment in wanted if segment not in made[recording]]
        closed = {recording for recording, state in states.items() if state == "closed"}
        done.update(closed - {recording for recording, _ in missing})
        return missing

    async def _copy(self, segment_id: str) -> None:
        async with self._database.reading() as session:
            segment = await session.get(Segment, segment_id)
            stored = await session.get(Stored, segment_id)
        if segment is None:
            log.error("a copy is wanted of a segment that isn't there: %s", segment_id)
            return
        folder = self._config.derived / segment.recording_id
        if segment.id not in await asyncio.to_thread(viewing.made, self._config.derived, segment.recording_id):
            await asyncio.to_thread(viewing.make, segment.id, await self._read(segment, stored), folder)

    async def _read(self, segment: Segment, stored: Stored | None) -> bytes:
        source = self._config.spool / segment.name
        if source.exists():
            return await asyncio.to_thread(source.read_bytes)
        if stored is None:
            raise FileNotFoundError(segment.name)
        return await self._objects.read(stored.key, stored.version)

    def _path(self, recording: str) -> Path:
        return self._config.derived / recording / "poster.jpg"

    async def _poster(self, recording: str) -> None:
        """Of a running meeting as far as it goes; once more when it is closed."""
        path = self._path(recording)
        async with self._database.reading() as session:
            row = await session.get(Recording, recording)
            if path.exists() and (row is None or path.stat().st_mtime_ns >= (row.closed_wall or 0)):
                return
            pictures = (
                select(Segment)
                .join(Track, Track.id == Segment.track_id)
                .where(Segment.recording_id == recording, Track.kind.in_(("camera", "screen")))
                .order_by(Track.kind, Segment.start_ns)
            )
            segments = (await session.scalars(pictures)).all()
            if not segments:
                raise NoPicture(recording)
            segment = segments[len(segments) // 3]  # past the arriving and sitting down
            stored = await session.get(Stored, segment.id)
        await asyncio.to_thread(make_poster, await self._read(segment, stored), path)


__all__ = ["Worker", "WorkerConfig", "run"]
