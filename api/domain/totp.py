"""Codes of an authenticator app: RFC 6238 (time) over RFC 4226 (HMAC); each is taken once, a half minute early or late.

SHA-1, six digits and 30 s are what every app in use reads; a collision of SHA-1 is of no help against HMAC.
"""

import base64
import hmac
import unicodedata
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
DRIFT = 1  # steps before and after: a telephone's clock, and the time it takes to type (RFC 6238 §5.2)
SECRET_BYTES = 20  # RFC 4226 §4, R6


def step_of(unix_s: int) -> int:
    return unix_s // STEP_S


def code_at(secret: bytes, step: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """RFC 4226 §5.3 with the step as its counter."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def accepted(secret: bytes, code: str, now_step: int, last_step: int) -> int | None:
    """The step whose code this is; None where it is wrong, or of a step up to the last one taken (RFC 6238 §5.2)."""
    found = None
    for step in range(max(0, now_step - DRIFT), now_step + DRIFT + 1):
        # All are compared, each in constant time: how long it takes tells nothing.
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def typed(code: str) -> str:
    """As it was meant: without spaces and hyphens, full-width digits of a Chinese keyboard as plain ones."""
    plain = unicodedata.normalize("NFKC", code).casefold()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def is_code(code: str) -> bool:
    return len(code) == DIGITS and code.isdigit()


def secret_text(secret: bytes) -> str:
    """To be typed where no picture can be taken: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, account: str, issuer: str) -> str:
    """What the QR code says (the otpauth scheme that all apps read)."""
    label = quote(f"{issuer}:{account}", safe=":")
    said = {"secret": secret_text(secret).replace(" ", ""), "issuer": issuer, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(said, quote_via=quote)}"
