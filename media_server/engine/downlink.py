"""What one viewer's line carries: loss, delay and REMB decide downwards, probing upwards (MEDIA.md).

There is no limit until something tells of one. A REMB that rises only trails what arrives (it shows at most 1.5 times
as much), so it limits nothing; one that falls, or stays, below what is sent does. To find more, the relay sends for a
second as much as the next layer would bring; a failed try doubles the pause before the next.
"""

from dataclasses import dataclass

from media_server.engine.capture import Least

_MS = 1_000_000
_SECOND = 1_000 * _MS
WINDOW_NS = 500 * _MS  # reports may come ten times a second; a few packets say nothing of a share
LEAST_EXPECTED = 10
LOSSY = 0.10  # more of the pictures' packets lost than this
UNEASY = 0.04  # so much loss ends a probe
DELAYED_MS = 200.0  # a round trip so much above the least one: a queue fills
FALLS = 0.97
STAYS_NS = 3 * _SECOND  # a REMB that stays low for so long is meant; one that is held for a moment is not
SETTLE_NS = 1_500 * _MS  # after a cut reports still tell of what was before
DRAIN_NS, DRAINING = 3 * _SECOND, 0.7
PROBE_NS = _SECOND
JUDGE_NS = 1_500 * _MS  # browsers report once a second, give or take a half
NEXT_NS = 500 * _MS  # after a success
LEAST_PAUSE_NS, MOST_PAUSE_NS = 5 * _SECOND, 60 * _SECOND
PROVEN_NS = 10 * _SECOND  # what went well for so long was a success
WORSE = 0.8  # what is left of a limit below which reports are still bad
LASTING_NS = 4 * _SECOND  # so long reports, which trail, leave the least layers


@dataclass(slots=True)
class Probe:
    began: int  # now
    bps: int  # what the line is to prove, all in all
    sent_to: int  # now, up to which it was sent
    carry: float = 0.0  # octets due and not sent yet


