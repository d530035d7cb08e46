"""Certificates of time-stamping authorities: read, named, and followed to one that is trusted.

Standard library and `cryptography` only (`storage.verify`). `cryptography.x509.verification` knows servers and
clients of the Web alone, so the path is followed here (RFC 5280 §6.1) for the narrow case of time stamps: what is not
understood is refused. Revocation is not looked up: a verification has no network (SECURITY.md).
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.errors import StampCertificate, StampUntrusted

MAX_NAME = 120  # characters shown
MAX_PATH = 8  # certificates from the signer's to the trusted one
# What `cryptography` raises over certificates that are not what they should be.
SPOILT = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidSignature,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
# Critical extensions that are heeded here; with any other the path is refused (RFC 5280 §4.2).
_HEEDED = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage)
_WEAK = (hashes.MD5, hashes.SHA1)


def load(der: bytes) -> x509.Certificate:
    """Raises StampCertificate, here and not later, when any part of it can't be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.not_valid_after_utc
        certificate.public_key()
    except SPOILT as error:
        raise StampCertificate(str(error) or type(error).__name__) from error
    return certificate


def load_all(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises StampCertificate when there are none or one can't be read."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except SPOILT as error:
        raise StampCertificate(str(error) or type(error).__name__) from error
    return [load(each.public_bytes(Encoding.DER)) for each in found]


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as every tool shows it (without colons)."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def name(certificate: x509.Certificate) -> str:
    """Whose it is, for people. Whoever made the certificate wrote it, so nothing in it moves a terminal's cursor."""
    said = certificate.subject.rfc4514_string()
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := certificate.subject.get_attributes_for_oid(oid):
            said = str(found[0].value)
    return "".join(each if each.isprintable() else "?" for each in said[:MAX_NAME])


def check_usage(certificate: x509.Certificate, at: datetime) -> None:
    """RFC 3161 §2.3: a certificate for time stamps and nothing else, and says so critically; it was valid then."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise StampCertificate("no extended key usage") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise StampCertificate("its extended key usage is not id-kp-timeStamping, critical and alone")
    found = [each.value for each in certificate.extensions if isinstance(each.value, x509.KeyUsage)]
    if found and not (found[0].digital_signature or found[0].content_commitment):
        raise StampCertificate("its key usage allows no signatures")
    if not _valid(certificate, at):
        raise StampCertificate(f"it was not valid at {at.isoformat()}")


def path(
    leaf: x509.Certificate, pool: Iterable[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """From the signer's certificate to a trusted one; the signer's alone where it is trusted itself. Raises
    StampUntrusted."""
    if leaf in trusted:
        return [leaf]
    # Shortest first, and each certificate once: a hundred that signed one another cost no more than their pairs.
    others, paths = list(dict.fromkeys(pool)), [[leaf]]
    for so_far in paths:
        below, between = so_far[-1], len(so_far) - 1
        if len(so_far) >= MAX_PATH or _weak(below) or not _understood(below):
            continue
        for anchor in trusted:
            if _issued(below, anchor, between, at):
                return [*so_far, anchor]
        next_ones = [each for each in others if each != leaf and _issued(below, each, between, at)]
        paths += [[*so_far, each] for each in next_ones]
        others = [each for each in others if each not in next_ones]
    raise StampUntrusted(name(leaf))


def _issued(below: x509.Certificate, issuer: x509.Certificate, between: int, at: datetime) -> bool:
    """Whether `issuer` was an authority that was allowed to sign `below`, with so many authorities in between."""
    if not _valid(issuer, at) or not _understood(issuer):
        return False
    try:
        if below.issuer != issuer.subject:
            return False
        below.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (*SPOILT, x509.ExtensionNotFound):
        return False
    usages = [each.value for each in issuer.extensions if isinstance(each.value, x509.KeyUsage)]
    may_sign = all(each.key_cert_sign for each in usages)
    return constraints.ca and may_sign and (constraints.path_length is None or between <= constraints.path_length)


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _understood(certificate: x509.Certificate) -> bool:
    return all(isinstance(each.value, _HEEDED) for each in certificate.extensions if each.critical)


def _weak(certificate: x509.Certificate) -> bool:
    """Signed over a hash for which a second certificate can be made."""
    try:
        return isinstance(certificate.signature_hash_algorithm, _WEAK)
    except UnsupportedAlgorithm:
        return True
