"""A site that publishes VP8 through WHIP: picture ids go on with each frame, as a browser's do."""

from ops.sender.description import VP8, Codec
from ops.sender.film import FRAME, Film, Frame
from ops.sender.packetizer import vp8_payloads
from ops.sender.sender import Sender
from tests.vp8_film import frames


def vp8_film(width: int, height: int, seed: int) -> Film:
    """Two seconds without sound, a key frame each second."""
    made = frames(width, height, 50, 25, seed)
    pictures = tuple(Frame(at * FRAME, (data,), key=at % 25 == 0) for at, data in enumerate(made))
    return Film(pictures, 50 * FRAME, width, height)


class Vp8Sender(Sender):
    codec: Codec = "vp8"

    def __init__(self, film: Film, url: str, picture_id: int, tl0_index: int, loops: int | None = None) -> None:
        super().__init__(film, url, "t", loops=loops)
        self.video.payload_type = VP8
        self._next = (picture_id, tl0_index)

    def _payloads_of(self, frame: Frame) -> list[bytes]:
        picture_id, tl0_index = self._next
        self._next = (picture_id + 1, tl0_index + 1)
        return vp8_payloads(frame.nals[0], picture_id, tl0_index)
