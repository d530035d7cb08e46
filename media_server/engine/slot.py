"""A slot: one SSRC towards one viewer, into which the relay puts one source after another.

The invariant of this file: **a number once sent under an SSRC is never sent again with other bytes**, because
AES-GCM's nonce is made of it (MEDIA.md). An outgoing number is index − number_offset of a mapping; a new mapping
starts behind the highest number of the old one and takes nothing older than its first index, and a source never
gives one index to two packets. So what is late goes out under the number reserved for it, and a retransmission is
made again from the history, byte for byte, or goes out under an RTX SSRC with a number of its own (Repairs). Numbers
of padding lie between two mappings and are in neither.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from media_server.engine import rtp
from media_server.engine.history import Packet
from media_server.engine.leaving import MAX_BYTES, leaving, send_time
from media_server.engine.rtcp import SenderReport
from media_server.engine.source import MAX_BEHIND, Source
from media_server.engine.wrap import low16, low32, near16, ntp_of
from media_server.records import PayloadFormat

_SECOND = 1_000_000_000
# How far back a NACK is still answered: each switch is one, each picture of a GOP sent again, each time of padding.
PAST_MAPPINGS = 160
MAX_REPLAYED = 90  # pictures: that many ticks are less than the time between two, and the next live one stands behind
LEAST_STEP_S = 1 / 90  # between the pictures on both sides of a switch
MAX_REPAIRED = MAX_BYTES - rtp.HEADER_BYTES - 8 - 2  # payload of a retransmission, behind send time and number
MAX_REPEATED = 1_000  # of which it is known when they last went out
LEAST_REPEAT_NS = 20_000_000
MOST_REPEAT_NS = 1_000_000_000
FAR_NS = 400_000_000  # of such answers a second has but two
PADDING = 240  # octets of one packet of padding (RFC 3550 §5.1: the last one counts them, so 255 at most)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How packets of one source leave: everything that makes their bytes."""

    source: Source
    ssrc: int
    payload_type: int
    first_index: int
    number_offset: int  # index − outgoing number, unwrapped
    stamp_offset: int  # outgoing time stamp − incoming, unwrapped
    send_time_id: int  # of the header extension; 0: none

    def number(self, index: int) -> int:
        return index - self.number_offset

    def bytes_of(self, packet: Packet) -> bytes:
        return leaving(
            packet,
            self.payload_type,
            packet.index - self.number_offset,
            packet.stamp + self.stamp_offset,
            self.ssrc,
            self.send_time_id,
        )

    def extensions(self, now: int) -> dict[int, bytes] | None:
        """Of what leaves `now` and is made once: a retransmission under a number of its own, padding."""
        return {self.send_time_id: send_time(now).to_bytes(3, "big")} if self.send_time_id else None


class Repairs:
    """Retransmissions of a slot under an SSRC of their own (RFC 4588), whose every number is given out once."""

    def __init__(self, ssrc: int, payload_types: dict[int, int], first_number: int) -> None:
        self.ssrc = ssrc
        self._payload_types = payload_types  # by what they repair
        self._next_number = first_number

    def packet(self, now: int, mapping: Mapping, packet: Packet) -> bytes | None:
        """RFC 4588 §4: the original's number in front of its payload; None where that does not fit or the client has
        not offered it."""
        payload_type = self._payload_types.get(mapping.payload_type)
        payload = packet.rtp.payload
        if payload_type is None or len(payload) > MAX_REPAIRED:
            return None
        number = self._next_number
        self._next_number += 1
        return rtp.build(
            payload_type,
            number,
            packet.stamp + mapping.stamp_offset,
            self.ssrc,
            low16(mapping.number(packet.index)).to_bytes(2, "big") + payload,
            packet.rtp.marker,
            mapping.extensions(now),
        )


