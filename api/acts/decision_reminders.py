"""What towns and villages are told of decisions through the webhook's queue: a review waits, a rule was broken in the
last days, a deadline is tomorrow. Each once; read from what the desks are read from; of a restricted record its matter,
no title.

A review is told at any hour, as its working days run; everything else from the morning on.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.decision_entries import folded
from api.acts.desk_words import rule_words
from api.acts.tell import tell
from api.domain.catalogue import Catalogue, catalogue
from api.domain.day import SHANGHAI, day_of
from api.domain.procedure.awaited import TOWN
from api.domain.procedure.days import later
from storage.database import Database
from storage.tables import AwaitedStep, BrokenRule, Decision, Message

A, B, D = AwaitedStep, BrokenRule, Decision
AT_ONCE = 100  # of each kind in one round: a writing transaction is short
NEWS_DAYS = 7  # what was broken before stands on the desks
OF = (D.id, D.unit_id, D.matter, D.title, D.access_class)


@dataclass(frozen=True, slots=True)
class Reminder:
    key: str  # of messages.toml
    subject: str
    unit: str
    decision: Any  # a row of OF and what else was asked for
    words: dict[str, str]


async def remind_of_decisions(database: Database, now_wall: int | None = None) -> int:
    """How many messages were written."""
    now = time.time_ns() if now_wall is None else now_wall
    today = day_of(now)
    rules = catalogue(today)
    by_day = datetime.fromtimestamp(now // 1_000_000_000, SHANGHAI).hour >= rules.filing.remind_from_hour
    async with database.reading() as session:
        due = await _reviews(session, today)
        if by_day:
            due += [*await _deadlines(session, today), *await _broken(session, today)]
    if due:
        async with database.writing() as session:
            for each in due:
                await _tell(session, rules, each)
    return len(due)


async def _reviews(session: AsyncSession, today: str) -> list[Reminder]:
    rows = await session.execute(
        select(*OF, A.step, A.who, A.since, A.due_on).join(A, A.decision_id == D.id)
        .where(A.act == "opinion", A.due_on >= today, _untold("review-waiting", D.id, A.step, A.since))
        .order_by(A.due_on, D.id).limit(AT_ONCE)
    )  # fmt: skip
    found = []
    for row in rows:
        if (unit := await _above(session, row.unit_id, row.who)) is not None:
            subject = f"{row.id}/{row.step}/{row.since}"
            found.append(Reminder("review-waiting", subject, unit, row, {"until": row.due_on}))
    return found


async def _deadlines(session: AsyncSession, today: str) -> list[Reminder]:
    tomorrow = later(today, 1)
    rows = await session.execute(
        select(*OF, A.act, A.step, A.name, A.name_en, A.who, A.due_on).join(A, A.decision_id == D.id)
        .where(A.due_on == tomorrow, A.late_on.is_not(None),
               _untold("deadline-tomorrow", D.id, A.step, A.act, A.due_on))
        .order_by(D.id, A.number).limit(AT_ONCE)
    )  # fmt: skip
    found = []
    for row in rows:
        unit = await _above(session, row.unit_id, row.who) if row.who in TOWN else row.unit_id
        if unit is not None:
            words = {"step": row.name, "step_en": row.name_en, "until": row.due_on}
            subject = f"{row.id}/{row.step}/{row.act}/{row.due_on}"
            found.append(Reminder("deadline-tomorrow", subject, unit, row, words))
    return found


async def _broken(session: AsyncSession, today: str) -> list[Reminder]:
    """By the village: it and its town are told."""
    rows = await session.execute(
        select(*OF, B.rule, B.step).join(B, B.decision_id == D.id)
        .where(B.first, B.kind != "advice", B.whose == "village", B.on.between(later(today, -NEWS_DAYS), today),
               _untold("rule-failed", D.id, B.rule, D.unit_id))
        .order_by(B.on.desc(), D.id, B.number).limit(AT_ONCE)
    )  # fmt: skip
    found = []
    for row in rows:
        rule, rule_en = rule_words(row.rule)
        for unit in (row.unit_id, await _above(session, row.unit_id, "town")):
            if unit is not None:
                subject = f"{row.id}/{row.rule}/{unit}"
                found.append(Reminder("rule-failed", subject, unit, row, {"rule": rule, "rule_en": rule_en}))
    return found


async def _above(session: AsyncSession, unit_id: str, level: str) -> str | None:
    """The nearest town or county above a village, or its county."""
    levels = ("county",) if level == "county" else ("town", "county")
    _, *above = await tree.steps_up(session, unit_id)
    return next((step.unit.id for step in above if step.unit.level in levels), None)


def _untold(key: str, *subject: Any) -> ColumnElement[bool]:
    """What was told already leaves room for what wasn't; `subject`: its parts, as in the message."""
    first, *others = subject
    for part in others:
        first = first + "/" + part
    return ~exists().where(Message.kind == key, Message.subject == first)


async def _tell(session: AsyncSession, rules: Catalogue, each: Reminder) -> None:
    row = each.decision
    matter = rules.matters.get(row.matter)
    title = row.title if row.access_class == "open" else matter.name if matter else row.matter
    words = {"title": title, "unit": (await tree.ref(session, row.unit_id, None)).name, **each.words}
    if each.key == "rule-failed":
        record = (await folded(session, row.id)).record
        step = record.step(row.step) if record is not None else None
        words |= {"step": step.name if step else row.step, "step_en": step.name_en if step else row.step}
    await tell(session, rules, each.key, each.subject, each.unit, f"/decisions/{row.id}", **words)
