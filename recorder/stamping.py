"""The worker's errand to the time-stamping authority: each checkpoint that wants a stamp gets one, sooner or later.

It stands beside the work queue, not in it: an authority that is slow or away holds up no poster and no viewing copy,
and nothing anywhere waits for a stamp. What wants one is read from the rows each time, so nothing is forgotten by a
process that ends, and an outage is caught up by itself. One request is on its way at a time.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from prometheus_client import Counter, Gauge

from storage import stamps
from storage.chained import CheckpointRecord
from storage.clock import rfc3339, synchronised
from storage.database import Database
from storage.errors import StampAway, StampOverdue, StampRefused, StorageError
from storage.stamp_client import StampClient, StampConfig

log = logging.getLogger(__name__)

LOOK_S = 5.0
MAX_PAUSE_S = 600.0  # between two tries at an authority that is away
BATCH = 100
REFUSED_IN_A_ROW = 3  # then it isn't this checkpoint but the authority, or the settings
MAX_PUT_OFF = 1000
OVERDUE_NS = 24 * 3600 * 10**9
SAY_AGAIN_S = 3600.0
# All final checkpoints older than that have their stamps, as long as nothing says otherwise; looked through daily.
MARGIN_NS = 24 * 3600 * 10**9
ALL_AGAIN_S = 24 * 3600.0

ASKED = Counter("huilu_stamps", "Time stamps asked for, by what came of it", ["outcome"])
WAITING = Gauge("huilu_stamps_waiting", "Checkpoints that want a time stamp and have none yet")
OLDEST = Gauge("huilu_stamps_oldest_seconds", "Age of the oldest checkpoint that waits for its time stamp")
OVERDUE = Gauge("huilu_stamps_overdue", "1 when a checkpoint has waited for its time stamp for more than a day")


class Stamping:
    def __init__(
        self, database: Database, config: StampConfig, clock_verified: Callable[[], bool] = synchronised
    ) -> None:
        self._database = database
        self._config = config
        self._client = StampClient(config, clock_verified)
        self._failed = 0  # turns in a row in which the authority gave nothing
        self._put_off: dict[tuple[str, int], tuple[int, float]] = {}  # refused so often, and not before
        self._since = ""
        self._all_again = 0.0
        self._said = -SAY_AGAIN_S
        self.overdue: StampOverdue | None = None

    async def close(self) -> None:
        await self._client.close()

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            try:
                await self.turn()
            except StorageError as error:  # the database: its rows will be there
                log.info("time stamps: %s", error.detail or error)
            await asyncio.sleep(self.pause_s())

    def pause_s(self) -> float:
        """Longer with each turn in which the authority gave nothing."""
        return float(min(LOOK_S * 2 ** min(self._failed, 10), MAX_PAUSE_S))

    async def turn(self) -> int:
        """Ask for what is due now; gives how many stamps came. Raises StorageError of the database's kind."""
        if time.monotonic() >= self._all_again:
            self._since, self._all_again = "", time.monotonic() + ALL_AGAIN_S
        async with self._database.reading() as session:
            every_ns = int(self._config.every_s * 1e9)
            limit = BATCH + len(self._put_off)
            due = await stamps.due(session, time.time_ns(), every_ns, self._since, limit)
        wanted = {(each.chain_id, each.seq) for each in due.checkpoints}
        # What another worker got meanwhile, or a later checkpoint stands for, is put off no longer.
        self._put_off = {own: tries for own, tries in self._put_off.items() if own in wanted}
        kept, left = await self._ask(due.checkpoints)
        if due.waiting == 0:
            self._since = rfc3339(time.time_ns() - MARGIN_NS)
        self._tell(left, max(len(left), due.waiting - kept))
        return kept

    async def _ask(self, due: list[CheckpointRecord]) -> tuple[int, list[CheckpointRecord]]:
        """How many stamps came, and what still waits."""
        kept = refused = 0
        left: list[CheckpointRecord] = []
        given_up = False
        for record in due:
            own = (record.chain_id, record.seq)
            tries, not_before = self._put_off.get(own, (0, 0.0))
            if given_up or time.monotonic() < not_before:
                left.append(record)
                continue
            try:
                stamped = await self._client.stamp(record.stamped_bytes())
            except StampAway as error:
                given_up = True
                self._note(record, error, logging.WARNING)
            except StampRefused as error:
                refused += 1
                given_up = refused >= REFUSED_IN_A_ROW
                self._note(record, error, logging.ERROR)
                if own in self._put_off or len(self._put_off) < MAX_PUT_OFF:
                    pause = min(LOOK_S * 2 ** min(tries + 1, 10), MAX_PAUSE_S)
                    self._put_off[own] = (tries + 1, time.monotonic() + pause)
            else:
                async with self._database.writing() as session:
                    await stamps.keep(session, record, stamped)
                ASKED.labels("kept").inc()
                self._put_off.pop(own, None)
                kept, refused = kept + 1, 0
                continue
            left.append(record)
        self._failed = self._failed + 1 if given_up or (refused and not kept) else 0
        return kept, left

    def _note(self, record: CheckpointRecord, error: StorageError, level: int) -> None:
        ASKED.labels(error.code).inc()
        log.log(
            level, "no time stamp for checkpoint %d of %s: %s: %s %s",
            record.seq, record.chain_id, error.code, error.en, error.detail,
        )  # fmt: skip

    def _tell(self, left: list[CheckpointRecord], waiting: int) -> None:
        """Figures, and the alarm when something has waited for a day."""
        age_ns = max((time.time_ns() - _wall(each.at) for each in left), default=0)
        WAITING.set(waiting)
        OLDEST.set(max(age_ns, 0) / 1e9)
        self.overdue = StampOverdue(f"{len(left)}") if age_ns > OVERDUE_NS else None
        OVERDUE.set(self.overdue is not None)
        if self.overdue is not None and time.monotonic() - self._said >= SAY_AGAIN_S:
            self._said = time.monotonic()
            log.error("%s: %s (%d wait)", self.overdue.code, self.overdue.en, len(left))


def _wall(at: str) -> int:
    moment = datetime.fromisoformat(at)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
