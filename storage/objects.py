"""The object store, S3 with versioning and object lock, by the `minio` SDK: put under a lock, read back, stream.

COMPLIANCE from the upload on: GOVERNANCE can't be turned into it later. A segment counts as stored only when its
size, hash, version and lock were read back. Calls run in a few threads of their own, each with a limit; nothing is
retried here, because who waits (the worker's queue) knows better when.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.retention import Retention

from storage.errors import NoSuchObject, ObjectsAway, ObjectsRefused, ReadBackDiffers, StorageError
from storage.seaweed import SeaweedPorts

THREADS = 8
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 15.0
CHUNK_BYTES = 256 * 1024

_AWAY = {"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "XMinioServerNotInitialized"}
_NONE = {"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "MethodNotAllowed"}  # the last: a delete marker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ObjectsConfig:
    endpoint: str  # host:port
    access_key: str
    secret_key: str
    bucket: str
    secure: bool = False
    ca_path: Path | None = None
    lock_days: int = 30  # at the upload; COMPLIANCE lets nobody shorten it, `extend` makes it longer
    doors: SeaweedPorts | None = None  # of the embedded store, for the canary


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was read back."""

    bucket: str
    key: str
    version: str
    locked_until_wall: int  # ns UTC


class Objects:
    """One bucket."""

    def __init__(self, config: ObjectsConfig) -> None:
        self.config = config
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
            maxsize=THREADS,
            retries=urllib3.Retry(0, redirect=0),
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(config.ca_path) if config.ca_path else None,
        )
        self.client = Minio(
            config.endpoint,
            access_key=config.access_key,
            secret_key=config.secret_key,
            secure=config.secure,
            region="us-east-1",  # else every new client asks first
            http_client=pool,
        )
        self._pool = pool
        self._threads = ThreadPoolExecutor(THREADS, "objects")

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()

    async def ready(self) -> bool:
        """Whether the store answers for our keys now."""
        try:
            await self._call(self.client.bucket_exists, self.config.bucket)
        except StorageError:
            return False
        return True

    async def ensure_bucket(self) -> None:
        """The bucket with versioning and object lock; raises ObjectsRefused when an older one has neither."""
        await self._call(self._ensure_bucket)

    def _ensure_bucket(self) -> None:
        bucket = self.config.bucket
        if not self.client.bucket_exists(bucket):
            try:
                self.client.make_bucket(bucket, object_lock=True)
            except S3Error as error:
                if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise
        if self.client.get_bucket_versioning(bucket).status != ENABLED:
            raise ObjectsRefused(f"bucket {bucket} keeps no versions; it was made without object lock")
        self.client.get_object_lock_config(bucket)  # an S3Error when there is none

    async def put_locked(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Put a file under COMPLIANCE and read it back; raises ReadBackDiffers when it came out another."""
        return await self._call(self._put_locked, key, path, sha256)

    def _put_locked(self, key: str, path: Path, sha256: str) -> StoredObject:
        bucket = self.config.bucket
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=self.config.lock_days)
        size = path.stat().st_size
        written = self.client.fput_object(
            bucket, key, str(path), retention=Retention(COMPLIANCE, until), metadata={"sha256": sha256}
        )
        version = written.version_id
        if not version:
            raise ReadBackDiffers(f"{key}: the store gave no version")
        found_size, found_sha256, lock = self._read_back(key, version)
        if (found_size, found_sha256) != (size, sha256):
            raise ReadBackDiffers(f"{key}: {found_size} bytes, {found_sha256}; sent {size} bytes, {sha256}")
        locked = self._locked_until(key, version, until) if lock is None else _long_enough(key, lock, until)
        return StoredObject(bucket, key, version, locked)

    def _read_back(self, key: str, version: str) -> tuple[int, str, Retention | None]:
        """Size, SHA-256, and the lock where the store tells it with the bytes (S3, GetObject: it does to whoever may
        ask for it): one request of three is saved."""
        hashed, size = hashlib.sha256(), 0
        response = self.client.get_object(self.config.bucket, key, version_id=version)
        try:
            lock = _lock_of(response.headers)
            for chunk in response.stream(CHUNK_BYTES):
                hashed.update(chunk)
                size += len(chunk)
        finally:
            response.close()
            response.release_conn()
        return size, hashed.hexdigest(), lock

    def _locked_until(self, key: str, version: str, wanted: datetime) -> int:
        lock = self.client.get_object_retention(self.config.bucket, key, version_id=version)
        return _long_enough(key, lock, wanted)

    async def confirm(self, key: str, version: str, sha256: str) -> bool:
        """Whether a version still reads back with this hash (after an unclean start of the store)."""
        try:
            return (await self._call(self._read_back, key, version))[1] == sha256
        except NoSuchObject:
            return False

    async def ask(self, key: str, version: str, size: int) -> None:
        """Whether a version of so many bytes is there, by reading its last one: of bytes that were lost in a power cut
        SeaweedFS still knows the name, the size and the lock. Raises NoSuchObject, and ObjectsAway, which it may also
        be of this version alone."""
        await self._call(self._ask, key, version, size)

    def _ask(self, key: str, version: str, size: int) -> None:
        response = self.client.get_object(self.config.bucket, key, offset=size - 1, length=1, version_id=version)
        try:
            found = response.headers.get("Content-Range", "").rpartition("/")[2]
            if len(response.read()) != 1 or found != str(size):
                raise NoSuchObject(f"{key}: {found} bytes, not {size}")
        finally:
            response.close()
            response.release_conn()

    async def extend(self, key: str, version: str, until_wall: int) -> int:
        """Lock a version longer (shorter is refused by COMPLIANCE); gives what was read back, ns UTC."""
        return await self._call(self._extend, key, version, until_wall)

    def _extend(self, key: str, version: str, until_wall: int) -> int:
        until = datetime.fromtimestamp(until_wall // 1_000_000_000, UTC)
        self.client.set_object_retention(self.config.bucket, key, Retention(COMPLIANCE, until), version_id=version)
        return self._locked_until(key, version, until)

    async def locked_until(self, key: str, version: str) -> int:
        """What the store says of a version's lock, ns UTC. Raises NoSuchObject, and ReadBackDiffers where it has no
        lock of ours."""
        return await self._call(self._locked_until, key, version, datetime.fromtimestamp(0, UTC))

    async def hold(self, key: str, version: str, held: bool) -> None:
        """Put the store's legal hold on a version, or take it off; raises ReadBackDiffers when it reads otherwise."""
        await self._call(self._hold, key, version, held)

    def _hold(self, key: str, version: str, held: bool) -> None:
        bucket = self.config.bucket
        turn = self.client.enable_object_legal_hold if held else self.client.disable_object_legal_hold
        turn(bucket, key, version_id=version)
        if self.client.is_object_legal_hold_enabled(bucket, key, version_id=version) is not held:
            raise ReadBackDiffers(f"{key}: the store did not take the hold")

    async def remove(self, key: str) -> int:
        """Take every version of a key away, for good; gives how many there were. A version that is still locked or
        held is refused (ObjectsRefused), and then none is said to be gone."""
        return await self._call(self._remove, key)

    def _remove(self, key: str) -> int:
        bucket = self.config.bucket
        own = [each for each in self.client.list_objects(bucket, key, include_version=True) if each.object_name == key]
        for each in own:
            self.client.remove_object(bucket, key, version_id=each.version_id)
        left = self.client.list_objects(bucket, key, include_version=True)
        if any(each.object_name == key for each in left):
            raise ReadBackDiffers(f"{key}: the store still has it")
        return len(own)

    async def read(self, key: str, version: str, offset: int = 0, length: int | None = None) -> bytes:
        """A span of a version, whole in memory: segments are small."""
        return b"".join([chunk async for chunk in self.stream(key, version, offset, length)])

    async def stream(self, key: str, version: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """A span of a version in chunks, none of it kept."""
        if length == 0:
            return
        response = await self._call(
            self.client.get_object, self.config.bucket, key, offset=offset, length=length or 0, version_id=version
        )
        try:
            while chunk := await self._call(response.read, CHUNK_BYTES):
                yield chunk
        finally:
            # Not pooled again: who stops in the middle leaves the rest unread.
            response.close()

    async def _call(self, function: Callable[..., T], *arguments: Any, **names: Any) -> T:
        """`function` in a thread of ours; its failures get the names of storage.errors."""
        call = partial(function, *arguments, **names)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except S3Error as error:
            kind = ObjectsAway if error.code in _AWAY else NoSuchObject if error.code in _NONE else ObjectsRefused
            raise kind(f"{error.code}: {error.message} ({error.object_name or error.bucket_name})") from error
        except (
            ServerError,
            InvalidResponseError,
            urllib3.exceptions.HTTPError,
            ConnectionError,
            TimeoutError,
            # An answer that was cut off is no XML, or lacks what the SDK looks for in it.
            ParseError,
            ValueError,
        ) as error:
            raise ObjectsAway(f"{type(error).__name__}: {error}") from error


def _lock_of(headers: Mapping[str, str]) -> Retention | None:
    mode, until = headers.get("x-amz-object-lock-mode"), headers.get("x-amz-object-lock-retain-until-date")
    return Retention(mode, datetime.fromisoformat(until)) if mode and until else None


def _long_enough(key: str, lock: Retention | None, wanted: datetime) -> int:
    """ns UTC. Raises ReadBackDiffers."""
    if lock is None or lock.mode != COMPLIANCE or lock.retain_until_date < wanted:
        raise ReadBackDiffers(f"{key}: the store did not take the lock")
    return int(lock.retain_until_date.timestamp()) * 1_000_000_000
