"""A time-stamping authority of the tests' own (RFC 3161): a root, certificates under it, and a server on loopback.

Its messages are made with `asn1crypto`, which shares nothing with what is tested. `Faults` says how it misbehaves.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.2.3.4.1"
NAME = "测试时间戳 TSA"
_DAY = timedelta(days=1)
Key = Any  # one of cryptography's private keys


@dataclass
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def new_key(kind: str = "ec") -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def make_root(name: str = "测试根", by: Made | None = None, path_length: int | None = None, ca: bool = True) -> Made:
    """A root, or (`by`) an authority below another."""
    extensions = [
        (x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), True),
        (x509.KeyUsage(True, False, False, False, False, True, True, False, False), True),
    ]
    return _make(name, by, new_key(), extensions)


def make_signer(
    by: Made | None,
    *,
    kind: str = "ec",
    usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    until: timedelta = 300 * _DAY,
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Made:
    """A certificate that stamps are signed with; `by` None: it signed itself."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(ca=False, path_length=None), True)]
    if usages:
        extensions.append((x509.ExtendedKeyUsage(usages), critical))
    return _make(NAME, by, new_key(kind), [*extensions, *more], until)


def _make(
    name: str,
    by: Made | None,
    key: Key,
    extensions: list[tuple[x509.ExtensionType, bool]],
    until: timedelta = 3000 * _DAY,
) -> Made:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * _DAY)
        .not_valid_after(now + until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    signing = by.key if by else key
    return Made(builder.sign(signing, None if _is_ed25519(signing) else hashes.SHA256()), key)


def _is_ed25519(key: Key) -> bool:
    return isinstance(key, ed25519.Ed25519PrivateKey)


@dataclass(frozen=True)
class Faults:
    """What is wrong with an answer; nothing by default."""

    imprint: bytes | None = None
    nonce: bool = False  # another one
    no_nonce: bool = False
    off: timedelta = timedelta(0)  # of its clock
    policy: str = POLICY
    signed_by: Made | None = None  # another key, under the same certificate
    bound_to: Made | None = None  # another certificate in the signed attribute
    no_binding: bool = False
    digest: str = "sha256"
    v1_binding: bool = False
    key_identifier: bool = False
    status: int = 0
    http: int = 200
    body: bytes | None = None
    content_type: str = "application/timestamp-reply"
    slow_s: float = 0.0
    drip: bool = False


@dataclass
class Authority:
    root: Made = field(default_factory=make_root)
    signer: Made = None  # type: ignore[assignment]
    between: tuple[Made, ...] = ()  # sent along with the signer's certificate
    faults: Faults = Faults()  # frozen
    asked: list[bytes] = field(default_factory=list)
    certificates_wanted: list[bool] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    def __post_init__(self) -> None:
        self.signer = self.signer or make_signer(self.root)

    def write_root(self, path: Path) -> Path:
        path.write_bytes(self.root.pem)
        return path

    def answer(self, query: bytes) -> bytes:
        """TimeStampResp to a TimeStampReq."""
        asked = tsp.TimeStampReq.load(query, strict=True)
        self.asked.append(asked["message_imprint"]["hashed_message"].native)
        self.certificates_wanted.append(bool(asked["cert_req"].native))
        self.was_asked.set()
        if self.faults.status > 1:
            status = {"status": self.faults.status, "status_string": ["not today"]}
            said = tsp.PKIStatusInfo(status).dump()
            return bytes([0x30, len(said)]) + bytes(said)  # asn1crypto knows no answer without a token
        token = self.token(self.asked[-1], nonce=asked["nonce"].native, with_certificates=self.certificates_wanted[-1])
        content = cms.ContentInfo.load(token)
        return bytes(tsp.TimeStampResp({"status": {"status": self.faults.status}, "time_stamp_token": content}).dump())

    def token(self, imprint: bytes, nonce: int | None = None, with_certificates: bool = True) -> bytes:
        """TimeStampToken over a SHA-256."""
        faults = self.faults
        info: dict[str, Any] = {
            "version": "v1",
            "policy": faults.policy,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": faults.imprint or imprint,
            },
            "serial_number": secrets.randbits(63),
            "gen_time": (datetime.now(UTC) + faults.off).replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        if nonce is not None and not faults.no_nonce:
            info["nonce"] = nonce + faults.nonce
        content = tsp.TSTInfo(info).dump()
        attributes = [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.new(faults.digest, content).digest()]}),
        ]
        whole = (faults.bound_to or self.signer).der
        if faults.v1_binding:
            bound = {"certs": [{"cert_hash": hashlib.sha1(whole, usedforsecurity=False).digest()}]}
            attributes.append(cms.CMSAttribute({"type": "signing_certificate", "values": [bound]}))
        elif not faults.no_binding:
            bound = {"certs": [{"cert_hash": hashlib.sha256(whole).digest()}]}
            attributes.append(cms.CMSAttribute({"type": "signing_certificate_v2", "values": [bound]}))
        signed = cms.CMSAttributes(attributes)
        key = (faults.signed_by or self.signer).key
        algorithm, signature = _sign(key, signed.dump(), faults.digest)
        own = asn1_x509.Certificate.load(self.signer.der)
        sid: dict[str, Any] = {"issuer": own.issuer, "serial_number": own.serial_number}
        data: dict[str, Any] = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": faults.digest}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "signer_infos": [
                cms.SignerInfo(
                    {
                        "version": "v3" if faults.key_identifier else "v1",
                        "sid": cms.SignerIdentifier(
                            {"subject_key_identifier": own.key_identifier}
                            if faults.key_identifier
                            else {"issuer_and_serial_number": cms.IssuerAndSerialNumber(sid)}
                        ),
                        "digest_algorithm": {"algorithm": faults.digest},
                        "signed_attrs": signed,
                        "signature_algorithm": algorithm,
                        "signature": signature,
                    }
                )
            ],
        }
        if with_certificates:  # RFC 3161 §2.4.1: none unless they are asked for
            data["certificates"] = [asn1_x509.Certificate.load(each.der) for each in (self.signer, *self.between)]
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())

    def misbehave(self, **faults: Any) -> None:
        self.faults = replace(Faults(), **faults)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Authority"]:
        """On a port of its own, until the end of the block; `url` says where."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tsa"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert "content-type: application/timestamp-query" in head
            length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:"))
            body = self.answer(await reader.readexactly(length))
            faults = self.faults
            body = body if faults.body is None else faults.body
            await asyncio.sleep(faults.slow_s)
            writer.write(
                f"HTTP/1.1 {faults.http} Said\r\nContent-Type: {faults.content_type}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            )
            for at in range(0, len(body), 1 if faults.drip else len(body)):
                writer.write(body[at : at + (1 if faults.drip else len(body))])
                await writer.drain()
                await asyncio.sleep(0.1 if faults.drip else 0)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()


def _sign(key: Key, message: bytes, digest: str) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    chosen = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}[digest]()
    if isinstance(key, rsa.RSAPrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}), key.sign(
            message, padding.PKCS1v15(), chosen
        )
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}), key.sign(message, ec.ECDSA(chosen))
    return algos.SignedDigestAlgorithm({"algorithm": "ed25519"}), key.sign(message)


__all__ = ["NAME", "POLICY", "Authority", "Faults", "Made", "make_root", "make_signer"]
