"""What branches are told without anybody's asking: a plan is due, a meeting is missing near its period's end, a report
is due on the next working day. Each once, through the webhook's queue, with kinds of meetings and no titles."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.branch_facts import BRANCH, BranchFacts, facts_of
from api.acts.tell import tell
from api.domain.catalogue import Catalogue, catalogue
from api.domain.day import SHANGHAI, day_of
from api.domain.meeting import part_name
from api.domain.party.clock import (
    in_words,
    in_words_en,
    missing_told,
    plan_told,
    report_due,
    report_told,
)
from api.domain.party.quarters import Quarter, days_before
from storage.database import Database
from storage.tables import Body, Message, Unit

AT_ONCE = 100  # branches that are looked at in one transaction
LONGEST_REPORT_DAYS = 62  # calendar days in which a report falls due, whatever the working days


@dataclass(frozen=True, slots=True)
class Reminder:
    key: str  # of messages.toml
    subject: str
    branch: Body
    words: dict[str, str]


async def remind(database: Database, now_wall: int | None = None) -> int:
    """How many reminders were written. None is at night."""
    now = time.time_ns() if now_wall is None else now_wall
    today = day_of(now)
    rules = catalogue(today)
    if datetime.fromtimestamp(now // 1_000_000_000, SHANGHAI).hour < rules.filing.remind_from_hour:
        return 0
    async with database.reading() as session:
        rows = await session.scalars(
            select(Body.id)
            .join(Unit, Unit.id == Body.unit_id)
            .where(Body.kind == BRANCH, Unit.closed_on.is_(None))
            .order_by(Body.id)
        )
        ids = list(rows)
    told = 0
    for first in range(0, len(ids), AT_ONCE):
        told += await _remind(database, rules, ids[first : first + AT_ONCE], today)
    return told


async def _remind(database: Database, rules: Catalogue, ids: Sequence[str], today: str) -> int:
    async with database.reading() as session:
        bodies = list(await session.scalars(select(Body).where(Body.id.in_(ids)).order_by(Body.id)))
        due = await _due(session, rules, bodies, today)
        rows = await session.execute(
            select(Message.kind, Message.subject).where(Message.subject.in_([each.subject for each in due]))
        )
        known = {(kind, subject) for kind, subject in rows}
    fresh = [each for each in due if (each.key, each.subject) not in known]
    if not fresh:
        return 0
    async with database.writing() as session:
        for each in fresh:
            path = f"/branches/{each.branch.id}"
            await tell(session, rules, each.key, each.subject, each.branch.unit_id, path,
                       branch=each.branch.name, **each.words)  # fmt: skip
    return len(fresh)


async def _due(session: AsyncSession, rules: Catalogue, bodies: Sequence[Body], today: str) -> list[Reminder]:
    now = Quarter.of(today)
    found: list[Reminder] = []
    for facts in await facts_of(session, rules, bodies, now):
        if facts.known.full_members(today):
            found += [*_plan(rules, facts, today), *_missing(facts, today), *_reports(rules, facts, today)]
    if plan_told(rules.filing, now.later(), None, today):
        found += [each for facts in await facts_of(session, rules, bodies, now.later())
                  if facts.known.full_members(today) for each in _plan(rules, facts, today)]  # fmt: skip
    before = Quarter.of(days_before(today, LONGEST_REPORT_DAYS))
    if before != now:
        found += [each for facts in await facts_of(session, rules, bodies, before)
                  for each in _reports(rules, facts, today)]  # fmt: skip
    return found


def _plan(rules: Catalogue, facts: BranchFacts, today: str) -> Iterator[Reminder]:
    quarter = facts.quarter
    if plan_told(rules.filing, quarter, facts.filed, today):
        words = {"period": in_words(quarter.whole), "period_en": str(quarter),
                 "until": quarter.plan_due(rules.filing.plan_day)}  # fmt: skip
        yield Reminder("party-plan-due", f"{facts.body.id}/{quarter}", facts.body, words)


def _missing(facts: BranchFacts, today: str) -> Iterator[Reminder]:
    names = {group.id: group.name for group in facts.groups}
    for line in missing_told(facts.standing(today), today):
        duty = line.duty
        about = f"{facts.body.id}/{duty.key}/{line.period.first_on}" + (f"/{line.group}" if line.group else "")
        group = names.get(line.group or "", "")
        words = {"period": in_words(line.period), "period_en": in_words_en(line.period), "kind": group + duty.name,
                 "kind_en": f"{group} {duty.name_en}".strip(), "until": line.period.last_on}  # fmt: skip
        yield Reminder("party-meeting-missing", about, facts.body, words)


def _reports(rules: Catalogue, facts: BranchFacts, today: str) -> Iterator[Reminder]:
    for sat in facts.held():
        filing = catalogue(sat.on).filing
        if (sat.meeting, sat.part) in facts.checked or not report_told(filing, sat.on, today):
            continue
        kind = rules.kind(sat.kind)
        words = {"day": sat.on, "kind": kind.name, "kind_en": kind.name_en, "until": report_due(filing, sat.on)}
        yield Reminder("party-report-due", part_name(sat.meeting, sat.part), facts.body, words)
