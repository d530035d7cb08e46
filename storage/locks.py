"""The locks on stored objects in the database: which are to be prolonged, held, taken away, and what became of it.

A lock lasts LOCK_AHEAD at most, so that a store that has to be moved isn't bound for thirty years, and is prolonged
when LEFT of it is left, as long as the recording's term lasts. With these figures each object is asked for once in
eleven months, and an outage of a month is an alarm with another month to spare.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from storage.tables import (  # fmt: skip
    FILINGS,
    Deletion,
    Delivery,
    Filing,
    Hold,
    Lock,
    Recording,
    Seclusion,
    Segment,
    Stored,
    Term,
)

SECOND = 10**9
DAY = 86_400 * SECOND
AHEAD = 400 * DAY
LEFT = 60 * DAY
LATE = 30 * DAY
Id = ColumnElement[str] | InstrumentedAttribute[str] | str
LAST = 15 * DAY  # the first lock is of 30 days: when half of it is gone it is late


@dataclass(frozen=True, slots=True)
class Due:
    """An object, and until when it is to be locked."""

    lock: Lock
    stored: Stored
    until_wall: int
    due_wall: int | None  # when it is to be prolonged again; None: never, as the rules are


@dataclass(frozen=True, slots=True)
class Lateness:
    waiting: int  # due, and not done yet
    late: int  # so much so that somebody must be told
    ends_wall: int | None  # when the first of those that wait runs out


def wanted(now_wall: int, term_wall: int | None) -> tuple[int, int | None]:
    """Until when an object is locked now, in whole seconds, and when that is to be prolonged."""
    most = (now_wall + AHEAD) // SECOND * SECOND
    if term_wall is not None and term_wall <= most:
        return term_wall, None
    return most, most - LEFT


def held(recording_id: Id) -> ColumnElement[bool]:
    """Whether a recording is under a hold."""
    return select(Hold.id).where(Hold.recording_id == recording_id, Hold.lifted_wall.is_(None)).exists()


def secluded(recording_id: Id) -> ColumnElement[bool]:
    return select(Seclusion.id).where(Seclusion.recording_id == recording_id, Seclusion.ended_wall.is_(None)).exists()


def _waiting(now_wall: int) -> ColumnElement[bool]:
    return and_(Lock.due_wall <= now_wall, Lock.removing_wall.is_(None), Recording.state == "closed")


async def due(session: AsyncSession, now_wall: int, skip: set[str], limit: int) -> list[Due]:
    """Those that run out first come first. A recording whose term nobody has settled yet waits for it: what is locked
    once can't be made shorter."""
    rows = await session.execute(
        select(Lock, Stored, Term.until_wall)
        .join(Stored, Stored.segment_id == Lock.segment_id)
        .join(Recording, Recording.id == Lock.recording_id)
        .join(Term, Term.recording_id == Lock.recording_id)
        .where(_waiting(now_wall))
        .order_by(Lock.until_wall, Lock.segment_id)
        .limit(limit + len(skip))
    )
    found = [Due(lock, stored, *wanted(now_wall, term)) for lock, stored, term in rows if lock.segment_id not in skip]
    return found[:limit]


async def prolonged(session: AsyncSession, done: list[tuple[str, int, int | None]]) -> None:
    """What the store confirmed: segment, until when, when due again. Never back: of two workers the later stays."""
    for segment, until_wall, due_wall in done:
        await session.execute(
            update(Lock)
            .where(Lock.segment_id == segment, Lock.until_wall <= until_wall)
            .values(until_wall=until_wall, due_wall=due_wall)
        )


async def lateness(session: AsyncSession, now_wall: int) -> Lateness:
    over = or_(Lock.due_wall <= now_wall - LATE, Lock.until_wall <= now_wall + LAST)
    waiting, late, ends = (
        await session.execute(
            select(func.count(), func.count().filter(over), func.min(Lock.until_wall))
            .select_from(Lock)
            .join(Recording, Recording.id == Lock.recording_id)
            .outerjoin(Term, Term.recording_id == Lock.recording_id)
            .where(_waiting(now_wall), or_(Term.until_wall.is_(None), Term.until_wall > Lock.until_wall))
        )
    ).one()
    files, late_files, file_ends = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(Delivery.locked_until_wall <= now_wall + LAST),
                func.min(Delivery.locked_until_wall),
            )
            .select_from(Delivery)
            .join(Recording, Recording.id == Delivery.recording_id)
            .outerjoin(Term, Term.recording_id == Delivery.recording_id)
            .outerjoin(Deletion, Deletion.recording_id == Delivery.recording_id)
            .where(Delivery.state == "stored", Delivery.removed_wall.is_(None), Recording.state == "closed")
            .where(Delivery.locked_until_wall < now_wall + LEFT, Deletion.recording_id.is_(None))
            .where(or_(Term.until_wall.is_(None), Term.until_wall > Delivery.locked_until_wall))
        )
    ).one()
    filed = [await _filed_lateness(session, table, now_wall) for table in FILINGS]
    # Nobody settled a term: the api is away, and the first locks run out.
    without = await session.scalar(
        select(func.count())
        .select_from(Recording)
        .outerjoin(Term, Term.recording_id == Recording.id)
        .where(Recording.state == "closed", Recording.closed_wall <= now_wall - LAST, Term.recording_id.is_(None))
    )
    first = min((each for each in (ends, file_ends, *(each[2] for each in filed)) if each is not None), default=None)
    more, more_late = (sum(each[at] or 0 for each in filed) + (without or 0) for at in (0, 1))
    return Lateness(waiting + files + more, late + late_files + more_late, first)


