"""Chains, their entries, the payloads beside them, and signed checkpoints."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Chain(Base):
    """One a recording, one a decision record, one a hub. The head row is what an append locks."""

    __tablename__ = "chains"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # recording | decision | hub
    subject: Mapped[str] = mapped_column(index=True)  # id of the recording, decision or hub
    head_seq: Mapped[int]  # 0: empty
    head_hash: Mapped[str]
    closed: Mapped[bool] = mapped_column(default=False)


class Entry(Base):
    """A chained entry. UPDATE and DELETE are refused by the database itself."""

    __tablename__ = "entries"
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[str]  # RFC 3339 UTC, as it stands in the chained bytes
    payload_hash: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class Payload(Base):
    """What an entry says, and the salt: can be withheld or erased without breaking the chain."""

    __tablename__ = "payloads"
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str]
    payload: Mapped[dict]  # type: ignore[type-arg]


class Checkpoint(Base):
    __tablename__ = "checkpoints"
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)  # entries 1…seq are under it
    at: Mapped[str]
    root: Mapped[str]  # RFC 9162 §2.1 over the entries' hashes
    final: Mapped[bool] = mapped_column(default=False)
    algorithm: Mapped[str]  # ed25519
    key_id: Mapped[str]
    signature: Mapped[str]
