"""The lock canary: try to remove a locked object by every door of the store, and say which ones gave way.

Object lock is sometimes accepted and not enforced, and an embedded store has doors that never heard of it. So at
start and nightly a small object is locked in a bucket of its own (a door that opens takes the whole bucket along),
each door is tried as a thief would, and in the end the object is read back. The result stands in
the manifests (`CanaryResult.record`).
Not tried are the Unix sockets and files of the store: who may use them is the same user, who could as well
overwrite the disk (SECURITY.md).
"""

import asyncio
import hashlib
import http.client
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from minio.commonconfig import COMPLIANCE
from minio.retention import Retention

from storage.clock import rfc3339_now
from storage.errors import NoSuchObject, ObjectsAway, ObjectsRefused, StorageError
from storage.objects import Objects
from storage.seaweed import HOST, SeaweedPorts

BUCKET = "huilu-canary"
KEY = "canary"
HELD = "canary-held"
HELD_S = 2.0
TIMEOUT_S = 3.0
# RFC 9113 §3.4: what a gRPC client says first; a server that lets us in answers with a SETTINGS frame (§6.5).
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_SETTINGS = 4

Outcome = Literal["refused", "open", "unknown"]


@dataclass(frozen=True, slots=True)
class Door:
    name: str
    outcome: Outcome  # unknown: it could not be tried
    detail: str


@dataclass(frozen=True, slots=True)
class CanaryResult:
    at: str  # RFC 3339 UTC
    held: bool  # the object still reads back, and every door was tried and refused
    doors: tuple[Door, ...]

    def record(self) -> dict[str, Any]:
        """As it stands in a ledger entry and in an export."""
        return {**asdict(self), "doors": [asdict(door) for door in self.doors]}


async def try_doors(objects: Objects, ports: SeaweedPorts | None) -> CanaryResult:
    """Try S3, and with the embedded store's ports also filer, master and volume over HTTP and gRPC. Raises
    ObjectsAway when the store can't be reached at all."""
    own = Objects(replace(objects.config, bucket=BUCKET, lock_days=1))
    try:
        await own.ensure_bucket()
        content = rfc3339_now().encode()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / KEY
            path.write_bytes(content)
            stored = await own.put_locked(KEY, path, hashlib.sha256(content).hexdigest())
            held = await _s3_held(own, path)
        doors = [await _s3_delete(own, stored.version), await _s3_shorten(own, stored.version), held]
        if ports is not None:
            # One after another, for some delete, and where the thing is gone the next can't show that it is open.
            doors += [await asyncio.to_thread(_try, *door) for door in _http_doors(ports)]
            doors += await asyncio.gather(*(asyncio.to_thread(_try, *door) for door in _grpc_doors(ports)))
        try:
            survived = await own.read(KEY, stored.version) == content
        except NoSuchObject:
            survived = False
        doors.append(Door("read-back", "refused" if survived else "open", "" if survived else "the object is gone"))
    finally:
        await own.close()
    return CanaryResult(rfc3339_now(), all(door.outcome == "refused" for door in doors), tuple(doors))


async def _s3_delete(own: Objects, version: str) -> Door:
    try:
        await own._call(own.client.remove_object, BUCKET, KEY, version_id=version)
    except ObjectsRefused as error:
        return Door("s3-delete", "refused", error.detail)
    except StorageError as error:
        return Door("s3-delete", "unknown", error.detail)
    return Door("s3-delete", "open", "the store deleted a locked version")


async def _s3_shorten(own: Objects, version: str) -> Door:
    try:
        # Later than now, else it is refused for that, and earlier than the lock.
        await own.extend(KEY, version, time.time_ns() + 3600 * 10**9)
    except ObjectsRefused as error:
        return Door("s3-shorten", "refused", error.detail)
    except ObjectsAway as error:
        return Door("s3-shorten", "unknown", error.detail)
    except StorageError as error:  # read back, and not what was asked: it ignored us
        return Door("s3-shorten", "refused", error.detail)
    return Door("s3-shorten", "open", "the store shortened a lock")


async def _s3_held(own: Objects, path: Path) -> Door:
    """An object whose lock runs out in a moment, and that is held: who lifts no hold can't have it."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=HELD_S)
    put = partial(own.client.fput_object, retention=Retention(COMPLIANCE, until), legal_hold=True)
    try:
        version = (await own._call(put, BUCKET, HELD, str(path))).version_id
        await asyncio.sleep(until.timestamp() + 1.0 - time.time())
        try:
            await own._call(own.client.remove_object, BUCKET, HELD, version_id=version)
        except ObjectsRefused as error:
            await own.hold(HELD, version or "", False)
            # This version alone: one that an interrupted canary has left is held, and none of this one's business.
            await own._call(own.client.remove_object, BUCKET, HELD, version_id=version)
            return Door("s3-hold", "refused", error.detail)
    except StorageError as error:
        return Door("s3-hold", "unknown", error.detail)
    return Door("s3-hold", "open", "the store deleted a version under a legal hold")


def _http_doors(ports: SeaweedPorts) -> list[tuple[str, Callable[[], str | None]]]:
    path = f"/buckets/{BUCKET}"
    return [
        # The master first: it says 400, as to a stranger, of a collection that the filer has just deleted.
        ("master-http", lambda: _http(ports.master, "POST", f"/col/delete?collection={BUCKET}")),
        ("filer-http", lambda: _http(ports.filer, "DELETE", f"{path}/{KEY}?recursive=true")),
        ("filer-http-bucket", lambda: _http(ports.filer, "DELETE", f"{path}?recursive=true")),
        ("volume-http", lambda: _http(ports.volume, "DELETE", "/1,0000000001")),
    ]


def _grpc_doors(ports: SeaweedPorts) -> list[tuple[str, Callable[[], str | None]]]:
    return [
        ("filer-grpc", lambda: _grpc(ports.filer_grpc)),
        ("master-grpc", lambda: _grpc(ports.master_grpc)),
        ("volume-grpc", lambda: _grpc(ports.volume_grpc)),
        ("s3-grpc", lambda: _grpc(ports.s3_grpc)),
    ]


def _try(name: str, door: Callable[[], str | None]) -> Door:
    """A door answers with how it opened, or None."""
    try:
        opened = door()
    except ConnectionRefusedError as error:
        return Door(name, "refused", str(error))
    except OSError as error:
        return Door(name, "unknown", f"{type(error).__name__}: {error}")
    return Door(name, "open", opened) if opened else Door(name, "refused", "")


def _http(port: int, method: str, target: str) -> str | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
    except (ConnectionResetError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    # Refusals: no right, or no such handler. Anything else was let in, whatever it did then (see also read-back).
    return None if answer.status in (400, 401, 403, 404, 405, 501) else f"{method} {target}: {answer.status}"


def _grpc(port: int) -> str | None:
    """Whether gRPC lets in a stranger: without TLS, or with TLS and without a certificate."""
    with socket.create_connection((HOST, port), TIMEOUT_S) as plain:
        if _lets_in(plain):
            return "without TLS"
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # we are the thief: whoever answers may be anybody
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((HOST, port), TIMEOUT_S) as raw:
        try:
            with context.wrap_socket(raw) as wrapped:
                return "without a client's certificate" if _lets_in(wrapped) else None
        except ssl.SSLError:
            return None


def _lets_in(connection: socket.socket) -> bool:
    try:
        connection.sendall(_PREFACE)
        answer = connection.recv(9)
    except (ssl.SSLError, ConnectionError, TimeoutError):
        return False
    return len(answer) == 9 and answer[3] == _SETTINGS
