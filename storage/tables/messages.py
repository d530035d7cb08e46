"""What people outside are told, in its words; on its way until the webhook took it or it was given up."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Message(Base):
    """Written in the transaction of what it tells of, once for each subject."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # key of messages.toml
    subject: Mapped[str]  # what it is about: of one kind and subject there is one
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)  # who is told
    unit_name: Mapped[str]
    text: Mapped[str]
    text_en: Mapped[str]
    path: Mapped[str]  # of the page that shows it, below the hub's address
    created_wall: Mapped[int]
    next_wall: Mapped[int] = mapped_column(index=True)  # not sent before
    tries: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None]  # what came of the last try that failed
    sent_wall: Mapped[int | None]
    given_up_wall: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        CheckConstraint("sent_wall IS NULL OR given_up_wall IS NULL", name="one_end"),
    )
