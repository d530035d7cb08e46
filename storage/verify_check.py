"""What a verification has read of a folder, and what it found: shared by its steps."""

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import bag
from storage.chain_check import ChainReading, Problem
from storage.chained import CheckpointRecord
from storage.hashes import of_files, sha256_file

Progress = Callable[[int, int], None]  # bytes that were hashed just now, and of how many in all


class CouldNotRun(Exception):
    """There is nothing here that could be checked."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Finding:
    step: int
    code: str
    path: str  # below the folder
    line: int | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StampSeen:
    """A time stamp that holds."""

    path: str
    seq: int  # of the checkpoint; entries 1…seq are under it
    final: bool
    at: str  # by the authority, RFC 3339 UTC
    checkpoint_at: str  # by the hub's own clock
    late_s: int  # from there to the stamp; nothing from outside speaks of the time between
    authority: str
    certificate: str  # SHA-256 of the one that signed
    trusted: bool | None  # None: no authority was given to compare with


@dataclass(frozen=True, slots=True)
class Withheld:
    """An entry whose payload is not here, while the chain holds without it."""

    path: str
    seq: int
    kind: str
    reason: str  # restricted | secluded | erased | unknown (the first format doesn't say)


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """What the checkpoints of a chain state of the hub's clock."""

    path: str
    stated: int  # checkpoints whose clock had been compared with a time source
    of: int
    worst_us: int  # by how much it was off, at most


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code from paper that a checkpoint has."""

    code: str
    path: str
    chain: str
    seq: int  # entries 1…seq are under it
    of: int  # entries that the chain has now
    at: str
    final: bool


class Check:
    """What was read so far, and what was found. `authorities`: certificates (DER) that are trusted for stamps; `codes`:
    what is looked for, short codes or whole checkpoints from QR codes."""

    def __init__(
        self,
        folder: Path,
        trust: tuple[bytes, ...] | None,
        authorities: tuple[bytes, ...] | None = None,
        progress: Progress | None = None,
        sm3: bool = False,
        codes: Sequence[str | CheckpointRecord] = (),
    ) -> None:
        self.folder, self.trust, self.authorities = folder, trust, authorities
        self.progress: Progress = progress or (lambda size, total: None)
        self.sm3 = sm3  # whether that hash is computed again as well
        self.codes = codes
        self.codes_seen: list[CodeSeen] = []
        self.stated: dict[str, dict[str, Any]] = {}  # what entries say of files of film, by path
        self.filed: dict[str, dict[str, Any]] = {}  # and of plans, tables and signed pages
        self.findings: list[Finding] = []
        self.files: dict[str, tuple[int, str]] = {}  # bytes, SHA-256
        self.keys: dict[str, bytes | None] = {}  # None: damaged
        self.signature: dict[str, Any] = {}
        self.chains: dict[str, ChainReading] = {}  # by folder, data/recordings/ID or data/decisions/ID
        self.checkpoints: dict[str, list[CheckpointRecord]] = {}  # those that hold, by folder
        self.withheld: list[Withheld] = []
        self.stamps: list[StampSeen] = []
        self.deleted: list[Any] = []  # storage.deletion_check.DeletedSeen
        self.unstamped: list[str] = []  # folders of signed chains with no stamp at all
        self.meeting: dict[str, Any] = {}
        self.trusted: bool | None = None
        self.tag_manifest_holds = True
        self.manifest_holds = True

    def found(self, step: int, code: str, path: str, zh: str, en: str, line: int | None = None) -> None:
        self.findings.append(Finding(step, code, path, line, f"{_named(path)}：{zh}", f"{path}: {en}"))

    def problems(self, step: int, path: str, problems: Iterable[Problem]) -> None:
        for each in problems:
            self.found(step, each.code, path, each.zh, each.en, each.line)

    def read(self, path: str) -> bytes:
        """A small file of the folder; empty when it isn't there (that was found already)."""
        return (self.folder / path).read_bytes() if path in self.files else b""

    def missing(self) -> set[str]:
        """Files whose absence was found already."""
        return {finding.path for finding in self.findings if finding.code == "file.missing"}

    def untouched(self, parent: str) -> ChainReading | None:
        """The chain of a recording or decision, if all of it holds."""
        reading = self.chains.get(parent)
        return reading if reading is not None and reading.intact and not reading.payloads else None


def walk(check: Check) -> None:
    """Hash every file once. Links are never followed: they could lead out of the folder."""
    if not check.folder.is_dir():
        raise CouldNotRun(f"没有这个文件夹：{check.folder}", f"there is no such folder: {check.folder}")
    files: dict[str, Path] = {}
    total, above = 0, len(check.folder.parts)
    try:
        for parent, folders, names in os.walk(check.folder, onerror=_raise):
            for name in (*folders, *names):
                full = Path(parent) / name
                path = "/".join(full.parts[above:])
                found = full.lstat()
                if stat.S_ISREG(found.st_mode):
                    files[path] = full
                    total += found.st_size
                elif not stat.S_ISDIR(found.st_mode):
                    check.found(1, "file.not-a-file", path, "不是普通文件", "is not an ordinary file")
        for path, hashed in zip(files, of_files(sha256_file, files.values()), strict=True):
            check.files[path] = hashed
            check.progress(hashed[0], total)
    except OSError as error:
        raise CouldNotRun(f"无法读取：{error}", f"can't be read: {error}") from error


def _raise(error: OSError) -> None:
    raise error


def _named(path: str) -> str:
    """A file as people call it."""
    for prefix, name in (
        (bag.MEDIA, "录像分段"),
        (bag.FILED, "方案、公示附表与签字页"),
        (bag.DECISIONS, "议事记录"),
        (bag.RECORDINGS, "录制"),
        (bag.KEYS, "公钥"),
        (bag.AUTHORITIES, "时间戳机构证书"),
    ):
        if path.startswith(f"{prefix}/"):
            return f"{name} {path.removeprefix(prefix + '/')}"
    return {bag.DATA: "档案", bag.MEETING: "会议信息 meeting.json", bag.PAGE: "可读页面 index.html"}.get(path, path)
