"""How the line of each site is, for who chairs: good, weak or lost, from what the relay measures every two seconds.

Lost is a device that nothing is heard of, also when the relay has given its session up meanwhile: it stays in the
chair's list until it is back. A line is called weak at once and good again after three good looks, so that it does not
flicker; what the chair reads is a state to act on, not a meter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Line = Literal["good", "weak", "lost"]

WEAK_LOSS, LOST_LOSS = 0.05, 0.30
WEAK_RTT_MS = 400
GOOD_LOOKS = 3


@dataclass(slots=True)
class Standing:
    line: Line = "good"
    good_looks: int = 0
    silent: bool = False


def judged(loss: float, rtt_ms: float | None) -> Line:
    """Of one look: share of packets lost (0 to 1) and round trip."""
    if loss >= LOST_LOSS:
        return "lost"
    return "weak" if loss >= WEAK_LOSS or (rtt_ms or 0) >= WEAK_RTT_MS else "good"


class Lines:
    """By session."""

    def __init__(self) -> None:
        self._standing: dict[str, Standing] = {}

    def looked(self, session: str, loss: float, rtt_ms: float | None) -> bool:
        """True when what the chair is told has changed."""
        one = self._standing.setdefault(session, Standing())
        before, seen = self.of(session), judged(loss, rtt_ms)
        if seen != "good":
            # So many are lost that nothing can be seen: for who chairs it is weak until nothing comes at all.
            one.line, one.good_looks = "weak", 0
        else:
            one.good_looks += 1
            if one.good_looks >= GOOD_LOOKS:
                one.line = "good"
        return self.of(session) != before

    def silent(self, session: str, silent: bool) -> bool:
        one = self._standing.setdefault(session, Standing())
        before, one.silent = self.of(session), silent
        return self.of(session) != before

    def of(self, session: str) -> Line:
        one = self._standing.get(session)
        if one is None:
            return "good"
        return "lost" if one.silent else one.line

    def forget(self, session: str) -> None:
        self._standing.pop(session, None)

    def clear(self) -> None:
        self._standing.clear()


def told(troubled: Sequence[tuple[Line, dict[str, Any]]], at_most: int = 20) -> dict[str, Any]:
    """For who chairs: how many are weak and lost, and which, the lost ones first."""
    ordered = sorted(troubled, key=lambda each: each[0] != "lost")
    return {
        "type": "lines",
        "weak": sum(line == "weak" for line, _ in troubled),
        "lost": sum(line == "lost" for line, _ in troubled),
        "sites": [site | {"line": line} for line, site in ordered[:at_most]],
    }
