"""Import of units, party organisations, persons and posts: all or nothing, and a second run changes nothing.

The whole import runs inside one transaction; a dry run, and one with a single wrong line, is rolled back.
"""

import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.party import add_party_organisation
from api.acts.units import set_attributes
from api.domain.day import day_of
from api.domain.people_sheet import (
    BODIES,
    PARTY,
    PERSONS,
    POSTS,
    SHEETS,
    UNITS,
    LineError,
    Row,
    Sheet,
    TextRow,
    read_rows,
)
from api.domain.rights import Place
from api.errors.county import WrongLines
from api.errors.request import Forbidden
from api.records.people import ImportAnswer, ImportCounts, ImportError_
from storage.database import Database
from storage.ids import new_id
from storage.tables import (
    Body,
    PartyOrganisation,
    PartyOrganisationAttributes,
    Person,
    Post,
    Unit,
    UnitAttributes,
)

FIRST_DAY = "2018-01-01"  # a unit that is imported was there before the hub
MAX_ERRORS = 500


class _RolledBack(Exception):
    """A dry run, or wrong lines: nothing is kept."""


@dataclass
class _Count:
    new: int = 0
    changed: int = 0
    same: int = 0


@dataclass
class _Import:
    session: AsyncSession
    actor: Actor | None  # none: from the command line, on the machine itself
    today: str
    errors: list[LineError] = field(default_factory=list)
    counts: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    units_by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    units_by_code: dict[str, str] = field(default_factory=dict)
    allowed: set[str] | None = None
    everywhere: bool = True  # `allowed` is the whole county

    def wrong(self, sheet: Sheet, row: int, column: str, code: str, zh: str, en: str) -> None:
        title = next(each.title for each in sheet.columns if each.key == column)
        self.errors.append(LineError(sheet.title, row, title, code, zh, en))


async def import_people(
    database: Database, actor: Actor | None, hub_id: str, sheets: dict[str, list[TextRow]], dry: bool
) -> ImportAnswer:
    """What would change (dry) or has changed; with errors nothing has."""
    if actor is not None and not actor.subtrees("people.write"):
        raise Forbidden("people.write")
    done: _Import | None = None
    try:
        async with database.writing() as session:
            done = await _run(session, actor, sheets)
            if dry or done.errors:
                raise _RolledBack
            changed = {name: asdict(count) for name, count in done.counts.items()}
            if any(count["new"] or count["changed"] for count in changed.values()):
                by = actor.user_id if actor else "command line"
                await log_to_hub(session, hub_id, "import", {"by": by, "counts": changed})
    except _RolledBack:
        pass
    assert done is not None
    return ImportAnswer(
        dry=dry,
        counts={sheet.key: ImportCounts(**asdict(done.counts[sheet.key])) for sheet in SHEETS}
        | {"bodies": ImportCounts(**asdict(done.counts["bodies"]))},
        errors=[ImportError_(**asdict(error)) for error in done.errors[:MAX_ERRORS]],
    )


def check_clean(answer: ImportAnswer) -> None:
    """Raises WrongLines: a real run with errors is a refusal."""
    if answer.errors and not answer.dry:
        raise WrongLines(**answer.model_dump())


async def _run(session: AsyncSession, actor: Actor | None, sheets: dict[str, list[TextRow]]) -> _Import:
    work = _Import(session, actor, day_of(time.time_ns()))
    if actor is not None:
        work.allowed = await tree.subtree(session, actor.subtrees("people.write"))
    await _load_units(work)
    for sheet, take in ((UNITS, _take_units), (PARTY, _take_party), (PERSONS, _take_persons), (POSTS, _take_posts)):
        rows, errors = read_rows(sheet, sheets.get(sheet.key, []))
        work.errors += errors
        await take(work, rows)
        await session.flush()
    work.errors.sort(key=lambda e: ([s.title for s in SHEETS].index(e.sheet), e.row))
    return work


async def _load_units(work: _Import) -> None:
    rows = await work.session.execute(
        select(UnitAttributes.unit_id, UnitAttributes.name, UnitAttributes.code).where(
            UnitAttributes.until_on.is_(None)
        )
    )
    for unit_id, name, code in rows:
        work.everywhere &= work.allowed is None or unit_id in work.allowed
        work.units_by_name[name].append(unit_id)
        if code:
            work.units_by_code[code] = unit_id


