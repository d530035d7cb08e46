"""What a node can say of its own clock when it signs: how far it is off a time source, or that nothing vouches for it.

The source is asked beforehand, by a task; what is stated at a checkpoint is made of its last answer, the monotonic
clock and the wall clock of that moment, so that signing waits for no network and a clock that was set in between
shows. Nothing is set right here: that is the work of the machine's own NTP.
"""

import asyncio
import logging
import time

from storage import sntp
from storage.chained import NOT_VERIFIED, Clock
from storage.errors import StorageError, TimeSourceRefused

log = logging.getLogger(__name__)

EVERY_S = 256.0  # public servers ask for no more (RFC 4330 §10)
RETRY_S = 32.0
SAMPLES = 3  # the answer with the shortest way is the best one (RFC 5905 §10)
BETWEEN_S = 2.0
LIMIT_S = 2.0
OLD_NS = 15 * 60 * 10**9  # then nothing vouches any more
DRIFT_PPM = 15  # RFC 5905 §7.3: by so much a clock may run away between two answers


class ClockWatch:
    def __init__(self, source: str = "", between_s: float = BETWEEN_S) -> None:
        """`source`: host, host:port or [address]:port of an NTP server; empty: none."""
        self.source = source
        self._between_s = between_s
        self._last: sntp.Measured | None = None

    async def keep(self) -> None:
        """Never ends by itself, unless there is no source."""
        if not self.source:
            return
        while True:
            answered = await self.measure()
            await asyncio.sleep(EVERY_S if answered else RETRY_S)

    async def measure(self) -> bool:
        """Whether the source gave an answer; the one that is known stays where it gave none."""
        host, port = sntp.address(self.source)
        best: sntp.Measured | None = None
        for number in range(SAMPLES):
            if number:
                await asyncio.sleep(self._between_s)
            try:
                found = await sntp.ask(host, port, LIMIT_S)
            except StorageError as error:
                log.warning("time source: %s: %s", error.code, error.detail)
                if isinstance(error, TimeSourceRefused):
                    break  # a kiss-o'-death above all: it is not asked again for a while
                continue
            if best is None or found.within_ns < best.within_ns:
                best = found
        self._last = best or self._last
        return best is not None

    def state(self) -> Clock:
        """What is stated at a checkpoint made now: source − node in µs, and to within how much."""
        last = self._last
        age_ns = time.monotonic_ns() - last.monotonic_ns if last is not None else 0
        if last is None or age_ns > OLD_NS:
            return NOT_VERIFIED
        offset_ns = last.wall_ns + age_ns - time.time_ns()
        within_ns = last.within_ns + age_ns * DRIFT_PPM // 1_000_000
        return {"offset_us": offset_ns // 1000, "within_us": within_ns // 1000 + 1, "source": self.source}
