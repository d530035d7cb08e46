"""The count of what was guessed wrong, by user name and by address: passwords, one-time codes, second factors."""

import time

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.domain.guesses import FORGOTTEN_S, FREE_BY_ADDRESS, FREE_BY_NAME, block_seconds
from api.errors.accounts import TooManyGuesses
from storage.database import Database, insert_if_absent
from storage.tables import Guess

SECOND = 1_000_000_000


async def check_guesses(database: Database, username: str, address: str) -> None:
    """Raises TooManyGuesses."""
    async with database.reading() as session:
        await check_guesses_in(session, username, address)


async def check_guesses_in(session: AsyncSession, username: str, address: str) -> None:
    now = time.time_ns()
    rows = await session.scalars(select(Guess).where(Guess.subject.in_(_subjects(username, address))))
    until = max((row.blocked_until_wall for row in rows), default=0)
    if until > now:
        raise TooManyGuesses(retry_after=-(-(until - now) // SECOND))


async def count_guess(database: Database, username: str, address: str) -> None:
    async with database.writing() as session:
        await count_guess_in(session, username, address)


async def count_guess_in(session: AsyncSession, username: str, address: str) -> None:
    now = time.time_ns()
    for subject in _subjects(username, address):
        await _count_one(session, subject, now)


async def forget_guesses(session: AsyncSession, username: str) -> None:
    """Of the name; an address may be many people's."""
    await session.execute(delete(Guess).where(Guess.subject == f"name:{username}"))


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
