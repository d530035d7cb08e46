"""What the recorder last said about itself, and for how long it has said nothing."""

import time
from typing import Any

from media_server.bus import Bus, Message
from media_server.errors import RelayError
from recorder.errors import NotRecording

STALE_S = 3.0  # it speaks each second


class RecorderState:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._last: Message | None = None
        self._heard = 0.0

    async def listen(self) -> None:
        await self._bus.listen("huilu.event.recorder", self._hear)

    async def _hear(self, _: str, message: Message) -> None:
        self._last, self._heard = message, time.monotonic()

    async def ask(self) -> None:
        """Don't wait for it to speak (at start, before an opening)."""
        try:
            await self._hear("", await self._bus.request("huilu.recorder.state", {}, timeout=1.0))
        except RelayError:
            return

    @property
    def last(self) -> Message | None:
        """None when it has been silent."""
        return self._last if time.monotonic() - self._heard < STALE_S else None

    def wellness(self) -> dict[str, Any]:
        """{well, code, zh, en}: also who is well may have a hint (an archive that is being caught up)."""
        last = self.last
        if last is None:
            return {"well": False, "code": "recorder.away", "zh": AWAY_ZH, "en": AWAY_EN}
        return {
            "well": bool(last["well"]),
            "code": last.get("code"),
            "zh": last.get("zh") or None,
            "en": last.get("en") or None,
        }

    def wellness_of(self, recording_id: str | None) -> dict[str, Any]:
        """Of one recording: a recorder that is well but does not have it (yet) is not recording it."""
        whole = self.wellness()
        last = self.last
        if recording_id and last is not None and whole["well"] and recording_id not in last.get("recordings", {}):
            return {"well": False, "code": NotRecording.code, "zh": NotRecording.zh, "en": NotRecording.en}
        return whole

    @property
    def keeps_bytes(self) -> int | None:
        """That it can still record; None when it didn't say."""
        last = self.last
        return last["spool"].get("keeps_bytes") if last else None

    def spool(self) -> dict[str, int | None]:
        last = self.last
        spool = last.get("spool") if last else None
        return {"bytes": spool["bytes"], "limit_bytes": spool["limit_bytes"]} if spool else {
            "bytes": None, "limit_bytes": None,
        }  # fmt: skip


AWAY_ZH = "录制服务没有应答，正在恢复；会议可以照开，缺少的部分会记为断点，请同时用本机录像"
AWAY_EN = "The recorder does not answer and is being restarted; hold the meeting, and record on the device too."
