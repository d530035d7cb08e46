"""Every way in which something that arrived, or was to leave, can end without effect: a name, and a counter."""

from collections import Counter
from enum import StrEnum


class DropReason(StrEnum):
    NOT_OURS = "not-ours"  # neither STUN, DTLS, RTP nor RTCP (RFC 7983)
    BAD_STUN = "bad-stun"
    UNKNOWN_UFRAG = "unknown-ufrag"
    BAD_INTEGRITY = "bad-integrity"
    UNKNOWN_ADDRESS = "unknown-address"  # media or DTLS from an address that no STUN message vouched for
    ADDRESS_HELD = "address-held"  # a check from the address of another session, which is heard from it
    FLOOD = "flood"  # more than one session may send: checks, packets, octets, reports
    NOT_YET_KEYED = "not-yet-keyed"  # SRTP before DTLS was through, beyond what is held for it
    DTLS_QUEUE_FULL = "dtls-queue-full"
    SRTP_REFUSED = "srtp-refused"  # authentication failed
    SRTP_REPLAYED = "srtp-replayed"  # was here already, or is too old to tell
    BAD_RTP = "bad-rtp"
    BAD_RTCP = "bad-rtcp"
    UNKNOWN_SSRC = "unknown-ssrc"  # belongs to no m-line in which the client said that it sends
    UNKNOWN_PAYLOAD = "unknown-payload"
    OTHER_LAYER = "other-layer"  # a simulcast layer that is not taken
    PADDING = "padding"  # an RTX packet that repairs nothing: a browser tries what its line carries
    DUPLICATE = "duplicate"
    TOO_OLD = "too-old"  # more than 1,000 packets behind
    JUMP = "jump"  # a far sequence number that its successor did not confirm (RFC 3550 §A.1)
    BEFORE_SWITCH = "before-switch"  # of a source whose slot has moved on since
    TOO_LONG = "too-long"  # more than SRTP takes
    NOT_IN_HISTORY = "not-in-history"  # NACKed, but gone
    NACK_PASSED = "nack-passed"  # from before the layer that a viewer on a narrow line was turned to
    NACK_LIMIT = "nack-limit"
    NACK_REPEATED = "nack-repeated"  # within the round trip in which the packet may still arrive
    SEND_BLOCKED = "send-blocked"  # the kernel's or the connection's buffer is full
    SEND_FAILED = "send-failed"
    TCP_UNKNOWN = "tcp-unknown"  # a connection that never showed a session in time
    TCP_FRAMING = "tcp-framing"
    RELAY_FULL = "relay-full"
    LISTENER_SLOW = "listener-slow"
    FAILED = "failed"  # a fault of ours, with a traceback in the log: one datagram is lost, not the meeting


class Drops(Counter[DropReason]):
    def add(self, reason: DropReason, count: int = 1) -> None:
        self[reason] += count


class OwnDrops(Drops):
    """One session's, counted among all too."""

    def __init__(self, every: Drops) -> None:
        super().__init__()
        self._every = every

    def add(self, reason: DropReason, count: int = 1) -> None:
        self[reason] += count
        self._every[reason] += count
