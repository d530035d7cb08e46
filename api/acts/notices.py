"""Notices in public: put up with the fields of their matter's list, seen on the board, taken off.

What hangs is a small record beside the decision, whose file may be restricted. Each act is an entry of the hub's chain,
with the hash of what the notice said; of a notice that belongs to a decision's step it is an act of that record too.
"""

import hashlib
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import notice_record, tree
from api.acts.actor import Actor
from api.acts.decision_entries import place_of
from api.acts.hub_log import log_to_hub
from api.acts.spoken import spoken_at
from api.domain.catalogue import catalogue
from api.domain.day import day_of
from api.domain.posted import Period, checked, over_on, period
from api.domain.rights import Place
from api.errors.papers import NoticeOver
from api.errors.request import NotFound
from storage.canonical import canonical_bytes
from storage.ids import new_id
from storage.tables import Decision, NoticeHanging, NoticeTable, Objection, PublicNotice

WRITE = "decision.write"
SUPERVISE = "notice.supervise"
MOST = 500  # that a desk lists

Objected = list[tuple[str, str | None]]  # from which day, until which


async def put_up(
    session: AsyncSession,
    hub_id: str,
    actor: Actor,
    unit_id: str,
    matter: str,
    title: str,
    fields: dict[str, Any],
    from_on: str,
    decision_id: str | None = None,
    step: str | None = None,
    tables: Sequence[NoticeTable] = (),
) -> PublicNotice:
    """Hangs from that day on, with tables that were looked through and sealed (`acts/notice_tables`). Raises Forbidden,
    NotFound, NoSuchKey, NoPosting, WrongNotice, PrivateNumbers, and what the procedure refuses."""
    known = actor.catalogue.matter(matter)
    place = Place(await tree.path_of(session, unit_id), known.category, known.item_class)
    actor.require(WRITE, place)
    if decision_id is not None:
        decision = await session.get(Decision, decision_id)
        if decision is None or (decision.unit_id, decision.matter) != (unit_id, matter):
            raise NotFound(f"decision {decision_id}")
        if not actor.may(WRITE, await place_of(session, actor, decision)):  # as unknown as one that never was
            raise NotFound(f"decision {decision_id}")
    said = checked(actor.catalogue, matter, step, title, fields)
    hangs = period(actor.catalogue, matter, step)
    row = PublicNotice(
        id=new_id("ntc"), decision_id=decision_id, step=step, unit_id=unit_id, matter=matter, title=title.strip(),
        fields=said, rules_on=actor.on, from_on=from_on, days=hangs.days, working=hangs.working, stops=hangs.stops,
        put_up_by=actor.user_id, put_up_as=await spoken_at(session, actor, WRITE, place), put_up_wall=time.time_ns(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    chain = ["decision", decision_id] if decision_id is not None and step is not None else ["hub", hub_id]
    for table in tables:
        table.notice_id, table.chains = row.id, [chain]
        session.add(table)
    await session.flush()
    await notice_record.posted(session, row, tables, actor.by(WRITE, place))
    said_more = {"from_on": from_on, "says": says(row, tables)} | notice_record.named(tables)
    await _log(session, hub_id, "notice-up", row, row.put_up_as, said_more)
    return row


async def take_off(
    session: AsyncSession, hub_id: str, actor: Actor, notice_id: str, on: str, reason: str | None
) -> PublicNotice:
    """From `on` it hangs no more. Raises NotFound, Forbidden, NoticeOver."""
    row = await own(session, actor, notice_id, WRITE)
    if row.off_on is not None or on < row.from_on:
        raise NoticeOver(notice_id)
    row.off_on, row.off_reason, row.off_wall = on, reason, time.time_ns()
    where = await place(session, row)
    row.off_as = await spoken_at(session, actor, WRITE, where)
    await session.flush()
    await notice_record.off(session, row, actor.by(WRITE, where))
    await _log(session, hub_id, "notice-off", row, row.off_as, {"off_on": on, "reason": reason})
    return row


async def seen_hanging(session: AsyncSession, hub_id: str, actor: Actor, notice_id: str, on: str) -> PublicNotice:
    """The supervisor's tick: on that day it hung on the board. Raises NotFound, Forbidden, NoticeOver."""
    row = await own(session, actor, notice_id, SUPERVISE)
    if not row.from_on <= on <= actor.on or (row.off_on is not None and on >= row.off_on):
        raise NoticeOver(notice_id)
    said = await spoken_at(session, actor, SUPERVISE, await place(session, row))
    session.add(
        NoticeHanging(
            id=new_id("hng"), notice_id=row.id, on=on, seen_by=actor.user_id, seen_as=said, wall=time.time_ns()
        )
    )
    await session.flush()
    await _log(session, hub_id, "notice-seen", row, said, {"on": on})
    return row


async def own(session: AsyncSession, actor: Actor, notice_id: str, act: str) -> PublicNotice:
    """A notice on which the actor may do this. What it says is public, so that it is there is no secret."""
    row = await session.get(PublicNotice, notice_id, with_for_update=True)
    if row is None:
        raise NotFound(f"notice {notice_id}")
    actor.require(act, await place(session, row))
    return row


async def place(session: AsyncSession, row: PublicNotice) -> Place:
    matter = catalogue(row.rules_on).matter(row.matter)
    return Place(await tree.path_of(session, row.unit_id), matter.category, matter.item_class)


async def of_units(session: AsyncSession, units: set[str], *, ended: bool) -> list[PublicNotice]:
    """The newest first. `ended`: with those that were taken off or whose days are over."""
    wanted = select(PublicNotice).where(PublicNotice.unit_id.in_(units))
    if not ended:
        wanted = wanted.where(or_(PublicNotice.off_on.is_(None), PublicNotice.off_on > day_of(time.time_ns())))
    rows = await session.scalars(wanted.order_by(PublicNotice.from_on.desc(), PublicNotice.id.desc()).limit(MOST))
    return list(rows)


async def objected(session: AsyncSession, rows: list[PublicNotice]) -> dict[str, Objected]:
    found: dict[str, Objected] = {row.id: [] for row in rows}
    for notice, since, until in await session.execute(
        select(Objection.notice_id, Objection.on, Objection.answered_on).where(Objection.notice_id.in_(list(found)))
    ):
        found[notice].append((since, until))
    return found


async def tables_of(session: AsyncSession, notices: Sequence[str]) -> dict[str, list[NoticeTable]]:
    """Of each notice, in their order."""
    found: dict[str, list[NoticeTable]] = {each: [] for each in notices}
    rows = select(NoticeTable).where(NoticeTable.notice_id.in_(notices)).order_by(NoticeTable.number)
    for row in await session.scalars(rows):
        found[row.notice_id].append(row)
    return found


def until_on(row: PublicNotice, objections: Objected) -> str | None:
    """The first day on which it hangs no more; None: not before an objection is answered."""
    over = over_on(row.from_on, Period(row.days, row.working, row.stops), objections)
    if row.off_on is not None and (over is None or row.off_on < over):
        return row.off_on
    return over


def hangs(row: PublicNotice, objections: Objected, today: str) -> bool:
    over = until_on(row, objections)
    return row.from_on <= today and (over is None or today < over)


def says(row: PublicNotice, tables: Sequence[NoticeTable]) -> str:
    """The hash of what people read."""
    read: dict[str, Any] = {"matter": row.matter, "title": row.title, "fields": row.fields}
    if tables:
        read["tables"] = [[each.title, each.sha256] for each in tables]
    return hashlib.sha256(canonical_bytes(read)).hexdigest()


async def _log(
    session: AsyncSession, hub_id: str, kind: str, row: PublicNotice, said: str, more: dict[str, Any]
) -> None:
    entry = {"notice": row.id, "unit": row.unit_id, "decision": row.decision_id, "step": row.step, "as": said}
    await log_to_hub(session, hub_id, kind, entry | more)
