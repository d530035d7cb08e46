"""A county of decisions in a database: 12 towns, 300 villages, each decision with a chain of its own, folded and signed
as the api does it. Short-cut is how acts come: walked by the engine first, then written to the chain all at once."""

import itertools
import time
from random import Random

from sqlalchemy import insert, select

from api.acts.decision_entries import MS, look_again
from api.domain.day import day_of
from api.domain.fold import CREATED
from api.live.desks import Desks
from ops.bench.affairs import Affair, affairs
from storage import ledger
from storage.chained import ZERO
from storage.database import Database
from storage.ids import new_id
from storage.keys import Signer
from storage.tables import Base, Decision, DeskChange, Meeting, OutsideAffair, Right, Unit, UnitAttributes, User

TOWNS, VILLAGES, ADMINS = 12, 300, 10
ADMIN, INSPECTOR = "admin{}", "inspector"
MEETINGS, OUTSIDE = 40, 200
BATCH = 25
HOUR = 3600 * 10**9


async def make(database: Database, signer: Signer, decisions: int, first: str) -> int:
    """Beside the county and its admin that are there, whose password the others have. Gives the number of acts on the
    chains."""
    villages = await _units(database)
    secretaries = await _accounts(database, villages)
    now = time.time_ns()
    today, random, acts = day_of(now), Random(1), 0
    walks = affairs(2026, first, today)
    async with database.reading() as session:
        admin = await session.scalar(select(User.id).order_by(User.created_wall))
    assert admin is not None
    for begun in range(0, decisions, BATCH):
        batch = list(itertools.islice(walks, min(BATCH, decisions - begun)))
        async with database.writing() as session:
            for number, affair in enumerate(batch, begun + 1):
                row = Decision(id=new_id("dec"), created_wall=now, state="open", improper_reasons=[])
                row.unit_id, row.title, row.matter = random.choice(villages), f"第{number}号事项", affair.matter
                row.created_by = secretaries[row.unit_id]
                session.add(row)
                await session.flush()
                chain = await ledger.open_chain(session, "decision", row.id)
                await ledger.append_all(session, [(chain, *each) for each in _entries(row, affair)])
                await look_again(session, row)
                await ledger.checkpoint(session, chain, signer)
                acts += 1 + len(affair.acts)
    await _others(database, admin, villages, now)
    await Desks(database).tidy()  # as it would have been in time
    return acts


def _entries(row: Decision, affair: Affair) -> list[tuple[str, dict[str, object]]]:
    """As `create_decision` and `add_act` write them."""
    created: dict[str, object] = {
        "decision": row.id, "unit": row.unit_id, "title": row.title, "access_class": affair.access_class,
        "by": row.created_by, "created_ms": row.created_wall // MS, "matter": row.matter, "on": affair.on,
    }  # fmt: skip
    said = {"by": row.created_by}
    return [(CREATED, created)] + [
        (act["act"], {k: v for k, v in act.items() if k != "act" and v is not None} | {"outcome": outcome} | said)
        for act, outcome in affair.acts
    ]


async def _units(database: Database) -> list[str]:
    async with database.writing() as session:
        county = await session.scalar(select(Unit.id).where(Unit.level == "county"))
        towns = [new_id("unt") for _ in range(TOWNS)]
        villages = [new_id("unt") for _ in range(VILLAGES)]
        named = [(unit, "town", f"第{at}镇", county) for at, unit in enumerate(towns, 1)]
        named += [(unit, "village", f"第{at}村", towns[at % TOWNS]) for at, unit in enumerate(villages, 1)]
        await session.execute(insert(Unit), [{"id": unit, "level": level} for unit, level, _, _ in named])
        await session.execute(insert(UnitAttributes), [
            {"id": new_id("una"), "unit_id": unit, "name": name, "parent_id": parent, "from_on": "2018-01-01"}
            for unit, _, name, parent in named
        ])  # fmt: skip
    return villages


async def _accounts(database: Database, villages: list[str]) -> dict[str, str]:
    """County admins, an inspector, and a secretary for each village, who begins its decisions."""
    now = time.time_ns()
    async with database.writing() as session:
        admin = (await session.scalars(select(User).order_by(User.created_wall).limit(1))).one()
        of = (await session.scalars(select(Right).where(Right.user_id == admin.id, Right.role == "admin"))).one()
        secretaries = {village: new_id("usr") for village in villages}
        users = [(new_id("usr"), ADMIN.format(at), "admin", of.unit_id) for at in range(ADMINS)]
        users.append((new_id("usr"), INSPECTOR, "inspector", of.unit_id))
        users += [(user, f"secretary{at}", "secretary", unit) for at, (unit, user) in enumerate(secretaries.items())]
        await session.execute(insert(User), [
            {"id": user, "username": name, "name": name, "created_wall": now + 1, "must_change": False,
             "disabled": False, "password_hash": admin.password_hash if role != "secretary" else None}
            for user, name, role, _ in users
        ])  # fmt: skip
        await session.execute(insert(Right), [
            {"id": new_id("rgt"), "user_id": user, "role": role, "unit_id": unit, "from_on": of.from_on}
            for user, _, role, unit in users
        ])  # fmt: skip
    return secretaries


async def _others(database: Database, admin: str, villages: list[str], now: int) -> None:
    """Meetings that are planned, and affairs outside the system."""
    random, today = Random(2), day_of(now)
    async with database.writing() as session:
        await session.execute(insert(Meeting), [
            {"id": new_id("mtg"), "title": "村民代表会议", "kind": "representatives_meeting", "state": "planned",
             "unit_id": random.choice(villages), "planned_wall": now + each * HOUR, "created_wall": now,
             "created_by": admin}
            for each in range(1, MEETINGS + 1)
        ])  # fmt: skip
        await session.execute(insert(OutsideAffair), [
            {"id": new_id("out"), "unit_id": random.choice(villages), "matter": "c1", "title": "一笔支出",
             "access_class": "open", "on": today, "found": "查账发现", "found_by": admin, "found_as": "督查员",
             "found_wall": now}
            for _ in range(OUTSIDE)
        ])  # fmt: skip


async def copy(source: Database, target: Database) -> None:
    """All rows, table by table, into an empty database that is migrated: what is chained stays chained."""
    async with source.reading(patient=True) as reading, target.engine.begin() as writing:
        for table in Base.metadata.sorted_tables:
            if table is DeskChange.__table__:  # the target notes its own
                continue
            # Heads are moved by the entries themselves, which the database lets in in their order only.
            order = (table.c.chain_id, table.c.seq) if table.name in ("entries", "payloads") else ()
            rows = await reading.stream(select(table).order_by(*order).execution_options(yield_per=5_000))
            async for some in rows.mappings().partitions():
                values = [dict(row) for row in some]
                if table.name == "chains":
                    values = [row | {"head_seq": 0, "head_hash": ZERO} for row in values]
                await writing.execute(insert(table), values)
    await Desks(target).tidy()
