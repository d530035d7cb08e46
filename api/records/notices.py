"""Notices that hang in public, and what is said against them."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from api.records.base import Answer, Day, Id, Key, Name, Request, UnitRef

Said = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]


class PostedFieldView(Answer):
    """A field of a matter's list."""

    key: str
    name: str
    name_en: str
    kind: Literal["text", "number", "money", "date", "people"]
    longest: int
    needed: bool
    steps: list[str]  # none: in each


class PostingView(Answer):
    matter: str
    name: str
    fields: list[PostedFieldView]


class PostedValue(Answer):
    key: str
    name: str
    name_en: str
    value: str  # as people read it


class HangingView(Answer):
    on: str
    by: str
    at: str


class PostedMatter(Answer):
    key: str
    name: str


class MayOnNotice(Answer):
    write: bool
    supervise: bool


class PostedTable(Answer):
    id: str
    name: str
    bytes: int
    sha256: str


class PostedView(Answer):
    id: str
    unit: UnitRef
    matter: PostedMatter
    decision: str | None
    step: str | None
    title: str
    fields: list[PostedValue]
    tables: list[PostedTable]
    from_on: str
    until_on: str | None  # the first day on which it hangs no more; None: not before an objection is answered
    off_on: str | None
    off_reason: str | None
    hangs: bool  # today
    seen: list[HangingView]  # on the board, by supervisors
    objections: int
    unanswered: int
    may: MayOnNotice


class NoticePaper(Answer):
    """As it is printed for the board; `qr` is a picture's address, of the code that opens `page`."""

    notice: PostedView
    above: str  # the town's name
    last_on: str | None
    code: str | None  # of the archive's checkpoint
    page: str
    qr: str
    own: str = ""  # a picture's address, of the code by which a photograph of it on the board finds its place


class NewNotice(Request):
    matter: Key
    title: Name
    fields: dict[Key, JsonValue] = Field(max_length=40)
    from_on: Day
    decision: Id | None = None
    step: Key | None = None


class NoticeOff(Request):
    on: Day
    reason: Name | None = None


class NoticeSeen(Request):
    on: Day


class NewObjection(Request):
    name: Name | None = None
    text: Said


class ObjectionAnswer(Request):
    answer: Said


class ObjectionView(Answer):
    id: str
    notice: str
    title: str
    decision: str | None
    step: str | None
    name: str | None
    text: str
    on: str
    taken_by: str | None  # the supervisor to whom it was said
    answer: str | None
    answered_on: str | None
    answered_by: str | None


class AttachmentAnswer(Answer):
    looked: int  # texts that were looked at
