"""The step of a verification that asks an outside clock: is each time stamp over the checkpoint that it lies beside,
does its signature hold, and whose is it. A chain with no stamp is named and is no finding."""

from datetime import datetime

from cryptography import x509

from storage import bag, stamp_certificates, stamp_token
from storage.chained import CheckpointRecord
from storage.clock import rfc3339
from storage.errors import StampCertificate, StampRefused, StampUntrusted
from storage.verify_check import Check, StampSeen

STEP = 12


def step_12_stamps(check: Check) -> int:
    known, damaged = _certificates(check)
    trusted = None if check.authorities is None else [stamp_certificates.load(each) for each in check.authorities]
    listed = {path for path in check.files if path.endswith(bag.TOKEN)}
    count = 0
    for parent, records in check.checkpoints.items():
        tokens = {f"{parent}/{bag.STAMPS}/{record.seq}{bag.TOKEN}": record for record in records}
        found = [path for path in tokens if path in listed]
        for path in found:
            count += 1
            _check(check, path, tokens[path], known, trusted, damaged)
        listed.difference_update(found)
        beside = {path for path in listed if path.startswith(f"{parent}/{bag.STAMPS}/")}
        if not found and not beside and records:
            check.unstamped.append(parent)
    for path in sorted(listed):
        parent = path.partition(f"/{bag.STAMPS}/")[0]
        if not _checkpoints_touched(check, parent):
            check.found(STEP, "stamp.stray", path, "没有与它对应的签名点", "there is no checkpoint that it belongs to")
    return count


def _certificates(check: Check) -> tuple[list[x509.Certificate], bool]:
    """Those that lie in the folder; each is called by its own hash. And whether any is damaged or missing."""
    known, damaged = [], any(each.path.startswith(f"{bag.AUTHORITIES}/") for each in check.findings)
    for path in sorted(check.files):
        if not path.startswith(f"{bag.AUTHORITIES}/"):
            continue
        try:
            found = stamp_certificates.load_all(check.read(path))
        except StampCertificate:
            found = []
        if [f"{bag.AUTHORITIES}/{stamp_certificates.fingerprint(each)}.pem" for each in found] == [path]:
            known += found
        else:
            damaged = True
            check.found(STEP, "stamp.certificate-altered", path, "证书被改动", "the certificate was altered")
    return known, damaged


def _check(
    check: Check,
    path: str,
    record: CheckpointRecord,
    known: list[x509.Certificate],
    trusted: list[x509.Certificate] | None,
    damaged: bool,
) -> None:
    try:
        token = stamp_token.read(check.read(path))
        signer = stamp_token.check(token, record.stamped_bytes(), [*known, *(trusted or ())])
        if trusted is not None:
            stamp_certificates.path(signer, [*token.certificates, *known], trusted, token.at)
    except StampRefused as error:
        if damaged and isinstance(error, StampCertificate | StampUntrusted):
            return  # follows from the damaged certificate
        check.found(STEP, error.code, path, error.zh, f"{error.en} {error.detail}".rstrip())
        return
    at = token.at
    check.stamps.append(
        StampSeen(
            path,
            record.seq,
            record.final,
            rfc3339(int(at.timestamp()) * 10**9 + at.microsecond * 1000),
            record.at,
            _late_s(record.at, at),
            stamp_certificates.name(signer),
            stamp_certificates.fingerprint(signer),
            None if trusted is None else True,
        )
    )


def _late_s(said: str, at: datetime) -> int:
    """0 where the hub's time can't be read: whoever signs may write anything."""
    try:
        return int((at - datetime.fromisoformat(said)).total_seconds())
    except (ValueError, TypeError):
        return 0


def _checkpoints_touched(check: Check, parent: str) -> bool:
    """Whether a checkpoint that is not there follows from what was found already: in its file, or in a key."""
    path = f"{parent}/{bag.CHECKPOINTS}"
    held = len(check.checkpoints.get(parent, ()))
    return check.read(path).count(b"\n") != held or any(each.path == path for each in check.findings)
