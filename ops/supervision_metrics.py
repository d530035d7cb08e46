"""How the hub's processes are, for Prometheus. The label is `child`: /metrics uses `process` for who tells it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ops.child import Child

_PAGE_BYTES = 4096


class ProcessCollector(Collector):
    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("huilu_child_up", "1 while the process answers", labels=["child"])
        start = GaugeMetricFamily(
            "huilu_child_start_seconds", "from its last start until it answered", labels=["child"]
        )
        memory = GaugeMetricFamily("huilu_child_resident_bytes", "memory of the process", labels=["child"])
        restarts = CounterMetricFamily("huilu_child_restarts", "starts after the first", labels=["child"])
        hangs = CounterMetricFamily("huilu_child_hangs", "killed for want of an answer", labels=["child"])
        for name, child in list(self._children.items()):
            up.add_metric([name], float(child.healthy))
            start.add_metric([name], child.last_start_s)
            memory.add_metric([name], resident_bytes(child.pid))
            restarts.add_metric([name], child.restarts)
            hangs.add_metric([name], child.hangs)
        return (up, start, memory, restarts, hangs)


def resident_bytes(pid: int | None) -> float:
    try:
        return float(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0.0
