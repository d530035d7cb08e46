"""A network between two ends, seeded and pure: takes `now` and datagrams, gives datagrams back with their time.

One Link is one direction. A datagram that is sent passes, in this order:

    loss          Gilbert–Elliott (Gilbert 1960, Elliott 1963): a good and a bad state with a probability of loss each.
                  The states last in time, not in packets, so that an outage of a wireless link hits 50 packets/s of
                  sound as long as 500 packets/s of a picture.
    the queue     of a bottleneck of `rate_bps`; what would make it longer than `queue_bytes` is dropped at its tail.
    the way       `delay_ns` and up to `jitter_ns` more, without overtaking, except that of `reordered` packets each is
                  held for `held_ns` while others pass it.
    duplication   a second copy right behind the first.
"""

import heapq
from dataclasses import dataclass
from random import Random

MS = 1_000_000
SECOND = 1_000 * MS


@dataclass(frozen=True, slots=True)
class Conditions:
    """One direction of a network. Probabilities are of 1; `bad_ns` 0 means that the good state never ends."""

    delay_ns: int = 0
    jitter_ns: int = 0
    loss: float = 0.0  # in the good state
    bad_loss: float = 0.0
    good_ns: int = 0  # mean of the time that a state lasts, exponentially distributed
    bad_ns: int = 0
    rate_bps: int | None = None
    queue_bytes: int = 1 << 30
    reordered: float = 0.0
    held_ns: int = 0
    duplicated: float = 0.0


@dataclass(frozen=True, slots=True)
class Network:
    """Both directions as a site has them."""

    up: Conditions
    down: Conditions


def both(conditions: Conditions) -> Network:
    return Network(conditions, conditions)


PRESETS = {
    "clear": both(Conditions(delay_ns=20 * MS)),
    "random": both(Conditions(delay_ns=40 * MS, loss=0.05)),  # the issue's own: 5% each way at 80 ms
    "wifi": both(
        Conditions(
            delay_ns=5 * MS, jitter_ns=8 * MS, loss=0.001, bad_loss=0.5, good_ns=5 * SECOND, bad_ns=20 * MS,
            rate_bps=40_000_000, queue_bytes=250_000, reordered=0.001, held_ns=15 * MS,
        )
    ),
    # At the edge of an access point: every two seconds or so something stands in the way for a while.
    "wifi_lossy": both(
        Conditions(
            delay_ns=10 * MS, jitter_ns=20 * MS, loss=0.01, bad_loss=0.8, good_ns=2 * SECOND, bad_ns=70 * MS,
            rate_bps=15_000_000, queue_bytes=200_000, reordered=0.005, held_ns=25 * MS, duplicated=0.001,
        )
    ),
    "lossy": both(Conditions(delay_ns=30 * MS, jitter_ns=10 * MS, loss=0.10)),
    # Others fill the line: the queue is nearly always long, and what does not fit is lost in rows.
    "congested": both(
        Conditions(
            delay_ns=30 * MS, jitter_ns=60 * MS, loss=0.01, bad_loss=0.4, good_ns=800 * MS, bad_ns=120 * MS,
            rate_bps=3_000_000, queue_bytes=60_000,
        )
    ),
    "cellular": Network(
        up=Conditions(
            delay_ns=35 * MS, jitter_ns=25 * MS, loss=0.002, bad_loss=0.6, good_ns=8 * SECOND, bad_ns=150 * MS,
            rate_bps=5_000_000, queue_bytes=300_000, reordered=0.002, held_ns=20 * MS,
        ),
        down=Conditions(
            delay_ns=30 * MS, jitter_ns=20 * MS, loss=0.001, bad_loss=0.6, good_ns=8 * SECOND, bad_ns=150 * MS,
            rate_bps=20_000_000, queue_bytes=600_000, reordered=0.002, held_ns=20 * MS,
        ),
    ),
    # Four kilometres of old wire: interleaving makes it slow and even, noise comes in strokes, little goes up.
    "village_adsl": Network(
        up=Conditions(
            delay_ns=28 * MS, jitter_ns=3 * MS, loss=0.002, bad_loss=0.7, good_ns=15 * SECOND, bad_ns=30 * MS,
            rate_bps=1_500_000, queue_bytes=48_000,
        ),
        down=Conditions(
            delay_ns=22 * MS, jitter_ns=3 * MS, loss=0.002, bad_loss=0.7, good_ns=15 * SECOND, bad_ns=30 * MS,
            rate_bps=6_000_000, queue_bytes=96_000,
        ),
    ),
}  # fmt: skip


