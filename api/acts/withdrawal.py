"""Who may not go on in a meeting: a sign-in that was ended, an account that was disabled, a right that is over.

An idle or expired sign-in is none of these: nobody took it away, and no time-out ends a running meeting (sign_in keeps
the rows of those who are inside). Read each second, so what has not changed since is not asked again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor, load_actors
from api.acts.meeting_access import Access, access_of
from api.acts.sessions import check_open_part
from api.domain.rights import Grant, Place
from api.errors.recordings import RestrictedPart
from api.errors.request import NotFound
from storage.database import Database
from storage.tables import MediaSession, SignIn, Site, User

# causes of an end, as the rows name them
SIGNED_OUT, DISABLED, NO_RIGHT, RESTRICTED = "signed-out", "disabled", "right-withdrawn", "restricted"
MANY = 500  # bound values of one statement; SQLite takes 32,766


@dataclass(slots=True)
class Known:
    """Sessions whose rights were looked at, with the rights they were looked at with, and whether they sent."""

    sessions: dict[str, tuple[tuple[Grant, ...], bool]] = field(default_factory=dict)


async def lost_sessions(database: Database, known: Known, sending: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Open sessions that must end now, with the cause. `sending`: publishers that the relay hears, by meeting."""
    found: dict[str, str] = {}
    still: dict[str, tuple[tuple[Grant, ...], bool]] = {}
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(MediaSession, User, SignIn.token_hash, Site.unit_id)
                .join(User, User.id == MediaSession.user_id)
                .outerjoin(SignIn, SignIn.token_hash == MediaSession.sign_in)
                .outerjoin(Site, Site.id == MediaSession.site_id)
                .where(MediaSession.ended_wall.is_(None))
            )
        ).all()
        users = {user.id: user for _, user, _, _ in rows}
        actors = {actor.user_id: actor for actor in await _actors(session, list(users.values()))}
        accesses: dict[str, Access] = {}
        for row, user, token, unit_id in rows:
            actor = actors[user.id]
            seen = (actor.grants, row.mode == "whip" or row.publisher in sending.get(row.meeting_id, ()))
            if user.disabled:
                found[row.id] = DISABLED
            elif row.sign_in is not None and token is None:
                found[row.id] = SIGNED_OUT
            elif known.sessions.get(row.id) != seen and (
                cause := await _why_not(session, accesses, actor, row, unit_id, seen[1])
            ):
                found[row.id] = cause
            else:
                still[row.id] = seen
    known.sessions = still
    return found


async def _actors(session: AsyncSession, users: list[User]) -> list[Actor]:
    found: list[Actor] = []
    for first in range(0, len(users), MANY):
        found += await load_actors(session, [(user, None) for user in users[first : first + MANY]])
    return found


async def _why_not(
    session: AsyncSession,
    accesses: dict[str, Access],
    actor: Actor,
    row: MediaSession,
    unit_id: str | None,
    sends: bool,
) -> str | None:
    """The cause of its end; None: it may go on. `accesses`: by meeting, read once for the hundreds in it."""
    try:
        if row.meeting_id not in accesses:
            accesses[row.meeting_id] = await access_of(session, row.meeting_id)
        access = accesses[row.meeting_id]
        if not access.seen_by(actor):
            return NO_RIGHT
        await check_open_part(session, actor, access, unit_id or "")
    except RestrictedPart:
        return RESTRICTED  # whoever began that part puts them out as well, in the same moment
    except NotFound:
        return NO_RIGHT
    if not access.may_take_part(actor, "meeting.join"):
        return NO_RIGHT
    if sends and not access.may_take_part(actor, "meeting.publish"):
        return NO_RIGHT
    if unit_id is None or any(grant.unit_id == unit_id for grant in actor.grants):
        return None
    # In another unit's seat, as when it was taken.
    seat = Place(await tree.path_of(session, unit_id))
    return None if actor.may("meeting.join", seat) or access.may(actor, "meeting.chair") else NO_RIGHT


async def standing(database: Database, tokens: Collection[str]) -> dict[str, Actor]:
    """Those of the sign-ins (by their hash) that nobody has ended, with the rights their holders have today."""
    found: dict[str, Actor] = {}
    asked = sorted(set(tokens))
    async with database.reading() as session:
        for first in range(0, len(asked), MANY):
            rows = await session.execute(
                select(User, SignIn)
                .join(SignIn, SignIn.user_id == User.id)
                .where(SignIn.token_hash.in_(asked[first : first + MANY]), User.disabled.is_(False))
            )
            holders = [(user, sign_in) for user, sign_in in rows]
            for actor in await load_actors(session, holders):
                found[actor.token_hash] = actor
    return found
