"""Running meetings to their pages: the whole after every change, who is here, and the coverage each second.

A change is told to every api process over the bus (`huilu.event.api.*`); each tells its own pages what each may see.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.coverage_of import MS, Sealed, coverage_of_meeting
from api.acts.meeting_access import access_of, access_to
from api.acts.meeting_views import sight, view
from api.acts.sessions import outside_of, restricted_part_runs, waits_outside
from api.domain.meeting import RUNNING
from api.errors.request import ApiError, NotFound
from api.live.attendance import Attendance
from api.live.channel import Channel
from api.live.people import PAGE, Told, Window
from api.live.recorder_state import RecorderState
from api.live.rooms import Rooms
from api.live.turns import Turns
from api.records.meetings import MeetingView
from media_server.bus import Bus, Message
from storage.database import Database
from storage.errors import StorageError
from storage.tables import AgendaItem, Meeting, Recording, Segment

log = logging.getLogger(__name__)

PAUSE_S = 0.2
GAPS_TOLD = 50


class LiveMeetings:
    def __init__(
        self,
        bus: Bus,
        database: Database,
        rooms: Rooms,
        recorder: RecorderState,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._bus = bus
        self._database = database
        self._rooms = rooms
        self._recorder = recorder
        self._sealed = SealedCache()
        self.attendance = Attendance(database, rooms, self.inside, spawn)
        self._turns = Turns(self._tell, spawn, PAUSE_S)
        self._gaps_told: dict[str, list[dict[str, Any]]] = {}

    async def listen(self) -> None:
        await self._bus.listen("huilu.event.api.meeting", self._on_meeting)
        await self._bus.listen("huilu.event.api.ended", self._on_ended)

    async def changed(self, meeting_id: str) -> None:
        await self._bus.publish("huilu.event.api.meeting", {"meeting": meeting_id})

    async def ended(self, meeting_id: str, by: str) -> None:
        await self._bus.publish("huilu.event.api.ended", {"meeting": meeting_id, "by": by})

    def people_changed(self, meeting_id: str) -> None:
        """Here only: each process hears the relay itself."""
        self.attendance.changed(meeting_id)

    async def whole(self, actor: Actor, meeting_id: str) -> MeetingView:
        """With the first of the people who are here."""
        async with self._database.reading() as session:
            access = await access_to(session, actor, meeting_id)
            # Once it has ended nobody adds to what is held here.
            running = access.meeting.state in RUNNING and bool(self._rooms.channels(meeting_id))
            seen = await view(session, actor, access, self._sealed.of(meeting_id) if running else None)
            if await waits_outside(session, actor, access):
                return seen.model_copy(update={"waiting": True, "picture": None})
            people = await self.attendance.read(session, access.meeting)
        return seen.model_copy(update={"people": people[:PAGE], "people_total": len(people)})

    def begin(self, channel: Channel, first: MeetingView) -> None:
        """A page's channel opens with the whole meeting."""
        channel.chairs = first.may.chair and not first.waiting
        channel.put_text(meeting_text(first))
        if not first.waiting:
            channel.told = Told(Window(), first.people, first.people_total, first.people_total)
        if channel.chairs:
            if (lines := self.attendance.lines_of(channel.meeting_id)) is not None:
                channel.put(lines)
            self.attendance.changed(channel.meeting_id)

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
        self._turns.due(str(message["meeting"]))

    async def _tell(self, meeting_id: str) -> None:
        """The meeting to each page, made once for all who see the same. Who is here goes with it only to those who were
        not told yet: hundreds of names for each change of an agenda would be a megabit."""
        channels = self._rooms.channels(meeting_id)
        if not channels:
            return
        sights: dict[Any, Any] = {}
        known: dict[str, Any] = {}  # what is read once for all of them
        async with self._database.reading() as session:
            for channel in channels:
                rights = _rights(channel.actor)
                if rights not in sights:
                    sights[rights] = await self._sight(session, channel, known)
        seen: dict[Any, MeetingView] = {}
        for channel in channels:
            sight = sights[_rights(channel.actor)]
            if sight is None:
                continue
            if sight not in seen:
                try:
                    seen[sight] = await self.whole(channel.actor, meeting_id)
                except (ApiError, StorageError) as error:
                    log.warning("meeting %s not shown: %s", meeting_id, error.code)
                    continue
            if channel.told.rows is None or seen[sight].waiting or seen[sight].state not in RUNNING:
                channel.told = Told()
                self.begin(channel, seen[sight])
            else:
                channel.chairs = seen[sight].may.chair
                channel.put_text(meeting_text(seen[sight], people=False))

    async def _sight(self, session: AsyncSession, channel: Channel, known: dict[str, Any]) -> tuple[object, ...] | None:
        """What a page's holder sees; None when it is nothing."""
        meeting_id = channel.meeting_id
        if "access" not in known:
            known["access"] = await access_of(session, meeting_id)
            items = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id)
            known["items"] = (await session.scalars(items.order_by(AgendaItem.position, AgendaItem.id))).all()
        access, items = known["access"], known["items"]
        if not access.seen_by(channel.actor):
            return None
        return sight(channel.actor, access, items), outside_of(channel.actor, access, items)

    async def _on_ended(self, _: str, message: Message) -> None:
        self._rooms.tell(str(message["meeting"]), {"type": "ended", "by": message["by"]})
        self._gaps_told.pop(str(message["meeting"]), None)

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
            "coverage": self._without_known_gaps(meeting_id, figures.model_dump() if figures else None),
            "recorder": self._recorder.wellness_of(current if elapsed_ms > 5000 else None),
            "elapsed_ms": elapsed_ms,
        }
        text = json.dumps(message, ensure_ascii=False)
        for channel in self._rooms.channels(meeting_id):
            channel.put_text(text)

    def _without_known_gaps(self, meeting_id: str, coverage: dict[str, Any] | None) -> dict[str, Any] | None:
        """The gaps only when they have changed, the latest of them: a page has had the others with its meeting."""
        if coverage is None:
            return None
        gaps = coverage.pop("gaps")[-GAPS_TOLD:]
        if gaps != self._gaps_told.get(meeting_id):
            coverage["gaps"] = self._gaps_told[meeting_id] = gaps
        return coverage


def _rights(actor: Actor) -> tuple[object, ...]:
    """Actors with the same see the same."""
    return actor.grants, actor.on


def meeting_text(whole: MeetingView, people: bool = True) -> str:
    left_out = None if people else {"people", "people_total"}
    return '{"type":"meeting","meeting":' + whole.model_dump_json(exclude=left_out) + "}"


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
        """Where the clock was ahead and is back, what comes is older than what was there."""
        return min(self._newest.get(recording_id, 0), time.time_ns()) - self.OVERLAP_NS

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