def _unit(work: _Import, sheet: Sheet, number: int, row: Row, column: str, write: bool = True) -> str | None:
    """The unit that a cell means; an error, and None, when it means none, several, or one out of reach."""
    text = row[column]
    if text is None:
        return None
    by_name = work.units_by_name.get(text, [])
    found = work.units_by_code.get(text) or (by_name[0] if len(by_name) == 1 else None)
    if found is None and len(by_name) > 1:
        zh = f"有 {len(by_name)} 个单位叫“{text}”，请填写 12 位区划代码"
        work.wrong(sheet, number, column, "import.unit-ambiguous", zh, "Several units have this name; give the code.")
    elif found is None:
        work.wrong(sheet, number, column, "import.unit-unknown", f"没有单位“{text}”", "There is no such unit.")
    elif write and work.allowed is not None and found not in work.allowed:
        zh = f"您无权修改“{text}”的人员"
        work.wrong(sheet, number, column, "import.unit-foreign", zh, "This unit is outside your rights.")
        return None
    return found


async def _take_units(work: _Import, rows: list[tuple[int, Row]]) -> None:
    """Parents may stand below their children: rows are taken in as many rounds as the tree is deep."""
    waiting = rows
    names = {row["name"] for _, row in rows} | {row["code"] for _, row in rows if row["code"]}
    for _ in range(tree.DEEPEST):
        later: list[tuple[int, Row]] = []
        for number, row in waiting:
            parent = row["parent"]
            known = parent is None or parent in work.units_by_code or work.units_by_name.get(parent)
            if not known and parent in names:
                later.append((number, row))
            else:
                await _take_unit(work, number, row)
        if len(later) == len(waiting) or not later:
            break
        waiting = later
    for number, _ in later:
        work.wrong(UNITS, number, "parent", "import.ring", "上级单位互相循环", "The parents run in a ring.")


async def _take_unit(work: _Import, number: int, row: Row) -> None:
    name, code = row["name"] or "", row["code"]
    parent = _unit(work, UNITS, number, row, "parent", write=False) if row["parent"] else None
    if row["parent"] and parent is None:
        return
    found = work.units_by_code.get(code or "")
    if found is None:
        for unit_id in work.units_by_name.get(name, []):
            last = (await tree.current(work.session, unit_id)).attributes
            if last is not None and last.parent_id == parent and (code is None or last.code is None):
                found = unit_id
    if work.actor is not None:
        last = (await tree.current(work.session, found)).attributes if found else None
        places = [found or parent] + ([parent] if last is not None and last.parent_id != parent else [])
        paths = [await tree.path_of(work.session, place) if place else [] for place in places]
        # A secretary's workbook may name his unit as it is, but not change the tree.
        changes = last is None or (last.name, last.parent_id) != (name, parent) or (code and code != last.code)
        if changes and not all(work.actor.may("unit.write", Place(path)) for path in paths):
            zh, en = "您无权新增或修改单位", "You may not change the tree of units."
            work.wrong(UNITS, number, "name", "import.unit-right", zh, en)
            return
    if found is None:
        found = new_id("unt")
        work.session.add(Unit(id=found, level=row["level"] or "village"))
        await work.session.flush()
        work.session.add(
            UnitAttributes(id=new_id("una"), unit_id=found, name=name, code=code, parent_id=parent, from_on=FIRST_DAY)
        )
        work.counts["units"].new += 1
        if work.allowed is not None:
            work.allowed.add(found)
        work.units_by_name[name].append(found)
    else:
        step = await tree.current(work.session, found)
        last = step.attributes
        if last is None or step.unit.level != row["level"]:
            work.wrong(UNITS, number, "level", "import.level", "与已有单位的层级不一致", "The unit has another level.")
            return
        if (last.name, last.code, last.parent_id) == (name, code or last.code, parent):
            work.counts["units"].same += 1
        else:
            if parent is not None and found in await tree.path_of(work.session, parent):
                work.wrong(UNITS, number, "parent", "import.ring", "上级单位互相循环", "The parents run in a ring.")
                return
            await set_attributes(work.session, last, name, code or last.code, parent, work.today)
            work.counts["units"].changed += 1
            if found not in work.units_by_name[name]:
                work.units_by_name[name].append(found)
    if code:
        work.units_by_code[code] = found
    await work.session.flush()


