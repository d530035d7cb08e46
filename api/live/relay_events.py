"""The relay's events: to rows (sessions that ended), to rooms (sources), to pages (slots, speaker, restart)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError

from api.acts.sessions import end_strays, ended_sessions, session_ended
from api.live.attendance import Attendance
from api.live.channel import Channel
from api.live.lines import judged
from api.live.rooms import Rooms
from media_server.bus import Bus, Message
from media_server.errors import RelayError
from media_server.records import SourceNote
from storage.database import Database

log = logging.getLogger(__name__)


class RelayEvents:
    def __init__(
        self,
        bus: Bus,
        database: Database,
        rooms: Rooms,
        attendance: Attendance,
        inside: Callable[[str], Awaitable[list[Channel]]],
    ) -> None:
        self._bus = bus
        self._database = database
        self._rooms = rooms
        self._attendance = attendance
        self._inside = inside
        self.epoch: str | None = None
        self._reconciling = asyncio.Lock()

    async def listen(self) -> None:
        for name, listener in (
            ("up", self._up),
            ("session", self._session),
            ("source", self._source),
            ("slots", self._slots),
            ("layers", self._layers),
            ("speaker", self._speaker),
            ("quality", self._quality),
        ):
            await self._bus.listen(f"huilu.event.relay.{name}", listener)

    async def reconcile(self) -> bool:
        """Ask the relay what it has and end the rows of what it has not; false while it does not answer."""
        async with self._reconciling:
            try:
                state = await self._bus.request("huilu.relay.state", {}, timeout=1.0)
            except RelayError:
                return False
            self._new_epoch(str(state["epoch"]))
            notes = [note for room in state["rooms"].values() for each in room if (note := _note(each))]
            self._rooms.replace_sources(notes)
            living = {str(each["session"]) for each in state["sessions"]}
            for meeting_id in await end_strays(self._database, str(state["epoch"]), living):
                self._attendance.changed(meeting_id)
            # Put out while the relay did not hear it: a row that has ended has no session.
            for session_id in await ended_sessions(self._database, living):
                with contextlib.suppress(RelayError):
                    await self._bus.request("huilu.relay.close", {"session": session_id}, timeout=1.0)
            return True

    def _new_epoch(self, epoch: str) -> None:
        """A new relay has no session of ours: pages make new ones (the picture is back within 5 s)."""
        if self.epoch is not None and epoch != self.epoch:
            log.warning("the relay was restarted")
            self._rooms.forget_sessions()
            self._attendance.lines.clear()
            for channel in self._rooms.every_channel():
                channel.put({"type": "relay", "state": "restarted"})
        self.epoch = epoch

    async def _up(self, _: str, message: Message) -> None:
        self._new_epoch(str(message["epoch"]))
        await self.reconcile()

    async def _session(self, _: str, message: Message) -> None:
        meeting_id = str(message["room"])
        if message["state"] == "closed":
            self._rooms.forget_session(str(message["session"]))
            await session_ended(self._database, str(message["session"]), str(message.get("cause") or "closed"))
        session_id, cause = str(message["session"]), str(message.get("cause") or "")
        self._attendance.turned(meeting_id, session_id, str(message["state"]), cause)

    async def _source(self, _: str, message: Message) -> None:
        note = _note(message["source"])
        if note is None:
            return
        if message["state"] == "ended":
            self._rooms.source_ended(note)
        else:
            self._rooms.source_started(note)
        self._attendance.changed(note.room)

    async def _slots(self, _: str, message: Message) -> None:
        meeting_id = str(message["room"])
        slots: list[dict[str, Any]] = []
        for slot in message["slots"]:
            note = self._rooms.source(meeting_id, slot["source"])
            unit, within = await self._attendance.unit_of(slot["publisher"]) if slot["publisher"] else (None, None)
            slots.append(
                {
                    "mid": slot["slot"],
                    "kind": slot["kind"],
                    "source": slot["source"],
                    "publisher": slot["publisher"],
                    "unit": unit,
                    "within": within,
                    "source_kind": slot.get("source_kind") or (note.kind if note else None),
                }
            )
        body = {"type": "slots", "slots": slots, "sound_only": bool(message["sound_only"])}
        self._rooms.stand(str(message["session"]), body)

    async def _layers(self, _: str, message: Message) -> None:
        body = {"type": "layers", "kind": message["kind"], "layers": message["layers"]}
        self._rooms.stand(str(message["session"]), body)

    async def _speaker(self, _: str, message: Message) -> None:
        meeting_id = str(message["room"])
        self._rooms.speakers[meeting_id] = message["publisher"]
        for channel in await self._inside(meeting_id):
            channel.put({"type": "speaker", "publisher": message["publisher"]})

    async def _quality(self, _: str, message: Message) -> None:
        meeting_id, changed = str(message["room"]), False
        for session_id, figures in message["sessions"].items():
            loss, rtt_ms = float(figures["loss"]), figures.get("rtt_ms")
            body = {"type": "quality", "quality": judged(loss, rtt_ms), "loss": loss, "rtt_ms": rtt_ms or 0}
            self._rooms.tell_session(session_id, body)
            changed |= self._attendance.lines.looked(session_id, loss, rtt_ms)
        if changed:
            self._attendance.changed(meeting_id)


def _note(value: Any) -> SourceNote | None:
    try:
        return SourceNote.model_validate(value)
    except ValidationError:
        log.warning("not a source: %.200s", value)
        return None
