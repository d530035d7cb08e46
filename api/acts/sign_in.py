"""Signing in and out: argon2 in a thread, a limit on guesses, a second factor where there is one, tokens kept as
SHA-256, one-time codes.

A cookie falls idle after IDLE_S without a request or an open channel; the channel of a running meeting touches the
sign-in once a minute, so an idle time-out never ends a meeting.
"""

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, replace

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor, load_actor, token_hash
from api.acts.guessing import check_guesses, count_guess, forget_guesses
from api.acts.hub_log import log_to_hub
from api.acts.second_factor import Passed, SecondFactors
from api.errors.accounts import NotSignedIn, WeakPassword, WrongCode, WrongPassword, WrongSecondFactor
from storage.database import Database
from storage.ids import new_id
from storage.tables import MediaSession, SecondFactor, SignIn, User

SECOND = 1_000_000_000
AGENT = 300  # characters that are kept of a device's name for itself
IDLE_S = 2 * 3600
COOKIE_S = 7 * 24 * 3600
BEARER_S = 30 * 24 * 3600
TOUCH_EVERY_S = 60
MEETING_S = 3600  # a running meeting keeps its sign-ins at least so long
CODE_S = 30 * 60

_hasher = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
# Two at once: each takes 32 MB and a core for some 50 ms; the media must not starve of it.
_turns: asyncio.Semaphore | None = None
_turns_loop: asyncio.AbstractEventLoop | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    cookie: str
    bearer: str | None
    user_id: str
    username: str
    name: str
    must_change: bool


async def hash_password(password: str) -> str:
    async with _turn():
        return await asyncio.to_thread(_hasher.hash, password.encode("utf-8", "surrogatepass"))


async def password_fits(stored: str | None, password: str) -> bool:
    """Takes as long for an account that is not there as for a wrong password."""
    async with _turn():
        return await asyncio.to_thread(_verify, stored, password)


def _turn() -> asyncio.Semaphore:
    global _turns, _turns_loop
    loop = asyncio.get_running_loop()
    if _turns is None or _turns_loop is not loop:
        _turns, _turns_loop = asyncio.Semaphore(2), loop
    return _turns


def _verify(stored: str | None, password: str) -> bool:
    secret = password.encode("utf-8", "surrogatepass")
    if stored is None:
        _hasher.hash(secret)
        return False
    try:
        return _hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str, username: str, old: str | None = None) -> None:
    if len(password) < 8 or password.casefold() == username.casefold() or password == old:
        raise WeakPassword


@dataclass(frozen=True, slots=True)
class Caller:
    """From where somebody signs in."""

    address: str = ""
    agent: str = ""
    page: bool = False  # a page of ours: it holds the cookie and needs no bearer


async def sign_in(
    database: Database, factors: SecondFactors, username: str, password: str, caller: Caller, second: str = ""
) -> Tokens:
    """Raises WrongPassword, SecondFactorWanted, WrongSecondFactor, TooManyGuesses."""
    username = username.strip().casefold()
    await check_guesses(database, username, caller.address)
    async with database.reading() as session:
        user = await session.scalar(select(User).where(User.username == username))
    fits = await password_fits(user.password_hash if user else None, password)
    # Guesses sent in one moment have waited for their turn: what those before them counted holds for them too.
    await check_guesses(database, username, caller.address)
    if user is None or user.disabled or not fits:
        await count_guess(database, username, caller.address)
        raise WrongPassword
    async with database.writing() as session:
        user = await session.get_one(User, user.id, populate_existing=True)
        passed = await factors.passed(session, user, second, caller.address)
        if passed != "wrong":
            return await _issue(session, factors.hub_id, user, "password", passed, caller)
    raise WrongSecondFactor


async def sign_in_by_code(
    database: Database,
    factors: SecondFactors,
    username: str,
    code: str,
    new_password: str,
    caller: Caller,
    second: str = "",
) -> Tokens:
    """A one-time code sets a new password and signs in; it is no second factor. Raises WrongCode, WeakPassword,
    SecondFactorWanted, WrongSecondFactor, TooManyGuesses."""
    username = username.strip().casefold()
    await check_guesses(database, username, caller.address)
    check_password(new_password, username)
    hashed = await hash_password(new_password)
    await check_guesses(database, username, caller.address)  # as above
    passed: Passed = "none"
    async with database.writing() as session:
        user = await session.scalar(select(User).where(User.username == username))
        good = (
            user is not None
            and not user.disabled
            and user.code_hash is not None
            and (user.code_until_wall or 0) > time.time_ns()
            and secrets.compare_digest(user.code_hash, code_hash(user.id, code))
        )
        if user is not None and good:
            passed = await factors.passed(session, user, second, caller.address)
        if user is not None and good and passed != "wrong":
            user.password_hash, user.must_change = hashed, False
            user.code_hash = user.code_until_wall = None
            # Whoever held the account before is out.
            await session.execute(delete(SignIn).where(SignIn.user_id == user.id))
            return await _issue(session, factors.hub_id, user, "code", passed, caller)
    if passed == "wrong":
        raise WrongSecondFactor
    await count_guess(database, username, caller.address)
    raise WrongCode


