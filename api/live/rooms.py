"""Rooms of running meetings in this process: open channels, and what the relay last said of each room's sources.

Stateless beside that: any api process can serve any page, each follows the bus, the rows are the truth.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from api.live.channel import Channel
from media_server.records import SourceNote


class Rooms:
    def __init__(self) -> None:
        self._channels: dict[str, set[Channel]] = defaultdict(set)
        self._by_session: dict[str, set[Channel]] = {}
        self._sources: dict[str, dict[str, SourceNote]] = defaultdict(dict)
        self._standing: dict[str, dict[str, dict[str, Any]]] = {}  # by session and type
        self.speakers: dict[str, str | None] = {}

    # channels

    def join(self, channel: Channel) -> None:
        self._channels[channel.meeting_id].add(channel)
        if channel.session_id is not None:
            self._by_session.setdefault(channel.session_id, set()).add(channel)

    def leave(self, channel: Channel) -> None:
        own = self._by_session.get(channel.session_id or "", set())
        own.discard(channel)
        if not own:
            self._by_session.pop(channel.session_id or "", None)
        self._channels[channel.meeting_id].discard(channel)
        if not self._channels[channel.meeting_id]:
            del self._channels[channel.meeting_id]

    def channels(self, meeting_id: str) -> list[Channel]:
        return list(self._channels.get(meeting_id, ()))

    def every_channel(self) -> list[Channel]:
        return [channel for channels in self._channels.values() for channel in channels]

    def meetings(self) -> list[str]:
        """Those with a page open here."""
        return list(self._channels)

    def tell(self, meeting_id: str, message: dict[str, Any]) -> None:
        for channel in self.channels(meeting_id):
            channel.put(message)

    def tell_session(self, session_id: str, message: dict[str, Any]) -> None:
        for channel in self._by_session.get(session_id, ()):
            channel.put(message)

    # what holds for a session until the relay says otherwise

    def stand(self, session_id: str, message: dict[str, Any]) -> None:
        """What a session's slots show, which layers it is to send. The relay says it once, often before the page's
        channel is open."""
        self._standing.setdefault(session_id, {})[message["type"]] = message
        self.tell_session(session_id, message)

    def standing(self, session_id: str) -> list[dict[str, Any]]:
        return list(self._standing.get(session_id, {}).values())

    def forget_session(self, session_id: str) -> None:
        self._standing.pop(session_id, None)

    def forget_sessions(self) -> None:
        self._standing.clear()

    # sources

    def replace_sources(self, notes: Iterable[SourceNote]) -> None:
        self._sources.clear()
        for note in notes:
            self._sources[note.room][note.id] = note

    def source_started(self, note: SourceNote) -> None:
        self._sources[note.room][note.id] = note

    def source_ended(self, note: SourceNote) -> None:
        self._sources[note.room].pop(note.id, None)
        if not self._sources[note.room]:
            del self._sources[note.room]

    def source(self, meeting_id: str, source_id: str | None) -> SourceNote | None:
        return self._sources.get(meeting_id, {}).get(source_id or "")

    def find(self, meeting_id: str, publisher: str, kind: str) -> SourceNote | None:
        """The newest source of a publisher and kind."""
        found = [
            note
            for note in self._sources.get(meeting_id, {}).values()
            if note.publisher == publisher and note.kind == kind
        ]
        return found[-1] if found else None

    def all_publishing(self) -> dict[str, set[str]]:
        """By meeting, the publishers of whom something is heard."""
        return {meeting_id: {note.publisher for note in notes.values()} for meeting_id, notes in self._sources.items()}

    def publishing(self, meeting_id: str) -> dict[str, list[str]]:
        kinds: dict[str, list[str]] = defaultdict(list)
        for note in self._sources.get(meeting_id, {}).values():
            kinds[note.publisher].append(note.kind)
        return kinds
