"""What desks and shares are read from: rows that each decision's chain comes to, and what was found outside of it."""

from sqlalchemy import ForeignKey, Index, Integer, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AwaitedStep(Base):
    """What a decision waits for (api.domain.procedure.awaited). A cache of its chain's fold, as its row is."""

    __tablename__ = "awaited_steps"
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str]
    step: Mapped[str]
    name: Mapped[str]  # of the step, by the rules under which the decision began
    name_en: Mapped[str]
    who: Mapped[str]
    since: Mapped[str]
    due_on: Mapped[str | None]
    late_on: Mapped[str | None]
    __table_args__ = (
        Index("ix_awaited_steps_act_due_on", "act", "due_on"),
        Index("ix_awaited_steps_late_on", "late_on"),
    )


class BrokenRule(Base):
    """A rule that a decision didn't keep, or won't have kept from a day on that lies ahead; a cache likewise."""

    __tablename__ = "broken_rules"
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[bool] = mapped_column(
        server_default=false()
    )  # the earliest of this rule in this decision: counted is by decisions
    rule: Mapped[str]
    kind: Mapped[str]  # law | procedure | advice
    whose: Mapped[str]  # village | town
    step: Mapped[str]
    meeting: Mapped[str | None]
    on: Mapped[str]
    zh: Mapped[str]
    en: Mapped[str]
    __table_args__ = (Index("ix_broken_rules_counted", "first", "rule", "kind", "whose", "on", "decision_id"),)


class OutsideAffair(Base):
    """体外事项: an affair of the village that was settled outside the system, entered by who found it."""

    __tablename__ = "outside_affairs"
    id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    matter: Mapped[str]
    title: Mapped[str]
    access_class: Mapped[str]
    on: Mapped[str] = mapped_column(index=True)  # the day on which it was settled
    found: Mapped[str]  # what was found, and where
    found_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    found_as: Mapped[str]
    found_wall: Mapped[int]
    # Entered in error: said so by another one, and no longer counted.
    struck_by: Mapped[str | None]
    struck_as: Mapped[str | None]
    struck_wall: Mapped[int | None]
    struck_reason: Mapped[str | None]


class DeskChange(Base):
    """A row for each change of what desks are read from, added by the database itself (migration 0029): an answer that
    was read at the same newest and oldest row and the same number of rows is still right. Not a counter in one row: two
    transactions that settle several records each would wait for one another there."""

    __tablename__ = "desk_changes"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
