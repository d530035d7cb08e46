"""The county's desk: 规范率 and 全面覆盖率 of a period (DESIGN §7), by town, village, category and rule, and the
affairs behind each figure.

Counted is every decision with a step due in the period, and every affair settled outside the system in it. A decision
is properly done as far as no rule of procedure was broken by the village until the period's end, what was overdue then
included: what has its time still hasn't failed, and nothing leaves by waiting.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.decision_words import HIDDEN
from api.acts.decisions import hidden_items, hidden_parts
from api.acts.desk_scope import PAGE, Scope, matter_ref, scope
from api.acts.desk_words import rule_words
from api.domain.clauses import cited
from api.errors.request import BadRequest
from api.records.base import Sentence
from api.records.desks import Affair, AffairPage, CategoryFigures, CountyDesk, Figures, RuleFigures, UnitFigures, Which
from storage.tables import AgendaItem, BrokenRule, Decision, DecisionItem, OutsideAffair

B, D, O = BrokenRule, Decision, OutsideAffair  # noqa: E741  # as in SQL
OUTSIDE = Sentence(code="outside", zh="体外事项：没有在系统中办理", en="Settled outside the system.")


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both included; what fails later than today hasn't failed."""

    first: str
    last: str
    today: str

    @property
    def judged_on(self) -> str:
        return min(self.last, self.today)

    def decisions(self) -> ColumnElement[bool]:
        return and_(D.due_from <= self.last, or_(D.due_until.is_(None), D.due_until >= self.first))

    def outside(self) -> ColumnElement[bool]:
        return and_(O.on.between(self.first, self.last), O.struck_wall.is_(None))

    def broken(self) -> ColumnElement[bool]:
        return and_(D.broken_on.is_not(None), D.broken_on <= self.judged_on)

    def uncovered(self) -> ColumnElement[bool]:
        return and_(D.uncovered_on.is_not(None), D.uncovered_on <= self.judged_on)

    def under_way(self) -> ColumnElement[bool]:
        return or_(D.due_until.is_(None), D.due_until > self.judged_on)


def period(first: str | None, last: str | None, today: str) -> Period:
    """This year until today, where none is named. Raises BadRequest."""
    last = last or today
    first = first or f"{last[:4]}-01-01"
    if first > last:
        raise BadRequest("from > until", fields=["from", "until"])
    return Period(first, last, today)


# --- figures


@dataclass(slots=True)
class _Tally:
    all: int = 0
    broken: int = 0
    uncovered: int = 0
    under_way: int = 0
    outside: int = 0

    def add(self, other: "_Tally") -> None:
        self.all += other.all
        self.broken += other.broken
        self.uncovered += other.uncovered
        self.under_way += other.under_way
        self.outside += other.outside

    def figures(self) -> dict[str, int | None]:
        """What was settled outside is neither proper nor covered."""
        every = self.all + self.outside
        proper, covered = self.all - self.broken, self.all - self.uncovered
        return {
            "all": every, "proper": proper, "covered": covered, "under_way": self.under_way, "outside": self.outside,
            "proper_permille": proper * 1000 // every if every else None,
            "covered_permille": covered * 1000 // every if every else None,
        }  # fmt: skip


async def county_desk(
    session: AsyncSession, actor: Actor, first: str | None, last: str | None, unit: str | None, category: str | None
) -> CountyDesk:
    """Raises Forbidden, NotFound, NoSuchKey, BadRequest."""
    when = period(first, last, actor.on)
    seen = await scope(session, actor, unit, category)
    units = await _tallies(session, seen, when, D.unit_id)
    matters = await _tallies(session, seen, when, D.matter)
    await _add_outside(session, seen, when, units, matters)
    rules = await _rules(session, seen, when)
    total = _Tally()
    towns: dict[str, _Tally] = {}
    for unit_id, tally in units.items():
        total.add(tally)
        towns.setdefault(seen.book.town(unit_id) or unit_id, _Tally()).add(tally)
    return CountyDesk(
        from_on=when.first,
        until_on=when.last,
        total=Figures.model_validate(total.figures()),
        towns=_of_units(seen, towns),
        villages=_of_units(seen, units),
        categories=_of_categories(actor, matters),
        rules=rules,
    )