def narrow(rate_bps: int) -> Conditions:
    """A home's line: its queue holds two thirds of a second of a narrow one, of a wide one less, down to a fifth."""
    queue_bytes = min(rate_bps // 12, max(100_000, rate_bps // 40))
    return Conditions(delay_ns=20 * MS, rate_bps=rate_bps, queue_bytes=queue_bytes)


@dataclass(slots=True)
class Counts:
    sent: int = 0
    lost: int = 0
    overflowed: int = 0
    duplicated: int = 0
    delivered: int = 0


class Link:
    def __init__(self, conditions: Conditions, seed: int) -> None:
        self.conditions = conditions
        self.counts = Counts()
        self._random = Random(seed)
        self._bad = False
        self._state_ends = 0
        self._state_known = False
        self._free_at = 0  # when the bottleneck has sent all that it was given
        self._latest = 0  # arrival of the last one that overtakes nobody
        self._number = 0
        self._on_the_way: list[tuple[int, int, bytes]] = []

    def send(self, now: int, data: bytes) -> None:
        """`now` never goes back."""
        self.counts.sent += 1
        there = self.conditions
        if self._random.random() < (there.bad_loss if self._is_bad(now) else there.loss):
            self.counts.lost += 1
            return
        leaves = self._through_queue(now, len(data))
        if leaves is None:
            self.counts.overflowed += 1
            return
        arrives = leaves + there.delay_ns + (self._random.randrange(there.jitter_ns) if there.jitter_ns else 0)
        if self._random.random() < there.reordered:
            arrives += there.held_ns
        else:
            arrives = self._latest = max(arrives, self._latest)
        self._put(arrives, data)
        if self._random.random() < there.duplicated:
            self.counts.duplicated += 1
            self._put(arrives, data)

    def arrived(self, now: int) -> list[tuple[int, bytes]]:
        """What has arrived by `now`, each with its time, in the order of arrival."""
        out = []
        while self._on_the_way and self._on_the_way[0][0] <= now:
            at, _, data = heapq.heappop(self._on_the_way)
            out.append((at, data))
        self.counts.delivered += len(out)
        return out

    @property
    def next_at(self) -> int | None:
        """When the next one arrives."""
        return self._on_the_way[0][0] if self._on_the_way else None

    def _put(self, at: int, data: bytes) -> None:
        self._number += 1
        heapq.heappush(self._on_the_way, (at, self._number, data))

    def _is_bad(self, now: int) -> bool:
        there = self.conditions
        if not there.bad_ns:
            return False
        if not self._state_known:
            self._state_known = True
            self._state_ends = now + self._lasts(there.good_ns)
        while self._state_ends <= now:
            self._bad = not self._bad
            self._state_ends += self._lasts(there.bad_ns if self._bad else there.good_ns)
        return self._bad

    def _lasts(self, mean_ns: int) -> int:
        return 1 + int(self._random.expovariate(1.0) * mean_ns)

    def _through_queue(self, now: int, size: int) -> int | None:
        rate = self.conditions.rate_bps
        if rate is None:
            return now
        begins = max(now, self._free_at)
        waiting_bytes = (begins - now) * rate // (8 * SECOND)
        if waiting_bytes + size > self.conditions.queue_bytes:
            return None
        self._free_at = begins + size * 8 * SECOND // rate
        return self._free_at
