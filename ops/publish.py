"""`huilu publish`: the public pages of all villages as files for a web server elsewhere.

Only what changed is written, each file whole or not at all; what ended is removed, and nothing that isn't ours. Made to
be run again and again, by cron: days end without anybody doing anything.
"""

import asyncio
import fcntl
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from api.acts import county_rules
from api.acts.public_site import site
from api.domain.day import day_of
from ops import settings
from ops.errors import BadFolder
from ops.start import read
from ops.terminal import say
from storage.database import Database

LIST = ".huilu-published.json"  # which files are ours
_OURS = re.compile(r"(?:[A-Za-z0-9_]{1,64}/)?[a-z0-9-]{1,40}\.(?:html|txt)")


@dataclass(slots=True)
class Published:
    files: int = 0
    written: int = 0
    removed: int = 0


def publish(data: Path, folder: Path) -> int:
    start = read(data)
    start.take_up_days()
    hub = settings.load({"data": str(data)}).public_url
    pages = asyncio.run(_pages(start.database_url, hub))
    done = write(folder, pages)
    say(
        f"共 {done.files} 个文件，更新 {done.written} 个，删去 {done.removed} 个",
        f"{done.files} files, {done.written} written, {done.removed} removed",
    )
    if not hub:
        say(
            "没有设置 public_url，页面上没有异议表单的链接",
            "public_url isn't set: the pages lead to no form for objections",
        )
    return 0


async def _pages(database_url: str, hub: str) -> dict[str, bytes]:
    database = await Database.open(database_url)
    try:
        await county_rules.load(database)
        return await site(database, day_of(time.time_ns()), hub.rstrip("/"))
    finally:
        await database.close()


def write(folder: Path, pages: dict[str, bytes]) -> Published:
    """Raises BadFolder."""
    done = Published(len(pages))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(at, fcntl.LOCK_EX)  # two at once would take away each other's files
            before = _listed(folder)
            # Before anything new is there it is on the list: a run that is killed leaves nothing that isn't taken away.
            _put(folder / LIST, json.dumps(sorted(before | set(pages))).encode())
            # Villages first, then the index that leads to them.
            for name in sorted(pages, key=lambda each: ("/" not in each, each)):
                done.written += _put(folder / name, pages[name])
            for name in sorted(before - set(pages)):
                done.removed += _remove(folder, name)
            _put(folder / LIST, json.dumps(sorted(pages)).encode())
        finally:
            os.close(at)
    except OSError as error:
        raise BadFolder(f"{folder}: {error.strerror}") from error
    return done


def _listed(folder: Path) -> set[str]:
    try:
        listed = json.loads((folder / LIST).read_bytes())
    except (FileNotFoundError, ValueError):
        return set()
    return (
        {name for name in listed if isinstance(name, str) and _OURS.fullmatch(name)}
        if isinstance(listed, list)
        else set()
    )


def _put(path: Path, content: bytes) -> bool:
    """Whether it had to be written."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o755, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with open(new, "wb") as file:
        os.fchmod(file.fileno(), 0o644)  # another account's web server reads it
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return True


def _remove(folder: Path, name: str) -> bool:
    try:
        (folder / name).unlink()
    except FileNotFoundError:
        return False
    if "/" in name and not any((folder / name).parent.iterdir()):
        (folder / name).parent.rmdir()
    return True
