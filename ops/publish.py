"""`huilu publish`: the public pages of all villages as files for a web server elsewhere.

Only what changed is written, each file whole or not at all; what ended is removed, and nothing that isn't ours. Made to
be run again and again, by cron: days end without anybody doing anything.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.acts import county_rules
from api.acts.notice_tables import Kept
from api.acts.public_site import Site, site
from api.domain.day import day_of
from api.errors.recordings import NotPlayable
from api.routes.bytes import read_piece
from ops import settings, start
from ops.errors import BadFolder
from ops.terminal import say
from storage.database import Database
from storage.errors import StorageError
from storage.objects import Objects, ObjectsConfig

Read = Callable[[Kept], bytes | None]

LIST = ".huilu-published.json"  # which files are ours
_OURS = re.compile(
    r"(?:[A-Za-z0-9_]{1,64}/)?[a-z0-9-]{1,40}\.(?:html|txt)|[A-Za-z0-9_]{1,64}/tbl_[a-z0-9]{26}\.(?:xlsx|docx|csv)"
)


@dataclass(slots=True)
class Published:
    files: int = 0
    written: int = 0
    removed: int = 0
    missing: int = 0  # tables that lie neither in the spool nor in a store that answers


def publish(data: Path, folder: Path) -> int:
    of = start.read(data)
    of.take_up_days()
    hub = settings.load({"data": str(data)}).public_url
    config = of.objects_config()
    with asyncio.Runner() as runner:
        found = runner.run(_site(of.database_url, of.layout.spool, hub))
        done = write(folder, found.pages, found.tables, lambda kept: runner.run(_read(kept, config)))
    say(
        f"共 {done.files} 个文件，更新 {done.written} 个，删去 {done.removed} 个",
        f"{done.files} files, {done.written} written, {done.removed} removed",
    )
    if not hub:
        say(
            "没有设置 public_url，页面上没有异议表单的链接",
            "public_url isn't set: the pages lead to no form for objections",
        )
    if done.missing:
        say(
            f"有 {done.missing} 个附表暂时取不到，页面上的链接打不开，请稍后再运行一次",
            f"{done.missing} tables can't be read now, and their links lead nowhere; run it again later",
        )
    return 1 if done.missing else 0


async def _site(database_url: str, spool: Path, hub: str) -> Site:
    database = await Database.open(database_url)
    try:
        await county_rules.load(database)
        return await site(database, spool, day_of(time.time_ns()), hub.rstrip("/"))
    finally:
        await database.close()


async def _read(kept: Kept, config: ObjectsConfig) -> bytes | None:
    """None: not now."""
    objects = Objects(config)
    try:
        return await read_piece(kept.piece, objects)
    except (NotPlayable, StorageError):
        return None
    finally:
        await objects.close()


def write(
    folder: Path, pages: Mapping[str, bytes], tables: Mapping[str, Kept] | None = None, read: Read = lambda _: None
) -> Published:
    """Raises BadFolder."""
    tables = tables or {}
    ours = {*pages, *tables}
    done = Published(len(ours))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(at, fcntl.LOCK_EX)  # two at once would take away each other's files
            before = _listed(folder)
            # Before anything new is there it is on the list: a run that is killed leaves nothing that isn't taken away.
            _put(folder / LIST, json.dumps(sorted(before | ours)).encode())
            # Villages first, then the index that leads to them.
            for name in sorted(pages, key=lambda each: ("/" not in each, each)):
                done.written += _put(folder / name, pages[name])
            for name in sorted(before - ours):
                done.removed += _remove(folder, name)
            # What ended is gone before anything is waited for.
            for name, kept in sorted(tables.items()):
                if not _lies(folder / name, kept):
                    data = read(kept)
                    done.missing += data is None
                    done.written += data is not None and _put(folder / name, data)
            _put(folder / LIST, json.dumps(sorted(ours)).encode())
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


def _lies(path: Path, kept: Kept) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
    except FileNotFoundError:
        return False


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
