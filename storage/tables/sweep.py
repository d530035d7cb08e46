"""How far the sweep through the archive has come."""

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Sweep(Base):
    """One row, written anew with each step, so that a worker that starts goes on where the last one was."""

    __tablename__ = "sweeps"
    id: Mapped[str] = mapped_column(primary_key=True)  # archive
    chain_id: Mapped[str]  # being looked through; empty: none yet
    seq: Mapped[int]  # of the entry whose file was looked at last; 0: the chain only
    begun_wall: Mapped[int]
    ended_wall: Mapped[int | None]
    objects: Mapped[int]  # of this round
    bytes: Mapped[int]
    findings: Mapped[int]
