"""What a load process is told: who it is, and which clients are to join."""

from dataclasses import dataclass
from typing import Any

from media_server.records import Mode

Command = dict[str, Any]  # one line of JSON


@dataclass(frozen=True, slots=True)
class Config:
    bus_url: str
    bus_token: str
    room: str
    namespace: str = ""
    round_ms: float = 10.0  # pause between two rounds of reading
    loss: float = 0.0  # a bad line made here; each way
    delay_ms: float = 0.0  # each way
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    mode: Mode
    count: int
    film: str = ""  # the transcoded file that each publishes
    sound: int = 1_000_000  # how many of them with sound
    decrypting: int = 0  # so many decrypt throughout; the others count clear headers after their first frame
    at_once: int = 8  # joining at the same time
    over_s: float = 0.0  # begun evenly over so long
