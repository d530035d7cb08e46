"""Where what people hand in is kept and entered."""

from dataclasses import dataclass
from pathlib import Path

from storage.database import Database


@dataclass(frozen=True, slots=True)
class Archive:
    database: Database
    hub_id: str
    spool: Path
    limit: int
