"""Recordings, tracks, segments, what is stored of them, gaps, marks, looks."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class Recording(Base):
    """A meeting's archive: `recording` until the meeting ends, `closing` until its chain is closed, then `closed`.

    A meeting that was reopened gets a further part with a chain of its own (a closed chain takes nothing any more);
    meeting time runs on over the parts.
    """

    __tablename__ = "recordings"
    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"))
    part: Mapped[int] = mapped_column(default=1)
    chain_id: Mapped[str] = mapped_column(ForeignKey("chains.id"))
    state: Mapped[str] = mapped_column(index=True)
    start_ns: Mapped[int] = mapped_column(default=0)  # meeting time of the opening, or of the reopening
    end_ns: Mapped[int | None]
    closed_wall: Mapped[int | None]
    pictures_up_to: Mapped[int | None]  # sites: with more of them only what is shown is kept (recorder.rule)
    __table_args__ = (UniqueConstraint("meeting_id", "part"),)


class Track(Base):
    """One camera, screen or microphone; continues over sessions by publisher and kind."""

    __tablename__ = "tracks"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    publisher: Mapped[str]
    kind: Mapped[str]  # camera | screen | microphone
    codec: Mapped[str]  # h264 | opus | vp8
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]  # the unit's name at that time, and the kind
    __table_args__ = (UniqueConstraint("recording_id", "publisher", "kind"),)


class Segment(Base):
    """One sealed piece of a track: a file that plays alone (initialisation first)."""

    __tablename__ = "segments"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id"))
    number: Mapped[int]  # counts per track from 1
    name: Mapped[str] = mapped_column(unique=True)  # path below the spool, and key in the object store
    relay_epoch: Mapped[str]
    source_id: Mapped[str]  # the relay's source its packets came from
    first_index: Mapped[int]  # the relay's numbers of the first and last packet
    last_index: Mapped[int]
    start_ns: Mapped[int]  # meeting time
    end_ns: Mapped[int]
    frames: Mapped[int]  # access units (video) or packets (sound), fillers not counted
    fillers: Mapped[int] = mapped_column(default=0)  # Opus fillers inside
    bytes: Mapped[int]
    head_bytes: Mapped[int]  # the initialisation's length
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str]
    sm3: Mapped[str]
    sealed_wall: Mapped[int]
    __table_args__ = (
        UniqueConstraint("track_id", "number"),
        UniqueConstraint("track_id", "relay_epoch", "source_id", "first_index"),
        Index("ix_segments_track_start", "track_id", "start_ns"),
    )


class Filler(Base):
    """A piece that only keeps the players' tracks in step over a hole: in no ledger and no export."""

    __tablename__ = "fillers"
    id: Mapped[str] = mapped_column(primary_key=True)
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id"), index=True)
    name: Mapped[str] = mapped_column(unique=True)
    start_ns: Mapped[int]
    end_ns: Mapped[int]
    bytes: Mapped[int]
    head_bytes: Mapped[int]


class Stored(Base):
    """A segment that was put into the object store and read back: size, hash and version agreed."""

    __tablename__ = "stored"
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    bucket: Mapped[str]
    key: Mapped[str]
    version: Mapped[str]
    locked_until_wall: Mapped[int]
    confirmed_wall: Mapped[int]


class Spooled(Base):
    """A segment whose file lies in the recorder's spool; goes with the file."""

    __tablename__ = "spooled"
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    bytes: Mapped[int]
    sealed_wall: Mapped[int]
    confirmed_wall: Mapped[int | None]  # the object store has it
    settled_wall: Mapped[int | None]  # it was asked for it again, later, and still had it
    __table_args__ = (
        Index("ix_spooled_confirmed_wall_sealed_wall", "confirmed_wall", "sealed_wall"),
        Index("ix_spooled_settled_wall_confirmed_wall", "settled_wall", "confirmed_wall"),
    )


class Gap(Base):
    """A hole and its cause; loss is never silence."""

    __tablename__ = "gaps"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    track_id: Mapped[str | None] = mapped_column(ForeignKey("tracks.id"))  # none: the whole recording
    start_ns: Mapped[int]
    end_ns: Mapped[int]
    cause: Mapped[str]  # one of storage.causes
    packets: Mapped[int | None]  # how many were missing, where that is known


class Mark(Base):
    """A named moment or span of the meeting's time line."""

    __tablename__ = "marks"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    kind: Mapped[str]  # opening | item | vote | break | end | screen | note
    label: Mapped[str]
    start_ns: Mapped[int]
    end_ns: Mapped[int | None]
    agenda_item_id: Mapped[str | None] = mapped_column(ForeignKey("agenda_items.id"))
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decisions.id"))
    made_by: Mapped[str | None]


class Look(Base):
    """A look at a recording, append-only: who, from where, which span was really fetched."""

    __tablename__ = "looks"
    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    sitting: Mapped[str]  # one replay page's life
    start_ns: Mapped[int]
    end_ns: Mapped[int]
    wall: Mapped[int]
