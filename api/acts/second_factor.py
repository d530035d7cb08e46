"""The second factor at the door: whether it is asked for, whether what was given is right, and that it serves once."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.guessing import check_guesses_in, count_guess_in
from api.acts.hub_log import log_to_hub
from api.acts.sealed_secret import SealedSecrets
from api.domain import totp
from api.domain.second_factor import FactorRule
from api.errors.accounts import MustEnrol, SecondFactorWanted
from storage.tables import RecoveryCode, SecondFactor, User

SECOND = 1_000_000_000
Passed = Literal["none", "totp", "recovery", "wrong"]


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """How this hub asks for them."""

    rule: FactorRule
    sealed: SealedSecrets
    hub_id: str

    def of(self, actor: Actor) -> Literal["off", "offered", "required"]:
        return self.rule.of(grant.role for grant in actor.grants)

    def lacking(self, actor: Actor) -> bool:
        """Whether nothing else may be done before one is enrolled."""
        return not actor.enrolled and self.of(actor) == "required"

    def require(self, actor: Actor) -> None:
        if self.lacking(actor):
            raise MustEnrol

    async def passed(self, session: AsyncSession, user: User, given: str, address: str) -> Passed:
        """What was given of it: `none` where none is asked for. A wrong one is counted in this transaction, which the
        caller must let end well. Raises SecondFactorWanted, TooManyGuesses."""
        if not self.rule.offered:
            return "none"
        # The row is held: guesses sent in one moment come one after the other, and a code is taken by one of them.
        factor = await session.get(SecondFactor, user.id, with_for_update=True, populate_existing=True)
        if factor is None or factor.since_wall is None:
            return "none"
        code = totp.typed(given)
        if not code:
            raise SecondFactorWanted
        await check_guesses_in(session, user.username, address)
        if totp.is_code(code):
            if self.takes(factor, code):
                return "totp"
        elif await self._recovers(session, user, code):
            return "recovery"
        await count_guess_in(session, user.username, address)
        return "wrong"

    def takes(self, factor: SecondFactor, code: str) -> bool:
        """Whether the code is right now; then neither it nor an earlier one is right again."""
        secret = self.sealed.open(factor.user_id, factor.sealed)
        step = totp.accepted(secret, code, totp.step_of(time.time_ns() // SECOND), factor.last_step)
        if step is not None:
            factor.last_step = step
        return step is not None

    async def _recovers(self, session: AsyncSession, user: User, code: str) -> bool:
        row = await session.get(RecoveryCode, self.sealed.mark(user.id, code), with_for_update=True)
        if row is None or row.user_id != user.id or row.used_wall is not None:
            return False
        row.used_wall = time.time_ns()
        await session.flush()
        left = await codes_left(session, user.id)
        await log_to_hub(
            session, self.hub_id, "second-factor", {"user": user.id, "verb": "recovery-code-used", "left": left}
        )
        return True


async def codes_left(session: AsyncSession, user_id: str) -> int:
    left = select(RecoveryCode.mark).where(RecoveryCode.user_id == user_id, RecoveryCode.used_wall.is_(None))
    return len((await session.scalars(left)).all())


async def take_off(session: AsyncSession, user_id: str) -> bool:
    """Whether there was one."""
    factor = await session.get(SecondFactor, user_id)
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    await session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    return factor is not None and factor.since_wall is not None


async def enrolled(session: AsyncSession, user_ids: Iterable[str]) -> set[str]:
    """Those of the accounts that have one."""
    having = select(SecondFactor.user_id).where(SecondFactor.since_wall.is_not(None))
    return set(await session.scalars(having.where(SecondFactor.user_id.in_(set(user_ids)))))
