"""What a start of the hub settled (ports, tokens, files), written to run/start.json (0600) and read by its children."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.errors import NoHub
from ops.files import write_private
from ops.layout import Layout

if TYPE_CHECKING:
    from storage.objects import ObjectsConfig
    from storage.stamp_client import StampConfig
    from storage.webhook import WebhookConfig


@dataclass(frozen=True, slots=True)
class ObjectsAt:
    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    secure: bool
    lock_days: int
    doors: tuple[int, ...] | None  # all ports of the embedded store (storage.seaweed.SeaweedPorts)


@dataclass(frozen=True, slots=True)
class Start:
    data: str
    hub_id: str
    public_url: str
    local_url: str  # how this machine reaches itself
    bus_url: str
    bus_token: str
    database_url: str
    objects: ObjectsAt
    media_port: int
    media_addresses: tuple[str, ...]
    certificate: str
    certificate_key: str
    authority: str | None  # None with a county's own certificate
    remb_bps: int
    silent_s: float
    fanout: str
    absence_s: float
    absence_lost_s: float
    spool_limit_bytes: int
    metrics_token: str
    notices_url: str = ""
    papers: str = ""
    turn_urls: tuple[str, ...] = ()
    turn_username: str = ""
    turn_password: str = ""
    turn_secret: str = ""
    stamp_url: str = ""
    stamp_certificates: str = ""
    stamp_policy: str = ""
    stamp_timeout_s: float = 10.0
    stamp_every_s: float = 600.0
    stamp_clock_s: float = 300.0
    time_source: str = ""
    second_factor: str = "offered"
    second_factor_key: str = ""
    webhook_url: str = ""
    webhook_form: str = "json"
    webhook_secret: str = ""
    webhook_template: str = ""
    webhook_timeout_s: float = 10.0
    days_off: tuple[str, ...] = ()
    days_worked: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        return Layout(Path(self.data))

    def objects_config(self) -> "ObjectsConfig":
        from storage.objects import ObjectsConfig
        from storage.seaweed import SeaweedPorts

        at = self.objects
        return ObjectsConfig(
            endpoint=at.endpoint,
            access_key=at.access_key,
            secret_key=at.secret_key,
            bucket=at.bucket,
            secure=at.secure,
            lock_days=at.lock_days,
            doors=SeaweedPorts(*at.doors) if at.doors else None,
        )

    def stamp_config(self) -> "StampConfig | None":
        """None where no time-stamping authority is named."""
        if not self.stamp_url:
            return None
        from storage.stamp_client import StampConfig

        return StampConfig(
            self.stamp_url,
            Path(self.stamp_certificates),
            self.stamp_policy,
            self.stamp_timeout_s,
            self.stamp_every_s,
            self.stamp_clock_s,
        )

    def webhook_config(self) -> "WebhookConfig | None":
        """None where nobody outside is told."""
        if not self.webhook_url:
            return None
        from storage.webhook import WebhookConfig

        return WebhookConfig(
            self.webhook_url,
            self.webhook_form,
            self.webhook_secret,
            Path(self.webhook_template) if self.webhook_template else None,
            self.webhook_timeout_s,
            self.public_url,
        )

    def take_up_days(self) -> None:
        """The county's own days off, for this process; before anything is reckoned in working days."""
        from api.domain.workdays import read_calendar, take_up

        take_up(read_calendar(self.days_off, self.days_worked))

    def write(self) -> None:
        write_private(self.layout.start_file, json.dumps(dataclasses.asdict(self), ensure_ascii=False).encode())


def read(data: Path) -> Start:
    """Raises NoHub when no hub was ever started there."""
    path = Layout(data.absolute()).start_file
    try:
        written: dict[str, Any] = json.loads(path.read_text())
        return Start(
            **{
                **written,
                "objects": ObjectsAt(**written["objects"]),
                "media_addresses": tuple(written["media_addresses"]),
                "turn_urls": tuple(written["turn_urls"]),
                "days_off": tuple(written.get("days_off", ())),
                "days_worked": tuple(written.get("days_worked", ())),
            }
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise NoHub(f"{path}: {type(error).__name__}") from error
