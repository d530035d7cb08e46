"""Each second: who is in a meeting and may not be there any longer is put out, at the relay and on the channel."""

import asyncio
import logging

from api.acts.actor import Actor
from api.acts.withdrawal import Known, lost_sessions, standing
from api.errors.accounts import NotSignedIn
from api.errors.request import ApiError
from api.live.channel import Channel
from api.live.meetings import LiveMeetings
from api.live.neighbours import Neighbours
from api.live.rooms import Rooms
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger(__name__)

EVERY_S = 1.0
SIGN_IN, NO_MEETING = 4401, 4404  # as when a channel is refused (routes.channel)


class Standing:
    def __init__(self, database: Database, rooms: Rooms, meetings: LiveMeetings, neighbours: Neighbours) -> None:
        self._database = database
        self._rooms = rooms
        self._meetings = meetings
        self._neighbours = neighbours
        self._known = Known()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.check()
            except StorageError as error:
                log.warning("who may stay waits: %s", error.code)

    async def check(self) -> None:
        for session_id, cause in (
            await lost_sessions(self._database, self._known, self._rooms.all_publishing())
        ).items():
            log.info("session %s is put out: %s", session_id, cause)
            await self._neighbours.put_out(session_id, cause)
        await self._check_channels()

    async def _check_channels(self) -> None:
        channels = self._rooms.every_channel()
        if not channels:
            return
        actors = await standing(self._database, [channel.actor.token_hash for channel in channels])
        for channel in channels:
            actor = actors.get(channel.actor.token_hash)
            if actor is None:
                channel.end(SIGN_IN, NotSignedIn.code)
            elif (actor.grants, actor.on) != (channel.actor.grants, channel.actor.on):
                await self._look_again(channel, actor)

    async def _look_again(self, channel: Channel, actor: Actor) -> None:
        """Rights have changed: the page sees what they show now, or nothing more."""
        channel.actor = actor
        try:
            self._meetings.begin(channel, await self._meetings.whole(actor, channel.meeting_id))
        except ApiError as error:
            channel.end(NO_MEETING, error.code)
