"""What the engine wants done, in the order in which it is to be done; the driver drains it after every input."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from media_server.engine.drops import DropReason
from media_server.engine.history import Packet
from media_server.engine.source import Source


class Path(Hashable, Protocol):
    """A way to a client: one of our sockets and its address, or a TCP connection. Equal paths are the same way."""

    @property
    def address(self) -> tuple[str, int]: ...


class Srtp(Protocol):
    """Keys for what leaves: pylibsrtp's Session, as far as it is used here."""

    def protect(self, packet: bytes) -> bytes: ...
    def protect_rtcp(self, packet: bytes) -> bytes: ...


class Inbound(Protocol):
    """Keys for what arrives: what a packet hides, or why it is dropped. Never raises."""

    def unprotect(self, packet: bytes) -> bytes | DropReason: ...
    def unprotect_rtcp(self, packet: bytes) -> bytes | DropReason: ...


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send these bytes as they are."""

    path: Path
    data: bytes


@dataclass(frozen=True, slots=True)
class Handshake:
    """A DTLS datagram of a session's client."""

    session: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SetViewer:
    """Fan-out table: a client's keys and way."""

    viewer: int
    path: Path
    tx: Srtp


@dataclass(frozen=True, slots=True)
class RemoveViewer:
    """Fan-out table: the client and all of its entries."""

    viewer: int


@dataclass(frozen=True, slots=True)
class SetEntry:
    """Fan-out table: how a slot rewrites (engine.slot.Mapping)."""

    entry: int
    viewer: int
    ssrc: int
    payload_type: int
    first_index: int
    number_offset: int
    stamp_offset: int
    send_time_id: int


@dataclass(frozen=True, slots=True)
class Forward:
    """One packet to the entries of the table: rewrite, protect, send."""

    packet: Packet
    entries: tuple[int, ...]
    video: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A retransmission: RTP as it went out once, to be protected and sent."""

    viewer: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Rtcp:
    """A compound of RTCP for a client, to be protected and sent."""

    viewer: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """A source's packet, for listeners."""

    source: Source
    packet: Packet


@dataclass(frozen=True, slots=True)
class Reported:
    """A sender report of a source has come (source.last_report)."""

    source: Source


@dataclass(frozen=True, slots=True)
class Started:
    source: Source


@dataclass(frozen=True, slots=True)
class Kept:
    """A camera is on the main picture or speaks: for listeners that want only these (source.kept_from)."""

    source: Source


@dataclass(frozen=True, slots=True)
class Aside:
    """It is no longer."""

    source: Source


@dataclass(frozen=True, slots=True)
class Muted:
    """source.muted and its cause have changed."""

    source: Source


@dataclass(frozen=True, slots=True)
class Ended:
    source: Source
    cause: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A session is over: its DTLS and connections may go."""

    session: str
    cause: str


@dataclass(frozen=True, slots=True)
class Event:
    """To be published on the bus, with the epoch (media_server.records)."""

    subject: str
    body: dict[str, Any]


Output = (
    Transmit | Handshake | SetViewer | RemoveViewer | SetEntry | Forward | Again | Rtcp
    | Heard | Reported | Started | Kept | Aside | Muted | Ended | Closed | Event
)  # fmt: skip
