"""A time-stamp token (RFC 3161 §2.4.2): what an authority signed, read from its bytes, and whether it holds.

Standard library and `cryptography` only, so that an outsider can check a stamp with no network and nothing of ours.
The token is a CMS SignedData (RFC 5652 §5) with one signer, in DER. Refused: what is not understood, and hashes below
SHA-256 (but for the SHA-1 of the certificate in a `SigningCertificate` of RFC 2634, which names the signer beside its
number and signature).
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from storage import der, stamp_certificates
from storage.errors import StampAlgorithm, StampCertificate, StampForged, StampOfAnother, StampUnreadable

MAX_BYTES = 64 * 1024  # with a path of RSA-4096 certificates about 10 kB
SHA256 = "2.16.840.1.101.3.4.2.1"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_Hash = Callable[[], hashes.HashAlgorithm]
_HASHES: dict[str, tuple[str, _Hash]] = {
    SHA256: ("sha256", hashes.SHA256),
    "2.16.840.1.101.3.4.2.2": ("sha384", hashes.SHA384),
    "2.16.840.1.101.3.4.2.3": ("sha512", hashes.SHA512),
}
_RSA, _ED25519 = "1.2.840.113549.1.1.1", "1.3.101.112"
# Signature algorithms that name their hash; plain RSA takes the signer's digest algorithm (RFC 3370 §3.2).
_RSA_WITH: dict[str, _Hash] = {
    "1.2.840.113549.1.1.11": hashes.SHA256,
    "1.2.840.113549.1.1.12": hashes.SHA384,
    "1.2.840.113549.1.1.13": hashes.SHA512,
}
_ECDSA_WITH: dict[str, _Hash] = {
    "1.2.840.10045.4.3.2": hashes.SHA256,
    "1.2.840.10045.4.3.3": hashes.SHA384,
    "1.2.840.10045.4.3.4": hashes.SHA512,
}
MIN_RSA_BITS, MIN_EC_BITS = 2048, 256


@dataclass(frozen=True, slots=True)
class Token:
    """As it was read; nothing is checked yet."""

    imprint_algorithm: str
    imprint: bytes  # the hash of what was stamped
    policy: str
    serial: int
    at: datetime  # genTime, UTC
    nonce: int | None
    content: bytes  # the TSTInfo that the authority signed
    issuer: bytes | None  # of the signer's certificate, DER; with its number
    number: int | None
    key_identifier: bytes | None  # or this instead
    digest_algorithm: str
    attributes: dict[str, der.Element]
    signed: bytes  # the attributes as they are signed
    algorithm: str
    signature: bytes
    certificates: tuple[x509.Certificate, ...]


def imprint(statement: bytes) -> bytes:
    """What we have stamped of a statement."""
    return hashlib.sha256(statement).digest()


def read(content: bytes) -> Token:
    """Whatever the bytes are: a token, or StampUnreadable."""
    if len(content) > MAX_BYTES:
        raise StampUnreadable(f"{len(content)} bytes")
    try:
        return _read(content)
    except (der.NotDer, StampCertificate) as error:
        raise StampUnreadable(str(error)) from error


def check(token: Token, statement: bytes, known: Iterable[x509.Certificate]) -> x509.Certificate:
    """That the token is over `statement` and its signature holds; gives the signer's certificate, found among those
    in the token and the `known` ones. Whether that one is trusted is another question (`stamp_certificates.path`).
    Raises a kind of StampRefused."""
    certificate = _signer(token, [*token.certificates, *known])
    stamp_certificates.check_usage(certificate, token.at)
    _check_attributes(token)
    if not _signature_holds(token, certificate):
        raise StampForged
    # Last, so that it is said only of a stamp that an authority really made.
    if token.imprint_algorithm != SHA256 or token.imprint != imprint(statement):
        raise StampOfAnother
    return certificate


def _read(content: bytes) -> Token:
    outer = der.read(content).inner()
    if outer.next().oid() != _SIGNED_DATA:
        raise der.NotDer("not signed data")
    wrapped = outer.next(0xA0)
    outer.end()
    data = der.read(wrapped.content).inner()
    data.next().integer()
    data.next(der.SET)
    encapsulated = data.next(der.SEQUENCE).inner()
    if encapsulated.next().oid() != _TST_INFO:
        raise der.NotDer("not a time stamp")
    info = der.read(encapsulated.next(0xA0).content, der.OCTET_STRING).content
    encapsulated.end()
    held = data.optional(0xA0)
    certificates = [each for each in held.inner().all() if each.tag == der.SEQUENCE] if held else []
    data.optional(0xA1)  # revocation lists
    signers = list(data.next(der.SET).inner().all())
    data.end()
    if len(signers) != 1:  # RFC 3161 §2.4.2: the authority's signature and no other
        raise der.NotDer(f"{len(signers)} signers")
    return _with_signer(
        _info(info), info, signers[0], tuple(stamp_certificates.load(each.whole) for each in certificates)
    )


@dataclass(frozen=True, slots=True)
class _Info:
    policy: str
    imprint_algorithm: str
    imprint: bytes
    serial: int
    at: datetime
    nonce: int | None


def _info(content: bytes) -> _Info:
    """TSTInfo."""
    info = der.read(content).inner()
    if info.next().integer() != 1:
        raise der.NotDer("a version that nobody knows")
    policy = info.next().oid()
    stamped = info.next(der.SEQUENCE).inner()
    algorithm = _algorithm(stamped.next())
    hashed = stamped.next().octets()
    stamped.end()
    serial, at = info.next().integer(), info.next().time()
    info.optional(der.SEQUENCE)  # accuracy
    if (ordering := info.optional(der.BOOLEAN)) is not None:
        ordering.boolean()
    nonce = element.integer() if (element := info.optional(der.INTEGER)) is not None else None
    info.optional(0xA0)  # the authority's name: its certificate says it
    if (extensions := info.optional(0xA1)) is not None:
        for each in extensions.inner().all():
            extension = each.expect(der.SEQUENCE).inner()
            extension.next().oid()
            if (critical := extension.optional(der.BOOLEAN)) is not None and critical.boolean():
                raise der.NotDer("a critical extension that nobody knows")
    info.end()
    return _Info(policy, algorithm, hashed, serial, at, nonce)


def _with_signer(info: _Info, content: bytes, signer: der.Element, certificates: tuple[x509.Certificate, ...]) -> Token:
    """SignerInfo."""
    fields = signer.expect(der.SEQUENCE).inner()
    fields.next().integer()
    issuer = number = key_identifier = None
    if (key := fields.optional(0x80)) is not None:
        key_identifier = key.content
    else:
        named = fields.next(der.SEQUENCE).inner()
        issuer, number = named.next(der.SEQUENCE).whole, named.next().integer()
        named.end()
    digest = _algorithm(fields.next())
    attributes = fields.next(0xA0)
    algorithm, signature = _algorithm(fields.next()), fields.next().octets()
    fields.optional(0xA1)  # unsigned attributes
    fields.end()
    return Token(
        info.imprint_algorithm, info.imprint, info.policy, info.serial, info.at, info.nonce, content,
        issuer, number, key_identifier, digest, _attributes(attributes),
        # RFC 5652 §5.4: signed as the SET that they are, not under the tag that they are sent with.
        der.encode(der.SET, attributes.content),
        algorithm, signature, certificates,
    )  # fmt: skip


def _attributes(held: der.Element) -> dict[str, der.Element]:
    """Each once and with one value, as all that we read are."""
    found: dict[str, der.Element] = {}
    for each in held.inner().all():
        attribute = each.expect(der.SEQUENCE).inner()
        oid, values = attribute.next().oid(), attribute.next(der.SET)
        attribute.end()
        if oid in found:
            raise der.NotDer("an attribute that stands twice")
        found[oid] = values
    return found


def _algorithm(element: der.Element) -> str:
    """AlgorithmIdentifier with no parameters (or NULL); the ones that have some are not supported."""
    fields = element.expect(der.SEQUENCE).inner()
    oid = fields.next().oid()
    if fields.tag is not None and fields.next().whole != b"\x05\x00":
        raise der.NotDer("an algorithm with parameters")
    fields.end()
    return oid


def _signer(token: Token, candidates: Iterable[x509.Certificate]) -> x509.Certificate:
    named = [each for each in candidates if _named_by(token, each)]
    for each in named:
        if _bound_to(token, each):
            return each
    raise StampCertificate(
        "the stamp was signed for another certificate of this name and number"
        if named
        else "the certificate that the stamp names is not there"
    )


def _named_by(token: Token, certificate: x509.Certificate) -> bool:
    if token.key_identifier is not None:
        found = [each.value for each in certificate.extensions if isinstance(each.value, x509.SubjectKeyIdentifier)]
        return bool(found) and found[0].digest == token.key_identifier
    # Names are compared as the bytes that they are: read again from the certificate itself.
    try:
        body = der.read(certificate.tbs_certificate_bytes).inner()
        body.optional(0xA0)
        number = body.next().integer()
        body.next(der.SEQUENCE)
        return number == token.number and body.next(der.SEQUENCE).whole == token.issuer
    except der.NotDer:
        return False


def _bound_to(token: Token, certificate: x509.Certificate) -> bool:
    """RFC 5816 §2.2.1: the signature covers the hash of the signer's certificate, by one attribute or both."""
    whole = certificate.public_bytes(Encoding.DER)
    bound = False
    try:
        for oid in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2):
            if (values := token.attributes.get(oid)) is None:
                continue
            first = der.read(values.content).inner().next(der.SEQUENCE).inner().next(der.SEQUENCE).inner()
            hashed = "sha1"
            if oid == _SIGNING_CERTIFICATE_V2:
                given = first.optional(der.SEQUENCE)
                hashed = _hash(_algorithm(given) if given is not None else SHA256)[0]
            if first.next().octets() != hashlib.new(hashed, whole, usedforsecurity=hashed != "sha1").digest():
                return False
            bound = True
    except der.NotDer as error:
        raise StampUnreadable(str(error)) from error
    return bound


