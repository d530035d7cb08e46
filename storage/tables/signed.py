"""What people signed: photographs of signed pages, and signatures on a screen, each a file as it came."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base
from storage.tables.filed import Filed


class SignedPaper(Filed, Base):
    """A page of a paper as it was photographed, or a signature under a paper on a screen. Of two photographs of one
    page the newer stands; both stay."""

    __tablename__ = "signed_papers"
    id: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str]  # photo | screen
    kind: Mapped[str]  # of the paper (api.domain.papers)
    subject: Mapped[str]
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"))
    number: Mapped[int | None]  # of a photograph: page `number` of `pages`
    pages: Mapped[int | None]
    placed: Mapped[str | None]  # code | hand: who said which page it is, or whose signature; none: his own account
    signer: Mapped[str | None]  # of a signature: the name
    signer_id: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))  # where the person is known
    place: Mapped[str | None]  # of the paper, on which it stands: 主持人
    document: Mapped[str | None]  # SHA-256 of the canonical bytes that were signed
    device: Mapped[str | None]  # in two words
    chains: Mapped[list[Any]] = mapped_column(JSON)  # on which it was entered: pairs of kind and subject
    __table_args__ = (Index("ix_signed_papers_kind_subject", "kind", "subject"),)