class Slot:
    def __init__(
        self, *, entry: int, mid: str, kind: str, ssrc: int, cname: str,
        formats: list[PayloadFormat], first_number: int, first_stamp: int, send_time_id: int = 0,
        repairs: Repairs | None = None,
    ) -> None:  # fmt: skip
        self.entry = entry  # its number in the fan-out's table
        self.mid = mid
        self.kind = kind  # audio | video
        self.ssrc = ssrc
        self.cname = cname
        self.repairs = repairs
        self.wanted: Source | None = None  # what shall be shown, as a whole; shown once a key frame is there
        self.aim: Source | None = None  # the layer of it; None: not even the least fits the viewer's line
        self.held: Source | None = None  # the layer whose last picture stands still, while the line's queue drains
        self.resumes_at = 0  # now
        self.awaited: list[Source] = []  # layers with whose next key frame it turns to them
        self.size: tuple[int, int] | None = None  # on the viewer's screen, in its pixels, as far as it says
        self.pinned: str | None = None  # a source's id
        self.mapping: Mapping | None = None
        self._formats = formats
        self._send_time_id = send_time_id
        self._past: deque[tuple[Mapping, int]] = deque(maxlen=PAST_MAPPINGS)  # with the last number of each
        self._next_number = first_number
        self._next_stamp: int | None = None  # the least stamp that may follow
        self._stamp_base = first_stamp
        self._packets = 0  # sent under earlier mappings
        self._octets = 0
        self._octets_at_switch = 0
        self.replayed_at: int | None = None  # now
        self.sent_from = 0  # now: what came before it was sent then, out of the cache
        self._repeated: dict[int, tuple[int, int]] = {}  # outgoing number → now at which it last went out, how often

    def format_for(self, codec: str) -> PayloadFormat | None:
        return next((fmt for fmt in self._formats if fmt.codec == codec), None)

    @property
    def shown(self) -> Source | None:
        return self.mapping.source if self.mapping else None

    def switch(self, source: Source, first: Packet) -> Mapping:
        """From now on `source`, beginning with `first`. Numbers go on, stamps run on the relay's clock."""
        before = self.mapping
        self.clear()
        fmt = self.format_for(source.note.codec)
        assert fmt is not None, "a slot is given only what its viewer can play"
        captured = source.clock.moment(first.stamp)
        if captured is None:
            captured = first.arrival
        stamp: int | None = None
        if before is not None and before.source.whole is source.whole:
            # Another layer of the same picture goes on the old one's line: the pair of wall clock and stamp, which
            # viewers keep sound and picture together by, doesn't move.
            stamp = before.source.clock.stamp(captured)
        if before is not None and stamp is not None:
            stamp = max(stamp, before.source.newest_stamp + 1) + before.stamp_offset
        else:
            stamp = self._stamp_base + captured * fmt.clock_rate // _SECOND
            if self._next_stamp is not None:
                stamp = max(stamp, self._next_stamp)
        self.mapping = Mapping(
            source, self.ssrc, fmt.payload_type, first.index,
            first.index - self._next_number, stamp - first.stamp, self._send_time_id,
        )  # fmt: skip
        begun = source.history.between(first.index, source.newest)
        self._octets_at_switch = source.reception.octets - sum(each.rtp.end - each.rtp.start for each in begun)
        return self.mapping

    def clear(self, before: int | None = None) -> None:
        """Nothing is shown any more. Numbers up to the newest packet's are used up, sent or reserved; with `before`,
        those of what came before that index, where the publisher began anew."""
        mapping = self.mapping
        if mapping is None:
            return
        source = mapping.source
        newest = max(source.newest if before is None else before - 1, mapping.first_index - 1)
        self._packets += newest - mapping.first_index + 1
        self._octets += source.reception.octets - self._octets_at_switch
        self._next_number = mapping.number(newest) + 1
        rate = source.note.clock_rate
        self._next_stamp = source.newest_stamp + mapping.stamp_offset + int(rate * LEAST_STEP_S)
        self._past.append((mapping, self._next_number - 1))
        self.mapping = None

    def replay(self, gop: Sequence[Packet]) -> list[tuple[Mapping, list[Packet]]]:
        """What is shown once more from its last key frame on, picture by picture, each with the mapping it leaves by;
        what comes next goes on by the last one.

        New numbers, because the old ones are used up. The stamps of live packets stay as they were, so the pair of
        wall clock and stamp doesn't move; the pictures sent again, which are all late, stand one tick after another
        behind the newest that was sent, so a player shows the last of them at once and waits for none."""
        mapping = self.mapping
        assert mapping is not None, "only what is shown is shown again"
        source, newest_sent = mapping.source, mapping.source.newest_stamp + mapping.stamp_offset
        self.clear()
        number_offset = gop[0].index - self._next_number
        pictures: dict[int, list[Packet]] = {}
        for packet in gop:
            pictures.setdefault(packet.stamp, []).append(packet)
        played = []
        for ticks, (stamp, packets) in enumerate(pictures.items(), 1):
            again = replace(
                mapping, first_index=packets[0].index, number_offset=number_offset,
                stamp_offset=newest_sent + ticks - stamp,
            )  # fmt: skip
            played.append((again, packets))
            self._past.append((again, again.number(packets[-1].index)))
        self.mapping = replace(mapping, first_index=source.newest + 1, number_offset=number_offset)
        self._packets += len(gop)
        self._octets += sum(packet.rtp.end - packet.rtp.start for packet in gop)
        self._octets_at_switch = source.reception.octets
        return [*played, (self.mapping, [])]

    def overtaken(self, packet: Packet) -> bytes | None:
        """A packet that was still missing when its source was begun anew for this slot (played once more, or padded)
        goes out under the number that was left for it; None where there is none."""
        current = self.mapping
        if current is None or packet.index >= current.first_index:
            return None
        for mapping, last in self._past:
            number = mapping.number(packet.index)
            if mapping.source is current.source and packet.index >= mapping.first_index and number <= last:
                return mapping.bytes_of(packet) if self._next_number - number <= MAX_BEHIND else None
        return None

    def repeats(self, now: int, octets: int) -> list[bytes] | None:
        """Packets that went out already, once more by RTX, about so many octets in all: to find out what the viewer's
        line carries. None where the viewer takes no RTX, or nothing is shown."""
        mapping = self.mapping
        if mapping is None or self.repairs is None:
            return None
        source = mapping.source
        packets: list[bytes] = []
        for index in range(source.newest, max(mapping.first_index, source.newest - MAX_REPEATED) - 1, -1):
            if octets <= 0:
                break
            packet = source.history.get(index)
            repeated = self.repairs.packet(now, mapping, packet) if packet is not None else None
            if repeated is not None:
                packets.append(repeated)
                octets -= len(repeated)
        return packets

    def padding(self, now: int, octets: int) -> tuple[Mapping, list[bytes]] | None:
        """Packets of padding alone, about so much in all, to find out what the viewer's line carries; and the mapping
        that goes on behind their numbers. None while nothing is shown, or within a picture, which numbers of padding
        would tear."""
        mapping = self.mapping
        if mapping is None or octets < PADDING:
            return None
        source = mapping.source
        newest = source.history.get(source.newest)
        if source.newest >= mapping.first_index and (newest is None or not newest.rtp.marker):
            return None
        stamp = source.newest_stamp + mapping.stamp_offset
        self.clear()
        packets = []
        for _ in range(octets // PADDING):
            packets.append(
                rtp.padding(mapping.payload_type, self._next_number, stamp, self.ssrc, PADDING, mapping.extensions(now))
            )
            self._next_number += 1
        first = source.newest + 1
        self.mapping = replace(mapping, first_index=first, number_offset=first - self._next_number)
        self._octets_at_switch = source.reception.octets
        return self.mapping, packets

    def find(self, sequence: int) -> tuple[Mapping, Packet] | None:
        """The packet that went out under a number, as far as it is known and kept."""
        mapping = self.mapping
        newest = mapping.number(mapping.source.newest) if mapping else self._next_number - 1
        number = near16(sequence, newest)
        current = [(mapping, newest)] if mapping else []
        for candidate, last in current + list(reversed(self._past)):
            if number > last:
                return None
            if number >= candidate.number(candidate.first_index):
                packet = candidate.source.history.get(number + candidate.number_offset)
                return None if packet is None else (candidate, packet)
        return None

    def under_way(self, now: int, highest: int) -> int | None:
        """For how long (ns) the packet behind the highest that a viewer has told of has been on its way; None when
        there is none, or none is known."""
        mapping = self.mapping
        if mapping is None:
            return None
        index = near16(low16(highest), mapping.number(mapping.source.newest)) + mapping.number_offset
        following = mapping.source.history.get(index + 1) if index >= mapping.first_index else None
        return None if following is None else now - max(following.arrival, self.sent_from)

    def octets_between(self, first: int, last: int) -> int:
        """Of what went out under these numbers, as far as it is kept."""
        found = (self.find(low16(number)) for number in range(first, last + 1))
        return sum(each[1].rtp.end - each[1].rtp.start for each in found if each is not None)

    def repeat(self, now: int, mapping: Mapping, packet: Packet) -> bytes:
        """What answers a NACK: by RTX where the client takes it, else byte for byte what was sent."""
        by_rtx = self.repairs.packet(now, mapping, packet) if self.repairs is not None else None
        return mapping.bytes_of(packet) if by_rtx is None else by_rtx

    def may_repeat(self, now: int, mapping: Mapping, packet: Packet, round_trip: int | None) -> bool:
        """True when a packet that is asked for can no longer be on its way, and then it goes out `now`.

        A browser that is sent everything and sends nothing knows no round trip and asks each 100 ms; a packet that came
        late from its publisher is asked for by the time it leaves. An eighth is left for a round trip that varies.
        After ten questions, which are a second, it asks no more: over a satellite that is time for two answers. So of
        what was lost twice already the third is not put off until it is known that it is needed."""
        number = mapping.number(packet.index)
        under_way = min(MOST_REPEAT_NS, (round_trip or 0) * 7 // 8)
        last, times = self._repeated.get(number, (now, 0))
        if now - packet.arrival < under_way:
            return False
        if times and now - last < max(
            LEAST_REPEAT_NS, under_way // 2 if times > 1 and under_way > FAR_NS else under_way
        ):
            return False
        self._repeated.pop(number, None)
        self._repeated[number] = (now, times + 1)
        if len(self._repeated) > MAX_REPEATED:
            del self._repeated[next(iter(self._repeated))]
        return True

    @property
    def packets(self) -> int:
        """Sent so far (RFC 3550 §6.4.1), counted by what the sources sent."""
        mapping = self.mapping
        return self._packets + (max(0, mapping.source.newest - mapping.first_index + 1) if mapping else 0)

    @property
    def octets(self) -> int:
        mapping = self.mapping
        return self._octets + (mapping.source.reception.octets - self._octets_at_switch if mapping else 0)

    def report(self, now: int, wall_ns: int) -> SenderReport | None:
        """The pair of wall clock and time stamp for `now`; None while nothing is shown."""
        mapping = self.mapping
        stamp = mapping.source.clock.stamp(now) if mapping else None
        if mapping is None or stamp is None:
            return None
        return SenderReport(self.ssrc, ntp_of(wall_ns), low32(stamp + mapping.stamp_offset), self.packets, self.octets)
