"""DTLS-SRTP (RFC 5763, RFC 5764) and the relay's certificate, by aiortc over a small transport object of ours.

aiortc's private names are used in this file only and pinned by a test: `_set_role`, `_rx_srtp`, `_tx_srtp` of the
DTLS transport, `_create_ssl_context` of the certificate, and `_recv`, `_send`, `role` that it asks of its transport.
Its task and its clock stay in here.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from media_server.records import Fingerprint

MAX_WAITING = 64  # datagrams that DTLS has not taken yet
HANDSHAKE_S = 30.0
VALID_DAYS = 365
RENEW_DAYS = 30


class DtlsFailed(Exception):
    """The handshake did not come through, or the other side is not whom its offer named."""


@dataclass(frozen=True)
class Keys:
    rx: pylibsrtp.Session
    tx: pylibsrtp.Session


class _OneContext(RTCCertificate):
    """Whose sessions share one OpenSSL context, where aiortc makes one for each: a quarter of a handshake's cost."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        super().__init__(key, certificate)
        self._contexts: dict[tuple[bytes, ...], SSL.Context] = {}

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        profiles = tuple(profile.openssl_profile for profile in srtp_profiles)
        context = self._contexts.get(profiles)
        if context is None:
            context = self._contexts[profiles] = super()._create_ssl_context(srtp_profiles)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # every handshake is a whole one: nothing is resumed
        return context


class Certificate:
    """The relay's own, kept so that a restart needs no new one."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._certificate = _OneContext(key, certificate)

    @classmethod
    def load_or_create(cls, folder: Path) -> "Certificate":
        path = folder / "relay-dtls.pem"
        with contextlib.suppress(OSError, ValueError):
            pem = path.read_bytes()
            key = serialization.load_pem_private_key(pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
            lasting = certificate.not_valid_after_utc - datetime.now(UTC)
            if isinstance(key, ec.EllipticCurvePrivateKey) and lasting > timedelta(days=RENEW_DAYS):
                return cls(key, certificate)
        return cls._create(path)

    @classmethod
    def _create(cls, path: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "huilu relay")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=VALID_DAYS))
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ) + certificate.public_bytes(serialization.Encoding.PEM)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        return cls(key, certificate)

    @property
    def fingerprint(self) -> Fingerprint:
        first = next(known for known in self._certificate.getFingerprints() if known.algorithm == "sha-256")
        return Fingerprint(algorithm=first.algorithm, value=first.value)


class _Transport:
    """What aiortc's DTLS takes for its ICE transport: a bounded queue in, a function out."""

    def __init__(self, role: Literal["controlled", "controlling"], send: Callable[[bytes], None]) -> None:
        self.role = role
        self.arrived: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        self._out = send

    async def _recv(self) -> bytes:
        data = await self.arrived.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class DtlsPeer:
    """One client's DTLS. `send` takes datagrams for it."""

    def __init__(
        self,
        certificate: Certificate,
        fingerprint: Fingerprint,
        send: Callable[[bytes], None],
        role: Literal["server", "client"] = "server",
    ) -> None:
        self._fingerprint = fingerprint
        self._transport = _Transport("controlled" if role == "server" else "controlling", send)
        transport: Any = self._transport
        self._dtls = RTCDtlsTransport(transport, [certificate._certificate])
        self._dtls._set_role(role)  # an ICE-lite side would become client by itself
        self._over = asyncio.Event()
        self._dtls.on("statechange", self._state_changed)

    def _state_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._over.set()

    def receive(self, data: bytes) -> bool:
        """False: too many are waiting already."""
        try:
            self._transport.arrived.put_nowait(data)
        except asyncio.QueueFull:
            return False
        return True

    async def handshake(self) -> Keys:
        """Raises DtlsFailed, at the latest after HANDSHAKE_S."""
        offered = RTCDtlsFingerprint(self._fingerprint.algorithm.lower(), self._fingerprint.value)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await self._dtls.start(RTCDtlsParameters([offered]))
        except TimeoutError as error:
            raise DtlsFailed("no end of the handshake") from error
        if self._dtls.state != "connected":
            raise DtlsFailed(self._dtls.state)
        return Keys(self._dtls._rx_srtp, self._dtls._tx_srtp)

    async def over(self) -> None:
        """Returns when the other side has said good-bye."""
        await self._over.wait()

    async def stop(self) -> None:
        """Say good-bye (close_notify)."""
        await self._dtls.stop()
        self._over.set()
