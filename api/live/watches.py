"""What nobody presses a button for: recordings without a recorder, meetings without people, sittings to seal,
terms to settle, branches to remind, messages about decisions.

Every api process runs them; each act checks again inside its transaction, so that two at once do no harm.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from prometheus_client import Gauge
from sqlalchemy import select

from api.acts.absence import absent_meetings
from api.acts.branch_reminders import remind
from api.acts.decision_acts import look_at, waiting_records
from api.acts.decision_reminders import remind_of_decisions
from api.acts.meetings import end_by_absence
from api.acts.sittings import meetings_to_seal, seal_sittings
from api.acts.terms import settle
from api.domain.meeting import ABSENCE, Patience
from api.live.meetings import LiveMeetings
from api.live.neighbours import Neighbours
from api.live.recorder_state import RecorderState
from media_server.errors import RelayError
from storage.database import Database
from storage.errors import StorageError
from storage.tables import Recording

log = logging.getLogger(__name__)

WITHOUT_RECORDER = Gauge("huilu_recordings_without_recorder", "Running recordings that no living recorder follows")


class Watches:
    def __init__(
        self,
        database: Database,
        recorder: RecorderState,
        meetings: LiveMeetings,
        neighbours: Neighbours,
        patience: Patience,
        reconcile: Callable[[], Awaitable[bool]],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._meetings = meetings
        self._neighbours = neighbours
        self._patience = patience
        self._reconcile = reconcile
        self._missing: set[str] = set()
        self._told: set[str] = set()

    async def watch_recorder(self) -> None:
        """Within 5 s of an opening or a death it is in the log and in the metrics; the recorder is nudged again."""
        while True:
            await asyncio.sleep(2.0)
            await _limited(self.check_recorder(), "recorder")

    async def check_recorder(self) -> None:
        async with self._database.reading() as session:
            running = set(await session.scalars(select(Recording.id).where(Recording.state == "recording")))
        last = self._recorder.last
        missing = running - set(last.get("recordings", {}) if last else {})
        # One that was opened a moment ago is not missing yet.
        lasting = missing & self._missing
        self._missing = missing
        WITHOUT_RECORDER.set(len(lasting))
        for recording_id in lasting:
            if recording_id not in self._told:
                log.warning("recording %s is followed by no recorder", recording_id)
            await self._neighbours.nudge(recording_id)
        self._told = lasting

    async def watch_absence(self) -> None:
        while True:
            await asyncio.sleep(min(10.0, max(0.2, self._patience.left_ns / 1e10)))
            await _limited(self.check_absence(), "absence")

    async def check_absence(self) -> None:
        # Not while the relay is away: then nobody's device can be seen.
        if not await self._reconcile():
            return
        for meeting_id, at_ns in await absent_meetings(self._database, self._patience):
            turned = await end_by_absence(self._database, meeting_id, at_ns)
            if turned is None:
                continue
            log.info("meeting %s ended by absence", meeting_id)
            await self._meetings.ended(meeting_id, ABSENCE)
            await self._meetings.changed(meeting_id)
            await self._neighbours.ended(meeting_id, turned.recording_id)

    async def watch_decisions(self) -> None:
        while True:
            await asyncio.sleep(2.0)
            await _limited(self.seal(), "sittings")

    async def watch_terms(self) -> None:
        """Until when what was closed is to be kept; its locks wait for it."""
        while True:
            await asyncio.sleep(5.0)
            await _limited(self.settle_terms(), "terms")

    async def settle_terms(self) -> None:
        await settle(self._database, time.time_ns())

    async def watch_waiting(self) -> None:
        """Records in which something is due: what became of them by waiting, once a day each, and who is told of it."""
        while True:
            await asyncio.sleep(60.0)
            await _limited(self.look_at_waiting(), "waiting records")
            await _limited(self.tell_of_decisions(), "messages about decisions")

    async def tell_of_decisions(self) -> None:
        await remind_of_decisions(self._database)

    async def look_at_waiting(self) -> None:
        for decision_id in await waiting_records(self._database):
            await _limited(look_at(self._database, decision_id), f"record {decision_id}")

    async def watch_branches(self) -> None:
        """What a branch owes and hasn't done yet is told to it, once."""
        while True:
            await asyncio.sleep(600.0)
            await _limited(self.remind(), "branches")

    async def remind(self) -> None:
        await remind(self._database)

    async def seal(self) -> None:
        """What closed recordings show goes onto the records that they prove."""
        for meeting_id in await meetings_to_seal(self._database):
            await _limited(self._seal(meeting_id), f"sittings of {meeting_id}")  # one that fails holds up no other

    async def _seal(self, meeting_id: str) -> None:
        await seal_sittings(self._database, meeting_id)
        await self._meetings.changed(meeting_id)


async def _limited(check: Awaitable[None], name: str) -> None:
    """A watch goes on whatever one round of it meets; what that was is in the log."""
    try:
        async with asyncio.timeout(30.0):
            await check
    except (StorageError, RelayError) as error:
        log.warning("watching %s: %s %s", name, error.code, error.detail)
    except TimeoutError:
        log.warning("watching %s took too long", name)
    except Exception:
        log.exception("watching %s", name)
