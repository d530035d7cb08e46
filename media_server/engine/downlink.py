"""What one viewer's line carries: loss, delay and REMB decide downwards, probing upwards (MEDIA.md).

There is no limit until something tells of one. A REMB that rises only trails what arrives (it shows at most 1.5 times
as much), so it limits nothing; one that falls, or stays, below what is sent does. To find more, the relay sends for a
moment as much as the next layer would bring, and a sender report behind it, whose echo tells of the queue that it made;
a failed try doubles the pause before the next.
"""

from dataclasses import dataclass

from media_server.engine.capture import Least

_MS = 1_000_000
_SECOND = 1_000 * _MS
WINDOW_NS = 500 * _MS  # reports may come ten times a second; a few packets say nothing of a share
LEAST_EXPECTED = 10
AT_ONCE_NS = 200 * _MS
LEAST_SPAN_NS = 200 * _MS
LOSSY = 0.10  # more of the pictures' packets lost than this
MUCH = 0.40  # … in one report; less may be a stroke on the air, which is mended by repeats, and must be told of twice
UNEASY = 0.04  # so much loss ends a probe
DELAYED_MS = 200.0  # a round trip so much above the least one: a queue fills
PROBED_MS = 100.0  # … by what a probe put into it
FALLS, FALLS_MUCH = 0.97, 0.9
STAYS_NS = 3 * _SECOND  # a REMB that stays low for so long is meant; one that is held for a moment is not
SETTLE_NS = 1_000 * _MS  # what was counted from a cut on until then still tells of what was before
DRAIN_NS, DRAINING = 3 * _SECOND, 0.7
PROBE_NS = 300 * _MS  # on a line that carries half of it a queue of 0.3 s, which is seen and loses nothing
JUDGE_NS = 1_500 * _MS  # browsers report once a second, give or take a half
NEXT_NS = 500 * _MS  # after a success
LEAST_PAUSE_NS, MOST_PAUSE_NS = 5 * _SECOND, 8 * _SECOND
MOST_DARING_NS = 60 * _SECOND  # where to try is to spoil the sound
PROVEN_NS = 10 * _SECOND  # what went well for so long was a success
WORSE = 0.8  # what is left of a limit below which reports are still bad
LASTING_NS = 4 * _SECOND  # so long reports, which trail, leave the least layers
SILENT_NS = 2 * _SECOND  # without reports for so long, what was bad before is another story


@dataclass(frozen=True, slots=True)
class Reached:
    at: int  # now
    highest: int
    lost: int
    queue_ms: float  # for so long what came next had waited; 0: not worth a word


@dataclass(slots=True)
class Probe:
    began: int  # now
    bps: int  # what the line is to prove, all in all
    sent_to: int  # now, up to which it was sent
    ended: int | None = None  # now, when all of it was sent and a sender report behind it is due
    carry: float = 0.0  # octets due and not sent yet


