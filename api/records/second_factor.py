"""The second factor of one's own account."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from api.records.base import Answer, Request, Secret

Typed = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]  # as typed, with spaces and hyphens


class SecondFactorView(Answer):
    rule: Literal["off", "offered", "required"]  # required by one of one's posts
    enrolled: bool
    since_wall: str | None
    codes_left: int


class BeginFactor(Request):
    password: Secret


class Begun(Answer):
    """Shown once."""

    secret: str  # base32, to be typed
    address: str  # otpauth://
    qr: str  # the address as an SVG data URI


class FactorCode(Request):
    code: Typed


class RemoveFactor(Request):
    password: Secret
    code: Typed


class RecoveryCodes(Answer):
    """Shown once, kept as hashes."""

    codes: list[str]
