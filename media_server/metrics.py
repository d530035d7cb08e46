"""The relay's counters for Prometheus, read off the driver when somebody asks."""

import time
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from media_server.driver import Driver
from media_server.engine.drops import DropReason
from media_server.session_metrics import Snapshot, families, snapshot


class RelayMetrics(Collector):
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._sessions = Snapshot()

    async def count(self) -> None:
        """Read the sessions, on the event loop."""
        self._sessions = await snapshot(self._driver.relay, time.monotonic_ns(), self._driver.fanout.dropped)

    def collect(self) -> Iterator[Metric]:
        relay = self._driver.relay
        drops = CounterMetricFamily("huilu_relay_drops", "What ended without effect, by reason", labels=["reason"])
        for reason in DropReason:
            drops.add_metric([reason.value], relay.drops[reason])
        yield drops
        yield CounterMetricFamily("huilu_relay_datagrams", "Datagrams that arrived", value=self._driver.arrived)
        fanout = self._driver.fanout
        yield CounterMetricFamily("huilu_relay_forwarded", "Packets sent to viewers", value=fanout.sent)
        kind = GaugeMetricFamily("huilu_relay_fanout", "1 for the fan-out that runs", labels=["name"])
        kind.add_metric([fanout.name], 1)
        yield kind
        yield CounterMetricFamily("huilu_relay_events_dropped", "Events lost", value=self._driver.events_dropped)
        yield GaugeMetricFamily("huilu_relay_sessions", "Sessions that are open", value=len(relay.sessions))
        sources = sum(len(room.sources) for room in relay.rooms.values())
        yield GaugeMetricFamily("huilu_relay_sources", "Sources that are live", value=sources)
        listeners = len(self._driver.listeners) if self._driver.listeners is not None else 0
        yield GaugeMetricFamily("huilu_relay_listeners", "Listeners on the socket", value=listeners)
        yield from families(self._sessions)
