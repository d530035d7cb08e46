"""Plans (方案) that decisions are about: each version a file as it came."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PlanFile(Base):
    """The file of a version of a decision's plan: of the one whose act, as it stands, carries its hash."""

    __tablename__ = "plan_files"
    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), index=True)
    title: Mapped[str]  # the file's name, as its sender has it
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
