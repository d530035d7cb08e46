"""A desk's answer is kept as long as nothing has changed of what it was read from, and not a moment longer."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor, load_actor
from api.acts.decision_entries import add_act, create_decision
from api.acts.desk_village import village_desk
from api.acts.seed import ensure_admin
from api.live import desks
from api.live.desks import Desks
from api.records.desks import VillageDesk
from storage.database import Database
from storage.ids import new_id
from storage.tables import AwaitedStep, Decision, DeskChange, Meeting, OutsideAffair, Unit, UnitAttributes, User
from tests.domain.village import Village

Change = Callable[[AsyncSession, str, str], Awaitable[Any]]


async def somebody(session: AsyncSession) -> tuple[str, str]:
    """The admin, and the county."""
    user, unit = await session.scalar(select(User.id)), await session.scalar(select(Unit.id).order_by(Unit.level))
    assert user is not None
    assert unit is not None
    return user, unit


class Counted:
    """The village's desk, as one asks for it, and how often it had to be read."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.desks = Desks(database)
        self.read = 0

    async def ask(self, unit: str | None = None) -> int:
        """How many things are to be done."""
        async with self.database.reading() as session:
            admin = (await session.scalars(select(User).where(User.username == "admin"))).one()
            actor = await load_actor(session, admin)
        found: int = json.loads(await self.desks.answer(actor, self._read, unit))["next"]["total"]
        return found

    async def _read(self, session: AsyncSession, actor: Actor, _: str | None) -> VillageDesk:
        self.read += 1
        return await village_desk(session, actor, None)

    async def change(self, change: Change) -> bool:
        """Whether it is read anew after it."""
        await self.ask()
        before = self.read
        async with self.database.writing() as session:
            await change(session, *await somebody(session))
        await self.ask()
        return self.read > before


@pytest.fixture
async def counted(database: Database) -> Counted:
    await ensure_admin(database, "a long enough password")
    return Counted(database)


async def begin(session: AsyncSession, user: str, unit: str) -> str:
    first, *acts = Village("b1", on="2026-03-02").acts
    row = await create_decision(session, user, unit, "b1", "修路", "open", on=first["on"])
    for act in acts:
        await add_act(session, row, act, {})
    return row.id


async def meet(session: AsyncSession, user: str, unit: str) -> None:
    session.add(Meeting(id=new_id("mtg"), title="村民代表会议", kind="representatives_meeting", state="planned",
                        unit_id=unit, created_wall=1, created_by=user))  # fmt: skip


async def find(session: AsyncSession, user: str, unit: str) -> None:
    await session.execute(insert(OutsideAffair).values(
        id=new_id("out"), unit_id=unit, matter="c1", title="一笔支出", access_class="open", on="2026-03-02",
        found="查账发现", found_by=user, found_as="督查员", found_wall=time.time_ns(),
    ))  # fmt: skip


async def test_it_is_read_anew_after_each_change_of_what_it_shows_and_otherwise_kept(counted: Counted) -> None:
    assert await counted.ask() == 0
    for _ in range(5):
        await counted.ask()
    assert counted.read == 1

    def said(statement: Any) -> Change:
        return lambda session, *_: session.execute(statement)

    async def unit(session: AsyncSession, _: str, unit: str) -> None:
        new = new_id("unt")
        session.add(Unit(id=new, level="town"))
        await session.flush()
        session.add(UnitAttributes(id=new_id("una"), unit_id=new, name="清河镇", parent_id=unit, from_on="2018-01-01"))

    changes: list[Change] = [
        meet, find, unit,
        said(update(Decision).values(title="修水渠")),
        said(update(AwaitedStep).values(due_on="2026-03-06")),
        said(delete(AwaitedStep)),
        said(update(OutsideAffair).values(struck_wall=1)),
        said(update(UnitAttributes).values(name="新县")),
        said(update(Meeting).values(state="open")),
        said(update(Meeting).values(opened_wall=1)),
        said(delete(Meeting)),
    ]  # fmt: skip
    assert await counted.change(begin)
    assert await counted.ask() == 1
    for number, change in enumerate(changes):
        assert await counted.change(change), number
    assert await counted.ask() == 0  # what was waited for is gone


async def test_what_no_desk_shows_changes_none(counted: Counted) -> None:
    assert await counted.change(meet)
    assert not await counted.change(lambda session, *_: session.execute(update(Meeting).values(picture="pub_1")))
    assert not await counted.change(lambda session, *_: session.execute(update(User).values(name="另一人")))


async def test_a_change_that_was_not_made_after_all_changes_none(counted: Counted) -> None:
    async def fail(session: AsyncSession, user: str, unit: str) -> None:
        await begin(session, user, unit)
        await session.rollback()

    assert not await counted.change(fail)


async def test_another_process_changes_it_too(counted: Counted, database: Database) -> None:
    await counted.ask()
    other = await Database.open(database.engine.url.render_as_string(hide_password=False))
    try:
        async with other.writing() as session:
            await find(
                session, (await session.scalars(select(User.id))).one(), (await session.scalars(select(Unit.id))).one()
            )
    finally:
        await other.close()
    await counted.ask()
    assert counted.read == 2


async def test_old_changes_go_and_what_was_read_before_is_read_anew(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "ROWS", 3)
    for _ in range(5):
        await counted.change(find)
    read = counted.read
    await counted.desks.tidy()
    async with counted.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(DeskChange)) == 3
    await counted.ask()
    await counted.desks.tidy()  # nothing more to do
    await counted.ask()
    assert counted.read == read + 1


async def test_one_that_began_earlier_and_ends_later_is_seen(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL gives a number when a transaction writes and shows it when it ends; on SQLite writers queue."""
    monkeypatch.setattr(desks, "ROWS", 1)
    database = await Database.open(postgres_url)
    try:
        await ensure_admin(database, "a long enough password")
        counted = Counted(database)
        for _ in range(3):
            await counted.change(find)
        async with database.writing() as slow:
            await find(slow, *await somebody(slow))
            assert await counted.change(find)  # has a later number and is there before
            await counted.desks.tidy()
            await counted.ask()
            read = counted.read
        await counted.ask()
        assert counted.read == read + 1
    finally:
        await database.close()


async def test_no_more_than_so_many_are_kept(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "KEPT", 2)
    for what in ("a", "b", "c", "c", "b", "a"):
        await counted.ask(what)
    assert counted.read == 4  # c and b were there; a went when c came


async def test_the_first_one_after_a_start_finds_it_read(counted: Counted, database: Database) -> None:
    await counted.change(begin)
    prepared = Desks(database)
    await prepared.prepare()
    counted.desks = prepared
    async with database.reading() as session:
        actor = await load_actor(session, (await session.scalars(select(User))).one())
        expected = await village_desk(session, actor, None)
    async with database.writing() as session:
        # Not what a desk is read from: whoever reads anew would find the other word.
        await session.execute(update(User).values(name="另一人"))
    assert await prepared.answer(actor, village_desk, None) == expected.model_dump_json()
    assert len(prepared._kept) == 3


async def test_without_an_admin_nothing_is_prepared(database: Database) -> None:
    await Desks(database).prepare()
