"""One's own second factor: begun with the password, confirmed by a first code, taken off, its recovery codes."""

import secrets
import time

import segno
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.second_factor import SECOND, SecondFactors, codes_left, take_off
from api.acts.sign_in import confirm_password
from api.domain import totp
from api.domain.day import utc_text
from api.domain.second_factor import BEGUN_S, RECOVERY_CODES
from api.errors.accounts import FactorOff, FactorState, WrongSecondFactor
from api.records.second_factor import Begun, RecoveryCodes, SecondFactorView
from storage.database import Database
from storage.tables import RecoveryCode, SecondFactor, User

ISSUER = "会录"
# No 0, O, 1 and l: a code is read from paper. 32 letters, ten of them: 50 bits.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


async def state(database: Database, factors: SecondFactors, actor: Actor) -> SecondFactorView:
    async with database.reading() as session:
        factor = await session.get(SecondFactor, actor.user_id)
        return SecondFactorView(
            rule=factors.of(actor),
            enrolled=factor is not None and factor.since_wall is not None,
            since_wall=utc_text(factor.since_wall) if factor and factor.since_wall else None,
            codes_left=await codes_left(session, actor.user_id),
        )


async def begin(database: Database, factors: SecondFactors, actor: Actor, password: str) -> Begun:
    """The password again: whoever finds a page open can't lock its owner out. Begun anew, the last secret counts."""
    if factors.of(actor) == "off":
        raise FactorOff
    await confirm_password(database, actor, password)
    secret = secrets.token_bytes(totp.SECRET_BYTES)
    async with database.writing() as session:
        factor = await session.get(SecondFactor, actor.user_id, with_for_update=True)
        if factor is None:
            factor = SecondFactor(user_id=actor.user_id, last_step=0)
            session.add(factor)
        elif factor.since_wall is not None:
            raise FactorState
        factor.sealed, factor.begun_wall = factors.sealed.seal(actor.user_id, secret), time.time_ns()
    address = totp.address(secret, actor.username, ISSUER)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(border=4, light="#fff", omitsize=True)
    return Begun(secret=totp.secret_text(secret), address=address, qr=picture)


async def confirm(database: Database, factors: SecondFactors, actor: Actor, code: str) -> RecoveryCodes:
    """The app is shown to have the secret. Raises WrongSecondFactor, FactorState."""
    if factors.of(actor) == "off":
        raise FactorOff
    async with database.writing() as session:
        factor = await session.get(SecondFactor, actor.user_id, with_for_update=True)
        oldest = time.time_ns() - BEGUN_S * SECOND
        if factor is None or factor.since_wall is not None or factor.begun_wall < oldest:
            raise FactorState
        if not factors.takes(factor, totp.typed(code)):
            raise WrongSecondFactor  # no limit on guesses here: who began it has seen the secret
        factor.since_wall = time.time_ns()
        return await _new_codes(session, factors, actor, "enrolled")


async def renew_codes(
    database: Database, factors: SecondFactors, actor: Actor, given: str, address: str
) -> RecoveryCodes:
    """The old ones are nothing more."""
    async with database.writing() as session:
        right = await _passed(session, factors, actor, given, address)
        if right:
            return await _new_codes(session, factors, actor, "recovery-codes-renewed")
    raise WrongSecondFactor


async def remove(
    database: Database, factors: SecondFactors, actor: Actor, password: str, given: str, address: str
) -> None:
    await confirm_password(database, actor, password)
    async with database.writing() as session:
        right = await _passed(session, factors, actor, given, address)
        if right:
            await take_off(session, actor.user_id)
            said = {"user": actor.user_id, "verb": "removed", "by": actor.user_id}
            await log_to_hub(session, factors.hub_id, "second-factor", said)
    if not right:
        raise WrongSecondFactor


async def _passed(session: AsyncSession, factors: SecondFactors, actor: Actor, given: str, address: str) -> bool:
    user = await session.get_one(User, actor.user_id)
    passed = await factors.passed(session, user, given, address)
    if passed == "none":
        raise FactorState
    return passed != "wrong"


async def _new_codes(session: AsyncSession, factors: SecondFactors, actor: Actor, verb: str) -> RecoveryCodes:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == actor.user_id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(mark=factors.sealed.mark(actor.user_id, code), user_id=actor.user_id) for code in codes
    )
    await session.flush()
    said = {"user": actor.user_id, "verb": verb, "by": actor.user_id}
    await log_to_hub(session, factors.hub_id, "second-factor", said)
    return RecoveryCodes(codes=[f"{code[:5]}-{code[5:]}" for code in codes])
