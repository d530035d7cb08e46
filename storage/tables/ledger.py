"""Chains, their entries, the payloads beside them, and signed checkpoints."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
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
    __table_args__ = (UniqueConstraint("kind", "subject"),)


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
    __table_args__ = (ForeignKeyConstraint(["chain_id", "seq"], ["entries.chain_id", "entries.seq"]),)


class Erasure(Base):
    """A payload that may be deleted, and the entry (kind `erased`) that says why; without this row the database
    refuses the deletion."""

    __tablename__ = "erasures"
    chain_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    by_chain_id: Mapped[str]
    by_seq: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "seq"], ["entries.chain_id", "entries.seq"]),
        ForeignKeyConstraint(
            ["by_chain_id", "by_seq"],
            ["entries.chain_id", "entries.seq"],
            name="fk_erasures_by_entries",
        ),
    )


class SigningKey(Base):
    """The public half of a key that signed here; stays when the key is replaced."""

    __tablename__ = "signing_keys"
    id: Mapped[str] = mapped_column(primary_key=True)  # `storage.keys.key_id`
    algorithm: Mapped[str]  # ed25519
    public: Mapped[str]  # PEM, SubjectPublicKeyInfo
    first_used: Mapped[str]  # RFC 3339 UTC


class Succession(Base):
    """A key that signs no more, the one that took its place, and the entry of a hub's chain that says so, on which the
    old key's last checkpoint stands."""

    __tablename__ = "successions"
    by_key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.id"), unique=True)
    chain_id: Mapped[str]
    seq: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["chain_id", "seq"], ["checkpoints.chain_id", "checkpoints.seq"]),)


class Checkpoint(Base):
    """A signature over a chain up to an entry."""

    __tablename__ = "checkpoints"
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)  # entries 1…seq are under it
    at: Mapped[str]
    head: Mapped[str]  # the hash of entry seq
    root: Mapped[str]  # RFC 9162 §2.1 over the entries' hashes
    final: Mapped[bool] = mapped_column(default=False)
    algorithm: Mapped[str]  # ed25519
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.id"))
    signature: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    clock: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))  # storage.chained.Clock; from version 2 on
    previous: Mapped[str | None]  # `CheckpointRecord.mark` of the one before; from version 2 on
    # Which final ones lack a stamp is asked every few seconds.
    __table_args__ = (Index("ix_checkpoints_final_at", "final", "at"),)


class Frontier(Base):
    """The right edge of a chain's Merkle tree as of its last checkpoint, so that the next one reads what is new only.
    It proves nothing: it is used where its root is the one that was signed, and made anew where it isn't."""

    __tablename__ = "frontiers"
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    seq: Mapped[int]
    nodes: Mapped[str]  # `storage.merkle.Frontier.nodes`, each 64 hexadecimal digits


class Authority(Base):
    """A certificate that stood behind a time stamp: the signer's, and those that it led to."""

    __tablename__ = "authorities"
    id: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the certificate
    name: Mapped[str]
    certificate: Mapped[str]  # PEM
    first_used: Mapped[str]  # RFC 3339 UTC


class Stamp(Base):
    """An authority's token (RFC 3161) over a checkpoint; it was checked before it came in here."""

    __tablename__ = "stamps"
    chain_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]  # what the authority says, RFC 3339 UTC
    authority_id: Mapped[str] = mapped_column(ForeignKey("authorities.id"))  # whose certificate signed
    path: Mapped[list]  # type: ignore[type-arg]  # certificates from there to the trusted one, by id
    token: Mapped[bytes]  # TimeStampToken, DER
    received_wall: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["chain_id", "seq"], ["checkpoints.chain_id", "checkpoints.seq"]),)
