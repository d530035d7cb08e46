"""What relay and recorder are told when a meeting turns: opened, ended, another picture. None can stop a meeting."""

import logging

from sqlalchemy import func, select

from api.acts.sessions import session_ended, shut_out
from api.acts.withdrawal import RESTRICTED
from api.domain.meeting import RUNNING
from api.live.recorder_state import AWAY_EN, AWAY_ZH, RecorderState
from api.records.base import Sentence
from media_server.bus import Bus, Refused
from media_server.errors import NoAnswer, RelayError
from recorder.errors import SpoolLow
from recorder.rule import pictures_kept
from storage.database import Database
from storage.tables import Meeting, Recording, Site

log = logging.getLogger(__name__)

BEGIN_WAIT_S = 2.0
FINISH_WAIT_S = 12.0  # the recorder's own limit is 10 s
HALF_A_DAY_S = 4 * 3600
SITE_BYTES_A_SECOND = 160_000  # 720 lines at 1.2 Mbit/s, and sound
SHOWN_SITES = 2  # where only what is shown is kept: the main picture, and who speaks


class Neighbours:
    def __init__(self, bus: Bus, database: Database, recorder: RecorderState) -> None:
        self._bus = bus
        self._database = database
        self._recorder = recorder

    async def opened(self, meeting_id: str, recording_id: str | None) -> list[Sentence]:
        """Warnings: the recorder follows the rows by itself, this is a nudge and a look at how it is."""
        warnings: list[Sentence] = []
        if recording_id is not None:
            try:
                await self._bus.request("huilu.recorder.begin", {"recording": recording_id}, timeout=BEGIN_WAIT_S)
                await self._recorder.ask()
                state = self._recorder.wellness()
                if not state["well"]:
                    warnings.append(Sentence(code=state["code"] or "", zh=state["zh"] or "", en=state["en"] or ""))
                elif await self._too_little_room(meeting_id, recording_id):
                    warnings.append(Sentence(code=SpoolLow.code, zh=SpoolLow.zh, en=SpoolLow.en))
            except NoAnswer:
                warnings.append(Sentence(code="recorder.away", zh=AWAY_ZH, en=AWAY_EN))
            except Refused as error:
                warnings.append(Sentence(code=error.code, zh=error.zh, en=error.en))
        await self._tell("huilu.relay.wanted", {"room": meeting_id, "open": True})
        return warnings

    async def _too_little_room(self, meeting_id: str, recording_id: str) -> bool:
        """Nobody is asked how long a meeting will be: half a day is what must fit."""
        keeps = self._recorder.keeps_bytes
        async with self._database.reading() as session:
            sites = await session.scalar(select(func.count()).select_from(Site).where(Site.meeting_id == meeting_id))
            recording = await session.get(Recording, recording_id)
        if keeps is None or recording is None:
            return False
        kept = (sites or 1) if pictures_kept(recording.pictures_up_to, sites or 1) == "all" else SHOWN_SITES
        return keeps < kept * SITE_BYTES_A_SECOND * HALF_A_DAY_S

    async def nudge(self, recording_id: str) -> None:
        await self._tell("huilu.recorder.begin", {"recording": recording_id})

    async def ended(self, meeting_id: str, recording_id: str | None) -> None:
        """The recorder seals what is there, then the relay forgets the room."""
        if recording_id is not None:
            try:
                await self._bus.request("huilu.recorder.finish", {"recording": recording_id}, timeout=FINISH_WAIT_S)
            except RelayError as error:
                log.warning("the recorder will close %s by itself: %s", recording_id, error.code)
        async with self._database.reading() as session:
            state = await session.scalar(select(Meeting.state).where(Meeting.id == meeting_id))
        if state not in RUNNING:  # it may have been reopened meanwhile
            await self._tell("huilu.relay.wanted", {"room": meeting_id, "open": False})

    async def picture(self, meeting_id: str, publisher: str | None) -> None:
        await self._tell("huilu.relay.picture", {"room": meeting_id, "publisher": publisher})

    async def part_turned(self, meeting_id: str) -> None:
        """A restricted part may have begun: who may not be there is put out, and may come back when it ends."""
        for session_id in await shut_out(self._database, meeting_id):
            await self.put_out(session_id, RESTRICTED)

    async def put_out(self, session_id: str, cause: str) -> None:
        """The row first: the relay's own event would name another cause. A relay that does not hear it now closes the
        session when it is next compared with the rows (RelayEvents.reconcile)."""
        await session_ended(self._database, session_id, cause)
        await self._tell("huilu.relay.close", {"session": session_id})

    async def picture_again(self, meeting_id: str) -> None:
        """The chair's picture to a relay that may be a new one."""
        async with self._database.reading() as session:
            publisher = await session.scalar(select(Meeting.picture).where(Meeting.id == meeting_id))
        if publisher is not None:
            await self.picture(meeting_id, publisher)

    async def _tell(self, subject: str, message: dict[str, object]) -> None:
        try:
            await self._bus.request(subject, message, timeout=1.0)
        except RelayError as error:
            log.info("%s: %s", subject, error.code)
