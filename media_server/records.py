"""What the api and the relay say to each other over the bus: small records, JSON on the wire.

The api reads and writes SDP (`media_server.sdp`, no sockets); the relay gets and gives these. Subjects:

    huilu.relay.open        SessionRequest    → SessionAnswer
    huilu.relay.restart     {session, ice: Ice, tags: [ufrag…]|null} → {ice: Ice, candidates, restarted: bool}
                            ICE restart: DTLS, keys and slots go on; tags: only while one of them is our ufrag
    huilu.relay.close       {session}         → {}
    huilu.relay.show        {session, slot, source|null} → {}         pin a source into a video slot; null: automatic
    huilu.relay.picture     {room, publisher|null} → {}               the chair's picture (what WHEP follows)
    huilu.relay.muted       {session, kind, muted, cause} → {}        the page's own word: muted | call | locked
    huilu.relay.size        {session, sizes: {mid: [width, height]}} → {}  how large video slots are on screen, in
                                                                      pixels; 0 × 0 out of sight
    huilu.relay.wanted      {room: id, open: bool} → {}               forget a room and end its sessions (open=false)
    huilu.relay.state       {}                → {epoch, sessions, rooms: {room: [SourceNote…]}}

and what the relay publishes, each with `epoch` (new at every start of the relay process):

    huilu.event.relay.up          {epoch}                              a (new) relay is here, its sessions are none
    huilu.event.relay.session     {epoch, room, session, state: connected|silent|closed, cause}
    huilu.event.relay.source      {epoch, room, source: SourceNote, state: started|ended|muted|unmuted, cause}
    huilu.event.relay.slots       {epoch, room, session, slots: [{slot, kind, source|null, publisher|null}],
                                   sound_only}                         the line is too weak for a picture
    huilu.event.relay.layers      {epoch, room, session, kind, layers: [rid…]}   what this sender is to send of a
                                                                      camera in layers; the others may rest
    huilu.event.relay.speaker     {epoch, room, publisher|null}        the active speaker
    huilu.event.relay.quality     {epoch, room, sessions: {session: {loss, rtt_ms, in_kbps, out_kbps, level}}} each 2 s

Every process answers huilu.health.<name> {} → {ok, pid, detail} and huilu.metrics.<name> {} → {packed} (Prometheus).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["camera", "screen", "microphone"]
Mode = Literal["room", "whip", "whep"]
Pictures = Literal["all", "shown"]  # what a listener wants (media_server.wire, S)


class Record(BaseModel):
    # What was wrong is told without the value: it may be a password.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Ice(Record):
    """RFC 8839 §5.4."""

    ufrag: Annotated[str, Field(min_length=4, max_length=256)]
    pwd: Annotated[str, Field(min_length=22, max_length=256)]


class Fingerprint(Record):
    """RFC 8122 §5."""

    algorithm: str
    value: str


class PayloadFormat(Record):
    """One payload type that the relay accepted in an m-line, with the feedback it really gives."""

    payload_type: int
    codec: Literal["h264", "vp8", "opus", "rtx"]
    clock_rate: int
    channels: int = 1
    parameters: dict[str, str] = {}
    feedback: list[str] = []  # "nack", "nack pli", "goog-remb" …
    apt: int | None = None  # RTX: the payload type it repairs


class MediaLine(Record):
    """One m-line of an offer, as far as the relay takes it. `direction` is the client's."""

    mid: str
    kind: Literal["audio", "video"]
    direction: Literal["sendonly", "recvonly", "sendrecv", "inactive"]
    source: Kind | None = None  # what the client sends here
    formats: list[PayloadFormat]  # in order of preference
    extensions: dict[int, str] = {}  # id → URI (RFC 8285)
    ssrcs: list[int] = []  # as the offer names them; empty with rids
    ssrc_groups: list[tuple[str, list[int]]] = []  # FID: (media, RTX)
    rids: list[str] = []  # the camera's layers (RFC 8851), in the order of the offer
    msid: str | None = None
    cname: str | None = None
    rejected: bool = False


class SessionRequest(Record):
    """A session is one offer and one answer."""

    session: str
    room: str  # the meeting's id
    publisher: str  # lasting name of the device in this meeting: a recorded track goes on by (publisher, kind)
    mode: Mode
    ice: Ice
    fingerprint: Fingerprint
    setup: Literal["actpass", "active", "passive"]
    media: list[MediaLine]


class SlotAnswer(Record):
    """What the relay will send in one receive-only m-line."""

    mid: str
    ssrc: int
    rtx_ssrc: int | None = None
    cname: str
    msid: str
    track: str


class Candidate(Record):
    address: str
    port: int
    transport: Literal["udp", "tcp"]


class SessionAnswer(Record):
    session: str
    epoch: str
    ice: Ice
    fingerprint: Fingerprint
    candidates: list[Candidate]
    slots: list[SlotAnswer]


class SourceNote(Record):
    """A source as others may know it."""

    id: str  # unique in the relay's epoch
    room: str
    session: str
    publisher: str
    kind: Kind
    codec: Literal["h264", "vp8", "opus"]
    clock_rate: int
