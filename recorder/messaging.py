"""The worker's errand to the webhook: what people outside are told leaves within a second or two, or as soon as it can.

Messages are rows, written with what they tell of. Of several workers one takes a row for a while; so one is sent once,
and a second time only where a worker died between sending and noting it (its id is the same). What came of each stands
in its row and, at its end, in the hub's chain.
"""

import asyncio
import logging
import time

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.errors import MessagesBehind, StorageError, WebhookAway, WebhookRefused
from storage.ledger import append, open_chain
from storage.tables import Message
from storage.webhook import Told, Webhook, WebhookConfig

log = logging.getLogger(__name__)

LOOK_S = 1.0  # "a meeting opened that nobody had planned" is told within 5 s
LEASE_S = 15.0  # beside the time that a request may take
SECOND = 1_000_000_000
FIRST_PAUSE_S, MAX_PAUSE_S = 5.0, 600.0
# What is older is news no more: it stays on the page, and is given up here.
GIVE_UP_NS = 24 * 3600 * SECOND
BEHIND_NS = 600 * SECOND
SAY_AGAIN_S = 3600.0

SENT = Counter("huilu_messages", "Messages to the webhook, by what came of a try", ["outcome"])
WAITING = Gauge("huilu_messages_waiting", "Messages that the webhook has not taken yet")
_WAITS = Message.sent_wall.is_(None) & Message.given_up_wall.is_(None)


class Messaging:
    def __init__(self, database: Database, config: WebhookConfig, hub_id: str) -> None:
        self._database = database
        self._config = config
        self._hub_id = hub_id
        self._webhook = Webhook(config)
        self._away = 0  # tries in a row that reached nobody
        self._not_before = 0.0  # monotonic
        self._said = -SAY_AGAIN_S
        self.alarm: MessagesBehind | None = None

    async def close(self) -> None:
        await self._webhook.close()

    async def keep(self) -> None:
        """Never ends by itself."""
        while True:
            try:
                await self.turn()
            except StorageError as error:  # the database: its rows will be there
                log.info("messages: %s", error.detail or error)
            await asyncio.sleep(LOOK_S)

    async def turn(self) -> int:
        """Send what is due now, oldest first; gives how many were taken. Raises StorageError of the database's kind."""
        sent = 0
        while time.monotonic() >= self._not_before and (row := await self._take()) is not None:
            try:
                await self._webhook.send(Told(row.id, row.kind, row.unit_name, row.text, row.text_en, row.path))
            except WebhookAway as error:
                self._away += 1
                self._not_before = time.monotonic() + _pause_s(self._away - 1)
                await self._failed(row, error)
            except WebhookRefused as error:  # perhaps it alone: the others are tried
                await self._failed(row, error)
            else:
                self._away = 0
                await self._sent(row)
                sent += 1
        await self._tell()
        return sent

    async def _take(self) -> Message | None:
        """What is due, for this worker alone until it could have been sent; what is too old is given up on the way."""
        now = time.time_ns()
        due = (
            select(Message).where(_WAITS, Message.next_wall <= now).order_by(Message.created_wall, Message.id).limit(1)
        )
        async with self._database.reading() as session:
            if await session.scalar(due) is None:
                return None
        async with self._database.writing() as session:
            while (row := await session.scalar(due.with_for_update(skip_locked=True))) is not None:
                if now - row.created_wall <= GIVE_UP_NS:
                    row.next_wall = now + int((self._config.timeout_s + LEASE_S) * SECOND)
                    return row
                row.given_up_wall = now
                await self._note(session, "message-given-up", row)
                await session.flush()
        return None

    async def _failed(self, row: Message, error: StorageError) -> None:
        """Later, and later each time."""
        SENT.labels(error.code).inc()
        log.warning("message %s (%s): %s %s", row.id, row.kind, error.code, error.detail)
        async with self._database.writing() as session:
            await session.execute(
                update(Message)
                .where(Message.id == row.id, _WAITS)
                .values(
                    next_wall=time.time_ns() + int(_pause_s(row.tries) * SECOND),
                    tries=Message.tries + 1,
                    trouble=f"{error.code} {error.detail}".strip()[:200],
                )
            )

    async def _sent(self, row: Message) -> None:
        SENT.labels("sent").inc()
        async with self._database.writing() as session:
            await session.execute(
                update(Message)
                .where(Message.id == row.id, _WAITS)
                .values(sent_wall=time.time_ns(), tries=Message.tries + 1, trouble=None)
            )
            await self._note(session, "message", row)

    async def _note(self, session: AsyncSession, kind: str, row: Message) -> None:
        payload = {"message": row.id, "of": row.kind, "subject": row.subject, "unit": row.unit_id, "text": row.text}
        await append(session, await open_chain(session, "hub", self._hub_id), kind, payload)

    async def _tell(self) -> None:
        """Figures, and the alarm when something has waited for long."""
        async with self._database.reading() as session:
            figures = select(func.count(), func.min(Message.created_wall)).where(_WAITS)
            count, oldest = (await session.execute(figures)).one()
        WAITING.set(count)
        late = oldest is not None and time.time_ns() - oldest > BEHIND_NS
        self.alarm = MessagesBehind(f"{count}") if late else None
        if late and time.monotonic() - self._said >= SAY_AGAIN_S:
            self._said = time.monotonic()
            log.error("%s: %s (%d wait)", MessagesBehind.code, MessagesBehind.en, count)


def _pause_s(before: int) -> float:
    """After so many tries before this one."""
    return float(min(FIRST_PAUSE_S * 2 ** min(before, 10), MAX_PAUSE_S))
