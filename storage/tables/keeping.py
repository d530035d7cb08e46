"""How long what is kept, and who may take it away: terms, locks of objects, holds, what is secluded, proposals of two
persons, deletions."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Term(Base):
    """Until when a recording's media are to be kept, by the rules as they were last applied. It may grow, never
    shrink: its objects are locked for that long."""

    __tablename__ = "terms"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    retention: Mapped[str]  # key of the catalogue of retentions
    until_wall: Mapped[int | None] = mapped_column(index=True)  # whole seconds; none: for ever
    settled_on: Mapped[str] = mapped_column(index=True)  # the day whose rules were applied last


class Lock(Base):
    """A stored object and the store's lock on it, as it was last read back."""

    __tablename__ = "locks"
    segment_id: Mapped[str] = mapped_column(ForeignKey("stored.segment_id"), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    until_wall: Mapped[int]  # only ever later
    due_wall: Mapped[int | None] = mapped_column(
        index=True
    )  # to be prolonged from then on; none: not yet closed, or it lasts to the term
    held: Mapped[bool] = mapped_column(default=False, index=True)  # the store's legal hold
    removing_wall: Mapped[int | None]  # since then the worker may have taken it away
    removed_wall: Mapped[int | None]


class Hold(Base):
    """An inspector's legal hold on a recording; holds win over everything."""

    __tablename__ = "holds"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"))
    reason: Mapped[str]
    placed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    placed_as: Mapped[str]  # name and post, as they were
    placed_wall: Mapped[int]
    lifted_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    lifted_as: Mapped[str | None]
    lifted_reason: Mapped[str | None]
    lifted_wall: Mapped[int | None]
    __table_args__ = (Index("ix_holds_recording_lifted", "recording_id", "lifted_wall"),)


class Seclusion(Base):
    """封存: a span of a recording that was recorded by mistake, closed to all but two persons together."""

    __tablename__ = "seclusions"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    start_ns: Mapped[int]  # meeting time
    end_ns: Mapped[int]
    reason: Mapped[str]
    begun_wall: Mapped[int]
    ended_wall: Mapped[int | None]


class Proposal(Base):
    """What one person proposes and another confirms or refuses."""

    __tablename__ = "proposals"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # seclude | look | reveal | delete
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    reason: Mapped[str]
    detail: Mapped[dict]  # type: ignore[type-arg]  # seclude: start_ns, end_ns; look: minutes; delete: erase
    state: Mapped[str] = mapped_column(index=True)  # open | confirmed | refused | withdrawn
    proposed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    proposed_as: Mapped[str]
    proposed_wall: Mapped[int]
    expires_wall: Mapped[int]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    answered_as: Mapped[str | None]
    answered_wall: Mapped[int | None]
    until_wall: Mapped[int | None]  # look: both may look until then


class Deletion(Base):
    """A recording whose media two persons ordered to be deleted, and the entry that says so."""

    __tablename__ = "deletions"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposals.id"))
    ordered_wall: Mapped[int]
    chain_id: Mapped[str]  # the entry `deletion-ordered`
    seq: Mapped[int]
    done_wall: Mapped[int | None] = mapped_column(index=True)
    done_seq: Mapped[int | None]  # the entry `deleted` of the same chain
    __table_args__ = (ForeignKeyConstraint(["chain_id", "seq"], ["entries.chain_id", "entries.seq"]),)
