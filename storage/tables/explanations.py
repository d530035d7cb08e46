"""What is said of technical gaps in closed recordings, and who countersigned it."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Explanation(Base):
    """Why something is missing, in writing, by who chaired. It stays as it was written; of two the later one counts."""

    __tablename__ = "explanations"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    text: Mapped[str]
    explained_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    explained_as: Mapped[str]  # name and post, as they were
    explained_wall: Mapped[int]


class ExplainedGap(Base):
    """A gap that an explanation speaks of."""

    __tablename__ = "explained_gaps"
    explanation_id: Mapped[str] = mapped_column(ForeignKey("explanations.id"), primary_key=True)
    gap_id: Mapped[str] = mapped_column(ForeignKey("gaps.id"), primary_key=True, index=True)


class Countersignature(Base):
    """The supervisor stands for an explanation."""

    __tablename__ = "countersignatures"
    explanation_id: Mapped[str] = mapped_column(ForeignKey("explanations.id"), primary_key=True)
    signed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    signed_as: Mapped[str]
    signed_wall: Mapped[int]
