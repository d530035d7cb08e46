"""The relay on the bus: the subjects of media_server.records, asked by the api."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from media_server.bus import Bus, Message
from media_server.driver import Driver
from media_server.engine.outputs import Event
from media_server.errors import BadMessage, BadOffer
from media_server.records import Candidate, Ice, SessionAnswer, SessionRequest


class Control:
    def __init__(self, driver: Driver, candidates: list[Candidate]) -> None:
        self._driver = driver
        self._relay = driver.relay
        self._candidates = candidates

    async def serve(self, bus: Bus) -> None:
        for name, answer in (
            ("open", self._open),
            ("restart", self._restart),
            ("close", self._close),
            ("show", self._show),
            ("picture", self._picture),
            ("muted", self._muted),
            ("size", self._size),
            ("wanted", self._wanted),
            ("state", self._state),
        ):
            await bus.serve(f"huilu.relay.{name}", self._careful(answer))

    def _careful(self, answer: Callable[[Message], Message]) -> Callable[[Message], Awaitable[Message]]:
        async def take(message: Message) -> Message:
            try:
                return answer(message)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadMessage(str(error)[:500]) from error
            finally:
                self._driver.act()

        return take

    def _open(self, message: Message) -> Message:
        request = SessionRequest.model_validate(message)
        if request.setup == "passive":  # we are ICE-lite and wait: both sides would (RFC 8842 §5.3)
            raise BadOffer("setup:passive")
        ice, slots = self._relay.open(time.monotonic_ns(), request)
        answer = SessionAnswer(
            session=request.session, epoch=self._relay.settings.epoch, ice=ice,
            fingerprint=self._driver.certificate.fingerprint, candidates=self._candidates, slots=slots,
        )  # fmt: skip
        return answer.model_dump()

    def _restart(self, message: Message) -> Message:
        theirs = Ice.model_validate(message["ice"])  # of theirs the ufrag alone: they ask, we answer
        known = message.get("tags")
        tags = None if known is None else [str(tag) for tag in known]
        ice, restarted = self._relay.restart(time.monotonic_ns(), str(message["session"]), theirs.ufrag, tags)
        candidates = [candidate.model_dump() for candidate in self._candidates]
        return {"ice": ice.model_dump(), "candidates": candidates, "restarted": restarted}

    def _close(self, message: Message) -> Message:
        self._relay.close(time.monotonic_ns(), str(message["session"]))
        return {}

    def _show(self, message: Message) -> Message:
        source = message["source"]
        name = None if source is None else str(source)
        self._relay.show(time.monotonic_ns(), str(message["session"]), str(message["slot"]), name)
        return {}

    def _picture(self, message: Message) -> Message:
        publisher = message["publisher"]
        name = None if publisher is None else str(publisher)
        self._relay.picture(time.monotonic_ns(), str(message["room"]), name)
        return {}

    def _muted(self, message: Message) -> Message:
        session, kind = str(message["session"]), str(message["kind"])
        now = time.monotonic_ns()
        self._relay.mute(now, session, kind, bool(message["muted"]), str(message.get("cause") or "muted"))
        return {}

    def _size(self, message: Message) -> Message:
        sizes = {str(mid): (int(width), int(height)) for mid, (width, height) in message["sizes"].items()}
        self._relay.sized(str(message["session"]), sizes)
        return {}

    def _wanted(self, message: Message) -> Message:
        room = str(message["room"])
        if message["open"]:
            self._relay.open_room(room)
        else:
            self._relay.close_room(time.monotonic_ns(), room)
        return {}

    def _state(self, _: Message) -> Message:
        sessions: list[dict[str, Any]] = [
            {
                "session": session.id, "room": session.request.room, "publisher": session.request.publisher,
                "mode": session.request.mode, "state": session.state,
            }
            for session in self._relay.sessions.values()
        ]  # fmt: skip
        rooms = {
            room.name: [source.note.model_dump() for source in room.sources.values()]
            for room in self._relay.rooms.values()
        }
        return {"epoch": self._relay.settings.epoch, "sessions": sessions, "rooms": rooms}


UP = Event("huilu.event.relay.up", {})
