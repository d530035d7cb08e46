"""The settings of one start (`ops.setting_table` has them all), read, checked, and written down.

A value comes from the command line, else from the environment (HUILU_ and the name in capitals), else from
`huilu.toml` in the data folder, else it is the default.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from ops.errors import BadSetting
from ops.setting_table import Settings
from ops.settings_check import check

PREFIX = "HUILU_"
FILE = "huilu.toml"
_TYPES = get_type_hints(Settings)
_TRUE = frozenset({"1", "true", "yes", "on", "是"})
_FALSE = frozenset({"0", "false", "no", "off", "否", ""})


def parse(name: str, text: str) -> Any:
    """The value of a setting written as text; raises BadSetting."""
    wanted = _TYPES[name]
    try:
        if wanted is bool:
            if text.strip().lower() not in _TRUE | _FALSE:
                raise ValueError("yes or no")
            return text.strip().lower() in _TRUE
        if wanted == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return wanted(text)
    except ValueError as error:
        raise BadSetting(f"{name}: {text!r}: {error}") from error


def _from_toml(name: str, value: object) -> Any:
    if isinstance(value, list):
        return parse(name, ",".join(str(part) for part in value))
    if isinstance(value, bool) is not (_TYPES[name] is bool):
        raise BadSetting(f"{FILE}: {name}: {value!r}")
    return parse(name, str(value))


def load(given: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of one start. `given` is what stands on the command line; None means not said."""
    values: dict[str, Any] = {}
    for each in fields(Settings):
        text = environ.get(PREFIX + each.name.upper())
        if text is not None:
            values[each.name] = parse(each.name, text)
    for name, value in given.items():
        if value is not None and name in _TYPES:
            values[name] = parse(name, value) if isinstance(value, str) else value
    data = Path(values.get("data", Settings().data)).expanduser().absolute()
    values = {**_read_file(data / FILE), **values, "data": data}
    settings = Settings(**values)
    check(settings)
    return settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path}: {error}") from error
    for name in written:
        if name not in _TYPES or name == "data":
            raise BadSetting(f"{path}: {name}")
    return {name: _from_toml(name, value) for name, value in written.items()}


def as_text(value: object) -> str:
    """A value as it is written into the environment."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def table() -> str:
    """The whole table for docs/SETTINGS.md."""
    lines = ["| name | default | what |", "|---|---|---|"]
    for each in fields(Settings):
        written = as_text(each.default)
        default = each.metadata["shown"] or (f"`{written}`" if written else "none")
        lines.append(f"| `{each.name}` | {default} | {each.metadata['zh']}。{each.metadata['en']} |")
    return "\n".join(lines)
