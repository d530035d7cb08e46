"""A run's figures from what its processes counted, and what must hold of them: printed, never asserted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ops.bench.machine import percentile
from ops.bench.scenarios import SCENARIOS

Figures = dict[str, Any]
FROZEN_MS = 1000.0  # so long without a new one at the end of the count

Row = tuple[str, str, str, str]  # figure, value, target, whether it holds

SHOWN = (
    ("relay_us_per_packet", "relay's CPU per packet", "µs"),
    ("relay_cpu_percent", "relay's CPU", "%"),
    ("load_cpu_percent", "load's CPU", "%"),
    ("others_cpu_percent", "everything else's CPU", "%"),
    ("packets_a_second", "packets a second", ""),
    ("gaps", "sequence gaps", ""),
    ("loss_percent", "loss", "%"),
    ("sound_missing_percent", "sound gaps", "%"),
    ("complete_percent", "frames complete", "%"),
    ("shown_percent", "frames shown (of those that decrypt)", "%"),
    ("broken", "broken pictures shown", ""),
    ("longest_pause_ms", "longest pause of a picture", "ms"),
    ("frozen", "pictures that stand still in the end", ""),
    ("small_s", "squeezed → small layer", "s"),
    ("large_s", "freed → large layer", "s"),
    ("latency_p50_ms", "latency p50", "ms"),
    ("latency_p99_ms", "latency p99", "ms"),
    ("join_p50_ms", "join p50", "ms"),
    ("join_p99_ms", "join p99", "ms"),
    ("failed", "not connected", ""),
    ("rss_grown_mb", "memory grown since it had settled", "MB"),
    ("rss_kb_per_session", "memory per session", "kB"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """`most` and `least` are what must hold of a figure, in its own unit."""

    figure: str
    most: float | None = None
    least: float | None = None

    def holds(self, value: float | None) -> bool:
        return (
            value is not None
            and (self.most is None or value <= self.most)
            and (self.least is None or value >= self.least)
        )

    def __str__(self) -> str:
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"


def targets(scenario: str, viewers: int, fanout: str, seconds: float) -> list[Target]:
    """What must be reached on the machine that this is built on; that of the relay's time is the native fan-out's."""
    if scenario == "broadcast":
        cost = [Target("relay_us_per_packet", most=3.5 if viewers >= 400 else 4.0)] if fanout == "native" else []
        if viewers >= 400:
            return [*cost, Target("gaps", most=0), Target("complete_percent", least=99.9)]
        quick = [Target("latency_p50_ms", most=5), Target("latency_p99_ms", most=25)]
        return [*cost, *quick, Target("loss_percent", most=0)]
    if scenario == "join-storm":
        return [Target("failed", most=0), Target("join_p99_ms", most=1000), Target("complete_percent", least=100)]
    if scenario == "loss":
        return [Target("complete_percent", least=99.9), Target("sound_missing_percent", most=0.1)]
    if scenario == "burst":
        return [Target("longest_pause_ms", most=1000), Target("frozen", most=0), Target("broken", most=0)]
    if scenario == "layers":
        return [Target("small_s", most=2), Target("large_s", most=15), Target("broken", most=0)]
    if scenario == "wall":
        return [Target("loss_percent", most=0)]
    if scenario == "village" and seconds >= 3600:
        return [Target("rss_grown_mb", most=5)]
    return []


def counted(told: Sequence[Figures], seconds: float) -> Figures:
    """What several processes counted, as one."""
    counts: Counter[str] = Counter()
    latencies: Counter[int] = Counter()  # µs
    for each in told:
        counts.update(each["counts"])
        for step, count in each["latency"].items():
            latencies[int(step) * each["latency_step_us"]] += count
    pictures = [picture for each in told for picture in each["pictures"]]
    return {
        "decrypting": sum(each["decrypting"] for each in told),
        "packets": counts["packets"],
        "packets_a_second": round(counts["packets"] / seconds),
        "mbit_a_second": round(counts["octets"] * 8e-6 / seconds, 1),
        "gaps": counts["holes"],
        "missing": counts["missing"],
        "late": counts["late"],
        "nacked": counts["nacked"],
        "undecrypted": sum(each["undecrypted"] for each in told),
        "loss_percent": percent(counts["missing"], counts["packets"] - counts["late"] + counts["missing"]),
        "sound_missing_percent": percent(counts["sounds_missing"], counts["sounds"] + counts["sounds_missing"]),
        "frames": counts["frames"],
        "complete_percent": percent(counts["complete"], counts["frames"]),
        "shown_percent": percent(counts["shown"], counts["decrypted_frames"]),
        "broken": counts["broken"],
        "longest_pause_ms": max((picture["longest_pause_ms"] for picture in pictures), default=0.0),
        "frozen": sum(picture["since_shown_ms"] > FROZEN_MS for picture in pictures),
        "latencies": latencies.total(),
        "latency_p50_ms": quantile(latencies, 0.5) / 1e3,
        "latency_p99_ms": quantile(latencies, 0.99) / 1e3,
        "latency_max_ms": max(latencies, default=0) / 1e3,
    }


def turns(told: Sequence[Figures], large: int, small: int) -> Figures:
    """Of lines that were squeezed and then freed: seconds until the picture has `small`, until it has `large` lines; of
    the slowest viewer, None where one never had it."""
    waits: tuple[list[float], list[float]] = ([], [])
    never = [False, False]
    for each in told:
        for picture in each["pictures"]:
            for place, (turned, lines) in enumerate(zip(each["turned_s"], (small, large), strict=False)):
                at = next((at for at, shown in picture["turns"] if at > turned and shown == lines), None)
                if at is None:
                    never[place] = True
                else:
                    waits[place].append(at - turned)
    names = ("small_s", "large_s")
    return {
        name: None if never[place] or not waits[place] else round(max(waits[place]), 2)
        for place, name in enumerate(names)
    }


def joined(times_ms: Sequence[float], failures: Sequence[str]) -> Figures:
    return {
        "join_p50_ms": percentile(list(times_ms), 0.5) if times_ms else 0.0,
        "join_p99_ms": percentile(list(times_ms), 0.99) if times_ms else 0.0,
        "failed": len(failures),
    }


def quantile(histogram: Counter[int], share: float) -> int:
    """Nearest rank; 0 of an empty one."""
    left = histogram.total() * share
    for value in sorted(histogram):
        left -= histogram[value]
        if left <= 0:
            return value
    return 0


def percent(part: float, whole: float, digits: int = 4) -> float:
    return round(100 * part / whole, digits) if whole else 0.0


def rows(result: Figures) -> list[Row]:
    head = f"{result['scenario']}, {result['viewers']} viewers, {result['fanout']} fan-out"
    out: list[Row] = [
        (head, result["ground"], "must hold", ""),
        (f"  {SCENARIOS[result['scenario']].about}", "", "", ""),
    ]
    hold = targets(result["scenario"], result["viewers"], result["fanout"], result["seconds"])
    wanted = {each.figure: each for each in hold}
    for figure, words, unit in SHOWN:
        if figure not in result:
            continue
        value, target = result[figure], wanted.get(figure)
        text = " + ".join(map(str, value)) if isinstance(value, list) else "never" if value is None else str(value)
        held = "" if target is None else "holds" if target.holds(value) else "MISSED"
        out.append((f"  {words}", f"{text} {unit}".strip(), "" if target is None else str(target), held))
    return out


def table(rows: Sequence[Row]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
