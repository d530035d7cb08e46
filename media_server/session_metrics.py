"""Figures of live sessions for Prometheus: a series lives as long as its session, and their number has a bound.

A snapshot is taken on the event loop between other work, fifty sessions at a time; text is made of it in a thread, so
that a question about 600 sessions holds no packet up.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from media_server.engine.drops import DropReason
from media_server.engine.relay import Relay
from media_server.engine.session import Session

AT_ONCE = 50  # sessions: a millisecond or two
MAX_SLOTS = 2_000  # whose figures are told one by one; of the others the session's sums are

Row = tuple[tuple[str, ...], float]
SESSION, SLOT, SOURCE = ("room", "session", "mode"), ("session", "slot", "kind"), ("session", "source", "kind", "layer")


@dataclass
class Snapshot:
    rows: dict[str, list[Row]] = field(default_factory=dict)
    slots: int = 0
    left_out: int = 0

    def add(self, family: str, labels: tuple[str, ...], value: float) -> None:
        self.rows.setdefault(family, []).append((labels, value))


# name without its prefix: (labels, what it says, whether it only rises)
FAMILIES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "session_received_bytes": (SESSION, "Media payload received from the session", True),
    "session_sent_bytes": (SESSION, "Media payload sent to the session's slots", True),
    "session_round_trip_seconds": (SESSION, "Round trip by the session's last report", False),
    "session_heard_seconds_ago": (SESSION, "Since anything was heard of the session", False),
    "session_drops": (("room", "session", "reason"), "What of or for this session ended without effect", True),
    "source_loss_ratio": (SOURCE, "Share lost of what the session sent, between two receiver reports", False),
    "source_jitter_seconds": (SOURCE, "Interarrival jitter of a source (RFC 3550)", False),
    "source_received_bytes": (SOURCE, "Payload of a source", True),
    "slot_loss_ratio": (SLOT, "Share lost by the viewer's last report", False),
    "slot_jitter_seconds": (SLOT, "Interarrival jitter by the viewer's last report", False),
    "slot_round_trip_seconds": (SLOT, "Round trip by the viewer's last report", False),
    "slot_sent_bytes": (SLOT, "Payload sent in the slot", True),
    "slot_retransmitted_packets": (SLOT, "Packets that were asked for and sent again", True),
    "slot_retransmitted_bytes": (SLOT, "Octets of packets sent again", True),
    "slot_shows": (("session", "slot", "kind", "source", "layer"), "1 for what the slot shows", False),
}


Dropped = Callable[[int], Mapping[DropReason, int]]


async def snapshot(relay: Relay, now: int, dropped: Dropped = lambda _: {}) -> Snapshot:
    """Of sessions whose keys are there; `dropped`: what the fan-out could not send to a viewer."""
    taken = Snapshot()
    sessions = list(relay.sessions.values())
    for first in range(0, len(sessions), AT_ONCE):
        for session in sessions[first : first + AT_ONCE]:
            if session.tx is not None and session.id in relay.sessions:
                _session(taken, session, now, dropped(session.viewer))
        await asyncio.sleep(0)
    return taken


def _session(taken: Snapshot, session: Session, now: int, unsent: Mapping[DropReason, int]) -> None:
    request = session.request
    labels = (request.room, session.id, request.mode)
    taken.add("session_received_bytes", labels, session.received_octets)
    taken.add("session_sent_bytes", labels, sum(slot.octets for slot in session.slots))
    taken.add("session_heard_seconds_ago", labels, max(0, now - session.heard_at) / 1e9)
    if session.round.rtt_ms is not None:
        taken.add("session_round_trip_seconds", labels, session.round.rtt_ms / 1e3)
    for reason, count in (Counter(session.drops) + Counter(unsent)).items():
        taken.add("session_drops", (request.room, session.id, reason.value), count)
    for source in session.streams:
        here = (session.id, source.note.id, source.note.kind, source.rid)
        taken.add("source_loss_ratio", here, source.reception.fraction_lost)
        taken.add("source_jitter_seconds", here, source.reception.jitter_s)
        taken.add("source_received_bytes", here, source.reception.octets)
    for slot in session.slots:
        shown = slot.shown
        if shown is None:
            continue
        if taken.slots >= MAX_SLOTS:
            taken.left_out += 1
            continue
        taken.slots += 1
        place = (session.id, slot.mid, slot.kind)
        heard = session.figures.of(slot.ssrc)
        taken.add("slot_loss_ratio", place, heard.fraction_lost)
        taken.add("slot_jitter_seconds", place, heard.jitter / shown.note.clock_rate)
        if heard.rtt_ms is not None:
            taken.add("slot_round_trip_seconds", place, heard.rtt_ms / 1e3)
        taken.add("slot_sent_bytes", place, slot.octets)
        taken.add("slot_retransmitted_packets", place, heard.repeated)
        taken.add("slot_retransmitted_bytes", place, heard.repeated_octets)
        taken.add("slot_shows", (*place, shown.note.id, shown.rid), 1)


def families(taken: Snapshot) -> Iterator[Metric]:
    for name, (labels, about, rises) in FAMILIES.items():
        kind = CounterMetricFamily if rises else GaugeMetricFamily
        family = kind(f"huilu_relay_{name}", about, labels=labels)
        for values, value in taken.rows.get(name, ()):
            family.add_metric(values, value)
        yield family
    yield GaugeMetricFamily("huilu_relay_slots_left_out", "Slots beyond the bound of series", value=taken.left_out)
