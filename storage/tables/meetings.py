"""Meetings, their parts, sites, agenda items, breaks, presence; decision records and votes."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.clock import Origin
from storage.tables.base import Base


class Meeting(Base):
    __tablename__ = "meetings"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]  # key of the kinds' catalogue
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    state: Mapped[str] = mapped_column(index=True)  # planned | open | break | ended | cancelled
    access_class: Mapped[str] = mapped_column(default="open")
    recorded: Mapped[bool] = mapped_column(default=True)
    planned_wall: Mapped[int | None]
    called_on: Mapped[str | None]  # the day on which it was called; none: it wasn't
    way: Mapped[str | None]  # adults | households, where the body may meet in either, stated beforehand
    created_wall: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    # The origin of meeting time (storage.clock.Origin), set once, at the opening.
    opened_wall: Mapped[int | None]
    opened_monotonic: Mapped[int | None]
    opened_boot: Mapped[str | None]
    opened_on: Mapped[str | None]  # the day it belongs to, also past midnight
    opened_by: Mapped[str | None] = mapped_column(index=True)
    reopened_ns: Mapped[int | None]  # the last time, where it was
    end_ns: Mapped[int | None]
    ended_by: Mapped[str | None]  # a user's id, or `absence`
    notice_version: Mapped[str | None]
    notice_wall: Mapped[int | None]
    picture: Mapped[str | None]  # the chair's picture: a publisher, or none

    def origin(self) -> Origin:
        if self.opened_wall is None or self.opened_monotonic is None:
            raise ValueError(f"meeting {self.id} was not opened")
        return Origin(self.opened_wall, self.opened_monotonic, self.opened_boot or "")


class MeetingPart(Base):
    """What one body of one unit does of a meeting, with a roster of its own. Each meeting has one, or several."""

    __tablename__ = "meeting_parts"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # from 1, in the order in which they were planned
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"), index=True)
    kind: Mapped[str]  # key of the kinds' catalogue: its body is who is due
    way: Mapped[str | None]  # adults | households, where the body may meet in either, stated beforehand
    begun_ns: Mapped[int | None]
    # Who had a vote and who of them was there when it began; none: nobody was ticked.
    due: Mapped[int | None]
    present: Mapped[int | None]


class Site(Base):
    """A unit's place in a meeting. A publisher of the relay is a device at a site."""

    __tablename__ = "sites"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"))
    main: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (UniqueConstraint("meeting_id", "unit_id"),)


class AgendaItem(Base):
    __tablename__ = "agenda_items"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    matter: Mapped[str | None]  # key of the catalogue of matters
    part: Mapped[int] = mapped_column(default=1, server_default="1")  # its number in the meeting
    access_class: Mapped[str] = mapped_column(default="open")
    start_ns: Mapped[int | None]
    end_ns: Mapped[int | None]


class Break(Base):
    __tablename__ = "breaks"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    reason: Mapped[str]
    start_ns: Mapped[int]
    end_ns: Mapped[int | None]


class Question(Base):
    """A vote since its question was read; open until its result is announced, it is taken again, or given up. One of a
    meeting is open at a time."""

    __tablename__ = "questions"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    agenda_item_id: Mapped[str] = mapped_column(ForeignKey("agenda_items.id"))
    asked_ns: Mapped[int]
    asked_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    closed_ns: Mapped[int | None]
    closed_as: Mapped[str | None]  # announced | again | dropped


class Presence(Base):
    """A span of a person, or of a device of a site, at a meeting, and how it is known."""

    __tablename__ = "presences"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    known_by: Mapped[str]  # roster | sheet | device | video
    start_ns: Mapped[int]
    end_ns: Mapped[int | None]


class MediaSession(Base):
    """A session at the relay: one offer, one answer. The relay's restart ends it, the row stays."""

    __tablename__ = "media_sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    mode: Mapped[str]  # room | whip | whep
    publisher: Mapped[str]  # the device's lasting name in this meeting: what a track continues by
    relay_epoch: Mapped[str]
    # Hash of the token by which it was opened; no foreign key, because a sign-in that was ended has no row.
    sign_in: Mapped[str | None]
    started_wall: Mapped[int]
    ended_wall: Mapped[int | None]
    ended_cause: Mapped[str | None]


class Decision(Base):
    """One matter of one village going through its procedure. These columns are a cache of its chain's fold."""

    __tablename__ = "decisions"
    id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id"))
    matter: Mapped[str]
    title: Mapped[str]
    access_class: Mapped[str] = mapped_column(default="open")
    begun_on: Mapped[str] = mapped_column(default="", server_default=text("''"))  # by the rules of this day
    # The day on which these columns were last made: what is due becomes overdue by waiting.
    looked_on: Mapped[str] = mapped_column(default="", server_default=text("''"), index=True)
    state: Mapped[str]  # open | decided
    outcome: Mapped[str | None]  # resolved | rejected | no_quorum | withdrawn | ended
    proper: Mapped[bool | None]  # done properly; apart from the outcome; none: something is due yet
    improper_reasons: Mapped[list] = mapped_column(default=list)  # type: ignore[type-arg]
    created_wall: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    # For which days it is counted, and from which day on as not done properly or not covered; these may lie ahead.
    due_from: Mapped[str | None]
    due_until: Mapped[str | None]
    broken_on: Mapped[str | None]
    uncovered_on: Mapped[str | None]
    # Shares of the whole county are counted from this alone.
    __table_args__ = (
        Index(
            "ix_decisions_share",
            *("unit_id", "due_from", "due_until", "matter", "access_class", "broken_on", "uncovered_on", "id"),
        ),
        # And what is counted of other tables asks this whether it may be seen.
        Index("ix_decisions_seen", "id", "unit_id", "matter", "access_class", "due_from", "due_until"),
    )


class DecisionItem(Base):
    """An agenda item in which a decision was discussed, and thereby the span of recording."""

    __tablename__ = "decision_items"
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    agenda_item_id: Mapped[str] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    step: Mapped[str | None]  # of the procedure, since the item began
    confirmed_wall: Mapped[int | None]  # the supervisor's own word that it went as the minutes say
    sealed_wall: Mapped[int | None] = mapped_column(index=True)  # what its recording shows is on the record


class Vote(Base):
    __tablename__ = "votes"
    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), index=True)
    agenda_item_id: Mapped[str] = mapped_column(ForeignKey("agenda_items.id"))
    way: Mapped[str]  # hands | named | secret
    due: Mapped[int | None]
    present: Mapped[int | None]
    in_favour: Mapped[int]
    against: Mapped[int]
    abstained: Mapped[int]
    recused: Mapped[int] = mapped_column(default=0, server_default="0")
    issued: Mapped[int] = mapped_column(default=0, server_default="0")
    returned: Mapped[int] = mapped_column(default=0, server_default="0")
    invalid: Mapped[int] = mapped_column(default=0, server_default="0")
    other: Mapped[int] = mapped_column(default=0, server_default="0")
    written_in_favour: Mapped[int] = mapped_column(default=0, server_default="0")
    round: Mapped[int] = mapped_column(default=1, server_default="1")  # of an election
    proxies: Mapped[int] = mapped_column(default=0, server_default="0")  # ballots handed in for others
    proxies_most: Mapped[int] = mapped_column(default=0, server_default="0")  # by one person
    proxies_of_candidates: Mapped[int] = mapped_column(default=0, server_default="0")
    passed: Mapped[bool]
    asked_ns: Mapped[int | None]  # when its question was read; none: nobody said
    at_ns: Mapped[int]  # when its result was announced
    recorded_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    recorded_wall: Mapped[int]
