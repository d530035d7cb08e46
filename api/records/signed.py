"""What came back signed: each paper with its pages as photographs, its signatures on a screen, and what is missing."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.domain.papers import Kind
from api.records.base import Answer, Id, Name, Request, UnitRef

Side = Annotated[int, Field(ge=1, le=4000, strict=True)]
Point = tuple[Annotated[int, Field(ge=0, le=4000, strict=True)], Annotated[int, Field(ge=0, le=4000, strict=True)]]
Stroke = Annotated[list[Point], Field(min_length=1, max_length=2000)]


class NewSignature(Request):
    document: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]  # `digest` of the paper that was read
    person: Id | None = None  # of the roster, at the minute taker's device; none: who is signed in
    place: Name | None = None
    width: Side
    height: Side
    strokes: Annotated[list[Stroke], Field(min_length=1, max_length=300)]


class SignedPage(Answer):
    """One photograph."""

    id: str
    number: int
    of: int
    placed: Literal["code", "hand"]
    stands: bool  # the newest of its page
    by: str
    received_wall: str
    mime: str
    bytes: int
    sha256: str
    stored: bool


class SignatureView(Answer):
    """Written on a screen."""

    id: str
    signer: str
    place: str | None  # of the paper: 主持人
    own: bool  # on his own account; else at the device of who is named beside it
    by: str
    device: str  # in two words
    at: str
    document: str  # SHA-256 of what was signed
    stands: bool | None  # with what the paper says now; none: that can't be told any more
    sha256: str
    stored: bool


class SignedPaperView(Answer):
    kind: Kind
    subject: str
    name: str  # the paper's: 签到表
    title: str
    unit: UnitRef
    pages: list[SignedPage]  # by number, the newest first
    of: int | None  # how many pages it has, as the newest one says
    signatures: list[SignatureView]  # the newest first
    missing: list[int]  # pages that are still to come; none where nothing came yet
    may_hand_in: bool
    says_zh: str  # 纸质签字，照片 2/3 页
    says_en: str


class PageHandedIn(Answer):
    """Where a photograph found its place."""

    page: SignedPage
    paper: SignedPaperView