async def _filed_lateness(session: AsyncSession, table: type[Filing], now_wall: int) -> tuple[int, int, int | None]:
    """Plans, signed papers and notices' tables are kept for ever."""
    found = await session.execute(
        select(
            func.count(),
            func.count().filter(table.locked_until_wall <= now_wall + LAST),
            func.min(table.locked_until_wall),
        ).where(table.state == "stored", table.locked_until_wall < now_wall + LEFT)
    )
    count, late, ends = found.one()
    return count, late, ends


async def to_hold(session: AsyncSession, but: set[str], limit: int) -> list[tuple[Lock, Stored]]:
    """Objects whose hold in the store isn't what the rows ask for, without those segments; those to be held first."""
    base = select(Lock, Stored).join(Stored, Stored.segment_id == Lock.segment_id)
    base = base.where(Lock.removed_wall.is_(None), Lock.segment_id.not_in(but))
    on = base.join(Hold, Hold.recording_id == Lock.recording_id).where(Hold.lifted_wall.is_(None), Lock.held.is_(False))
    found = [(lock, stored) for lock, stored in await session.execute(on.distinct().limit(limit))]
    off = base.where(Lock.held.is_(True), ~held(Lock.recording_id)).limit(max(0, limit - len(found)))
    return found + [(lock, stored) for lock, stored in await session.execute(off)]


async def noted_held(session: AsyncSession, segments: list[str], is_held: bool) -> None:
    await session.execute(update(Lock).where(Lock.segment_id.in_(segments)).values(held=is_held))


async def claim(session: AsyncSession, now_wall: int, limit: int) -> list[tuple[Lock, Stored]]:
    """Objects that may be taken away now: ordered by two persons, their lock has run out, nothing is held or secluded.
    The recording's row is locked meanwhile, as by who places a hold: he knows what was too late for it."""
    found: list[tuple[Lock, Stored]] = []
    ordered = select(Deletion.recording_id).where(Deletion.done_wall.is_(None)).order_by(Deletion.ordered_wall)
    for recording in (await session.scalars(ordered)).all():
        if len(found) >= limit:
            break
        await session.get(Recording, recording, with_for_update=True)
        if await session.scalar(select(or_(held(recording), secluded(recording)))):
            continue
        rows = await session.execute(
            select(Lock, Stored)
            .join(Stored, Stored.segment_id == Lock.segment_id)
            .where(Lock.recording_id == recording, Lock.removed_wall.is_(None), Lock.until_wall <= now_wall)
            .where(Lock.held.is_(False))
            .order_by(Lock.segment_id)
            .limit(limit - len(found))
        )
        for lock, stored in rows:
            lock.removing_wall = lock.removing_wall or now_wall
            found.append((lock, stored))
    return found


async def noted_removed(session: AsyncSession, segments: list[str], now_wall: int) -> None:
    await session.execute(update(Lock).where(Lock.segment_id.in_(segments)).values(removed_wall=now_wall))


async def finished(session: AsyncSession) -> list[str]:
    """Recordings ordered to be deleted of which no object is left, and no delivery (`recorder.delivered`). One of which
    a segment was never stored isn't."""
    left = (
        select(Segment.id)
        .outerjoin(Lock, Lock.segment_id == Segment.id)
        .where(Segment.recording_id == Deletion.recording_id, Lock.removed_wall.is_(None))
        .exists()
    )
    delivered = (
        select(Delivery.id)
        .where(Delivery.recording_id == Deletion.recording_id, Delivery.removed_wall.is_(None))
        .where(Delivery.state != "receiving")
        .exists()
    )
    done = select(Deletion.recording_id).where(Deletion.done_wall.is_(None), ~left, ~delivered)
    return list(await session.scalars(done))
