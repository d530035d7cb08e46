"""The hub's own small authority and the server certificate under it, or the county's own certificate.

Browsers open the camera only on a trusted page, so a village trusts the authority once (the page /trust says how)
and every later server certificate with it. The server's is made again when the machine's names or addresses are no
longer all in it, or in its last 30 days.
"""

import datetime
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ops.errors import BadCertificate
from ops.files import private_folder, write_private

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # Apple refuses server certificates of more than 398 days
RENEW_DAYS = 30
_BACKDATED = datetime.timedelta(days=1)  # a village's clock may be slow


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files that the pages are served with; `authority` is None with a county's own certificate."""

    certificate: Path
    key: Path
    authority: Path | None


def wanted_names(addresses: tuple[str, ...], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names and addresses under which this machine may be opened."""
    host = socket.gethostname()
    return tuple(dict.fromkeys(("localhost", host, socket.getfqdn(host), *addresses, "::1", *more)))


def own_certificate(certificate: Path, key: Path) -> Certificate:
    """The county's own, tried before anything is started with it."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate(f"{certificate}: {error}") from error
    return Certificate(certificate, key, None)


def of_authority(file: str) -> str:
    """The full name of a file with certificates that are trusted for time stamps, read once before anything is started
    with it; empty where none is named."""
    if not file:
        return ""
    path = Path(file).absolute()
    try:
        x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{path}: {error}") from error
    return str(path)


def ensure(folder: Path, names: tuple[str, ...], now: datetime.datetime | None = None) -> Certificate:
    """Make what is missing or no longer good."""
    now = now or datetime.datetime.now(datetime.UTC)
    private_folder(folder)
    files = Certificate(folder / "server.crt", folder / "server.key", folder / "authority.crt")
    authority_key = folder / "authority.key"
    assert files.authority is not None
    try:
        if not (files.authority.exists() and authority_key.exists()):
            _make_authority(files.authority, authority_key, now)
            files.certificate.unlink(missing_ok=True)
        if not _still_good(files, names, now):
            _make_server(files, authority_key, names, now)
    except ValueError as error:
        raise BadCertificate(f"{folder}: {error}") from error
    return files


def names_in(certificate: x509.Certificate) -> set[str]:
    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        *alternative.get_values_for_type(x509.DNSName),
        *(str(address) for address in alternative.get_values_for_type(x509.IPAddress)),
    }


def _still_good(files: Certificate, names: tuple[str, ...], now: datetime.datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    held = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return now + datetime.timedelta(days=RENEW_DAYS) < held.not_valid_after_utc and set(names) <= names_in(held)


def _make_authority(certificate: Path, key_file: Path, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "会录 Huilu"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"会录本机根证书 Huilu {socket.gethostname()}"[:64]),
        ]
    )
    made = (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_file, _pem(key))
    write_private(certificate, made.public_bytes(serialization.Encoding.PEM))


def _make_server(files: Certificate, authority_key: Path, names: tuple[str, ...], now: datetime.datetime) -> None:
    assert files.authority is not None
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signing = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise BadCertificate(str(authority_key))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        _builder(subject, authority.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
            critical=False,
        )
        .sign(signing, hashes.SHA256())
    )
    # The key first: a stop between the two leaves a pair that doesn't match, which the start then notices.
    files.certificate.unlink(missing_ok=True)
    write_private(files.key, _pem(key))
    chain = made.public_bytes(serialization.Encoding.PEM) + files.authority.read_bytes()
    write_private(files.certificate, chain)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now - _BACKDATED + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
