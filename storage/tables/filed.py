"""A file that a person handed in, sealed as it came and put under lock by the worker."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column


class Filed:
    mime: Mapped[str]
    bytes: Mapped[int]
    sha256: Mapped[str]
    sm3: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)  # path below the spool, and key in the object store
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    user_as: Mapped[str]  # as he was named
    received_wall: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)  # sealed | stored
    bucket: Mapped[str | None]
    version: Mapped[str | None]  # the store's
    locked_until_wall: Mapped[int | None]
    confirmed_wall: Mapped[int | None]
