"""The sealing ritual: how a file comes to lie in the spool whole, proved, and never half.

    1  create `NAME.open` exclusively; hash (SHA-256 and SM3) while writing; `sync` as often as wished
    2  fsync the file
    3  the sidecar `FINAL.json`, made by steps 1, 2 and 4: size, hashes, and the facts of the row to come
    4  rename to FINAL, fsync the folder: from here on it is sealed

The sidecar comes before the rename, so that every sealed file has one: the spool is the truth until the database
has the row, and sealing goes on without a database. What each crash leaves behind, `survey` finds:

    before 3   NAME.open                     an open file, good up to the last sync
    in 3       NAME.open and FINAL.json.open the same
    before 4   NAME.open and FINAL.json      the same; the sidecar proves nothing without its file
    after 4    FINAL and FINAL.json          sealed, perhaps without a row yet

Blocking calls: a segment takes half a millisecond; who runs an event loop may call them directly, or in a thread.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from storage.canonical import canonical_bytes
from storage.errors import AlreadySealed, NotOpen
from storage.hashes import CHUNK_BYTES, TwoHashes, hash_file

OPEN_SUFFIX = ".open"
SIDECAR_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file: its name below the spool, its size and hashes, and the facts that its sidecar keeps."""

    name: str
    bytes: int
    sha256: str
    sm3: str
    facts: dict[str, Any] = field(default_factory=dict)

    def intact(self, spool: Path) -> bool:
        """Whether the file in the spool still has these bytes (reads it whole)."""
        try:
            return hash_file(spool / self.name) == (self.bytes, self.sha256, self.sm3)
        except FileNotFoundError:
            return False


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the spool. Names are below the spool, in order."""

    sealed: list[Sealed]
    open: list[str]  # with their suffix; each may be abandoned, read, or reopened
    torn: list[str]  # sidecars without their file, files without a readable sidecar


class SealingFile:
    """One file on its way to being sealed."""

    def __init__(self, spool: Path, name: str) -> None:
        """Creates `name`.open below the spool; raises AlreadySealed when there is one."""
        self._begin(spool, name)
        make_folder(self.path.parent)
        try:
            self._file = self.path.open("xb", buffering=0)
        except FileExistsError as error:
            raise AlreadySealed(str(self.path)) from error

    @classmethod
    def reopen(cls, spool: Path, name: str, keep: int) -> "SealingFile":
        """Go on with `name`.open after a crash, keeping its first `keep` bytes."""
        self = cls.__new__(cls)
        self._begin(spool, name)
        self._file = self.path.open("r+b", buffering=0)
        while self.size < keep and (chunk := self._file.read(min(CHUNK_BYTES, keep - self.size))):
            self._hashes.update(chunk)
            self.size += len(chunk)
        self._file.truncate(self.size)
        self._file.seek(self.size)
        return self

    _file: FileIO

    def _begin(self, spool: Path, name: str) -> None:
        self._spool = spool
        self.path = _below(spool, name + OPEN_SUFFIX)
        self.size = 0
        self._hashes = TwoHashes()
        # Ours and not the library's, which would write it when this object goes, after a disk error perhaps into a
        # file that another one has taken up.
        self._unwritten = bytearray()

    def write(self, data: bytes) -> None:
        if self._file.closed:
            raise NotOpen(str(self.path))
        self._unwritten += data
        self._hashes.update(data)
        self.size += len(data)
        if len(self._unwritten) >= CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """What was written so far survives the death of this process."""
        while self._unwritten:
            del self._unwritten[: self._file.write(self._unwritten)]

    def sync(self) -> None:
        """What was written so far survives a power cut."""
        if self._file.closed:
            raise NotOpen(str(self.path))
        self.flush()
        os.fsync(self._file.fileno())

    def seal(self, final_name: str, facts: Mapping[str, Any] | None = None) -> Sealed:
        """Steps 2 to 4. Raises AlreadySealed, and leaves the open file as it is, when `final_name` is taken."""
        final = _below(self._spool, final_name)
        if final.exists():
            raise AlreadySealed(str(final))
        self.sync()
        sealed = Sealed(final_name, self.size, *self._hashes.digests(), dict(facts or {}))
        make_folder(final.parent)
        _write_sidecar(self._spool, sealed)
        self._rename(final)
        return sealed

    def _rename(self, final: Path) -> None:
        self._file.close()
        self.path.rename(final)
        sync_folder(final.parent)

    def drop(self) -> None:
        """Let go of it, as far as it was written."""
        self._unwritten.clear()
        self._file.close()

    def abandon(self) -> None:
        """Throw the open file away."""
        self._file.close()
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


def survey(spool: Path, below: str = ".") -> Survey:
    """What a crash left, and what is sealed. Reads sidecars, not the files: ask `Sealed.intact` for those."""
    sealed: list[Sealed] = []
    opened: list[str] = []
    torn: list[str] = []
    names = set(_names(_below(spool, below), spool))
    for name in sorted(names):
        if name.endswith(SIDECAR_SUFFIX + OPEN_SUFFIX):
            torn.append(name)
        elif name.endswith(OPEN_SUFFIX):
            opened.append(name)
        elif name.endswith(SIDECAR_SUFFIX):
            if name.removesuffix(SIDECAR_SUFFIX) not in names:
                torn.append(name)
        elif (found := read_sidecar(spool, name)) is None:
            torn.append(name)
        else:
            sealed.append(found)
    return Survey(sealed, opened, torn)


def read_sidecar(spool: Path, name: str) -> Sealed | None:
    """What the sidecar of a sealed file says, or None when there is none that can be read."""
    try:
        content = json.loads((spool / (name + SIDECAR_SUFFIX)).read_bytes())
        sealed = Sealed(**content)
    except (OSError, ValueError, TypeError):
        return None
    return sealed if sealed.name == name else None


def remove_sealed(spool: Path, name: str) -> None:
    """Take a sealed file and then its sidecar out of the spool (who calls this knows that it may go)."""
    for each in (_below(spool, name), _below(spool, name + SIDECAR_SUFFIX)):
        each.unlink(missing_ok=True)


def _write_sidecar(spool: Path, sealed: Sealed) -> None:
    final = spool / (sealed.name + SIDECAR_SUFFIX)
    (spool / (sealed.name + SIDECAR_SUFFIX + OPEN_SUFFIX)).unlink(missing_ok=True)  # of a crash in here
    file = SealingFile(spool, sealed.name + SIDECAR_SUFFIX)
    file.write(canonical_bytes(asdict(sealed)))
    file.sync()
    # One without its file (a crash before step 4) is replaced: it proved nothing.
    file._rename(final)


def _below(spool: Path, name: str) -> Path:
    """By its words alone: asking the disk for each folder on the way took a fifth of the seals a second."""
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"{name!r} leads out of the spool")
    return spool / name


def _names(folder: Path, spool: Path) -> Iterator[str]:
    for parent, _, files in os.walk(folder):
        for file in files:
            yield (Path(parent) / file).relative_to(spool).as_posix()


def make_folder(folder: Path) -> None:
    """Folders survive a power cut as well: each new one is synced into its parent."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True, mode=0o700)
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