async def _tallies(session: AsyncSession, seen: Scope, when: Period, key: Any) -> dict[str, _Tally]:
    def count(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((which, 1), else_=0))

    rows = await session.execute(
        select(key, func.count(), count(when.broken()), count(when.uncovered()), count(when.under_way()))
        .where(when.decisions(), seen.on(D))
        .group_by(key)
    )
    return {each[0]: _Tally(*(int(figure) for figure in each[1:])) for each in rows}


async def _add_outside(
    session: AsyncSession, seen: Scope, when: Period, units: dict[str, _Tally], matters: dict[str, _Tally]
) -> None:
    for unit, matter, outside in await session.execute(
        select(O.unit_id, O.matter, func.count()).where(when.outside(), seen.on(O)).group_by(O.unit_id, O.matter)
    ):
        units.setdefault(unit, _Tally()).outside += outside
        matters.setdefault(matter, _Tally()).outside += outside


def _of_units(seen: Scope, tallies: dict[str, _Tally]) -> list[UnitFigures]:
    """In the order of the tree, as it was made: no unit is ranked."""
    order = {unit: at for at, unit in enumerate(seen.book.levels)}
    found = []
    for unit_id in sorted(tallies, key=lambda each: order.get(each, 0)):
        unit, town = seen.place(unit_id)
        found.append(UnitFigures(unit=unit, town=town, **tallies[unit_id].figures()))  # type: ignore[arg-type]
    return found


def _of_categories(actor: Actor, matters: dict[str, _Tally]) -> list[CategoryFigures]:
    of: dict[str, _Tally] = {key: _Tally() for key in actor.catalogue.categories}
    for key, tally in matters.items():
        matter = actor.catalogue.matters.get(key)
        of.setdefault(matter.category if matter else "", _Tally()).add(tally)
    found = []
    for key, tally in of.items():
        if tally.all or tally.outside:
            known = actor.catalogue.categories.get(key)
            name, name_en = (known.name, known.name_en) if known else ("其他", "others")
            found.append(CategoryFigures(category=key, name=name, name_en=name_en, **tally.figures()))  # type: ignore[arg-type]
    return found


async def _rules(session: AsyncSession, seen: Scope, when: Period) -> list[RuleFigures]:
    """Each rule that was broken, by how many of the decisions; of the village's and of the town's."""
    rows = await session.execute(
        select(B.rule, B.kind, B.whose, func.count())
        .join(D, D.id == B.decision_id)
        .where(B.first, B.on <= when.judged_on, when.decisions(), seen.on(D))
        .group_by(B.rule, B.kind, B.whose)
    )
    known = seen.actor.catalogue.rules
    order = {key: at for at, key in enumerate(known)}
    found = []
    for rule, kind, whose, broken in sorted(rows, key=lambda each: (order.get(each[0], 99), *each[:3])):
        name, name_en = rule_words(rule)
        zh, en = cited(known[rule].clause if rule in known else "local", seen.actor.catalogue.statutes)
        found.append(RuleFigures(rule=rule, name=name, name_en=name_en, kind=kind, whose=whose, clause=zh,
                                 clause_en=en, broken=broken))  # fmt: skip
    return found


# --- the affairs behind a figure


async def affairs(
    session: AsyncSession, actor: Actor, first: str | None, last: str | None, unit: str | None, category: str | None,
    rule: str | None, which: Which, offset: int,
) -> AffairPage:  # fmt: skip
    """What was settled outside comes first. Raises as `county_desk`."""
    when = period(first, last, actor.on)
    seen = await scope(session, actor, unit, category)
    outside = await _outside_total(session, seen, when) if rule is None and which in _WITH_OUTSIDE else 0
    wanted = and_(when.decisions(), seen.on(D), *_chosen(when, rule, which))
    total = await session.scalar(select(func.count()).select_from(D).where(wanted)) or 0
    shown = await _outside(session, seen, when, offset) if offset < outside else []
    if (left := PAGE - len(shown)) and total:
        rows = await session.execute(
            select(D.id, D.unit_id, D.matter, D.title, D.begun_on, D.outcome, D.due_until, D.broken_on,
                   D.uncovered_on)
            .where(wanted)
            .order_by(D.due_from.desc(), D.id)
            .limit(left)
            .offset(max(0, offset - outside))
        )  # fmt: skip
        shown += await _of_decisions(session, seen, when, rows.all())
    return AffairPage(total=total + outside, offset=offset, items=shown)


