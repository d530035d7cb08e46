"""Files of the county's own rules, proposed by one person and taken up by the word of another."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RuleSet(Base):
    """Its files as they came, in the order in which they are read. What was proposed stays as it was."""

    __tablename__ = "rule_sets"
    id: Mapped[str] = mapped_column(primary_key=True)
    files: Mapped[list]  # type: ignore[type-arg]  # of [name, text]
    sha256: Mapped[str]  # of the files (api.acts.county_rules.digest)
    reason: Mapped[str]
    from_on: Mapped[str]  # the first day on which anything of it holds
    state: Mapped[str] = mapped_column(index=True)  # open | confirmed | refused | withdrawn
    number: Mapped[int | None] = mapped_column(unique=True)  # of those that were taken up, from 1
    proposed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    proposed_as: Mapped[str]
    proposed_wall: Mapped[int]
    expires_wall: Mapped[int]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    answered_as: Mapped[str | None]
    answered_wall: Mapped[int | None]
    confirmed_on: Mapped[str | None]  # nothing of it holds on this day or before
