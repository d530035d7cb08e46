"""Whose cameras a listener gets that wants only what is shown: the main picture's, and those of the sites that speak.

A camera is given from a key frame on, a cached one where there is a young one, and for LINGER_NS after it was last due:
so pictures that follow one another overlap, and a listener that comes back within that time has missed nothing.
"""

from collections.abc import Iterable

from media_server.engine.outputs import Aside, Kept, Output
from media_server.engine.source import Source

LINGER_NS = 5_000_000_000
SPOKE_NS = 2_000_000_000  # between two sentences one still speaks


class Keeping:
    def __init__(self, outputs: list[Output]) -> None:
        self.begun = False  # and it goes on for as long as there is the room: a listener may come back
        self._outputs = outputs
        self._until: dict[str, int] = {}  # now, by publisher

    def look(self, now: int, sources: Iterable[Source], due: set[str]) -> bool:
        """`due`: publishers that are shown or speak. True when anything has changed."""
        self.begun = True
        for publisher in due:
            self._until[publisher] = now + LINGER_NS
        self._until = {publisher: until for publisher, until in self._until.items() if until > now}
        changed = False
        for source in sources:
            keep = source.note.kind == "camera" and source.note.publisher in self._until
            if keep == (source.kept_from is not None):
                continue
            changed = True
            if keep:
                source.kept_from = source.beginning(now)
            else:
                source.kept_from, source.kept_to = None, source.newest
            self._outputs.append(Kept(source) if keep else Aside(source))
        return changed
