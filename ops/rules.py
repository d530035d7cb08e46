"""`huilu rules check`: a folder of the county's own rules against ours, each mistake by its line; no hub is needed.

What a hub has taken up already isn't known here: it checks once more when they are proposed.
"""

import json
import time
from pathlib import Path

from api.acts.county_rules import earliest_after, first_day
from api.domain.catalogue import shipped
from api.domain.reading import taken_up
from api.errors.county import WrongCatalogue
from api.records.rules import MAX_FILES
from ops.errors import NoRules
from ops.terminal import say


def check(folder: Path, as_json: bool) -> int:
    """1: mistakes. Raises NoRules where there is nothing to read."""
    named = _read(folder)
    try:
        after = taken_up(shipped(), named, earliest_after(time.time_ns()))
    except WrongCatalogue as error:
        mistakes = error.more["mistakes"]
        if as_json:
            print(json.dumps({"files": len(named), "mistakes": mistakes}, ensure_ascii=False))
            return 1
        for each in mistakes:
            say(f"{each['file']}:{each['line']}: {each['zh']}", str(each["en"]))
        say(f"共 {len(mistakes)} 处错误", f"{len(mistakes)} mistakes")
        return 1
    entries, from_on = len(after.placed) - len(shipped().placed), first_day(shipped(), after)
    if as_json:
        print(json.dumps({"files": len(named), "mistakes": [], "entries": entries, "from_on": from_on}))
    else:
        say(f"没有错误：{entries} 项，最早自 {from_on} 起生效", f"no mistakes: {entries} entries, from {from_on} on")
    return 0


def _read(folder: Path) -> list[tuple[str, str]]:
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix == ".toml")
        if not 0 < len(files) <= MAX_FILES:
            raise NoRules(f"{folder}: {len(files)} *.toml")
        return [(each.name, each.read_text("utf-8")) for each in files]
    except (OSError, UnicodeDecodeError) as error:
        raise NoRules(str(error)) from error
