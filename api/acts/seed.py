"""The first account. The sample county for trying things out is `api.acts.sample_county`."""

import time

from sqlalchemy import func, select

from api.acts.sample_county import Credential, seed_demo
from api.acts.sign_in import hash_password
from api.domain.day import day_of
from storage.database import Database
from storage.ids import new_id
from storage.tables import Right, Unit, UnitAttributes, User

ADMIN = "admin"


async def ensure_admin(database: Database, password: str, county: str = "示范县", must_change: bool = False) -> bool:
    """Make the county and its admin when there is no account yet; true when it was made now."""
    hashed = await hash_password(password)
    now = time.time_ns()
    async with database.writing() as session:
        if await session.scalar(select(func.count()).select_from(User)):
            return False
        unit_id = await session.scalar(select(Unit.id).where(Unit.level == "county"))
        if unit_id is None:
            unit_id = new_id("unt")
            session.add(Unit(id=unit_id, level="county"))
            await session.flush()
            session.add(UnitAttributes(id=new_id("una"), unit_id=unit_id, name=county, from_on="2018-01-01"))
        user_id = new_id("usr")
        session.add(
            User(
                id=user_id,
                username=ADMIN,
                name="县级管理员",
                password_hash=hashed,
                must_change=must_change,
                created_wall=now,
            )
        )
        await session.flush()
        for role in ("admin", "security", "auditor"):
            session.add(Right(id=new_id("rgt"), user_id=user_id, role=role, unit_id=unit_id, from_on=day_of(now)))
    return True


__all__ = ["ADMIN", "Credential", "ensure_admin", "seed_demo"]
