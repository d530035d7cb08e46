"""What hangs in public: notices, that they were seen on the board, objections to them."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base
from storage.tables.filed import Filed


class PublicNotice(Base):
    """A record of its own beside the decision: what it says stays as it was said, and it comes off once."""

    __tablename__ = "public_notices"
    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decisions.id"), index=True)
    step: Mapped[str | None]
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    matter: Mapped[str]
    title: Mapped[str]
    fields: Mapped[dict]  # type: ignore[type-arg]  # as the list of the matter has them on `rules_on`
    rules_on: Mapped[str]
    from_on: Mapped[str]
    days: Mapped[int]  # that it is to hang, the first day not counted
    working: Mapped[bool]  # only working days count
    stops: Mapped[bool]  # an objection stops the clock
    put_up_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    put_up_as: Mapped[str]  # name and post, as they were
    put_up_wall: Mapped[int]
    off_on: Mapped[str | None]  # the first day on which it hangs no more, where somebody took it off
    off_as: Mapped[str | None]
    off_wall: Mapped[int | None]
    off_reason: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("(off_on IS NULL) = (off_wall IS NULL)", name="off"),
        CheckConstraint("days > 0", name="days"),
    )


class NoticeTable(Filed, Base):
    """A table that hangs with a notice: put up with it, never after, and gone from the page with it."""

    __tablename__ = "notice_tables"
    id: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("public_notices.id"), index=True)
    number: Mapped[int]  # its place among them, from 1
    title: Mapped[str]  # what its file is called
    chains: Mapped[list[Any]] = mapped_column(JSON)  # on which it was entered: pairs of kind and subject


class NoticeHanging(Base):
    """A supervisor saw it on the board that day; append-only."""

    __tablename__ = "notice_hangings"
    id: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("public_notices.id"), index=True)
    on: Mapped[str]
    seen_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    seen_as: Mapped[str]
    wall: Mapped[int]


class Objection(Base):
    """Said by a villager: on the page, by name, or to a supervisor, who need not say by whom. Answered once."""

    __tablename__ = "objections"
    id: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("public_notices.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str | None]
    text: Mapped[str]
    on: Mapped[str]
    wall: Mapped[int]
    taken_as: Mapped[str | None]  # the supervisor to whom it was said
    answer: Mapped[str | None]
    answered_on: Mapped[str | None]
    answered_as: Mapped[str | None]
    answered_wall: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_on IS NULL)", name="answered"),
        CheckConstraint("name IS NOT NULL OR taken_as IS NOT NULL", name="by_name_or_taken"),
    )


class ObjectionCount(Base):
    """How many came on a day from an address or for a unit; gone with the day."""

    __tablename__ = "objection_counts"
    subject: Mapped[str] = mapped_column(primary_key=True)
    on: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
