"""A session: one client's offer and answer, its credentials, ways, keys, what it sends and the slots it is sent."""

from collections import deque
from dataclasses import dataclass, field

from media_server.engine.capture import Least
from media_server.engine.downlink import Downlink
from media_server.engine.drops import Drops
from media_server.engine.figures import Figures
from media_server.engine.ice import Credentials
from media_server.engine.limit import Limit
from media_server.engine.outputs import Event, Inbound, Path, Srtp
from media_server.engine.rate import Rate
from media_server.engine.routing import Routing
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from media_server.engine.transport_feedback import Arrivals
from media_server.records import SessionRequest

MAX_PATHS = 16
MAX_EARLY = 128  # SRTP held until DTLS is through: a key frame of 720p is 40 to 60 packets
# What one session is taken of in a second: camera in three layers, screen, microphone and their repair at 2.5 Mbit/s a
# picture are half of it. More would be work for every viewer.
CHECKS_PER_SECOND = 100  # a browser with 16 ways sends 20 while it connects, then one each 2.5 s
REPEATS_PER_SECOND = 20  # of checks answered before: a browser whose answer was lost asks again under a new name
HANDSHAKES_PER_SECOND = 200  # DTLS: a handshake is a dozen datagrams; forged ones cost 9 µs and more
MAX_TRANSACTIONS = 128  # remembered: five minutes of a quiet way
PACKETS_PER_SECOND = 2_000
OCTETS_PER_SECOND = 2_000_000
REPORTS_PER_SECOND = 500  # a viewer of 19 slots on a bad line asks for losses of each up to 20 times


@dataclass(slots=True)
class Round:
    """Round trip and loss as the client's reports about our slots say."""

    rtt_ms: float | None = None
    fraction_lost: dict[int, float] = field(default_factory=dict)
    _last: deque[float] = field(default_factory=lambda: deque(maxlen=5))

    def took(self, trip_ms: float) -> None:
        self.rtt_ms = trip_ms
        self._last.append(trip_ms)

    @property
    def least_ns(self) -> int | None:
        """Of the last few: what the way itself takes, without the queues of a moment."""
        return int(min(self._last) * 1_000_000) if self._last else None


class Session:
    def __init__(self, request: SessionRequest, viewer: int, ssrc: int, now: int, credentials: Credentials) -> None:
        self.request = request
        self.id = request.session
        self.viewer = viewer
        self.ssrc = ssrc  # ours, as the sender of reports
        self.opened_at = now
        self.heard_at = now
        self.state = "new"  # new | connected | silent
        self.credentials = [credentials]  # the newest last
        self.client_ufrag = request.ice.ufrag  # another one is an ICE restart (RFC 8445 §2.4)
        self.paths: dict[Path, None] = {}
        self.path: Path | None = None
        self.tx: Srtp | None = None
        self.rx: Inbound | None = None
        self.early: list[tuple[int, Path, bytes]] = []  # what came while the handshake's last step was being taken
        self.slots: list[Slot] = []
        self.slots_by_ssrc: dict[int, Slot] = {}
        self.publisher_offset = Least()
        self.routing = Routing(request.media)
        self.sending = self.routing.sending
        self.round = Round()
        self.figures = Figures()
        self.drops = Drops()
        self.received_octets = 0
        self.downlink = Downlink()
        self._sent = Rate()
        self.remb_bps = 0
        self.octets_told = (0, 0)  # in, out, at the last quality event
        self.again_budget = 0
        self.report_due = self.sender_report_due = 0  # now
        self.report_anew = False
        self.checks = Limit(CHECKS_PER_SECOND, now)
        self.repeats = Limit(REPEATS_PER_SECOND, now)
        self.handshakes = Limit(HANDSHAKES_PER_SECOND, now)
        self.transactions: dict[bytes, None] = {}  # of the last checks that held
        self._packets = Limit(PACKETS_PER_SECOND, now)
        self._octets = Limit(OCTETS_PER_SECOND, now)
        self._reports = Limit(REPORTS_PER_SECOND, now)
        self.arrivals = Arrivals()

    def becomes(self, state: str, cause: str) -> Event:
        """The state, and what others are told of it."""
        self.state = state
        body = {"room": self.request.room, "session": self.id, "state": state, "cause": cause}
        return Event("huilu.event.relay.session", body)

    def sent_bps(self, now: int) -> int:
        """What all of its slots are sent."""
        return self._sent.look(now, sum(slot.octets for slot in self.slots))

    @property
    def sources(self) -> list[Source]:
        return [sending.source for sending in self.sending if sending.source is not None]

    @property
    def streams(self) -> list[Source]:
        """Every layer of every source that has begun to flow."""
        return [layer for source in self.sources for layer in source.layers if layer.newest >= 0]

    def source_by_ssrc(self, ssrc: int) -> Source | None:
        return next((source for source in self.streams if source.ssrc == ssrc), None)

    def remember(self, transaction: bytes) -> None:
        self.transactions[transaction] = None
        if len(self.transactions) > MAX_TRANSACTIONS:
            del self.transactions[next(iter(self.transactions))]

    def learn(self, path: Path) -> Path | None:
        """A way that a check vouched for; gives back one that is forgotten for it."""
        self.paths.pop(path, None)
        self.paths[path] = None
        if len(self.paths) <= MAX_PATHS:
            return None
        oldest = next(known for known in self.paths if known != self.path)
        del self.paths[oldest]
        return oldest

    def may_send(self, now: int, octets: int, is_rtcp: bool) -> bool:
        """False: more than a session is taken of."""
        return (self._reports if is_rtcp else self._packets).allows(now) and self._octets.allows(now, octets)
