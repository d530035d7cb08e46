"""`huilu admin reset`: a one-time code for an account, for the day on which no superior can sign in."""

import asyncio
import time
from pathlib import Path

from sqlalchemy import delete, select

from api.acts.hub_log import log_to_hub
from api.acts.second_factor import take_off
from api.acts.sign_in import CODE_S, SECOND, code_hash, new_code
from ops.errors import NoSuchAccount
from ops.start import Start, read
from ops.terminal import say
from storage.database import Database
from storage.tables import SignIn, User


def reset(data: Path, username: str) -> int:
    code = asyncio.run(_reset(read(data), username))
    say(
        f"{username} 的一次性口令：{code}（{CODE_S // 60} 分钟内有效，登录后设置新密码）",
        f"one-time code for {username}: {code} (good for {CODE_S // 60} minutes; it asks for a new password)",
    )
    return 0


async def _reset(start: Start, username: str) -> str:
    """The old password, the second factor and every sign-in end at once; the hub's own chain says that it was done on
    its machine."""
    database = await Database.open(start.database_url)
    code = new_code()
    try:
        async with database.writing() as session:
            user = await session.scalar(select(User).where(User.username == username))
            if user is None:
                raise NoSuchAccount(username)
            user.code_hash, user.code_until_wall = code_hash(user.id, code), time.time_ns() + CODE_S * SECOND
            user.password_hash, user.must_change = None, True
            await session.execute(delete(SignIn).where(SignIn.user_id == user.id))
            said = {"user": user.id, "by": "command-line"}
            removed = await take_off(session, user.id)
            await log_to_hub(session, start.hub_id, "reset", said)
            if removed:
                await log_to_hub(session, start.hub_id, "second-factor", said | {"verb": "reset"})
    finally:
        await database.close()
    return code
