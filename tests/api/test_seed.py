"""The sample county and the first account: once, on both databases, with rights that work."""

from sqlalchemy import func, select

from api.acts.seed import ensure_admin, seed_demo
from storage.database import Database
from storage.tables import Body, Post, Unit, UnitAttributes, User


async def test_a_sample_county_is_made_once(database: Database) -> None:
    assert await ensure_admin(database, "a password")
    assert not await ensure_admin(database, "another password")
    credentials = await seed_demo(database)
    assert await seed_demo(database) == []
    async with database.reading() as session:
        levels = dict((await session.execute(select(Unit.level, func.count()).group_by(Unit.level))).all())
        codes = (await session.scalars(select(UnitAttributes.code))).all()
        rosters = dict((await session.execute(select(Body.kind, func.count()).join(Post).group_by(Body.kind))).all())
        users = await session.scalar(select(func.count()).select_from(User))
    assert levels == {"county": 1, "town": 12, "village": 60}
    assert len(set(codes)) == 73
    assert all(code and len(code) == 12 and code.isdigit() for code in codes)
    assert rosters == {"two_committees": 300, "supervision": 180, "representatives": 900, "branch": 540}
    assert users == 1 + len(credentials)
    assert len({each.password for each in credentials}) == len(credentials)
