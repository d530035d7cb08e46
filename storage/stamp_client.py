"""Ask a time-stamping authority (RFC 3161) over HTTP, and believe nothing of its answer that wasn't checked.

`rfc3161-client` makes the request and opens the answer; the token is then read and checked by `storage.stamp_token`,
the same code by which an outsider checks it later. Every waiting and every answer has a bound.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    decode_timestamp_response,
)

from storage import stamp_certificates, stamp_token
from storage.clock import synchronised
from storage.errors import (
    StampAway,
    StampCertificate,
    StampPolicy,
    StampRefused,
    StampReplayed,
    StampTime,
    StampUnreadable,
)

log = logging.getLogger(__name__)

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"  # RFC 3161 §3.4


@dataclass(frozen=True, slots=True)
class StampConfig:
    url: str
    certificates: Path  # PEM: what is trusted, the authority's root or its signing certificate itself
    policy: str = ""  # the OID under which stamps must be made; empty: any
    timeout_s: float = 10.0  # of a whole request
    every_s: float = 600.0  # at most one stamp of a chain that is still open
    clock_s: float = 300.0  # how far the authority's time may be from ours, where ours is verified


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token that was checked."""

    token: bytes
    at: datetime
    path: list[x509.Certificate]  # the signer's first


class StampClient:
    def __init__(self, config: StampConfig, clock_verified: Callable[[], bool] = synchronised) -> None:
        self._config = config
        self._clock_verified = clock_verified
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def stamp(self, statement: bytes) -> Stamped:
        """Raises StampAway, or a kind of StampRefused with a code of its own."""
        trusted = self._trusted()
        # Where only signing certificates are trusted there is nothing to lead to them: none are asked for.
        wanted = any(_is_authority(each) for each in trusted)
        asked = (
            TimestampRequestBuilder()
            .data(statement)
            .hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=wanted)
            .build()
        )
        return self._checked(await self._post(asked.as_bytes()), asked, statement, trusted)

    def _trusted(self) -> list[x509.Certificate]:
        """Read each time, so that a renewed file needs no restart."""
        try:
            return stamp_certificates.load_all(self._config.certificates.read_bytes())
        except OSError as error:
            raise StampCertificate(str(error)) from error

    async def _post(self, query: bytes) -> bytes:
        # No compression: a small answer that unfolds to a large one.
        headers = {"Content-Type": QUERY, "Accept": REPLY, "Accept-Encoding": "identity"}
        try:
            async with (
                asyncio.timeout(self._config.timeout_s),
                self._line().stream("POST", self._config.url, content=query, headers=headers) as answer,
            ):
                if answer.status_code >= 500 or answer.status_code in (408, 429):
                    raise StampAway(f"HTTP {answer.status_code}")
                if answer.status_code != 200:
                    raise StampRefused(f"HTTP {answer.status_code}")
                kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != REPLY:
                    raise StampUnreadable(f"an answer of the kind {kind[:80]!r}")
                body = bytearray()
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > stamp_token.MAX_BYTES:
                        raise StampUnreadable("an answer that is too long")
                return bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            # ValueError: an address, or a proxy's in the environment, that is none.
            raise StampAway(f"{type(error).__name__}: {error}") from error

    def _line(self) -> httpx.AsyncClient:
        """Made at the first use: what is wrong with it is no reason for a worker not to start."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._config.timeout_s, follow_redirects=False)
        return self._http

    def _checked(
        self, body: bytes, asked: TimeStampRequest, statement: bytes, trusted: list[x509.Certificate]
    ) -> Stamped:
        try:
            answer = decode_timestamp_response(body)
            status, words = answer.status, answer.status_string
        except ValueError as error:
            raise StampUnreadable(str(error)) from error
        if status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            raise StampRefused(f"status {status}: {', '.join(words)[:200]}")
        try:
            content = answer.time_stamp_token()
        except ValueError as error:
            raise StampUnreadable(str(error)) from error
        token = stamp_token.read(content)
        if token.nonce != asked.nonce:
            raise StampReplayed
        signer = stamp_token.check(token, statement, trusted)
        path = stamp_certificates.path(signer, token.certificates, trusted, token.at)
        if self._config.policy and token.policy != self._config.policy:
            raise StampPolicy(token.policy)
        self._check_time(token.at)
        return Stamped(content, token.at, path)

    def _check_time(self, at: datetime) -> None:
        off_s = (at - datetime.now(UTC)).total_seconds()
        if abs(off_s) <= self._config.clock_s:
            return
        if self._clock_verified():
            raise StampTime(f"{off_s:+.0f} s")
        # Of two clocks the one that nothing verifies is the likelier to be wrong; the token carries its own time.
        log.warning("this machine's clock is not verified, and the time-stamping authority's is %+.0f s off it", off_s)


def _is_authority(certificate: x509.Certificate) -> bool:
    return any(isinstance(each.value, x509.BasicConstraints) and each.value.ca for each in certificate.extensions)
