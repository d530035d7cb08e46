"""What measuring found in pictures and sound, and what a person said to it. It stands beside coverage, never in it."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Measured(Base):
    """A closed recording whose main tracks were measured from end to end."""

    __tablename__ = "measured"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    levels: Mapped[dict]  # type: ignore[type-arg]  # by microphone: rms_cdb, peak_cdb, hundredths of dBFS
    done_wall: Mapped[int]


class QualityMark(Base):
    """A span that is dark, of one colour, frozen or silent."""

    __tablename__ = "quality_marks"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id"))  # none: all microphones of the main site
    kind: Mapped[str]  # black | plain | frozen | silent
    start_ns: Mapped[int]  # meeting time
    end_ns: Mapped[int]
    state: Mapped[str] = mapped_column(default="proposed")  # proposed | confirmed | dismissed
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    answered_as: Mapped[str | None]  # name and post, as they were
    answered_wall: Mapped[int | None]
    remark: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("(state = 'proposed') = (answered_wall IS NULL)", name="answered"),
        CheckConstraint("end_ns > start_ns", name="span"),
    )
