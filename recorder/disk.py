"""The spool's files, written beside the event loop: jobs of one track in order, those of several tracks side by side.

A disk that stands still for seconds costs nothing but room in memory: what waits is bounded, and beyond that it counts
as a disk that fails. After a failure nothing more of that track is done until it `goes_on`.
"""

import asyncio
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zlib import crc32

from recorder.errors import SpoolFull
from storage.sealing import Sealed, SealingFile, sync_folder

THREADS = 4
# 40 s of 20 rooms of 1 Mbit/s; the relay's history would be over after 10 s.
MOST_BYTES = 96 * 1024 * 1024
MOST_JOBS = 20_000

T = TypeVar("T")


class DiskBehind(OSError):
    """More waits for the disk than may wait."""


class Files(Protocol):
    """Who does jobs with files. Inline they raise what they raise (OSError, SpoolFull); else `failed` is called."""

    def post(
        self, track: str, job: Callable[[], T], done: Callable[[T], None] | None = None, *,
        failed: Callable[[OSError | SpoolFull], None] | None = None, weight: int = 0, anyway: bool = False,
    ) -> None:  # fmt: skip
        """`weight` in bytes. `anyway`: also after a failure of the track's, and however much waits."""
        ...

    def waits(self, track: str) -> int:
        """Jobs of this track that are not done."""
        ...

    def goes_on(self, track: str) -> None:
        """After a failure, when nothing of it waits."""
        ...


class Inline:
    """At once, where there is no event loop to be kept free."""

    def post(
        self, track: str, job: Callable[[], T], done: Callable[[T], None] | None = None, *,
        failed: Callable[[OSError | SpoolFull], None] | None = None, weight: int = 0, anyway: bool = False,
    ) -> None:  # fmt: skip
        result = job()
        if done is not None:
            done(result)

    def waits(self, track: str) -> int:
        return 0

    def goes_on(self, track: str) -> None:
        pass


INLINE = Inline()


@dataclass(slots=True)
class _Job:
    track: str
    job: Callable[[], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[OSError | SpoolFull], None] | None
    weight: int
    anyway: bool
    posted: float  # time.monotonic


class Disk:
    """To be made, used and closed on one event loop."""

    def __init__(self, threads: int = THREADS, most_bytes: int = MOST_BYTES) -> None:
        self._loop = asyncio.get_running_loop()
        self._most_bytes = most_bytes
        self._broken: set[str] = set()  # tracks; written by their thread, emptied there too
        self._waiting: Counter[str] = Counter()  # jobs by track
        self._posted: list[deque[float]] = [deque() for _ in range(threads)]
        self._bytes = self._jobs = 0
        self._fault: asyncio.Future[None] = self._loop.create_future()
        self._queues: list[queue.SimpleQueue[_Job | None]] = [queue.SimpleQueue() for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f"disk {number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self) -> None:
        """Never ends by itself; raises what no job should have raised."""
        await self._fault

    def post(
        self, track: str, job: Callable[[], T], done: Callable[[T], None] | None = None, *,
        failed: Callable[[OSError | SpoolFull], None] | None = None, weight: int = 0, anyway: bool = False,
    ) -> None:  # fmt: skip
        """Raises DiskBehind."""
        if not anyway and (self._bytes + weight > self._most_bytes or self._jobs >= MOST_JOBS):
            raise DiskBehind(f"{self._bytes} bytes wait to be written")
        self._bytes += weight
        self._jobs += 1
        self._waiting[track] += 1
        number = crc32(track.encode()) % len(self._queues)
        posted = time.monotonic()
        self._posted[number].append(posted)
        self._queues[number].put(_Job(track, job, done, failed, weight, anyway, posted))

    def waits(self, track: str) -> int:
        return self._waiting[track]

    def goes_on(self, track: str) -> None:
        self._broken.discard(track)

    @property
    def behind_s(self) -> float:
        """For how long the oldest job has waited."""
        oldest = min((posted[0] for posted in self._posted if posted), default=None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    def _work(self, number: int) -> None:
        while (each := self._queues[number].get()) is not None:
            result, error = None, None
            skipped = each.track in self._broken and not each.anyway
            if not skipped:
                try:
                    result = each.job()
                except BaseException as raised:  # noqa: BLE001  # told to the loop
                    error = raised
                    self._broken.add(each.track)
            try:
                self._loop.call_soon_threadsafe(self._after, number, each, skipped, result, error)
            except RuntimeError:  # the loop is closed
                return
            del each, result, error  # no file stays open for their sake while this waits

    def _after(self, number: int, each: _Job, skipped: bool, result: Any, error: BaseException | None) -> None:
        self._bytes -= each.weight
        self._jobs -= 1
        self._waiting[each.track] -= 1
        if not self._waiting[each.track]:
            del self._waiting[each.track]
        self._posted[number].popleft()
        if skipped:
            return
        try:
            if error is None:
                if each.done is not None:
                    each.done(result)
            elif isinstance(error, OSError | SpoolFull) and each.failed is not None:
                each.failed(error)
            else:
                raise error
        except BaseException as raised:  # noqa: BLE001  # `run` raises it
            if not self._fault.done():
                self._fault.set_exception(raised)

    async def drain(self, seconds: float) -> bool:
        """Whether everything was done within this time."""
        until = time.monotonic() + seconds
        while self._waiting:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.01)
        return True

    def close(self) -> None:
        """Its threads end when they are through with what waits."""
        for each in self._queues:
            each.put(None)
        self._fault.cancel()


class OpenFile:
    """A file on its way to being sealed (storage.sealing), by jobs. `failed` is told of the first that fails."""

    def __init__(
        self, files: Files, track: str, spool: Path, name: str, failed: Callable[[OSError | SpoolFull], None]
    ) -> None:
        self.path = spool / (name + ".open")
        self.files = files
        self._track = track
        self._spool = spool
        self._name = name
        self._failed = failed
        self._file: SealingFile | None = None
        self._named = False  # its name is on disk
        self.syncing = False  # the last sync is not through yet

    def create(self, head: bytes) -> None:
        def create() -> None:
            self._file = SealingFile(self._spool, self._name)
            self._file.write(head)

        self._post(create, len(head))

    def take(self, file: SealingFile) -> None:
        """One that is open already."""
        self._file = file

    def write(self, data: bytes) -> None:
        """It survives the death of this process."""

        def write() -> None:
            self._opened.write(data)
            self._opened.flush()

        self._post(write, len(data))

    def sync(self, data: bytes, done: Callable[[], None]) -> None:
        """Write it; all that was written survives a power cut when `done` is called."""

        def sync() -> None:
            file = self._opened
            file.write(data)
            file.sync()
            if not self._named:
                sync_folder(self.path.parent)
                self._named = True

        def synced(_: None) -> None:
            self.syncing = False
            done()

        self.syncing = True
        self.files.post(self._track, sync, synced, failed=self._failed, weight=len(data))

    def seal(self, name: str, facts: dict[str, Any], done: Callable[[Sealed], None]) -> None:
        self.files.post(self._track, lambda: self._opened.seal(name, facts), done, failed=self._failed)

    def abandon(self) -> None:
        self._post(lambda: self._opened.abandon(), 0)

    def drop(self) -> None:
        """Let go of it, as far as it was written; also after a failure."""

        def drop() -> None:
            if self._file is not None:
                self._file.drop()

        self.files.post(self._track, drop, anyway=True)

    @property
    def _opened(self) -> SealingFile:
        assert self._file is not None, "jobs are done in order"
        return self._file

    def _post(self, job: Callable[[], None], weight: int) -> None:
        self.files.post(self._track, job, failed=self._failed, weight=weight)
