"""What the api process is told at start."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from api.domain.second_factor import FactorRule
from api.domain.turn import TurnSettings

if TYPE_CHECKING:
    from storage.objects import ObjectsConfig  # type: ignore[import-not-found,unused-ignore]


@dataclass(frozen=True)
class ApiConfig:
    bus_url: str
    bus_token: str | None
    database_url: str
    spool: Path  # sealed segments below it, by name
    derived: Path  # viewing copies, posters
    objects: "ObjectsConfig | None"  # none: media come from the spool only
    web_dist: Path  # the built pages
    hub_id: str
    key_path: Path
    public_url: str  # https://host:port as people type it
    notices_url: str = ""  # below which the public pages lie elsewhere (`huilu publish`)
    papers: Path | None = None  # the county's own templates (api.acts.documents)
    trust_certificate: Path | None = None  # the authority that /trust hands out
    spool_limit_bytes: int = 0
    absence_limit_s: float = 600.0  # a meeting that nobody attends ends after it,
    absence_lost_limit_s: float = 7200.0  # after this where somebody's line was lost who never came back
    secure_cookie: bool = True  # false only behind plain HTTP in tests
    metrics_token: str | None = None  # asked for by /metrics when set; loopback may always
    turn: TurnSettings = field(default_factory=TurnSettings)
    checkpoint_every_s: float = 60.0
    second_factor: FactorRule = field(default_factory=FactorRule)
    second_factor_key: bytes = field(default=b"", repr=False)  # 32 bytes; none: one of this process alone
    time_source: str = ""  # an NTP server (storage.clock_watch)
    processes: tuple[str, ...] = field(default=("relay", "recorder", "worker", "api"))  # who answers huilu.health.*
