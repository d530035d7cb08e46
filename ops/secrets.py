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
    second_factor_key: str  # 32 bytes in hexadecimal; seals what authenticator apps share with the hub


def load_or_make(keys: Path) -> Secrets:
    path = private_folder(keys) / "secrets.json"
    if path.exists():
        try:
            written = json.loads(path.read_text())
            # A hub of before there was a second factor.
            held = Secrets(**{"second_factor_key": secrets.token_hex(32), **written})
            if len(bytes.fromhex(held.second_factor_key)) != 32:
                raise ValueError("second_factor_key")
        except (ValueError, TypeError) as error:
            raise BadSetting(f"{path}: {error}") from error
        if "second_factor_key" not in written:
            write_private(path, json.dumps(asdict(held), indent=1).encode())
        return held
    made = Secrets(hub_id=new_id("hub"), bus_token=secrets.token_urlsafe(32), second_factor_key=secrets.token_hex(32))
    write_private(path, json.dumps(asdict(made), indent=1).encode())
    return made


def first_password() -> str:
    """Three groups of four: 60 bits, easy to copy from the screen."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
