"""Where everything lies in the data folder."""

from dataclasses import dataclass
from pathlib import Path

from ops.files import private_folder


@dataclass(frozen=True, slots=True)
class Layout:
    data: Path

    @property
    def bus(self) -> Path:
        return self.data / "bus"

    @property
    def objects(self) -> Path:
        return self.data / "objects"

    @property
    def database(self) -> Path:
        return self.data / "database" / "huilu.sqlite"

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def derived(self) -> Path:
        return self.data / "derived"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def signing_key(self) -> Path:
        return self.keys / "node.key"

    @property
    def certificates(self) -> Path:
        return self.data / "certificates"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def start_file(self) -> Path:
        """What the children read: written anew at each start."""
        return self.run / "start.json"

    @property
    def demo_accounts(self) -> Path:
        return self.data / "demo-accounts.json"

    @property
    def relay_socket(self) -> Path:
        return self.run / "relay.sock"

    def make(self) -> "Layout":
        private_folder(self.data)
        for folder in (
            self.bus,
            self.objects,
            self.database.parent,
            self.spool,
            self.derived,
            self.keys,
            self.certificates,
            self.run,
            self.logs,
        ):
            private_folder(folder)
        return self
