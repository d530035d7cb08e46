"""What stands beside an account: its second factor and recovery codes; who acts in whose place for a time."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class SecondFactor(Base):
    """An authenticator app's secret, sealed with a key of the hub's. No code is taken twice: `last_step` only grows."""

    __tablename__ = "second_factors"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    sealed: Mapped[str]
    begun_wall: Mapped[int]
    since_wall: Mapped[int | None]  # none: not yet confirmed by a code
    last_step: Mapped[int] = mapped_column(default=0)  # half minutes since 1970 (api.domain.totp)


class RecoveryCode(Base):
    """One of the ten that were shown once, kept as a keyed hash."""

    __tablename__ = "recovery_codes"
    mark: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    used_wall: Mapped[int | None]


class Substitute(Base):
    """Somebody acts in another's place, from a day until a day (exclusive); ended earlier by either of them."""

    __tablename__ = "substitutes"
    id: Mapped[str] = mapped_column(primary_key=True)
    giver_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    substitute_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str | None]  # with the unit: of the one right that is lent; none: all
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))
    from_on: Mapped[str]
    until_on: Mapped[str]
    reason: Mapped[str]
    created_wall: Mapped[int]
    ended_wall: Mapped[int | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
