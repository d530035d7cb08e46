"""What came back signed: each paper with its pages as photographs, its signatures on a screen, and what is missing."""

from typing import Literal

from api.domain.papers import Kind
from api.records.base import Answer, UnitRef


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


class SignedPaperView(Answer):
    kind: Kind
    subject: str
    name: str  # the paper's: 签到表
    title: str
    unit: UnitRef
    pages: list[SignedPage]  # by number, the newest first
    of: int | None  # how many pages it has, as the newest one says
    missing: list[int]  # pages that are still to come; none where nothing came yet
    may_hand_in: bool
    says_zh: str  # 纸质签字，照片 2/3 页
    says_en: str


class PageHandedIn(Answer):
    """Where a photograph found its place."""

    page: SignedPage
    paper: SignedPaperView