class Downlink:
    def __init__(self) -> None:
        self.budget: int | None = None  # bit/s
        self.changed = False  # the budget; to be reset by who has looked
        self.drained_at: int | None = None  # until then less is sent than the budget
        self.probe: Probe | None = None
        self.least_bps = 0  # what the least layers and the sound take
        self._remb: int | None = None
        self._bad_since: int | None = None  # every report since then told of loss or delay …
        self._bad_at = 0  # … the last one now
        self._short_since: int | None = None  # the REMB is below what is sent, and does not rise
        self._least_rtt = Least()  # ns, over 30 to 60 s: a line that was moved to another way has another one
        self._judged_at: int | None = None
        self._counted_at: int | None = None  # since then losses are counted
        self._totals: dict[int, tuple[int, int]] = {}  # SSRC → packets expected and lost, as last looked at
        self._news: dict[int, tuple[int, int]] = {}  # … and as last told
        self._trips: list[tuple[int, float]] = []  # now at which it began, ms
        self._reached: dict[int, Reached] = {}  # by SSRC, as last told
        self._was_late = False
        self._was_lossy = False
        self._sunk = False  # not even the least layers fit
        self._settled_at = 0
        self._pause = LEAST_PAUSE_NS
        self._daring = False  # the last try was none that only fills a queue
        self._next_try = 0
        self._raised_at: int | None = None  # by a probe, not proven yet

    # -- what the viewer's side says; `sent`: bit/s that go to it now

    def remb(self, now: int, bps: int, sent: int) -> None:
        before, self._remb = self._remb, bps
        falls = before is not None and bps < before * FALLS
        if self.probe is not None and falls:
            self._failed(now)
        if before is None or bps > before or bps >= sent * 0.9:
            self._short_since = None
            return
        if self._short_since is None:
            self._short_since = now
        found = max(bps, self._floor(now))
        # What a probe has just shown is known better than by an estimate that has hardly begun to rise again.
        stays = now - self._short_since > STAYS_NS and self._raised_at is None
        if falls or (stays and (self.budget is None or found < self.budget)):
            self._cut(now, found)

    def block(self, ssrc: int, highest: int, lost: int, rtt_ms: float | None, began: int = 0) -> None:
        """A block of a receiver report about a picture: the highest number so far, how many packets were lost so far
        (RFC 3550 §6.4.1), the round trip and when it began, by the sender report that is echoed."""
        self._news[ssrc] = (highest, lost)
        if rtt_ms is not None:
            self._trips.append((began, rtt_ms))

    def reached(self, now: int, ssrc: int, highest: int, lost: int, under_way_ms: float | None) -> Reached | None:
        """How far a viewer is by a block, and for how long what comes next has been under way; None: nothing is. Where
        a queue was there at this report and at the one before, gives that one: between the two came what the line
        carries."""
        least = self._least_rtt.value
        queue_ms = 0.0 if least is None or under_way_ms is None else under_way_ms - least / _MS
        queued = queue_ms > DELAYED_MS
        before = self._reached.get(ssrc)
        if queued and before is not None and before.queue_ms and now - before.at < LEAST_SPAN_NS:
            return None  # a few packets, which came together or not, say nothing of a rate
        self._reached[ssrc] = Reached(now, highest, lost, queue_ms if queued else 0.0)
        return before if queued and before is not None and before.queue_ms and now - before.at < SILENT_NS else None

    @property
    def queue_ns(self) -> int:
        """As the last reports told: what stands there takes so long to come through; 0: nothing that matters."""
        return int(max((each.queue_ms for each in self._reached.values()), default=0.0) * _MS)

    def carries(self, now: int, bps: int, sent: int) -> None:
        """So much came while there was a queue all the time: it is all that there is. Where it is about what is sent,
        it was no queue: a busy machine is late with everything."""
        if bps > sent * WORSE:
            return
        found = max(int(bps * 0.9), self._floor(now))
        if self.budget is None or found < self.budget:
            self._cut(now, found)

    def look(self, now: int, sent: int) -> None:
        """Judge what blocks have told since the last look, once there is enough of it."""
        ended = self.probe.ended if self.probe is not None else None
        proofs = [trip for began, trip in self._trips if ended is not None and began >= ended]
        if not proofs and self._judged_at is not None and now - self._judged_at < WINDOW_NS:
            return
        self._judged_at = now
        expected = lost = 0
        for ssrc, (highest, lost_so_far) in self._news.items():
            before = self._totals.get(ssrc, (highest, lost_so_far))
            expected += (highest - before[0]) & 0xFFFF_FFFF
            lost += lost_so_far - before[1]
        share, since = 0.0, self._counted_at
        if expected >= LEAST_EXPECTED or not self._totals.keys() >= self._news.keys():
            self._totals.update(self._news)
            self._counted_at = now
            share = max(0.0, lost / expected) if expected else 0.0
        # Of the newest the least: a report that was held up on its way back says nothing of the way there. Behind a
        # probe it is the most, because that is what is looked for.
        newest = max((began for began, _ in self._trips), default=0)
        trips = [trip for began, trip in self._trips if began >= max(self._told_of_from, newest - AT_ONCE_NS)]
        trip = max(proofs) if proofs else min(trips, default=None)
        self.report(now, share, trip, sent, since=since, proves=bool(proofs))
        self._trips.clear()

    def report(
        self, now: int, lost: float, rtt_ms: float | None, sent: int, *, since: int | None = None, proves: bool = False
    ) -> None:  # fmt: skip
        """The share of packets lost `since`, and the round trip; `proves`: that of a report sent behind a probe."""
        late_ms = 0.0
        if rtt_ms is not None:
            self._least_rtt.add(now, int(rtt_ms * _MS))
            late_ms = rtt_ms - (self._least_rtt.value or 0) / _MS
        late = late_ms > DELAYED_MS
        delayed, self._was_late = late and self._was_late, late  # once may be a moment of somebody's processor
        if self.probe is not None:
            if lost > UNEASY or late_ms > (PROBED_MS if proves else DELAYED_MS):
                self._failed(now)
            elif proves:
                self._raise(now, self.probe.bps)
        lossy = lost > MUCH or (lost > LOSSY and self._was_lossy)
        self._was_lossy = lost > LOSSY
        if not lossy and not delayed:
            self._bad_since = None
            return
        if self._bad_since is None or now - self._bad_at > SILENT_NS:
            self._bad_since = now
        self._bad_at = now
        if now >= self._settled_at and (delayed or since is None or since >= self._told_of_from):
            found = sent * ((1 - lost) * 0.9 if lost > LOSSY else 0.7)
            if self.budget is not None:
                found = min(found, self.budget * WORSE)
            self._cut(now, max(self._floor(now), int(found)))

    @property
    def _told_of_from(self) -> int:
        """What began before it, however late it is told, is what the last cut was for."""
        return self._settled_at - WINDOW_NS

    def _floor(self, now: int) -> int:
        """The least layers are not given up for what may be the queue of a moment."""
        lasts = self._bad_since is not None and now - self._bad_since >= LASTING_NS
        return 0 if lasts else self.least_bps

    def _cut(self, now: int, bps: int) -> None:
        self._prove(now)
        if self.probe is not None or self._raised_at is not None:
            self._failed(now)
        if self.budget is None or bps < self.budget * FALLS_MUCH:  # else it says nothing new of what is above it
            self._next_try = max(self._next_try, now + self._pause)
        if self.budget is None or bps < self.budget:
            self.budget, self.changed = bps, True
        self._sunk = bps < self.least_bps
        self._settled_at = now + SETTLE_NS
        self.drained_at = now + DRAIN_NS

    def _failed(self, now: int) -> None:
        self.probe = self._raised_at = None
        self._pause = min(MOST_DARING_NS if self._daring else MOST_PAUSE_NS, self._pause * 2)
        self._next_try = now + self._pause
        self._settled_at = now + SETTLE_NS  # the queue that it made drains beside what is sent

    def drains(self, now: int) -> bool:
        """Its queue is full of what was sent before a cut."""
        return self.drained_at is not None and now < self.drained_at

    def limit(self, now: int) -> int | None:
        """The budget, or what of it may be used for a while after a cut, so that the queue drains."""
        if self.budget is None:
            return None
        share = DRAINING if self.drains(now) else 1.0
        return max(int(self.budget * share), 0 if self._sunk else self.least_bps)

    # -- upwards

    def content(self) -> None:
        """Nothing more is wanted."""
        self.probe = None

    def due(self, now: int, bps: int, next_bps: int) -> int:
        """Octets to send now to find out whether `next_bps` fit; `bps` is what is sent by itself. To be called every
        few milliseconds while the line stands in the way of something. Once all was sent `probe.ended` says so, and a
        sender report behind it, whose echo tells how long the queue was, is worth more than one at any other time."""
        self._prove(now)
        if self.probe is None:
            if now < self._next_try:
                return 0
            self.probe, self._daring = Probe(now, next_bps, now), False
        probe = self.probe
        probe.bps = max(probe.bps, next_bps)
        if now - probe.began >= PROBE_NS:
            probe.ended = probe.ended or now
            if now - probe.began >= PROBE_NS + JUDGE_NS:
                self._raise(now, probe.bps)
            return 0
        probe.carry += max(0, probe.bps - bps) * (now - probe.sent_to) / 8 / _SECOND
        probe.sent_to = now
        return int(probe.carry)

    def dare(self, now: int, next_bps: int) -> None:
        """Nothing is sent that could be padded: to look whether `next_bps` fit is to send them."""
        if now >= self._next_try:
            self._daring = True
            self._raise(now, next_bps)

    def _prove(self, now: int) -> None:
        if self._raised_at is not None and now - self._raised_at > PROVEN_NS:
            self._raised_at, self._pause = None, LEAST_PAUSE_NS

    def _raise(self, now: int, bps: int) -> None:
        self.probe, self._sunk, self._short_since = None, False, None
        self._raised_at, self._next_try, self.drained_at = now, now + NEXT_NS, None
        self._settled_at = now + SETTLE_NS
        # A little more than was proven: a layer's rate swings.
        self.budget, self.changed = int(bps * 1.1), True

    def sent(self, octets: int) -> None:
        """So much of what was due has gone out."""
        if self.probe is not None:
            self.probe.carry -= octets
