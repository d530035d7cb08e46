"""The desks' answers: read once for all who see the same, and kept until something they are read from has changed.

What is kept is right as long as the database's own count of changes (storage.tables.DeskChange) stands where it stood
in the view in which it was read: nobody has to say that something changed, whichever process did it.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor, load_actor
from api.acts.desk_county import county_desk
from api.acts.desk_scope import LOOK, anyone, eyes
from api.acts.desk_town import town_desk
from api.acts.desk_village import village_desk
from api.live.shared_answers import SharedAnswers
from api.records.desks import AffairPage, CountyDesk, TownDesk, VillageDesk
from storage.database import Database
from storage.tables import DeskChange, Right, User

AT_ONCE = 2  # more only wait for one another at the interpreter's lock
KEPT = 256  # answers, of some 50 kB
ADMIN = "admin"  # the role
ROWS = 100  # of changes that are left; whoever looks counts them

Desk = TownDesk | VillageDesk | CountyDesk | AffairPage
Reader = Callable[..., Awaitable[Desk]]  # (session, actor, *of): api.acts.desk_town, desk_village, desk_county


@dataclass(frozen=True, slots=True)
class Written:
    """A desk as it is sent to all who see the same but those who began something of it."""

    text: str
    begun_by: frozenset[str]


class Version(NamedTuple):
    """Of the changes that are there."""

    first: int
    last: int
    number: int


class Desks:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._shared: SharedAnswers[Written] = SharedAnswers(AT_ONCE)
        self._kept: OrderedDict[Hashable, tuple[Version, Written]] = OrderedDict()

    async def answer(self, actor: Actor, read: Reader, *of: Hashable) -> str:
        """JSON: one for all who see the same, and one of his own for who began what is shown. Raises what `read`
        raises."""
        what = (read, of, eyes(actor))
        written = await self._ask(what, lambda session: read(session, anyone(actor), *of))
        if actor.user_id in written.begun_by:
            written = await self._ask((what, actor.user_id), lambda session: read(session, actor, *of))
        return written.text

    async def _ask(self, what: Hashable, read: Callable[[AsyncSession], Awaitable[Desk]]) -> Written:
        return await self._shared.ask(what, lambda: self._answer(what, read))

    async def _answer(self, what: Hashable, read: Callable[[AsyncSession], Awaitable[Desk]]) -> Written:
        async with self._database.reading() as session:
            version = await _version(session)
            kept = self._kept.pop(what, None)
            written = kept[1] if kept is not None and kept[0] == version else _written(await read(session))
        self._kept[what] = version, written
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return written

    def forget(self) -> None:
        """Other rules are in force, with other names."""
        self._kept.clear()

    async def prepare(self) -> None:
        """Who asks first after a start doesn't wait for what every first one waits for."""
        async with self._database.reading() as session:
            admin = await session.scalar(
                select(User)
                .join(Right, Right.user_id == User.id)
                .where(Right.role == ADMIN)
                .order_by(Right.id)
                .limit(1)
            )
            actor = await load_actor(session, admin) if admin is not None else None
        if actor is None or not actor.subtrees(LOOK):
            return
        for read, of in ((county_desk, (None,) * 4), (town_desk, (None,)), (village_desk, (None,))):
            await self.answer(actor, read, *of)

    async def tidy(self) -> None:
        """Old changes go. No two states look alike by it: the oldest one that is left never comes back once it went."""
        async with self._database.writing() as session:
            version = await _version(session)
            if version.number > ROWS:
                await session.execute(delete(DeskChange).where(DeskChange.id <= version.last - ROWS))


def _written(desk: Desk) -> Written:
    begun_by = desk.begun_by if isinstance(desk, TownDesk | VillageDesk) else frozenset()
    return Written(desk.model_dump_json(), begun_by)


async def _version(session: AsyncSession) -> Version:
    first, last = func.coalesce(func.min(DeskChange.id), 0), func.coalesce(func.max(DeskChange.id), 0)
    return Version(*(await session.execute(select(first, last, func.count()))).one())
