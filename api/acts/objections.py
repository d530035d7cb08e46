"""Objections to what hangs in public: said on the page by name, or to a supervisor; answered once, in writing.

The page is open to the world: an address and a unit have so many a day, a text so many characters, and what is stored
comes back to the village's desk only.
"""

import time

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import notice_record, tree
from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.notices import SUPERVISE, WRITE, hangs, objected, own, place
from api.acts.spoken import spoken_at
from api.domain.day import day_of
from api.domain.private_numbers import find
from api.domain.rights import Place
from api.errors.papers import NoticeOver, ObjectionAnswered, PrivateNumbers, TooManyObjections
from api.errors.request import BadRequest, Forbidden, NotFound
from storage.database import insert_if_absent
from storage.ids import new_id
from storage.tables import Objection, ObjectionCount, PublicNotice

OF_AN_ADDRESS = 10  # a day; a whole village may stand behind one
OF_A_UNIT = 100
LONGEST_NAME = 40
LONGEST_TEXT = 1000
MOST = 500


async def object_on_page(
    session: AsyncSession, hub_id: str, units: set[str], notice_id: str, name: str, text: str, address: str
) -> Objection:
    """Raises NotFound, NoticeOver, BadRequest, PrivateNumbers, TooManyObjections."""
    row = await session.get(PublicNotice, notice_id)
    if row is None or row.unit_id not in units:
        raise NotFound(f"notice {notice_id}")
    name, text = _clean(name, LONGEST_NAME), _clean(text, LONGEST_TEXT)
    if not name:
        raise BadRequest("name")
    today = day_of(time.time_ns())
    await session.execute(delete(ObjectionCount).where(ObjectionCount.on < today))
    await _count(session, f"address {address}", today, OF_AN_ADDRESS)
    await _count(session, f"unit {row.unit_id}", today, OF_A_UNIT)
    return await _object(session, hub_id, row, name, text, None)


async def object_to_supervisor(
    session: AsyncSession, hub_id: str, actor: Actor, notice_id: str, name: str | None, text: str
) -> Objection:
    """Raises NotFound, Forbidden, NoticeOver, BadRequest, PrivateNumbers."""
    row = await own(session, actor, notice_id, SUPERVISE)
    said = await spoken_at(session, actor, SUPERVISE, await place(session, row))
    return await _object(
        session, hub_id, row, _clean(name or "", LONGEST_NAME) or None, _clean(text, LONGEST_TEXT), said
    )


async def answer(session: AsyncSession, hub_id: str, actor: Actor, objection_id: str, text: str) -> Objection:
    """Raises NotFound, Forbidden, ObjectionAnswered, BadRequest, PrivateNumbers."""
    found = await session.get(Objection, objection_id, with_for_update=True)
    if found is None:
        raise NotFound(f"objection {objection_id}")
    try:
        row = await own(session, actor, found.notice_id, WRITE)
    except Forbidden:
        raise NotFound(f"objection {objection_id}") from None
    if found.answer is not None:
        raise ObjectionAnswered(objection_id)
    found.answer = _clean(text, LONGEST_TEXT)
    if not found.answer:
        raise BadRequest("answer")
    found.answered_wall = time.time_ns()
    found.answered_on = day_of(found.answered_wall)
    where = await place(session, row)
    found.answered_as = await spoken_at(session, actor, WRITE, where)
    await session.flush()
    await notice_record.answered(session, row, found, actor.by(WRITE, where))
    said = {"notice": row.id, "objection": found.id, "on": found.answered_on, "as": found.answered_as}
    await log_to_hub(session, hub_id, "objection-answered", said)
    return found


async def of_unit(session: AsyncSession, actor: Actor, unit_id: str) -> list[tuple[Objection, PublicNotice]]:
    """The village's own desk and its supervisors: nobody else learns who objected. Unanswered ones first."""
    path = await tree.path_of(session, unit_id)
    rows = await session.execute(
        select(Objection, PublicNotice)
        .join(PublicNotice, PublicNotice.id == Objection.notice_id)
        .where(Objection.unit_id.in_(await tree.subtree(session, [unit_id])))
        .order_by(Objection.answer.is_not(None), Objection.wall.desc())
        .limit(MOST)
    )
    if not any(actor.may(act, Place(path)) for act in (WRITE, SUPERVISE)):
        raise Forbidden(WRITE)
    seen = []
    for objection, notice in rows.all():
        at = await place(session, notice)
        if any(actor.may(act, at) for act in (WRITE, SUPERVISE)):
            seen.append((objection, notice))
    return seen


async def _object(
    session: AsyncSession, hub_id: str, row: PublicNotice, name: str | None, text: str, said: str | None
) -> Objection:
    now = time.time_ns()
    today = day_of(now)
    if not hangs(row, (await objected(session, [row]))[row.id], today):
        raise NoticeOver(row.id)
    if not text:
        raise BadRequest("text")
    found = Objection(
        id=new_id("obj"), notice_id=row.id, unit_id=row.unit_id, name=name, text=text, on=today, wall=now, taken_as=said
    )  # fmt: skip
    session.add(found)
    await session.flush()
    await notice_record.objected(session, row, found)
    # Neither name nor text: the hub's chain goes into every export.
    entry = {"notice": row.id, "decision": row.decision_id, "step": row.step, "objection": found.id, "on": today}
    await log_to_hub(session, hub_id, "objection", entry | {"as": said})
    return found


def _clean(text: str, longest: int) -> str:
    text = "".join(char for char in text.replace("\r\n", "\n") if char == "\n" or char.isprintable()).strip()
    if len(text) > longest:
        raise BadRequest(f"at most {longest} characters")
    if find(text):
        raise PrivateNumbers
    return text


async def _count(session: AsyncSession, subject: str, on: str, limit: int) -> None:
    await insert_if_absent(session, ObjectionCount, subject=subject, on=on, count=0)
    counted = await session.scalar(
        update(ObjectionCount)
        .where(ObjectionCount.subject == subject, ObjectionCount.on == on, ObjectionCount.count < limit)
        .values(count=ObjectionCount.count + 1)
        .returning(ObjectionCount.count)
    )
    if counted is None:
        raise TooManyObjections(subject.partition(" ")[0])
