"""What the recorder answers on the bus, and what it says of itself.

huilu.recorder.begin   {recording} → {}                 a nudge: what is to be recorded stands in the database
huilu.recorder.finish  {recording} → {closed: bool}     waits at most 10 s for the last seal and the checkpoint
huilu.recorder.state   {} → {well, code, zh, en, spool: {bytes, limit_bytes, keeps_bytes}, waiting: {rows},
                       recordings: {id: {tracks: […]}}}
huilu.event.recorder   the same state, published each second
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from media_server.bus import Answer, Bus, Message, Refused
from media_server.errors import BadMessage
from recorder import errors
from recorder.closing import Closing
from recorder.disk import Disk
from recorder.errors import NoSuchRecording, RecorderError
from recorder.line import Line
from recorder.room import Room
from recorder.rows import Rows
from recorder.spool import Spool

FINISH_S = 10.0
# A restart of the relay takes less; what is longer is told to people.
RELAY_AWAY_NS = 3_000_000_000
# A meeting without a living recording is noticed within 5 s (DESIGN §6).
NOTICE_NS = 4_000_000_000


class Answers:
    def __init__(
        self,
        bus: Bus,
        rooms: Mapping[str, Room],
        lines: Sequence[Line],
        rows: Rows,
        spool: Spool,
        disk: Disk,
        closing: Closing,
        nudge: Callable[[], None],
    ) -> None:
        """`nudge`: look into the database now."""
        self._bus = bus
        self._rooms = rooms
        self._lines = lines
        self._rows = rows
        self._spool = spool
        self._disk = disk
        self._closing = closing
        self._nudge = nudge

    async def serve(self) -> None:
        await self._bus.serve("huilu.recorder.begin", _refusing(self._begin))
        await self._bus.serve("huilu.recorder.finish", _refusing(self._finish))
        await self._bus.serve("huilu.recorder.state", self._say_state)
        await self._bus.present("recorder", lambda: {"detail": self.state()["code"] or ""})

    async def tell(self) -> None:
        """Never ends by itself."""
        while True:
            await asyncio.sleep(1.0)
            await self._bus.publish("huilu.event.recorder", self.state())

    async def _begin(self, message: Message) -> Message:
        recording = str(message["recording"])
        self._nudge()
        for _ in range(75):  # 1.5 s
            if recording in self._rooms:
                break
            await asyncio.sleep(0.02)
        book = self._rows.book
        if recording not in self._rooms and book is not None and await book.exists(recording) is None:
            raise NoSuchRecording(recording)
        return {}

    async def _finish(self, message: Message) -> Message:
        recording = str(message["recording"])
        self._nudge()
        book = self._rows.book
        if book is None:
            return {"closed": False}
        until = time.monotonic() + FINISH_S
        while time.monotonic() < until:
            state = await book.exists(recording)
            if state is None:
                raise NoSuchRecording(recording)
            if state == "closed" and recording not in self._rooms:  # its last fillers have their rows, too
                return {"closed": True}
            await self._closing.wait(0.25)
        return {"closed": False}

    async def _say_state(self, _: Message) -> Message:
        return self.state()

    def trouble(self) -> RecorderError | None:
        """Why a meeting that is opened now wouldn't be recorded well."""
        now = time.monotonic_ns()
        if self._spool.full:
            return errors.SpoolFull()
        for trouble in (self._spool.trouble, *(room.trouble for room in self._rooms.values())):
            if trouble is not None:
                return errors.DiskError(str(trouble)) if isinstance(trouble, OSError) else errors.SpoolFull()
        if self._disk.behind_s * 1e9 > NOTICE_NS:
            return errors.DiskSlow()
        if not any(line.connected or now - line.down_since < RELAY_AWAY_NS for line in self._lines):
            return errors.RelayUnreachable()
        if any(room.stuck(now, NOTICE_NS) for room in self._rooms.values()):
            return errors.NotRecording()
        if self._rows.book is not None and self._rows.book.refused & self._rooms.keys():
            return errors.RowRefused()
        return None

    def state(self) -> Message:
        trouble = self.trouble()
        hint: RecorderError | None = trouble
        book, uploads = self._rows.book, self._rows.uploads
        if hint is None and (book is None or book.away):
            hint = errors.BehindOnRows()
        elif hint is None and uploads is not None and uploads.away:
            hint = errors.BehindOnUploads()
        elif hint is None and uploads is not None and uploads.refused:
            hint = errors.UploadsRefused()
        return {
            "well": trouble is None,
            "code": hint.code if hint else None,
            "zh": hint.zh if hint else "",
            "en": hint.en if hint else "",
            "spool": {
                "bytes": self._spool.bytes,
                "limit_bytes": self._spool.limit_bytes,
                "keeps_bytes": self._spool.keeps_bytes,
            },
            "waiting": {"rows": self._rows.waiting},
            "recordings": {each: room.state() for each, room in self._rooms.items()},
        }


def _refusing(answer: Answer) -> Answer:
    """Our refusals, as they travel on the bus."""

    async def refuse(message: Message) -> Message:
        try:
            return await answer(message)
        except KeyError as error:
            raise BadMessage(str(error)) from error
        except RecorderError as error:
            raise Refused(
                {
                    "code": error.code, "zh": error.zh, "en": error.en, "status": error.status, "detail": error.detail,
                }
            ) from error  # fmt: skip

    return refuse
