"""What hangs today, read for everybody: by village, as the public page shows it. No account, nothing but notices."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.notice_tables import attached
from api.acts.notices import objected, tables_of, until_on
from api.domain.catalogue import catalogue
from api.domain.public_page import Item, Village
from api.errors.request import NotFound
from storage.ledger import checkpoint_record
from storage.paper import short_code
from storage.tables import Chain, Checkpoint, NoticeTable, PublicNotice, Unit, UnitAttributes

AT_ONCE = 2000  # notices of one page's village that are looked at: years of a board


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's page: its address below /public/, and the units whose notices it shows (those merged into it too)."""

    unit_id: str
    key: str
    village: Village
    units: frozenset[str]


async def place(session: AsyncSession, key: str) -> Place:
    """By 12-digit code or unit id; a unit that was merged leads to its successor. Raises NotFound."""
    found = None
    if key.isdecimal():
        found = await session.scalar(
            select(UnitAttributes.unit_id)
            .where(UnitAttributes.code == key)
            .order_by(UnitAttributes.until_on.is_not(None), UnitAttributes.from_on.desc())
            .limit(1)
        )
    unit_id: str | None = found or key
    step = await tree.current(session, unit_id or "")
    for _ in range(tree.DEEPEST):
        if step.unit.successor_id is None:
            break
        step = await tree.current(session, step.unit.successor_id)
    if step.attributes is None:
        raise NotFound(f"unit {key}")
    unit = step.unit
    units = await tree.subtree(session, [unit.id]) if unit.level in ("village", "group") else {unit.id}
    above = (await tree.above(session, [unit.id])).get(unit.id, "")
    return Place(unit.id, step.attributes.code or unit.id, Village(step.attributes.name, above), frozenset(units))


async def items(session: AsyncSession, units: Collection[str], today: str) -> list[Item]:
    """What hangs today, the newest first."""
    rows = (
        await session.scalars(
            select(PublicNotice)
            .where(PublicNotice.unit_id.in_(units), PublicNotice.from_on <= today)
            .where(PublicNotice.off_on.is_(None) | (PublicNotice.off_on > today))
            .order_by(PublicNotice.from_on.desc(), PublicNotice.id.desc())
            .limit(AT_ONCE)
        )
    ).all()
    objections = await objected(session, list(rows))
    hanging = [(row, until_on(row, objections[row.id])) for row in rows]
    hanging = [(row, until) for row, until in hanging if until is None or today < until]
    signed = await codes(session, {row.decision_id for row, _ in hanging if row.decision_id})
    tables = await tables_of(session, [row.id for row, _ in hanging])
    return [_item(row, until, signed.get(row.decision_id or ""), tables[row.id]) for row, until in hanging]


def _item(row: PublicNotice, until: str | None, code: str | None, tables: Sequence[NoticeTable]) -> Item:
    rules = catalogue(row.rules_on)
    fields = {field.key: field for field in rules.postings[row.matter].field}
    says = [(fields[key].name, fields[key].kind, value) for key, value in row.fields.items()]
    last = None if until is None else (date.fromisoformat(until) - timedelta(days=1)).isoformat()
    return Item(row.id, rules.matter(row.matter).name, row.title, says, row.from_on, last, code,
                [attached(each) for each in tables])  # fmt: skip


async def item(session: AsyncSession, units: Collection[str], notice_id: str, today: str) -> Item:
    """Raises NotFound when it doesn't hang there today."""
    found = next((each for each in await items(session, units, today) if each.id == notice_id), None)
    if found is None:
        raise NotFound(f"notice {notice_id}")
    return found


async def codes(session: AsyncSession, decisions: Collection[str]) -> dict[str, str]:
    """The short code of each decision's last checkpoint, where its chain was signed."""
    found: dict[str, Checkpoint] = {}
    if not decisions:
        return {}
    for subject, checkpoint in await session.execute(
        select(Chain.subject, Checkpoint)
        .join(Checkpoint, Checkpoint.chain_id == Chain.id)
        .where(Chain.kind == "decision", Chain.subject.in_(decisions))
        .order_by(Checkpoint.seq)
    ):
        found[subject] = checkpoint
    return {subject: short_code(checkpoint_record(row)) for subject, row in found.items()}


async def villages(session: AsyncSession) -> list[tuple[str, str, str]]:
    """Town, name and key of the page of every village that is there, by town in the order of their codes."""
    rows = await session.execute(
        select(Unit.id, UnitAttributes.name, UnitAttributes.code)
        .join(UnitAttributes, UnitAttributes.unit_id == Unit.id)
        .where(Unit.level == "village", Unit.closed_on.is_(None), UnitAttributes.until_on.is_(None))
    )
    found = {unit: (name, code or "") for unit, name, code in rows}
    towns = await tree.above(session, list(found))
    by_town: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for unit, (name, code) in found.items():
        by_town[towns.get(unit, "")].append((code, name, unit))
    ordered = sorted(by_town.items(), key=lambda each: min(code for code, _, _ in each[1]))
    return [(town, name, code or unit) for town, of_town in ordered for code, name, unit in sorted(of_town)]
