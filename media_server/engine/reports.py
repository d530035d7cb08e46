"""RTCP between the relay and one client after another: what they report and ask, what is due to them by time."""

from collections.abc import Callable, Iterable
from typing import Any

from media_server.engine import rtcp
from media_server.engine.aims import SOUND_BPS
from media_server.engine.drops import DropReason
from media_server.engine.outputs import Again, Output, Reported, Rtcp
from media_server.engine.session import Session
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from media_server.engine.speakers import Speakers
from media_server.engine.wrap import middle32, ntp_of

_SECOND = 1_000_000_000
LEAST_REMB_BPS = 150_000
LOSSY = 0.10
AGAIN_PER_SECOND = 1_000  # retransmissions to one viewer
QUALITY_NS = 2 * _SECOND
MOST_REACHED = 2_000  # packets between two reports: what comes in four seconds at most
MAX_REPORTS_BYTES = 1_000  # then the next datagram begins; one pair has 28 bytes and a name


class Reports:
    def __init__(
        self, wall_offset_ns: int, remb_bps: int, outputs: list[Output],
        show_again: Callable[[int, Session, Slot], None],
    ) -> None:  # fmt: skip
        self._wall_offset_ns = wall_offset_ns
        self._remb_bps = remb_bps
        self._outputs = outputs
        self._show_again = show_again
        self.cut: dict[Session, None] = {}  # their lines were found to carry less

    # -- what comes

    def take(self, now: int, session: Session, data: bytes) -> None:
        compound = rtcp.read(data)
        if not compound.whole:
            session.drops.add(DropReason.BAD_RTCP)
        for report in compound.reports:
            if isinstance(report, rtcp.SenderReport):
                source = session.source_by_ssrc(report.ssrc)
                if source is not None:
                    source.sender_report(now, report)
                    if source.whole.reported(source):
                        self._outputs.append(Reported(source.whole))
            if isinstance(report, rtcp.SenderReport | rtcp.ReceiverReport):
                self._reception(now, session, report.blocks)
            elif isinstance(report, rtcp.Nack):
                self._again(now, session, report)
            elif isinstance(report, rtcp.KeyFrameRequest):
                slot = session.slots_by_ssrc.get(report.media)
                if slot is not None:
                    self._show_again(now, session, slot)
            elif isinstance(report, rtcp.Remb):
                session.downlink.remb(now, report.bitrate, session.sent_bps(now))
                if session.downlink.changed:
                    self.cut[session] = None

    def _reception(self, now: int, session: Session, blocks: Iterable[rtcp.ReportBlock]) -> None:
        pictures = False
        for block in blocks:
            slot = session.slots_by_ssrc.get(block.ssrc)
            if slot is None:
                continue
            session.round.fraction_lost[block.ssrc] = block.fraction_lost / 256
            session.figures.reported(block)
            trip_ms: float | None = None
            began = now
            if block.last_sr:
                here = middle32(ntp_of(now + self._wall_offset_ns))
                trip = (here - block.last_sr - block.delay) & 0xFFFF_FFFF
                if trip < 0x8000_0000:  # a delay that was rounded up makes it a little negative
                    trip_ms = trip * 1_000 / 65_536
                    began = now - (trip + block.delay) * _SECOND // 65_536
                    session.figures.of(block.ssrc).rtt_ms = trip_ms
                    session.round.took(trip_ms)
            if slot.kind == "video" and slot.shown is not None:
                session.downlink.block(block.ssrc, block.highest, block.lost, trip_ms, began)
                self._reached(now, session, slot, block)
                pictures = True
        if pictures:
            session.downlink.look(now, session.sent_bps(now))
            if session.downlink.changed:
                self.cut[session] = None

    def _reached(self, now: int, session: Session, slot: Slot, block: rtcp.ReportBlock) -> None:
        """What is under way to a viewer tells of a queue with every report, a round trip only of one a second; and what
        comes through while there is one is what the line carries."""
        waits = slot.under_way(now, block.highest)
        before = session.downlink.reached(
            now, block.ssrc, block.highest, block.lost, None if waits is None else waits / 1e6
        )
        if before is None or not 0 < block.highest - before.highest < MOST_REACHED:
            return
        octets = slot.octets_between(before.highest + 1, block.highest)
        came = 1 - max(0, block.lost - before.lost) / (block.highest - before.highest)
        sounds = sum(each.kind == "audio" and each.shown is not None for each in session.slots)
        bps = int(octets * 8 * came * _SECOND / (now - before.at)) + sounds * SOUND_BPS
        session.downlink.carries(now, bps, session.sent_bps(now))

    def _again(self, now: int, session: Session, nack: rtcp.Nack) -> None:
        slot = session.slots_by_ssrc.get(nack.media)
        if slot is None:
            session.drops.add(DropReason.UNKNOWN_SSRC)
            return
        for sequence in nack.sequences:
            found = slot.find(sequence)
            if found is None:
                session.drops.add(DropReason.NOT_IN_HISTORY)
                continue
            mapping, packet = found
            if mapping is not slot.mapping and slot.kind == "video" and session.downlink.budget is not None:
                # The key frame that it was turned to needs nothing of what was before.
                session.drops.add(DropReason.NACK_PASSED)
            elif session.again_budget <= 0:
                session.drops.add(DropReason.NACK_LIMIT)
            elif not slot.may_repeat(now, mapping, packet, session.round.least_ns):
                session.drops.add(DropReason.NACK_REPEATED)
            else:
                session.again_budget -= 1
                data = slot.repeat(now, mapping, packet)
                session.figures.repeated(nack.media, len(data))
                self._outputs.append(Again(session.viewer, data))

    # -- what is due

    def feedback(self, now: int, session: Session, source: Source) -> None:
        """NACKs and key frame requests for a publisher."""
        feedback = source.feedback_due(now, session.ssrc, session.round.least_ns)
        if feedback:  # a compound begins with a report (RFC 3550 §6.1)
            self._send(session, rtcp.receiver_report(rtcp.ReceiverReport(session.ssrc)) + feedback)

    def counted(self, now: int, session: Session) -> None:
        """Transport-wide feedback for a publisher."""
        for feedback in session.arrivals.due(now, session.ssrc):
            self._send(session, rtcp.receiver_report(rtcp.ReceiverReport(session.ssrc)) + feedback)

    def about(self, now: int, session: Session) -> None:
        """Receiver report for a publisher, each second time with the loss counted anew, and REMB."""
        if session.tx is None or not session.sending:
            return
        anew = session.report_anew = not session.report_anew
        blocks = [block for source in session.streams if (block := source.reception.block(now, source.ssrc, anew))]
        out = rtcp.receiver_report(rtcp.ReceiverReport(session.ssrc, tuple(blocks)))
        out += rtcp.description(session.ssrc, "relay")
        videos = [source for source in session.streams if source.video and "goog-remb" in source.feedback]
        if videos and anew:
            self._judge(session, videos)
            pictures = len({source.whole for source in videos})
            out += rtcp.remb(session.ssrc, session.remb_bps * pictures, [source.ssrc for source in videos])
        self._send(session, out)

    def _judge(self, session: Session, videos: list[Source]) -> None:
        """Halved on more than a tenth lost, back by 8% a report."""
        if max(source.reception.fraction_lost for source in videos) > LOSSY:
            session.remb_bps = max(LEAST_REMB_BPS, session.remb_bps // 2)
        else:
            session.remb_bps = min(self._remb_bps, session.remb_bps * 108 // 100)

    def sent(self, now: int, session: Session, slots: Iterable[Slot]) -> None:
        """Sender reports for what slots show, in as few datagrams as hold them."""
        out = b""
        for slot in slots:
            report = slot.report(now, now + self._wall_offset_ns)
            if report is not None:
                out += rtcp.sender_report(report) + rtcp.description(slot.ssrc, slot.cname)
                if len(out) > MAX_REPORTS_BYTES:
                    self._send(session, out)
                    out = b""
        if out:
            self._send(session, out)

    def _send(self, session: Session, data: bytes) -> None:
        if session.tx is not None:
            self._outputs.append(Rtcp(session.viewer, data))


def quality(session: Session, speakers: Speakers) -> dict[str, Any]:
    """How a session is doing, since it was last asked QUALITY_NS ago."""
    octets = (
        sum(source.reception.octets for source in session.streams),
        sum(slot.octets for slot in session.slots),
    )
    before, session.octets_told = session.octets_told, octets
    shown = {slot.ssrc for slot in session.slots if slot.shown is not None}
    losses = [source.reception.fraction_lost for source in session.streams]
    losses += [lost for ssrc, lost in session.round.fraction_lost.items() if ssrc in shown]
    levels = [speakers.level(source.note.id) for source in session.sources if not source.video]
    return {
        "loss": round(max(losses, default=0.0), 4),
        "rtt_ms": round(session.round.rtt_ms or 0.0, 1),
        "in_kbps": max(0, octets[0] - before[0]) * 8 * _SECOND // QUALITY_NS // 1_000,
        "out_kbps": max(0, octets[1] - before[1]) * 8 * _SECOND // QUALITY_NS // 1_000,
        "level": round(min(levels, default=127.0)),
    }
