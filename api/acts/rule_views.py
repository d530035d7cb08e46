"""A county's own rules as the page shows them: what holds since when, each proposal with its files, its history."""

import time
from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.county_rules import named_of, place_of_rules, records_under_way
from api.acts.persons import same_person
from api.domain import catalogue
from api.domain.day import holds
from api.domain.mistakes import Placed
from api.domain.reading import legible
from api.errors.request import NotFound
from api.records.rules import RuleEntry, RuleFileView, RuleSetBrief, RuleSetView, RulesInForce
from storage.clock import rfc3339
from storage.database import Database
from storage.tables import RuleSet

LISTED = 200


async def every(database: Database, actor: Actor) -> list[RuleSetBrief]:
    async with database.reading() as session:
        await place_of_rules(session, actor)
        rows = await session.scalars(select(RuleSet).order_by(RuleSet.proposed_wall.desc()).limit(LISTED))
        return [await _brief(session, actor, row) for row in rows.all()]


async def one(database: Database, actor: Actor, rules_id: str) -> RuleSetView:
    async with database.reading() as session:
        await place_of_rules(session, actor)
        row = await session.get(RuleSet, rules_id)
        if row is None:
            raise NotFound(f"rules {rules_id}")
        brief = await _brief(session, actor, row)
        return RuleSetView(
            **brief.model_dump(),
            files=[RuleFileView(name=name, text=text) for name, text in row.files],
            entries=list(_entries([(None, each) for each in legible(named_of(row))], actor.on)),
            under_way=await records_under_way(session, actor.on),
        )


async def in_force(database: Database, actor: Actor) -> RulesInForce:
    """The county's own entries, those that others replaced too; of ours what holds beside them."""
    async with database.reading() as session:
        await place_of_rules(session, actor)
        rows = await session.scalars(select(RuleSet).where(RuleSet.state == "confirmed").order_by(RuleSet.number))
        own = [(row.number, each) for row in rows.all() for each in legible(named_of(row))]
        under_way = await records_under_way(session, actor.on)
    ours = [(None, each) for each in catalogue.shipped().placed]
    found = list(_entries([*ours, *own], actor.on))
    return RulesInForce(
        on=actor.on,
        own=[each for each in found if each.number is not None],
        shipped=[each for each in found if each.number is None and each.state == "holds"],
        under_way=under_way,
    )


def _entries(placed: Iterable[tuple[int | None, Placed]], on: str) -> Iterator[RuleEntry]:
    """Of several with one key the latest that holds counts, as in `catalogue`."""
    listed = list(placed)
    counts: dict[tuple[str, str], int] = {}
    for at, (_, each) in sorted(enumerate(listed), key=lambda one: one[1][1].entry.from_on):
        if holds(each.entry.from_on, each.entry.until_on, on):
            counts[each.table, each.entry.key] = at
    for at, (number, each) in enumerate(listed):
        entry = each.entry
        key = (each.table, entry.key)
        yield RuleEntry(
            table=each.table,
            key=entry.key,
            name=getattr(entry, "name", ""),
            name_en=getattr(entry, "name_en", ""),
            from_on=entry.from_on,
            until_on=entry.until_on,
            number=number,
            state="to-come" if entry.from_on > on else "holds" if counts.get(key) == at else "over",
        )


async def _brief(session: AsyncSession, actor: Actor, row: RuleSet) -> RuleSetBrief:
    over = row.state == "open" and row.expires_wall <= time.time_ns()
    own = row.state == "open" and await same_person(session, actor, row.proposed_by, row.proposed_wall)
    return RuleSetBrief(
        id=row.id, state="over" if over else row.state,  # type: ignore[arg-type]  # the table's own words
        number=row.number, reason=row.reason, sha256=row.sha256,
        from_on=row.from_on, proposed_as=row.proposed_as, proposed_wall=rfc3339(row.proposed_wall),
        expires_wall=rfc3339(row.expires_wall), own=own, answered_as=row.answered_as,
        answered_wall=None if row.answered_wall is None else rfc3339(row.answered_wall),
        confirmed_on=row.confirmed_on,
    )  # fmt: skip