class Downlink:
    def __init__(self) -> None:
        self.budget: int | None = None  # bit/s
        self.changed = False  # the budget; to be reset by who has looked
        self.drained_at: int | None = None  # until then less is sent than the budget
        self.probe: Probe | None = None
        self._remb: int | None = None
        self._bad_since: int | None = None  # every report since then told of loss or delay
        self._short_since: int | None = None  # it is below what is sent, and does not rise
        self.least_bps = 0  # what the least layers and the sound take
        self._least_rtt = Least()  # ns, over 30 to 60 s: a line that was moved to another way has another one
        self._judged_at: int | None = None
        self._totals: dict[int, tuple[int, int]] = {}  # SSRC → packets expected and lost, as last looked at
        self._news: dict[int, tuple[int, int]] = {}  # … and as last told
        self._trips: list[float] = []
        self._settled_at = 0
        self._pause = LEAST_PAUSE_NS
        self._next_try = 0
        self._raised_at: int | None = None  # by a probe, not proven yet

    # -- what the viewer's side says; `sent`: bit/s that go to it now

    def remb(self, now: int, bps: int, sent: int) -> None:
        before, self._remb = self._remb, bps
        if self.probe is not None and before is not None and bps < before * FALLS:
            self._failed(now)
        if before is None or bps > before or bps >= sent * 0.9:
            self._short_since = None
            return
        if self._short_since is None:
            self._short_since = now
        if bps < before * FALLS or now - self._short_since > STAYS_NS:
            self._cut(now, bps)

    def block(self, ssrc: int, highest: int, lost: int, rtt_ms: float | None) -> None:
        """A block of a receiver report about a picture: the highest number so far, how many packets were lost so far
        (RFC 3550 §6.4.1), the round trip."""
        self._news[ssrc] = (highest, lost)
        if rtt_ms is not None:
            self._trips.append(rtt_ms)

    def look(self, now: int, sent: int) -> None:
        """Judge what blocks have told since the last look, once there is enough of it."""
        if self._judged_at is not None and now - self._judged_at < WINDOW_NS:
            return
        self._judged_at = now
        expected = lost = 0
        for ssrc, (highest, lost_so_far) in self._news.items():
            before = self._totals.get(ssrc, (highest, lost_so_far))
            expected += (highest - before[0]) & 0xFFFF_FFFF
            lost += lost_so_far - before[1]
        share = 0.0
        if expected >= LEAST_EXPECTED or not self._totals.keys() >= self._news.keys():
            self._totals.update(self._news)
            share = max(0.0, lost / expected) if expected else 0.0
        # The least of a few: a report that was held up on its way back says nothing of the way there.
        self.report(now, share, min(self._trips, default=None), sent)
        self._trips.clear()

    def report(self, now: int, lost: float, rtt_ms: float | None, sent: int) -> None:
        """The share of packets lost lately, and the round trip."""
        delayed = False
        if rtt_ms is not None:
            self._least_rtt.add(now, int(rtt_ms * _MS))
            least_rtt = self._least_rtt.value
            delayed = least_rtt is not None and rtt_ms > least_rtt / _MS + DELAYED_MS
        if self.probe is not None and (lost > UNEASY or delayed):
            self._failed(now)
        if lost <= LOSSY and not delayed:
            self._bad_since = None
            return
        if self._bad_since is None:
            self._bad_since = now
        if now >= self._settled_at:
            found = sent * ((1 - lost) * 0.9 if lost > LOSSY else 0.7)
            if self.budget is not None:
                found = min(found, self.budget * WORSE)
            least = self.least_bps if now - self._bad_since < LASTING_NS else 0
            self._cut(now, max(least, int(found)))

    def _cut(self, now: int, bps: int) -> None:
        self._prove(now)
        if self.probe is not None or self._raised_at is not None:
            self._failed(now)
        self._next_try = max(self._next_try, now + self._pause)
        if self.budget is None or bps < self.budget:
            self.budget, self.changed = bps, True
        self._settled_at = now + SETTLE_NS
        self.drained_at = now + DRAIN_NS

    def _failed(self, now: int) -> None:
        self.probe = self._raised_at = None
        self._pause = min(MOST_PAUSE_NS, self._pause * 2)
        self._next_try = now + self._pause
        self._settled_at = now + 2 * SETTLE_NS  # the queue that it made drains beside what is sent

    def limit(self, now: int) -> int | None:
        """The budget, or what of it may be used for a while after a cut, so that the queue drains."""
        if self.budget is None or self.drained_at is None:
            return self.budget
        if now >= self.drained_at:
            self.drained_at = None
            return self.budget
        return int(self.budget * DRAINING)

    # -- upwards

    def content(self) -> None:
        """Nothing more is wanted."""
        self.probe = None

    def due(self, now: int, bps: int, next_bps: int) -> int:
        """Octets to send now to find out whether `next_bps` fit; `bps` is what is sent by itself. To be called every
        few milliseconds while the line stands in the way of something."""
        self._prove(now)
        if self.probe is None:
            if now < self._next_try:
                return 0
            self.probe = Probe(now, next_bps, now)
        probe = self.probe
        if now - probe.began >= PROBE_NS:
            if now - probe.began >= PROBE_NS + JUDGE_NS:
                self.probe = None
                self._raise(now, max(probe.bps, next_bps))
            return 0
        probe.carry += max(0, probe.bps - bps) * (now - probe.sent_to) / 8 / _SECOND
        probe.sent_to = now
        return int(probe.carry)

    def dare(self, now: int, next_bps: int) -> None:
        """Nothing is sent that could be padded: to look whether `next_bps` fit is to send them."""
        if now >= self._next_try:
            self._raise(now, next_bps)

    def _prove(self, now: int) -> None:
        if self._raised_at is not None and now - self._raised_at > PROVEN_NS:
            self._raised_at, self._pause = None, LEAST_PAUSE_NS

    def _raise(self, now: int, bps: int) -> None:
        self._raised_at, self._next_try, self.drained_at = now, now + NEXT_NS, None
        self._settled_at = now + SETTLE_NS
        # A little more than was proven: a layer's rate swings.
        self.budget, self.changed = int(bps * 1.1), True

    def sent(self, octets: int) -> None:
        """So much of what was due has gone out."""
        if self.probe is not None:
            self.probe.carry -= octets
