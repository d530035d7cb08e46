"""A county's own rules: one person proposes the files, another takes them up; each word is an entry of the hub's chain.

They hold from days to come only, so that no record's rules change under it. Every process reads them from the database
when it begins and looks for new ones every few seconds; so all of them have read them before anything of them holds
(`MARGIN_S`).
"""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.persons import same_person
from api.acts.spoken import spoken_at
from api.domain import catalogue
from api.domain.day import day_of
from api.domain.procedure.table import OVER
from api.domain.reading import Files, taken_up
from api.domain.rights import Place
from api.errors.county import RuleProposalOpen
from api.errors.recordings import ProposalOver, SamePerson
from api.errors.request import Forbidden, NotFound
from api.records.rules import NewRules, RuleFiles, RulesChecked
from storage.clock import rfc3339
from storage.database import Database
from storage.ids import new_id
from storage.tables import Decision, RuleSet, Unit

RIGHT = "rules.write"
OPEN_FOR_NS = 7 * 86_400 * 10**9
MARGIN_S = 600  # in the last minutes of a day the next one counts as today
Named = Sequence[tuple[str, str]]


def digest(files: Named) -> str:
    """Of names and texts, each as it came."""
    return hashlib.sha256(json.dumps([list(each) for each in files], ensure_ascii=False).encode()).hexdigest()


def earliest_after(now_ns: int) -> str:
    """The day after which an entry may hold, said now."""
    return day_of(now_ns + MARGIN_S * 10**9)


def first_day(before: Files, after: Files) -> str:
    return min((each.entry.from_on for each in after.placed[len(before.placed) :]), default="")


async def check(database: Database, actor: Actor, new: RuleFiles) -> RulesChecked:
    """Raises WrongCatalogue with every mistake."""
    async with database.reading() as session:
        await place_of_rules(session, actor)
        before = await _held(session)
        under_way = await records_under_way(session, actor.on)
    after = taken_up(before, new.named(), earliest_after(time.time_ns()))
    new_entries = len(after.placed) - len(before.placed)
    return RulesChecked(entries=new_entries, from_on=first_day(before, after), under_way=under_way)


async def propose(database: Database, hub_id: str, actor: Actor, new: NewRules) -> str:
    """One at a time: what was checked is what is taken up. Raises WrongCatalogue, RuleProposalOpen."""
    now = time.time_ns()
    async with database.writing() as session:
        said = await spoken_at(session, actor, RIGHT, await place_of_rules(session, actor))
        before = await _held(session)
        after = taken_up(before, new.named(), earliest_after(now))
        if await session.scalar(select(RuleSet.id).where(RuleSet.state == "open", RuleSet.expires_wall > now).limit(1)):
            raise RuleProposalOpen
        row = RuleSet(
            id=new_id("rul"), files=[list(each) for each in new.named()], sha256=digest(new.named()), reason=new.reason,
            from_on=first_day(before, after), state="open", proposed_by=actor.user_id, proposed_as=said,
            proposed_wall=now, expires_wall=now + OPEN_FOR_NS,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        await log_to_hub(session, hub_id, "rules-proposed", statement(row))
        return row.id


async def answer(database: Database, hub_id: str, actor: Actor, rules_id: str, word: str) -> None:
    """`confirm`, `refuse` or `withdraw`. Raises SamePerson, ProposalOver, and WrongCatalogue where it doesn't fit any
    longer: a day has passed, or other rules came first."""
    now = time.time_ns()
    async with database.writing() as session:
        said = await spoken_at(session, actor, RIGHT, await place_of_rules(session, actor))
        row = await session.get(RuleSet, rules_id, with_for_update=True)
        if row is None:
            raise NotFound(f"rules {rules_id}")
        if row.state != "open" or row.expires_wall <= now:
            raise ProposalOver(rules_id)
        same = await same_person(session, actor, row.proposed_by, row.proposed_wall)
        if same is not (word == "withdraw"):
            raise SamePerson(word)
        if word == "confirm":
            row.confirmed_on = earliest_after(now)
            taken_up(await _held(session), named_of(row), row.confirmed_on)
            row.number = 1 + (await session.scalar(select(func.max(RuleSet.number))) or 0)
        row.answered_by, row.answered_as, row.answered_wall = actor.user_id, said, now
        row.state = {"confirm": "confirmed", "refuse": "refused", "withdraw": "withdrawn"}[word]
        await session.flush()
        await log_to_hub(session, hub_id, f"rules-{row.state}", statement(row))


def statement(row: RuleSet) -> dict[str, Any]:
    """As it stands in the hub's chain: the hash says which files."""
    return {
        "rules": row.id,
        "number": row.number,
        "files": [name for name, _ in row.files],
        "sha256": row.sha256,
        "from_on": row.from_on,
        "reason": row.reason,
        "proposed": {"by": row.proposed_by, "as": row.proposed_as, "at": rfc3339(row.proposed_wall)},
        "answered": None
        if row.answered_wall is None
        else {"by": row.answered_by, "as": row.answered_as, "at": rfc3339(row.answered_wall)},
    }


async def place_of_rules(session: AsyncSession, actor: Actor) -> Place:
    """Rules are the county's: the right is asked at its units. Raises Forbidden."""
    counties = await session.scalars(select(Unit.id).where(Unit.level == "county"))
    place = Place(frozenset(counties))
    if not actor.may(RIGHT, place):
        raise Forbidden(RIGHT)
    return place


async def records_under_way(session: AsyncSession, on: str) -> int:
    """How many decision records keep the rules under which they began, whatever is taken up."""
    due = or_(Decision.due_until.is_(None), Decision.due_until > on)
    ended = Decision.outcome.in_(OVER)
    found = select(func.count()).select_from(Decision).where(due, or_(Decision.outcome.is_(None), ~ended))
    return await session.scalar(found) or 0


# --- what every process reads


async def _held(session: AsyncSession) -> Files:
    """Ours, and what was taken up since, in its order. Raises WrongCatalogue where an update of ours contradicts it."""
    data = catalogue.shipped()
    rows = await session.scalars(select(RuleSet).where(RuleSet.state == "confirmed").order_by(RuleSet.number))
    for row in rows.all():
        data = taken_up(data, named_of(row), row.confirmed_on or "")
    return data


def named_of(row: RuleSet) -> list[tuple[str, str]]:
    return [(name, text) for name, text in row.files]


async def load(database: Database) -> int:
    """The rules in force become this process's; gives how many sets were taken up."""
    async with database.reading() as session:
        data = await _held(session)
        count = await _count(session)
    catalogue.take_up(data)
    return count


async def count(database: Database) -> int:
    async with database.reading() as session:
        return await _count(session)


async def _count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(RuleSet).where(RuleSet.state == "confirmed")) or 0
