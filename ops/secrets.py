"""What a hub must know and nobody else may: made at the first start, kept in keys/secrets.json (0600)."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.errors import BadSetting
from ops.files import private_folder, write_private
from storage.ids import new_id

# No 0, O, 1, l or I: the password is read from a screen and typed.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Secrets:
    hub_id: str
    bus_token: str


def load_or_make(keys: Path) -> Secrets:
    path = private_folder(keys) / "secrets.json"
    if path.exists():
        try:
            return Secrets(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise BadSetting(f"{path}: {error}") from error
    made = Secrets(hub_id=new_id("hub"), bus_token=secrets.token_urlsafe(32))
    write_private(path, json.dumps(asdict(made), indent=1).encode())
    return made


def first_password() -> str:
    """Three groups of four: 60 bits, easy to copy from the screen."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
