"""The step of a verification that asks who signed: the export by a trusted key, if one was given, and each checkpoint
by a key that the hub's own keys introduced, one after the other."""

from storage import bag, succession
from storage.keys import key_id
from storage.succession import Introduced
from storage.verify_check import Check

STEP = 11


def step_11_signer(check: Check) -> int:
    """Every key that signed here leads to the one that signed the export, or to a trusted one: each was introduced by
    the one before it in the hub's own chain."""
    trusted = None if check.trust is None else {key_id(public) for public in check.trust}
    successions = _successions(check)
    signer = check.signature.get("key_id")
    if signer is None:
        check.trusted = None if trusted is None else False
        return 0  # step 2 says why
    accepted = succession.ancestors(signer, successions)
    if trusted is not None:
        known = succession.known(trusted, successions)
        accepted |= known
        check.trusted = signer in known
        if not check.trusted:
            check.found(
                STEP, "signer.not-trusted", bag.SIGNATURE, "不是指定的密钥签的", "not signed by a key that you trust"
            )
    for parent, records in check.checkpoints.items():
        strangers = sorted({record.key_id for record in records} - accepted)
        if strangers:
            check.found(
                STEP,
                "signer.not-introduced",
                f"{parent}/{bag.CHECKPOINTS}",
                f"由系统从未交接过的密钥签名：{'、'.join(strangers)}",
                f"signed by a key that no key of the hub introduced: {', '.join(strangers)}",
            )
    return 1 + len(successions)


def _successions(check: Check) -> list[Introduced]:
    found: list[Introduced] = []
    damaged = any(each.code == "key.altered" for each in check.findings)
    for number, raw in enumerate(check.read(bag.SUCCESSIONS).splitlines(), start=1):
        introduced = succession.read(raw, check.keys)
        if introduced is not None:
            found.append(introduced)
        elif not damaged:
            check.found(
                STEP,
                "key.succession-altered",
                bag.SUCCESSIONS,
                f"第 {number} 次密钥交接的证明不成立",
                f"succession {number} of keys doesn't hold",
                number,
            )
    return found
