"""Running meetings to their pages: the whole after every change, who is here, and the coverage each second.

A change is told to every api process over the bus (`huilu.event.api.*`); each tells its own pages what each may see.
"""

import asyncio
import json
import logging
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.coverage_of import MS, Sealed, coverage_of_meeting
from api.acts.meeting_access import access_to
from api.acts.meeting_views import view
from api.acts.sessions import people_here, restricted_part_runs, waits_outside
from api.domain.meeting import RUNNING
from api.errors import ApiError, NotFound
from api.live.channel import Channel
from api.live.recorder_state import RecorderState
from api.live.rooms import Rooms
from api.records.meetings import MeetingView, PersonHere
from media_server.bus import Bus, Message
from storage.database import Database
from storage.errors import StorageError
from storage.tables import Meeting, Recording, Segment

log = logging.getLogger(__name__)


class LiveMeetings:
    def __init__(self, bus: Bus, database: Database, rooms: Rooms, recorder: RecorderState) -> None:
        self._bus = bus
        self._database = database
        self._rooms = rooms
        self._recorder = recorder
        self._sealed = SealedCache()

    async def listen(self) -> None:
        await self._bus.listen("huilu.event.api.meeting", self._on_meeting)
        await self._bus.listen("huilu.event.api.people", self._on_people)
        await self._bus.listen("huilu.event.api.ended", self._on_ended)

    async def changed(self, meeting_id: str) -> None:
        await self._bus.publish("huilu.event.api.meeting", {"meeting": meeting_id})

    async def ended(self, meeting_id: str, by: str) -> None:
        await self._bus.publish("huilu.event.api.ended", {"meeting": meeting_id, "by": by})

    async def people_changed(self, meeting_id: str) -> None:
        """Here only: each process hears the relay itself."""
        await self._on_people("", {"meeting": meeting_id})

    async def whole(self, actor: Actor, meeting_id: str) -> MeetingView:
        """With the people who are here."""
        async with self._database.reading() as session:
            access = await access_to(session, actor, meeting_id)
            # Once it has ended nobody adds to what is held here.
            running = access.meeting.state in RUNNING and bool(self._rooms.channels(meeting_id))
            seen = await view(session, actor, access, self._sealed.of(meeting_id) if running else None)
            if await waits_outside(session, actor, access):
                return seen.model_copy(update={"waiting": True, "picture": None})
            people: list[PersonHere] = []
            if access.meeting.state in RUNNING:
                people = await people_here(session, access.meeting, self._rooms.publishing(meeting_id))
        return seen.model_copy(update={"people": people})

    async def inside(self, meeting_id: str) -> list[Channel]:
        """The pages that may hear who is here and who speaks: all, but in a restricted part."""
        channels = self._rooms.channels(meeting_id)
        async with self._database.reading() as session:
            if not channels or not await restricted_part_runs(session, meeting_id):
                return channels
            outside: dict[Any, bool] = {}
            for channel in channels:
                if _rights(channel.actor) not in outside:
                    outside[_rights(channel.actor)] = await self._outside(session, channel)
        return [channel for channel in channels if not outside[_rights(channel.actor)]]

    async def _outside(self, session: AsyncSession, channel: Channel) -> bool:
        try:
            return await waits_outside(
                session, channel.actor, await access_to(session, channel.actor, channel.meeting_id)
            )
        except NotFound:
            return True

    async def _on_meeting(self, _: str, message: Message) -> None:
        meeting_id = str(message["meeting"])
        texts: dict[Any, str] = {}
        for channel in self._rooms.channels(meeting_id):
            key = _rights(channel.actor)
            if key not in texts:
                try:
                    texts[key] = meeting_text(await self.whole(channel.actor, meeting_id))
                except (ApiError, StorageError) as error:
                    log.warning("meeting %s not shown: %s", meeting_id, error.code)
                    continue
            channel.put_text(texts[key])

    async def _on_people(self, _: str, message: Message) -> None:
        meeting_id = str(message["meeting"])
        if not self._rooms.channels(meeting_id):
            return
        async with self._database.reading() as session:
            meeting = await session.get(Meeting, meeting_id)
            if meeting is None or meeting.state not in RUNNING:
                return
            people = await people_here(session, meeting, self._rooms.publishing(meeting_id))
        message = {"type": "people", "people": [person.model_dump() for person in people]}
        for channel in await self.inside(meeting_id):
            channel.put(message)

    async def _on_ended(self, _: str, message: Message) -> None:
        self._rooms.tell(str(message["meeting"]), {"type": "ended", "by": message["by"]})

    async def run(self) -> None:
        """Each second to each page of a running meeting: coverage, and how the recorder is."""
        while True:
            await asyncio.sleep(1.0)
            for meeting_id in self._rooms.meetings():
                try:
                    await self._tell_coverage(meeting_id)
                except StorageError as error:
                    log.warning("coverage of %s waits: %s", meeting_id, error.detail)

    async def _tell_coverage(self, meeting_id: str) -> None:
        async with self._database.reading() as session:
            meeting = await session.get(Meeting, meeting_id)
            if meeting is None or meeting.state not in RUNNING:
                self._sealed.forget(meeting_id)
                return
            recordings = (await session.scalars(select(Recording).where(Recording.meeting_id == meeting_id))).all()
            if not recordings:
                return
            for recording in recordings:
                known = self._sealed.of(meeting_id).setdefault(recording.id, [])
                rows = await session.execute(
                    select(Segment.id, Segment.track_id, Segment.start_ns, Segment.end_ns, Segment.sealed_wall)
                    .where(
                        Segment.recording_id == recording.id,
                        Segment.sealed_wall >= self._sealed.since(recording.id),
                    )
                )  # fmt: skip
                for segment_id, track_id, start_ns, end_ns, sealed_wall in rows:
                    if self._sealed.is_new(recording.id, segment_id, sealed_wall):
                        known.append(Sealed(track_id, start_ns, end_ns))
            figures = await coverage_of_meeting(session, meeting, self._sealed.of(meeting_id))
            current = next((each.id for each in recordings if each.state == "recording"), None)
            elapsed_ms = meeting.origin().meeting_now() // MS
        message = {
            "type": "coverage",
            "coverage": figures.model_dump() if figures else None,
            "recorder": self._recorder.wellness_of(current if elapsed_ms > 5000 else None),
            "elapsed_ms": elapsed_ms,
        }
        text = json.dumps(message, ensure_ascii=False)
        for channel in self._rooms.channels(meeting_id):
            channel.put_text(text)


