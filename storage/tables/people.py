"""Units, party organisations, persons, posts, bodies; accounts, rights, sign-ins."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Unit(Base):
    """A place in the county's tree; its name, code and parent are dated attributes."""

    __tablename__ = "units"
    id: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]  # county | town | area | village | group | office | enterprise | school
    closed_on: Mapped[str | None]
    successor_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"))


class UnitAttributes(Base):
    """What a unit was called and to whom it belonged, from a day until a day (exclusive; none: still)."""

    __tablename__ = "unit_attributes"
    id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str]
    code: Mapped[str | None] = mapped_column(index=True)  # 12-digit statistical code
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"), index=True)
    from_on: Mapped[str]
    until_on: Mapped[str | None]


class PartyOrganisation(Base):
    """The second tree: 党委, 总支, 支部, 党小组; bound to units, not equal to them."""

    __tablename__ = "party_organisations"
    id: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]  # committee | general_branch | branch | group
    closed_on: Mapped[str | None]
    successor_id: Mapped[str | None] = mapped_column(ForeignKey("party_organisations.id"))


class PartyOrganisationAttributes(Base):
    __tablename__ = "party_organisation_attributes"
    id: Mapped[str] = mapped_column(primary_key=True)
    party_organisation_id: Mapped[str] = mapped_column(ForeignKey("party_organisations.id"), index=True)
    name: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("party_organisations.id"))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("units.id"), index=True)
    from_on: Mapped[str]
    until_on: Mapped[str | None]


class Person(Base):
    """A person needs no account. No ID-card number is asked for or stored."""

    __tablename__ = "persons"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    known_as: Mapped[str | None]  # tells two of the same name apart: 二组, 大张伟
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    __table_args__ = (Index("ix_persons_unit_name", "unit_id", "name"),)


class Body(Base):
    """村民代表会议, 两委, 村务监督委员会, 支部 …: whose roster says who is due."""

    __tablename__ = "bodies"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # representatives | two_committees | supervision | branch | members | …
    name: Mapped[str]
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    party_organisation_id: Mapped[str | None] = mapped_column(ForeignKey("party_organisations.id"))


class Post(Base):
    """A person's dated post in a body; the posts of a body on a day are its roster."""

    __tablename__ = "posts"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    body_id: Mapped[str] = mapped_column(ForeignKey("bodies.id"), index=True)
    title: Mapped[str]  # 书记, 主任, 代表, 委员 …
    votes: Mapped[bool] = mapped_column(default=True)
    from_on: Mapped[str]
    until_on: Mapped[str | None]


class User(Base):
    """An account: an optional part of a person, or a device of a unit."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))
    password_hash: Mapped[str | None]  # argon2id
    must_change: Mapped[bool] = mapped_column(default=False)
    code_hash: Mapped[str | None]  # one-time code of a reset, read out on the telephone
    code_until_wall: Mapped[int | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    created_wall: Mapped[int]


class Right(Base):
    """role × subtree of units × category of matter × access class × time (DESIGN §8)."""

    __tablename__ = "rights"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str]
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"))
    category: Mapped[str | None]
    access_class: Mapped[str | None]
    from_on: Mapped[str]
    until_on: Mapped[str | None]


class SignIn(Base):
    """A session cookie or a bearer token, kept as its SHA-256. Those given out together have one `login_id`."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    carrier: Mapped[str]  # cookie | bearer
    login_id: Mapped[str] = mapped_column(server_default=text("''"), index=True)
    agent: Mapped[str] = mapped_column(server_default=text("''"))  # User-Agent of the device, cut
    address: Mapped[str] = mapped_column(server_default=text("''"))
    created_wall: Mapped[int]
    seen_wall: Mapped[int]
    expires_wall: Mapped[int]


class Guess(Base):
    """Failed sign-ins of a user name or an address, for the limit on guesses."""

    __tablename__ = "guesses"
    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    blocked_until_wall: Mapped[int]
    last_wall: Mapped[int]


class Feedback(Base):
    """意见反馈: each message gets an answer."""

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    page: Mapped[str]
    text: Mapped[str]
    sent_wall: Mapped[int]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    answered_wall: Mapped[int | None]
