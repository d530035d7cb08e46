"""The slots of an offer: each with an SSRC of its own, and what the answer says of it."""

from collections.abc import Callable
from random import Random

from media_server.engine.leaving import MAX_SEND_TIME_ID, SEND_TIME
from media_server.engine.session import Session
from media_server.engine.slot import Repairs, Slot
from media_server.records import MediaLine, SlotAnswer


def make_slots(session: Session, random: Random, number: Callable[[], int]) -> list[SlotAnswer]:
    """One for each line of its offer in which the client receives; `number` names their entries in the fan-out."""
    return [_slot(session, line, random, number()) for line in session.request.media if _is_slot(line)]


def new_ssrc(random: Random) -> int:
    return random.randrange(1, 0xFFFF_FFFF)


def _slot(session: Session, line: MediaLine, random: Random, entry: int) -> SlotAnswer:
    shared = session.request.mode == "whep"  # there both slots are one stream, played in sync
    name = f"{session.id}" if shared else f"{session.id}-{line.mid}"
    taken = {number for slot in session.slots for number in (slot.ssrc, slot.repairs and slot.repairs.ssrc)}
    ssrc, rtx_ssrc = new_ssrc(random), new_ssrc(random)
    while ssrc == rtx_ssrc or ssrc in taken or rtx_ssrc in taken:
        ssrc, rtx_ssrc = new_ssrc(random), new_ssrc(random)
    payload_types = {fmt.apt: fmt.payload_type for fmt in line.formats if fmt.apt is not None}
    repairs = Repairs(rtx_ssrc, payload_types, random.randrange(0x8000)) if payload_types else None
    slot = Slot(
        entry=entry, mid=line.mid, kind=line.kind, ssrc=ssrc, cname=name,
        formats=[fmt for fmt in line.formats if fmt.codec != "rtx"],
        first_number=random.randrange(0x1_0000, 0x1_8000),  # RFC 3550 §5.1; half-way below the first wrap
        first_stamp=random.getrandbits(32), send_time_id=_send_time_id(line), repairs=repairs,
    )  # fmt: skip
    session.slots.append(slot)
    session.slots_by_ssrc[ssrc] = slot
    return SlotAnswer(
        mid=line.mid, ssrc=ssrc, rtx_ssrc=repairs.ssrc if repairs else None,
        cname=name, msid=name, track=f"{name}-{line.kind}",
    )  # fmt: skip


def _send_time_id(line: MediaLine) -> int:
    return next((n for n, uri in line.extensions.items() if uri == SEND_TIME and n <= MAX_SEND_TIME_ID), 0)


def _is_slot(line: MediaLine) -> bool:
    return line.direction in ("recvonly", "sendrecv") and not line.rejected
