"""Signing in and out: argon2 in a thread, a limit on guesses, tokens kept as SHA-256, one-time codes.

A cookie falls idle after IDLE_S without a request or an open channel; the channel of a running meeting touches the
sign-in once a minute, so an idle time-out never ends a meeting.
"""

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor, load_actor, token_hash
from api.acts.hub_log import log_to_hub
from api.domain.guesses import FORGOTTEN_S, FREE_BY_ADDRESS, FREE_BY_NAME, block_seconds
from api.errors import NotSignedIn, TooManyGuesses, WeakPassword, WrongCode, WrongPassword
from storage.database import Database, insert_if_absent
from storage.tables import Guess, MediaSession, SignIn, User

SECOND = 1_000_000_000
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
    bearer: str
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


async def sign_in(database: Database, hub_id: str, username: str, password: str, address: str) -> Tokens:
    """Raises WrongPassword, TooManyGuesses."""
    username = username.strip().casefold()
    await _check_guesses(database, username, address)
    async with database.reading() as session:
        user = await session.scalar(select(User).where(User.username == username))
    fits = await password_fits(user.password_hash if user else None, password)
    # Guesses sent in one moment have waited for their turn: what those before them counted holds for them too.
    await _check_guesses(database, username, address)
    if user is None or user.disabled or not fits:
        await _count_guess(database, username, address)
        raise WrongPassword
    return await _issue(database, hub_id, user.id, username, "password")


async def sign_in_by_code(
    database: Database, hub_id: str, username: str, code: str, new_password: str, address: str
) -> Tokens:
    """A one-time code sets a new password and signs in. Raises WrongCode, WeakPassword, TooManyGuesses."""
    username = username.strip().casefold()
    await _check_guesses(database, username, address)
    check_password(new_password, username)
    hashed = await hash_password(new_password)
    await _check_guesses(database, username, address)  # as above
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
            user.password_hash, user.must_change = hashed, False
            user.code_hash = user.code_until_wall = None
            # Whoever held the account before is out.
            await session.execute(delete(SignIn).where(SignIn.user_id == user.id))
    if user is None or not good:
        await _count_guess(database, username, address)
        raise WrongCode
    return await _issue(database, hub_id, user.id, username, "code")


async def _issue(database: Database, hub_id: str, user_id: str, username: str, way: str) -> Tokens:
    cookie, bearer = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = time.time_ns()
    async with database.writing() as session:
        user = (await session.scalars(select(User).where(User.id == user_id))).one()
        await session.execute(delete(Guess).where(Guess.subject == f"name:{username}"))
        await _forget_expired(session, now)
        for token, carrier, lasts in ((cookie, "cookie", COOKIE_S), (bearer, "bearer", BEARER_S)):
            session.add(
                SignIn(
                    token_hash=token_hash(token),
                    user_id=user_id,
                    carrier=carrier,
                    created_wall=now,
                    seen_wall=now,
                    expires_wall=now + lasts * SECOND,
                )
            )
        await session.flush()
        await log_to_hub(session, hub_id, "sign-in", {"user": user_id, "way": way})
        return Tokens(cookie, bearer, user_id, user.username, user.name, user.must_change)


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
                select(SignIn, User)
                .join(User, User.id == SignIn.user_id)
                .where(SignIn.token_hash == token_hash(token), SignIn.carrier == carrier)
            )
        ).first()
        if row is None:
            raise NotSignedIn
        entry, user = row
        idle = carrier == "cookie" and now - entry.seen_wall > IDLE_S * SECOND
        if entry.expires_wall < now or idle or user.disabled:
            raise NotSignedIn
        return await load_actor(session, user, entry)


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


async def sign_out(database: Database, actor: Actor) -> None:
    async with database.writing() as session:
        await session.execute(delete(SignIn).where(SignIn.token_hash == actor.token_hash))


async def change_password(database: Database, actor: Actor, old: str, new: str) -> None:
    """Raises WrongPassword, WeakPassword. The other sign-ins of the account end."""
    async with database.reading() as session:
        user = (await session.scalars(select(User).where(User.id == actor.user_id))).one()
    subject = actor.username
    await _check_guesses(database, subject, "")
    if not await password_fits(user.password_hash, old):
        await _count_guess(database, subject, "")
        raise WrongPassword
    check_password(new, actor.username, old)
    hashed = await hash_password(new)
    async with database.writing() as session:
        user = (await session.scalars(select(User).where(User.id == actor.user_id))).one()
        user.password_hash, user.must_change = hashed, False
        await session.execute(
            delete(SignIn).where(SignIn.user_id == actor.user_id, SignIn.token_hash != actor.token_hash)
        )


def new_code() -> str:
    """Eight digits, read out in two groups of four."""
    return f"{secrets.randbelow(10**8):08d}"


def code_hash(user_id: str, code: str) -> str:
    digits = "".join(character for character in code if character in "0123456789")
    # A code lives half an hour and its guesses are limited: no slow hash needed.
    return hashlib.sha256(f"{user_id}:{digits}".encode()).hexdigest()


async def _check_guesses(database: Database, username: str, address: str) -> None:
    now = time.time_ns()
    async with database.reading() as session:
        rows = await session.scalars(select(Guess).where(Guess.subject.in_(_subjects(username, address))))
        until = max((row.blocked_until_wall for row in rows), default=0)
    if until > now:
        raise TooManyGuesses(retry_after=-(-(until - now) // SECOND))


async def _count_guess(database: Database, username: str, address: str) -> None:
    now = time.time_ns()
    async with database.writing() as session:
        for subject in _subjects(username, address):
            await _count_one(session, subject, now)


async def _count_one(session: AsyncSession, subject: str, now: int) -> None:
    await insert_if_absent(session, Guess, subject=subject, failures=0, blocked_until_wall=0, last_wall=now)
    row = await session.get_one(Guess, subject, with_for_update=True)
    if now - row.last_wall > FORGOTTEN_S * SECOND:
        row.failures = 0
    row.failures += 1
    row.last_wall = now
    free = FREE_BY_NAME if subject.startswith("name:") else FREE_BY_ADDRESS
    row.blocked_until_wall = now + block_seconds(row.failures, free) * SECOND


def _subjects(username: str, address: str) -> list[str]:
    return [f"name:{username[:100]}"] + ([f"address:{address}"] if address else [])
