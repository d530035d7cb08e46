"""What a load process is told: who it is, and which clients are to join."""

import json
from dataclasses import dataclass, field
from typing import Any

from media_server.records import Mode
from ops.bench.emulator import Conditions, Network

Command = dict[str, Any]  # one line of JSON


@dataclass(frozen=True, slots=True)
class Config:
    bus_url: str
    bus_token: str
    room: str
    namespace: str = ""
    round_ms: float = 10.0  # pause between two rounds of reading
    line: Network | None = None  # a bad line of each client's own, made here; like netem it treats all datagrams alike
    seed: int = 1
    rooms: int = 1  # clients come to so many rooms by turns: ROOM-0, ROOM-1 …; of one, its own name

    @classmethod
    def read(cls, line: bytes) -> "Config":
        """From the JSON of `asdict`."""
        fields = json.loads(line)
        if fields["line"] is not None:
            fields["line"] = Network(**{way: Conditions(**about) for way, about in fields["line"].items()})
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Group:
    mode: Mode
    count: int
    films: dict[str, str] = field(default_factory=dict)  # by layer, the large one first: the file that each publishes
    on_request: bool = False  # … with a key frame when somebody asks
    sound: int = 1_000_000  # how many of them with sound
    decrypting: int = 0  # so many decrypt throughout; the others count clear headers after their first frame
    at_once: int = 8  # joining at the same time
    over_s: float = 0.0  # begun evenly over so long
    estimates: bool = False  # they take RTX and tell the relay what their line carries, as browsers do