async def _issue(session: AsyncSession, hub_id: str, user: User, way: str, passed: Passed, caller: Caller) -> Tokens:
    cookie, bearer = secrets.token_urlsafe(32), None if caller.page else secrets.token_urlsafe(32)
    now, login_id = time.time_ns(), new_id("lgn")
    await forget_guesses(session, user.username)
    await _forget_expired(session, now)
    for token, carrier, lasts in ((cookie, "cookie", COOKIE_S), (bearer, "bearer", BEARER_S)):
        if token is not None:
            session.add(
                SignIn(
                    token_hash=token_hash(token),
                    user_id=user.id,
                    carrier=carrier,
                    login_id=login_id,
                    agent=caller.agent[:AGENT],
                    address=caller.address,
                    created_wall=now,
                    seen_wall=now,
                    expires_wall=now + lasts * SECOND,
                )
            )
    await session.flush()
    said = {"user": user.id, "way": way, "sign_in": login_id} | ({} if passed == "none" else {"second": passed})
    await log_to_hub(session, hub_id, "sign-in", said)
    return Tokens(cookie, bearer, user.id, user.username, user.name, user.must_change)


async def _forget_expired(session: AsyncSession, now: int) -> None:
    """What expired is forgotten, never what somebody in a meeting came by: a sign-in that is missing there was ended
    by a person (api.acts.withdrawal). A channel renews its own each minute, within the hour that is left to it."""
    in_use = select(MediaSession.sign_in).where(MediaSession.ended_wall.is_(None), MediaSession.sign_in.is_not(None))
    await session.execute(
        delete(SignIn).where(SignIn.expires_wall < now - MEETING_S * SECOND, SignIn.token_hash.not_in(in_use))
    )


async def recognise(database: Database, token: str, carrier: str) -> Actor:
    """Who holds this token; raises NotSignedIn. A foreign or expired one is nobody's."""
    now = time.time_ns()
    async with database.reading() as session:
        row = (
            await session.execute(
                select(SignIn, User, SecondFactor.since_wall)
                .join(User, User.id == SignIn.user_id)
                .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
                .where(SignIn.token_hash == token_hash(token), SignIn.carrier == carrier)
            )
        ).first()
        if row is None:
            raise NotSignedIn
        entry, user, enrolled = row
        idle = carrier == "cookie" and now - entry.seen_wall > IDLE_S * SECOND
        if entry.expires_wall < now or idle or user.disabled:
            raise NotSignedIn
        return replace(await load_actor(session, user, entry), enrolled=enrolled is not None)


async def touch(database: Database, actor: Actor, in_meeting: bool = False) -> None:
    """Note that the sign-in is used; from within a running meeting it does not expire either. Raises NotSignedIn there
    when it has been ended (signed out, reset)."""
    now = time.time_ns()
    if not in_meeting and now - actor.seen_wall < TOUCH_EVERY_S * SECOND:
        return
    async with database.writing() as session:
        entry = await session.get(SignIn, actor.token_hash)
        if entry is None:
            if in_meeting:
                raise NotSignedIn
            return
        entry.seen_wall = max(entry.seen_wall, now)
        if in_meeting:
            entry.expires_wall = max(entry.expires_wall, now + MEETING_S * SECOND)


async def sign_out(database: Database, hub_id: str, actor: Actor) -> None:
    """Both tokens that were given out together."""
    async with database.writing() as session:
        entry = await session.get(SignIn, actor.token_hash)
        if entry is not None:
            await session.execute(
                delete(SignIn).where(SignIn.user_id == actor.user_id, SignIn.login_id == entry.login_id)
            )
            await log_to_hub(session, hub_id, "sign-out", {"user": actor.user_id, "sign_in": entry.login_id})


async def confirm_password(database: Database, actor: Actor, password: str) -> None:
    """That whoever acts still knows it. Raises WrongPassword, TooManyGuesses."""
    async with database.reading() as session:
        user = (await session.scalars(select(User).where(User.id == actor.user_id))).one()
    await check_guesses(database, actor.username, "")
    if not await password_fits(user.password_hash, password):
        await count_guess(database, actor.username, "")
        raise WrongPassword


async def change_password(database: Database, hub_id: str, actor: Actor, old: str, new: str) -> None:
    """Raises WrongPassword, WeakPassword. The other sign-ins of the account end."""
    await confirm_password(database, actor, old)
    check_password(new, actor.username, old)
    hashed = await hash_password(new)
    async with database.writing() as session:
        user = (await session.scalars(select(User).where(User.id == actor.user_id))).one()
        user.password_hash, user.must_change = hashed, False
        ended = await end_sign_ins(session, actor.user_id, but=await login_of(session, actor))
        said = {"user": actor.user_id, "by": actor.user_id, "why": "password-changed", "sign_ins": ended}
        await log_to_hub(session, hub_id, "sign-ins-ended", said)


async def login_of(session: AsyncSession, actor: Actor) -> str:
    """The sign-in by which somebody is here."""
    return await session.scalar(select(SignIn.login_id).where(SignIn.token_hash == actor.token_hash)) or ""


async def end_sign_ins(
    session: AsyncSession, user_id: str, *, only: str | None = None, but: str | None = None
) -> list[str]:
    """What ends holds from the next request on; channels and media follow within a second (api.live.standing). Gives
    the ids of those that ended."""
    ended = select(SignIn.login_id).where(SignIn.user_id == user_id)
    if only is not None:
        ended = ended.where(SignIn.login_id == only)
    if but is not None:
        ended = ended.where(SignIn.login_id != but)
    ids = sorted(set(await session.scalars(ended)))
    await session.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.login_id.in_(ids)))
    return ids


def new_code() -> str:
    """Eight digits, read out in two groups of four."""
    return f"{secrets.randbelow(10**8):08d}"


def code_hash(user_id: str, code: str) -> str:
    digits = "".join(character for character in code if character in "0123456789")
    # A code lives half an hour and its guesses are limited: no slow hash needed.
    return hashlib.sha256(f"{user_id}:{digits}".encode()).hexdigest()