def _check_attributes(token: Token) -> None:
    """That what is signed speaks of this content (RFC 5652 §11.1, §11.2)."""
    try:
        kind = der.read(token.attributes[_CONTENT_TYPE].content, der.OID).oid()
        digest = der.read(token.attributes[_MESSAGE_DIGEST].content, der.OCTET_STRING).content
    except KeyError as error:
        raise StampUnreadable("attributes are missing") from error
    except der.NotDer as error:
        raise StampUnreadable(str(error)) from error
    if kind != _TST_INFO or digest != hashlib.new(_hash(token.digest_algorithm)[0], token.content).digest():
        raise StampForged


def _signature_holds(token: Token, certificate: x509.Certificate) -> bool:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and (token.algorithm == _RSA or token.algorithm in _RSA_WITH):
            _enough(key.key_size, MIN_RSA_BITS)
            chosen = _RSA_WITH.get(token.algorithm) or _hash(token.digest_algorithm)[1]
            key.verify(token.signature, token.signed, padding.PKCS1v15(), chosen())
        elif isinstance(key, ec.EllipticCurvePublicKey) and token.algorithm in _ECDSA_WITH:
            _enough(key.key_size, MIN_EC_BITS)
            key.verify(token.signature, token.signed, ec.ECDSA(_ECDSA_WITH[token.algorithm]()))
        elif isinstance(key, ed25519.Ed25519PublicKey) and token.algorithm == _ED25519:
            key.verify(token.signature, token.signed)
        else:
            raise StampAlgorithm(token.algorithm)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError) as error:
        raise StampAlgorithm(str(error)) from error
    return True


def _hash(oid: str) -> tuple[str, _Hash]:
    if oid not in _HASHES:
        raise StampAlgorithm(oid)
    return _HASHES[oid]


def _enough(bits: int, least: int) -> None:
    if bits < least:
        raise StampAlgorithm(f"a key of {bits} bits")
