"""Which packets of a source are missing and when to ask for them (RFC 4585 §6.2.1), and its reception report."""

from collections import deque
from dataclasses import dataclass

from media_server.engine.rtcp import ReportBlock
from media_server.engine.wrap import middle32

_MS = 1_000_000
REORDER_NS = 10 * _MS  # what is only out of order comes by itself
UNKNOWN_ROUND_NS = 100 * _MS  # until the round trip is known; as libwebrtc takes it
LEAST_PAUSE_NS = 20 * _MS  # the engine's tick: asking faster is not possible
MOST_PAUSE_NS = 1_000 * _MS
MAX_MISSING = 500  # more is no loss to repair but a break: a key frame helps, asking does not
GIVE_UP_NS = 1_000 * _MS  # after it the recorder gives the access unit up (MEDIA.md) …
GIVE_UP_ROUNDS = 5  # … but over a satellite that is one question and a half, and at 5% one of ten comes to nothing
FEW = 32  # are asked for twice a round; where more is missing the way is full, and a publisher may answer both
ANSWERS = 12  # of so many the fourth-shortest: some were only late, of some the first answer was lost too


@dataclass(slots=True)
class Missing:
    since: int
    due: int
    asked: int | None = None  # when first
    repeated: bool = True  # the last question


class Losses:
    def __init__(self) -> None:
        self._missing: dict[int, Missing] = {}
        self._answers: deque[int] = deque(maxlen=ANSWERS)

    def __len__(self) -> int:
        return len(self._missing)

    @property
    def round_trip(self) -> int | None:
        """From asking to having, ns: for publishers whose reports tell no round trip because they are sent nothing."""
        return sorted(self._answers)[len(self._answers) // 4] if self._answers else None

    def hole(self, now: int, first: int, last: int) -> bool:
        """Packets first … last were jumped over; False when they are too many to ask for."""
        if last - first + 1 > MAX_MISSING:
            self._missing.clear()
            return False
        for index in range(first, last + 1):
            self._missing[index] = Missing(now, now + REORDER_NS)
        while len(self._missing) > MAX_MISSING:
            del self._missing[next(iter(self._missing))]
        return True

    def wanted(self, now: int, index: int) -> None:
        """Somebody asks for this one, which may have been given up: try again at once."""
        if index not in self._missing and len(self._missing) < MAX_MISSING:
            self._missing[index] = Missing(now, now)

    def found(self, now: int, index: int) -> bool:
        missing = self._missing.pop(index, None)
        if missing is not None and missing.asked is not None:
            self._answers.append(now - missing.asked)
        return missing is not None

    def due(self, now: int, round_trip: int | None) -> tuple[list[int], int]:
        """What to ask for now, in rising order, and how many were given up. `round_trip` (ns) is what reports say.

        A publisher answers once a round trip, so asking faster only doubles the answer or is not heard at all: but each
        question goes out twice, a tick apart, as one that is lost costs all viewers a round trip. The pauses grow with
        the age of a hole: a way that is dead for 300 ms is not filled with questions."""
        known = round_trip or self.round_trip or UNKNOWN_ROUND_NS
        pause = min(MOST_PAUSE_NS, max(LEAST_PAUSE_NS, known))
        asked, given_up = [], 0
        for index, missing in list(self._missing.items()):
            age = now - missing.since
            if age > max(GIVE_UP_NS, GIVE_UP_ROUNDS * known):
                del self._missing[index]
                given_up += 1
            elif missing.due <= now:
                missing.asked = now if missing.asked is None else missing.asked
                missing.due = now + max(pause, age // 4)
                if pause > 2 * LEAST_PAUSE_NS and len(self._missing) <= FEW:
                    missing.repeated = not missing.repeated
                    if missing.repeated:
                        missing.due -= LEAST_PAUSE_NS
                    else:
                        missing.due = now + LEAST_PAUSE_NS
                asked.append(index)
        return sorted(asked), given_up


class Reception:
    """Counts for receiver reports (RFC 3550 §A.3, §A.8)."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._first = 0
        self._highest = -1
        self._received = 0
        self._expected_prior = 0
        self._received_prior = 0
        self._received_told = 0
        self._transit: int | None = None
        self._jitter = 0  # sixteenths of a time stamp unit
        self._last_sr = 0
        self._last_sr_at = 0
        self.octets = 0
        self.fraction_lost = 0.0  # between the last two reports

    def arrived(self, now: int, index: int, stamp: int, octets: int, in_order: bool) -> None:
        if self._highest < 0:
            self._first = index
        self._highest = max(self._highest, index)
        self._received += 1
        self.octets += octets
        if in_order:
            transit = now * self._rate // 1_000_000_000 - stamp
            if self._transit is not None:
                change = min(abs(transit - self._transit), 10 * self._rate)  # a set clock is no jitter
                self._jitter += change - ((self._jitter + 8) >> 4)
            self._transit = transit

    @property
    def jitter_s(self) -> float:
        return (self._jitter >> 4) / self._rate

    def sender_report(self, now: int, ntp: int) -> None:
        self._last_sr, self._last_sr_at = middle32(ntp), now

    def block(self, now: int, ssrc: int, anew: bool = True) -> ReportBlock | None:
        """The next report about this source; None when nothing has come since the last one (RFC 3550 §6.4): so a
        publisher can tell that it is not heard. The loss is counted `anew`, or as it stood."""
        if self._highest < 0:
            return None
        expected = self._highest - self._first + 1
        if anew:
            span, came = expected - self._expected_prior, self._received - self._received_prior
            self._expected_prior, self._received_prior = expected, self._received
            self.fraction_lost = max(0.0, (span - came) / span) if span > 0 else 0.0
        if self._received == self._received_told:
            return None
        self._received_told = self._received
        delay = (now - self._last_sr_at) * 65_536 // 1_000_000_000 if self._last_sr else 0
        return ReportBlock(
            ssrc, min(255, int(self.fraction_lost * 256)), expected - self._received, self._highest,
            self._jitter >> 4, self._last_sr, delay,
        )  # fmt: skip
