"""How a client gets its session: an offer in SDP, read and answered as the api does, with the relay asked on the bus.

People, rights and HTTP are left out: `huilu bench first-picture` measures a join through the whole hub.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from media_server.bus import Bus
from media_server.records import Kind, Mode, SessionAnswer
from media_server.sdp import read_offer, write_answer
from media_server.sdp.offer import AUDIO_SLOTS, VIDEO_SLOTS
from ops.bench.load.client import Client
from ops.sender.description import Line, repair_ssrcs, sending_ssrcs, write
from ops.sender.packetizer import Stream
from ops.sender.session import Answer, read_answer

Media = Literal["audio", "video"]


@dataclass(frozen=True, slots=True)
class Entered:
    session: str
    answer: Answer
    ssrcs: dict[int, str]  # in which the relay will send, with their kinds
    repairs: dict[int, int]  # SSRC of retransmissions → what they repair


class Door:
    def __init__(self, bus: Bus, room: str) -> None:
        self._bus = bus
        self._room = room

    async def enter(
        self, client: Client, mode: Mode, streams: Mapping[Media, Stream | None], rids: Sequence[str] = (),
        *, rtx: bool = False, room: str = "",
    ) -> Entered:  # fmt: skip
        """A stream that is None comes in the layers `rids`. `rtx`: take what is sent again under SSRCs of its own.
        `room`: instead of that which was named first."""
        lines = [
            Line(kind, "sendonly", stream.ssrc) if stream is not None else Line(kind, "sendonly", rids=rids)
            for kind, stream in streams.items()
        ]
        slots = {"whip": (0, 0), "whep": (1, 1), "room": (VIDEO_SLOTS, AUDIO_SLOTS)}[mode]
        for kind, count in zip(("video", "audio"), slots, strict=True):
            lines += [Line("video", "recvonly", rtx=rtx) if kind == "video" else Line("audio", "recvonly")] * count
        offer = write(lines, client.ice, client.fingerprint, "bench")
        sources: dict[str, Kind] = {
            str(at): "microphone" if line.kind == "audio" else "camera"
            for at, line in enumerate(lines)
            if line.direction == "sendonly"
        }
        name = f"bench-{secrets.token_hex(6)}"
        request = read_offer(
            offer, sources=sources, mode=mode, session=name, room=room or self._room, publisher=f"{name}.device01"
        )
        answer = SessionAnswer.model_validate(
            await self._bus.request("huilu.relay.open", request.model_dump(), timeout=10.0)
        )
        read = read_answer(write_answer(offer, request, answer))
        return Entered(name, read, sending_ssrcs(read.description), repair_ssrcs(read.description))
