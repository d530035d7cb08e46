"""三会一课 of party branches: their quarters' plans, which meeting is whose, why somebody was absent, the reports."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class BranchPlan(Base):
    """A version of a branch's plan for a quarter: what it says stays, and it is reviewed once."""

    __tablename__ = "branch_plans"
    id: Mapped[str] = mapped_column(primary_key=True)
    branch_id: Mapped[str] = mapped_column(ForeignKey("bodies.id"))
    quarter: Mapped[str]  # 2026Q4
    version: Mapped[int]
    entries: Mapped[list] = mapped_column()  # type: ignore[type-arg]  # {key, kind, on, topic, group, by_secretary}
    fixed_day: Mapped[int | None]  # of the month, on which its theme day is
    filed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    filed_as: Mapped[str]  # name and post, as they were
    filed_on: Mapped[str]
    filed_wall: Mapped[int]
    opinion: Mapped[str | None]  # agree | return
    reasons: Mapped[str | None]
    reviewed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    reviewed_as: Mapped[str | None]
    reviewed_on: Mapped[str | None]
    reviewed_wall: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("branch_id", "quarter", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(opinion IS NULL) = (reviewed_wall IS NULL)", name="reviewed"),
    )


class BranchMeeting(Base):
    """Whose a part of a meeting is, where its unit has several branches or groups, and of which entry of a plan it was
    made."""

    __tablename__ = "branch_meetings"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[str] = mapped_column(ForeignKey("bodies.id"), index=True)
    # Who is due: the branch, its committee, a group; none: there is no such body yet.
    body_id: Mapped[str | None] = mapped_column(ForeignKey("bodies.id"))
    entry: Mapped[str | None]  # its key in the branch's plans
    by_secretary: Mapped[bool] = mapped_column(default=False)  # a lecture, given by the branch's secretary


class AbsenceReason(Base):
    """Why somebody who was due wasn't there; entered on the roster once, for minutes, report and the year."""

    __tablename__ = "absence_reasons"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    reason: Mapped[str]
    noted_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    noted_wall: Mapped[int]


class BranchReport(Base):
    """The report of a part of a meeting as somebody checked it: no version is changed, and the newest counts."""

    __tablename__ = "branch_reports"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"))
    part: Mapped[int]
    version: Mapped[int]
    fields: Mapped[dict]  # type: ignore[type-arg]  # api.domain.party.report
    checked_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    checked_as: Mapped[str]
    checked_on: Mapped[str]
    checked_wall: Mapped[int]
    __table_args__ = (UniqueConstraint("meeting_id", "part", "version"),)