_WITH_OUTSIDE = frozenset({"all", "broken", "uncovered", "outside"})


def _chosen(when: Period, rule: str | None, which: Which) -> Iterable[ColumnElement[bool]]:
    if rule is not None:
        yield D.id.in_(select(B.decision_id).where(B.first, B.rule == rule, B.on <= when.judged_on))
    if which == "outside":
        yield D.id.is_(None)
    elif which in ("broken", "proper"):
        yield when.broken() if which == "broken" else ~when.broken()
    elif which in ("uncovered", "covered"):
        yield when.uncovered() if which == "uncovered" else ~when.uncovered()
    elif which == "under_way":
        yield when.under_way()


async def _outside_total(session: AsyncSession, seen: Scope, when: Period) -> int:
    return await session.scalar(select(func.count()).select_from(O).where(when.outside(), seen.on(O))) or 0


async def _outside(session: AsyncSession, seen: Scope, when: Period, offset: int) -> list[Affair]:
    rows = await session.scalars(
        select(O).where(when.outside(), seen.on(O)).order_by(O.on.desc(), O.id).limit(PAGE).offset(offset)
    )
    return [_of_outside(seen, row) for row in rows]


def _of_outside(seen: Scope, row: OutsideAffair) -> Affair:
    unit, town = seen.place(row.unit_id)
    return Affair(
        id=row.id, unit=unit, town=town, outside=True, title=row.title,
        matter=matter_ref(seen.actor.catalogue, row.matter), on=row.on, outcome=None, under_way=False, proper=False,
        covered=False, reasons=[OUTSIDE],
    )  # fmt: skip


async def _of_decisions(session: AsyncSession, seen: Scope, when: Period, rows: Sequence[Any]) -> list[Affair]:
    reasons: dict[str, list[Sentence]] = {row.id: [] for row in rows}
    closed = await _closed(session, seen, reasons)
    for decision, rule, meeting, zh, en in await session.execute(
        select(B.decision_id, B.rule, B.meeting, B.zh, B.en)
        .where(B.decision_id.in_(reasons), B.kind != "advice", B.on <= when.judged_on)
        .order_by(B.decision_id, B.number)
    ):
        if meeting in closed.get(decision, ()):
            zh, en = HIDDEN
        reasons[decision].append(Sentence(code=rule, zh=zh, en=en))
    found = []
    for row in rows:
        unit, town = seen.place(row.unit_id)
        found.append(Affair(
            id=row.id, unit=unit, town=town, outside=False, title=row.title,
            matter=matter_ref(seen.actor.catalogue, row.matter), on=row.begun_on, outcome=row.outcome,
            under_way=row.due_until is None or row.due_until > when.judged_on,
            proper=row.broken_on is None or row.broken_on > when.judged_on,
            covered=row.uncovered_on is None or row.uncovered_on > when.judged_on,
            reasons=reasons[row.id],
        ))  # fmt: skip
    return found


async def _closed(session: AsyncSession, seen: Scope, decisions: Collection[str]) -> dict[str, set[str]]:
    """By record, the parts of meetings that were restricted and aren't for the asker."""
    restricted = await session.scalars(
        select(DecisionItem.decision_id)
        .join(AgendaItem, AgendaItem.id == DecisionItem.agenda_item_id)
        .where(DecisionItem.decision_id.in_(decisions), AgendaItem.access_class != "open")
        .distinct()
    )
    return {
        each: await hidden_parts(session, await hidden_items(session, seen.actor, each)) for each in restricted.all()
    }
