"""What a session's viewer and its own reports say of each slot, for the counters: loss, jitter, round trip, repeats."""

from dataclasses import dataclass, field

from media_server.engine.rtcp import ReportBlock


@dataclass(slots=True)
class Heard:
    """Of one slot, by the viewer's last report (RFC 3550 §6.4.1)."""

    fraction_lost: float = 0.0
    lost: int = 0
    jitter: int = 0  # in time stamp units
    rtt_ms: float | None = None
    repeated: int = 0  # packets sent again
    repeated_octets: int = 0


@dataclass(slots=True)
class Figures:
    """By the slot's SSRC."""

    slots: dict[int, Heard] = field(default_factory=dict)

    def of(self, ssrc: int) -> Heard:
        return self.slots.setdefault(ssrc, Heard())

    def reported(self, block: ReportBlock) -> None:
        one = self.of(block.ssrc)
        one.fraction_lost, one.lost, one.jitter = block.fraction_lost / 256, block.lost, block.jitter

    def repeated(self, ssrc: int, octets: int) -> None:
        one = self.of(ssrc)
        one.repeated += 1
        one.repeated_octets += octets
