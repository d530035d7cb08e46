"""What is played to the relay, as data: who publishes, who watches from the beginning, who comes while it counts."""

from dataclasses import dataclass, replace
from typing import Literal

from media_server.records import Mode
from ops.bench.emulator import PRESETS, Network

Film = Literal["camera", "low", "asked", "layers"]


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    kbps: int
    key_every_s: int = 1


# By layer, the large one first.
FILMS: dict[Film, dict[str, Picture]] = {
    "camera": {"": Picture(1280, 720, 1000)},
    "low": {"": Picture(320, 180, 100)},
    # As browsers send: a key frame when somebody asks for one, and with the beginning of the film.
    "asked": {"": Picture(1280, 720, 1000, 5)},
    "layers": {"h": Picture(1280, 720, 1500, 5), "m": Picture(640, 360, 450, 5), "l": Picture(320, 180, 130, 5)},
}
DECRYPTING = 20


@dataclass(frozen=True, slots=True)
class Sites:
    """Who publishes, from the beginning; in mode "room" they watch each other too."""

    mode: Mode
    count: int
    film: Film
    sound: int = 1_000_000  # how many of them with sound


@dataclass(frozen=True, slots=True)
class Party:
    """Who watches. They come one after the other, or evenly over `over_s`."""

    mode: Mode
    count: int
    over_s: float = 0.0


NOBODY = Party("whep", 0)


@dataclass(frozen=True, slots=True)
class Narrow:
    """A line that is wide, squeezed and freed again; shares of the time that is counted."""

    wide_bps: int
    bps: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    sites: Sites
    viewers: Party = NOBODY  # in before counting begins
    comers: Party = NOBODY  # join while it is counted
    seconds: float = 20.0
    round_ms: float = 10.0
    line: Network | None = None  # of everybody
    narrow: Narrow | None = None  # instead: of those who watch, who tell the relay what theirs carry

    def of(self, viewers: int | None, seconds: float | None) -> "Scenario":
        """With another number of viewers (in a village: of sites; in a storm: of comers), or for another time."""
        changed = self
        if viewers is not None:
            if self.comers.count:
                changed = replace(self, comers=replace(self.comers, count=viewers))
            elif self.viewers.count:
                changed = replace(self, viewers=replace(self.viewers, count=viewers))
            else:
                changed = replace(self, sites=replace(self.sites, count=viewers))
        if seconds is not None:
            changed = replace(changed, seconds=seconds)
            if self.comers.count:
                over_s = self.comers.over_s * seconds / self.seconds
                changed = replace(changed, comers=replace(changed.comers, over_s=over_s))
        return changed


SPEAKER = Sites("whip", 1, "camera")
SCENARIOS = {
    each.name: each
    for each in (
        Scenario("broadcast", "1 → N, 720p at 1 Mbit/s and sound", SPEAKER, Party("whep", 100)),
        Scenario("village", "N ↔ N, 720p at 1 Mbit/s and sound", Sites("room", 3, "camera"), round_ms=5.0),
        Scenario(
            "wall",
            "60 sites with the low layer, four of them with sound; N viewers with 16 pictures each",
            Sites("whip", 60, "low", sound=4),
            Party("room", 20),
        ),
        Scenario(
            "join-storm",
            "20 are in, N more come in 10 s",
            SPEAKER,
            Party("whep", 20),
            Party("whep", 300, over_s=10.0),
            seconds=12.0,
        ),
        Scenario(
            "loss",
            "1 → N, 5% random loss each way and 80 ms round trip, speaker and viewers alike",
            SPEAKER,
            Party("whep", 10),
            round_ms=2.0,
            line=PRESETS["random"],
        ),
        Scenario(
            "burst",
            "1 → N over a Wi-Fi with strokes of loss (Gilbert–Elliott), speaker and viewers alike",
            Sites("whip", 1, "asked"),
            Party("whep", 10),
            seconds=60.0,
            round_ms=2.0,
            line=PRESETS["wifi_lossy"],
        ),
        Scenario(
            "layers",
            "a camera in three layers → N, whose lines are squeezed to 300 kbit/s and freed again",
            Sites("whip", 1, "layers"),
            Party("whep", 1),
            seconds=40.0,
            round_ms=2.0,
            narrow=Narrow(20_000_000, 300_000, begins=0.125, ends=0.375),
        ),
    )
}
