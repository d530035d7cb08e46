"""What comes over a bad line: a file in pieces, each named by its number and hash, joined and sealed when all is there.

    SPOOL/receiving/ID/000012~SHA256    a piece, synced; one that is there already is not written again
    SPOOL/delivered/OF/ID.mp4           the file as it came, sealed with its sidecar (storage.sealing)

Blocking calls, for a thread: a gigabyte takes some seconds.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from storage.errors import NoRoom, PieceDiffers, PiecesMissing, StillSealing
from storage.hashes import CHUNK_BYTES
from storage.sealing import Sealed, SealingFile, make_folder, read_sidecar, sync_folder

PIECE_BYTES = 256 * 1024  # 40 s at 50 kbit/s, and what a break loses at most
RECEIVING, DELIVERED = "receiving", "delivered"
# What is joined lies there twice for a moment; and running meetings need room.
RESERVE_BYTES = 256 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_room(spool: Path, coming: int, limit: int) -> None:
    """Raises NoRoom when the disk, or a quarter of the spool's limit (0: none), has no place for so many bytes more."""
    make_folder(spool)
    lying = sum(
        path.stat().st_size for name in (RECEIVING, DELIVERED) for path in (spool / name).rglob("*") if path.is_file()
    )
    if shutil.disk_usage(spool).free < 2 * coming + RESERVE_BYTES or (limit and lying + coming > limit // 4):
        raise NoRoom(f"{coming} bytes; {lying} lie there")


def pieces(spool: Path, delivery: str) -> dict[int, str]:
    """Those that are there: number → SHA-256."""
    found = {}
    for path in (spool / RECEIVING / delivery).glob("*~*"):
        number, _, sha256 = path.name.partition("~")
        if len(sha256) == 64 and number.isdecimal():
            found[int(number)] = sha256
    return found


def keep_piece(spool: Path, delivery: str, number: int, data: bytes, sha256: str) -> None:
    """On disk when this returns. Raises PieceDiffers for bytes that aren't what their name says, or another piece
    under a number that is there; NoRoom on a full disk."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PieceDiffers(f"piece {number}")
    known = pieces(spool, delivery).get(number)
    if known is not None:
        if known != sha256:
            raise PieceDiffers(f"piece {number} is there with other bytes")
        return
    folder = spool / RECEIVING / delivery
    part = folder / f"{number:06d}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        make_folder(folder)
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(folder / f"{number:06d}~{sha256}")
        sync_folder(folder)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _named(error) from error


def seal(spool: Path, delivery: str, count: int, name: str, facts: Mapping[str, Any]) -> tuple[Sealed, str]:
    """Join the pieces and seal them under `name`; gives the list's hash too: SHA-256 over the pieces' digests in order.
    Done already, it is given again. Raises PiecesMissing, StillSealing, NoRoom."""
    with _alone(spool, delivery):
        there = pieces(spool, delivery)
        done = read_sidecar(spool, name) if (spool / name).exists() else None
        missing = [number for number in range(count) if number not in there]
        if missing:
            raise PiecesMissing(f"{len(missing)} of {count}")
        listed = hashlib.sha256(b"".join(bytes.fromhex(there[number]) for number in range(count))).hexdigest()
        if done is not None and done.intact(spool):
            return done, listed
        (spool / f"{name}.open").unlink(missing_ok=True)  # of an attempt that was killed
        try:
            file = SealingFile(spool, name)
            for number in range(count):
                _pour(spool / RECEIVING / delivery / f"{number:06d}~{there[number]}", file, there[number])
            return file.seal(name, facts), listed
        except OSError as error:
            raise _named(error) from error


def forget_pieces(spool: Path, delivery: str) -> None:
    """The file is sealed and has its row."""
    shutil.rmtree(spool / RECEIVING / delivery, ignore_errors=True)


def _pour(piece: Path, file: SealingFile, sha256: str) -> None:
    hashed = hashlib.sha256()
    with piece.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            hashed.update(chunk)
            file.write(chunk)
    if hashed.hexdigest() != sha256:  # the disk: it is asked for again
        file.abandon()
        piece.unlink()
        raise PieceDiffers(piece.name)


@contextlib.contextmanager
def _alone(spool: Path, delivery: str) -> Iterator[None]:
    folder = spool / RECEIVING / delivery
    make_folder(folder)
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StillSealing(delivery) from error
        yield


def _named(error: OSError) -> Exception:
    return NoRoom(str(error)) if error.errno in _FULL else error
