"""What was recorded elsewhere and came later: a device's own copy, a film that was handed in."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Delivery(Base):
    """One file as it came. What it is and where it belongs is what its sender says (`start_ns`, `end_ns`, `clock`,
    `place`, …); what the hub knows by itself is its bytes, their hashes, when they came, and how long it plays."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"))
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    origin: Mapped[str]  # device | handed-in
    key: Mapped[str]  # the sender's own name for it: the same file is begun once
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    user_as: Mapped[str]  # name and roles, as they were
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    publisher: Mapped[str | None]  # the device, as tracks call it
    mime: Mapped[str]
    start_ns: Mapped[int]  # meeting time, as the sender says
    end_ns: Mapped[int]
    clock: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # how the device found it; integers and text
    place: Mapped[str | None]
    taken_wall: Mapped[int | None]  # when it was filmed, as the sender says
    reason: Mapped[str | None]
    late: Mapped[bool] = mapped_column(default=False)  # handed in after the days for it
    bytes: Mapped[int]
    pieces: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)  # receiving | sealed | stored
    begun_wall: Mapped[int]
    received_wall: Mapped[int | None]  # its last byte
    name: Mapped[str | None] = mapped_column(unique=True)  # path below the spool, and key in the object store
    sha256: Mapped[str | None]
    sm3: Mapped[str | None]
    bucket: Mapped[str | None]
    version: Mapped[str | None]
    locked_until_wall: Mapped[int | None]
    confirmed_wall: Mapped[int | None]
    held: Mapped[bool] = mapped_column(default=False)  # the store's legal hold
    removing_wall: Mapped[int | None]  # since then the worker may have taken it away
    removed_wall: Mapped[int | None]  # taken away with its recording
    copy: Mapped[str | None]  # rewrapped | encoded | failed; none: not made yet
    picture: Mapped[bool | None]  # what is in it; none: not known yet
    sound: Mapped[bool | None]
    length_ns: Mapped[int | None]  # how long it plays
    countersigned_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    countersigned_as: Mapped[str | None]
    countersigned_wall: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("meeting_id", "user_id", "key"),
        Index("ix_deliveries_meeting", "meeting_id"),
    )