def _rights(actor: Actor) -> tuple[object, ...]:
    """Actors with the same see the same."""
    return actor.grants, actor.on


def meeting_text(whole: MeetingView) -> str:
    return '{"type":"meeting","meeting":' + whole.model_dump_json() + "}"


class SealedCache:
    """Segments already read of running recordings: a meeting of two hours has thousands, and each second asks again.

    Rows are asked for a minute back, because they may be written late (the spool is the truth until the row exists).
    """

    OVERLAP_NS = 60_000_000_000

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, list[Sealed]]] = {}
        self._newest: dict[str, int] = {}
        self._seen: dict[str, set[str]] = {}

    def of(self, meeting_id: str) -> dict[str, list[Sealed]]:
        return self._rows.setdefault(meeting_id, {})

    def since(self, recording_id: str) -> int:
        return self._newest.get(recording_id, 0) - self.OVERLAP_NS

    def is_new(self, recording_id: str, segment_id: str, sealed_wall: int) -> bool:
        seen = self._seen.setdefault(recording_id, set())
        if segment_id in seen:
            return False
        seen.add(segment_id)
        self._newest[recording_id] = max(self._newest.get(recording_id, 0), sealed_wall)
        return True

    def forget(self, meeting_id: str) -> None:
        for recording_id in self._rows.pop(meeting_id, {}):
            self._newest.pop(recording_id, None)
            self._seen.pop(recording_id, None)