async def _take_party(work: _Import, rows: list[tuple[int, Row]]) -> None:
    known: dict[str, PartyOrganisationAttributes] = {
        row.name: row
        for row in await work.session.scalars(
            select(PartyOrganisationAttributes).where(PartyOrganisationAttributes.until_on.is_(None))
        )
    }
    for number, row in rows:
        name = row["name"] or ""
        unit = _unit(work, PARTY, number, row, "unit")
        if row["unit"] and unit is None:
            continue
        parent: str | None = None
        if row["parent"]:
            above = known.get(row["parent"])
            if above is None:
                zh = f"没有党组织“{row['parent']}”（上级请写在下级之前）"
                en = "There is no such organisation; a superior stands above."
                work.wrong(PARTY, number, "parent", "import.party-unknown", zh, en)
                continue
            parent = above.party_organisation_id
        old = known.get(name)
        # By its name alone nobody moves another unit's organisation, nor makes one that belongs to none.
        reached = {unit, old.unit_id if old else unit}
        same = old is not None and (old.parent_id, old.unit_id) == (parent, unit)
        if not (same or work.everywhere or reached <= (work.allowed or set())):
            zh, en = f"您无权新增或修改党组织“{name}”", "This organisation is outside your rights."
            work.wrong(PARTY, number, "name", "import.party-foreign", zh, en)
            continue
        if old is None:
            level = row["level"] or "branch"
            await add_party_organisation(work.session, name, level, parent, unit, FIRST_DAY)
            known[name] = (
                await work.session.scalars(
                    select(PartyOrganisationAttributes).where(
                        PartyOrganisationAttributes.name == name, PartyOrganisationAttributes.until_on.is_(None)
                    )
                )
            ).one()
            work.counts["party_organisations"].new += 1
            continue
        organisation = await work.session.get(PartyOrganisation, old.party_organisation_id)
        if organisation is not None and organisation.level != row["level"]:
            work.wrong(PARTY, number, "level", "import.level", "与已有党组织的类别不一致", "It has another level.")
        elif (old.parent_id, old.unit_id) == (parent, unit):
            work.counts["party_organisations"].same += 1
        else:
            if old.from_on < work.today:
                old.until_on = work.today
                new = PartyOrganisationAttributes(
                    id=new_id("pta"),
                    party_organisation_id=old.party_organisation_id,
                    name=name,
                    parent_id=parent,
                    unit_id=unit,
                    from_on=work.today,
                )
                work.session.add(new)
                known[name] = new
            else:
                old.parent_id, old.unit_id = parent, unit
            await work.session.flush()
            work.counts["party_organisations"].changed += 1


async def _take_persons(work: _Import, rows: list[tuple[int, Row]]) -> None:
    seen: set[tuple[str, str, str | None]] = set()
    for number, row in rows:
        unit = _unit(work, PERSONS, number, row, "unit")
        if unit is None:
            continue
        key = (unit, row["name"] or "", row["known_as"])
        if key in seen:
            zh = "同一单位有两个同名的人，请填写“区别称呼”"
            en = "The same name twice in one unit; tell them apart."
            work.wrong(PERSONS, number, "name", "import.person-twice", zh, en)
            continue
        seen.add(key)
        if await _person(work.session, *key) is None:
            work.session.add(Person(id=new_id("per"), unit_id=key[0], name=key[1], known_as=key[2]))
            await work.session.flush()
            work.counts["persons"].new += 1
        else:
            work.counts["persons"].same += 1


async def _person(session: AsyncSession, unit: str, name: str, known_as: str | None) -> Person | None:
    query = select(Person).where(Person.unit_id == unit, Person.name == name)
    query = query.where(Person.known_as.is_(None) if known_as is None else Person.known_as == known_as)
    return (await session.scalars(query.order_by(Person.id).limit(1))).first()


async def _take_posts(work: _Import, rows: list[tuple[int, Row]]) -> None:
    chinese = {key: title for title, key in BODIES.items()}
    for number, row in rows:
        unit = _unit(work, POSTS, number, row, "unit")
        if unit is None:
            continue
        person = await _person(work.session, unit, row["name"] or "", row["known_as"])
        if person is None:
            zh = f"“人员”表中没有“{row['name']}”"
            work.wrong(POSTS, number, "name", "import.person-unknown", zh, "This person is not on the sheet 人员.")
            continue
        kind = row["body"] or ""
        body = (
            await work.session.scalars(
                select(Body).where(Body.unit_id == unit, Body.kind == kind).order_by(Body.id).limit(1)
            )
        ).first()
        if body is None:
            ref = await tree.ref(work.session, unit)
            body = Body(id=new_id("bdy"), kind=kind, name=ref.name + chinese[kind], unit_id=unit)
            work.session.add(body)
            await work.session.flush()
            work.counts["bodies"].new += 1
        await _take_post(work, row, person, body)


async def _take_post(work: _Import, row: Row, person: Person, body: Body) -> None:
    """A post is the same by person, body, title and first day; its end and its vote may change."""
    votes = row["votes"] == "yes"
    old = (
        await work.session.scalars(
            select(Post).where(
                Post.person_id == person.id,
                Post.body_id == body.id,
                Post.title == (row["title"] or ""),
                Post.from_on == (row["from_on"] or ""),
            )
        )
    ).first()
    if old is None:
        work.session.add(
            Post(
                id=new_id("pst"),
                person_id=person.id,
                body_id=body.id,
                title=row["title"] or "",
                votes=votes,
                from_on=row["from_on"] or "",
                until_on=row["until_on"],
            )
        )
        work.counts["posts"].new += 1
    elif (old.votes, old.until_on) == (votes, row["until_on"]):
        work.counts["posts"].same += 1
    else:
        old.votes, old.until_on = votes, row["until_on"]
        work.counts["posts"].changed += 1
    await work.session.flush()
