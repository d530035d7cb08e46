"""One source packet to many viewers: rewrite, protect, send, for a batch at a time.

The table of viewers and entries lives in the fan-out and is changed by call, not rebuilt. There are two, which take
the same calls and give the same bytes: the native one where it was built, the Python one everywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from media_server.engine.drops import DropReason
from media_server.engine.outputs import Forward, Path, SetEntry, Srtp


class Way(Path, Protocol):
    """A path that can send; False: its buffer is full, the packet is gone."""

    def send(self, data: bytes) -> bool: ...


class Fanout(Protocol):
    name: str

    @property
    def sent(self) -> int:
        """Packets to viewers so far."""

    def set_viewer(self, viewer: int, way: Way, tx: Srtp) -> None: ...
    def remove_viewer(self, viewer: int) -> None: ...
    def set_entry(self, entry: SetEntry) -> None: ...
    def forward(self, batch: Sequence[Forward]) -> None: ...
    def again(self, viewer: int, data: bytes) -> None: ...
    def rtcp(self, viewer: int, data: bytes) -> None:
        """Not counted among `sent`."""

    def dropped(self, viewer: int) -> Mapping[DropReason, int]:
        """What was to go to this viewer and did not."""
