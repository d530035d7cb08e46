"""Where an account is signed in, and ending that: one's own, or as a superior those of accounts below."""

import time
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor, load_actor
from api.acts.hub_log import log_to_hub
from api.acts.sign_in import IDLE_S, SECOND, end_sign_ins, login_of
from api.acts.users import require_superior
from api.domain.day import utc_text
from api.domain.device import device_of
from api.errors.request import NotFound
from api.records.sign_ins import SignInView
from storage.database import Database
from storage.tables import MediaSession, SignIn, User

MOST = 200


async def own(database: Database, actor: Actor) -> list[SignInView]:
    async with database.reading() as session:
        return await _views(session, actor.user_id, await login_of(session, actor))


async def of_user(database: Database, actor: Actor, user_id: str) -> list[SignInView]:
    """For who gives rights; raises Forbidden."""
    async with database.reading() as session:
        await _below(session, actor, user_id)
        return await _views(session, user_id, "")


async def end_own(database: Database, hub_id: str, actor: Actor, login_id: str) -> None:
    async with database.writing() as session:
        if not await _end(session, hub_id, actor.user_id, actor, "own", only=login_id):
            raise NotFound(f"sign-in {login_id}")


async def end_others(database: Database, hub_id: str, actor: Actor) -> None:
    """All but the one that asks."""
    async with database.writing() as session:
        await _end(session, hub_id, actor.user_id, actor, "own", but=await login_of(session, actor))


async def end_of_user(database: Database, hub_id: str, actor: Actor, user_id: str, login_id: str | None) -> None:
    """One, or all of them; raises Forbidden."""
    async with database.writing() as session:
        await _below(session, actor, user_id)
        if not await _end(session, hub_id, user_id, actor, "superior", only=login_id) and login_id is not None:
            raise NotFound(f"sign-in {login_id}")


async def _below(session: AsyncSession, actor: Actor, user_id: str) -> None:
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound(user_id)
    await require_superior(session, actor, await load_actor(session, user), "user.write")


async def _end(
    session: AsyncSession,
    hub_id: str,
    user_id: str,
    actor: Actor,
    why: str,
    *,
    only: str | None = None,
    but: str | None = None,
) -> bool:
    ended = await end_sign_ins(session, user_id, only=only, but=but)
    if ended:
        said = {"user": user_id, "by": actor.user_id, "why": why, "sign_ins": ended}
        await log_to_hub(session, hub_id, "sign-ins-ended", said)
    return bool(ended)


async def _views(session: AsyncSession, user_id: str, own_login: str) -> list[SignInView]:
    """Those that still open something, the last seen first."""
    now = time.time_ns()
    by_login: dict[str, list[SignIn]] = defaultdict(list)
    newest = select(SignIn).where(SignIn.user_id == user_id, SignIn.expires_wall > now)
    for row in await session.scalars(newest.order_by(SignIn.seen_wall.desc()).limit(2 * MOST)):
        if row.carrier != "cookie" or now - row.seen_wall <= IDLE_S * SECOND:
            by_login[row.login_id].append(row)
    meeting = select(MediaSession.sign_in).where(MediaSession.user_id == user_id, MediaSession.ended_wall.is_(None))
    inside = set(await session.scalars(meeting))
    found = []
    for login_id, rows in by_login.items():
        device = device_of(rows[0].agent)
        found.append(
            SignInView(
                id=login_id,
                own=login_id == own_login,
                system=device.system,
                browser=device.browser,
                address=rows[0].address,
                since_wall=utc_text(rows[0].created_wall),
                seen_wall=utc_text(max(row.seen_wall for row in rows)),
                in_meeting=any(row.token_hash in inside for row in rows),
            )
        )
    return found[:MOST]
