"""Media sessions: who sits where with which device, and the rows of sessions that began and ended at the relay.

The network call to the relay lies between `take_seat` and `session_began`; a session that the relay got and whose row
was never written is ended by the relay itself when it falls silent.
"""

import hashlib
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor, load_actor
from api.acts.meeting_access import Access, access_to
from api.acts.meeting_views import ENDLESS, hidden_spans, sees_item
from api.acts.recording_notes import MS, note
from api.domain.meeting import RUNNING
from api.domain.rights import Place
from api.errors.accounts import TooManySessions
from api.errors.meetings import NoSite, WrongState
from api.errors.recordings import RestrictedPart
from api.errors.request import Forbidden, NotFound
from api.records.meetings import PersonHere
from media_server.records import Mode
from storage.database import Database
from storage.ids import new_id
from storage.tables import AgendaItem, MediaSession, Meeting, Presence, Site, User

MAX_SESSIONS = (
    100  # of one account at a time: a county's office may share one, a script gone wild may not fill the relay
)
JUST_OPENED_NS = 5_000_000_000  # so long the relay's word on a session may be older than its row


@dataclass(frozen=True, slots=True)
class Seat:
    session: str
    publisher: str  # "<site>.<device>": what a recorded track goes on by
    site_id: str
    sends: bool


def device_of(actor: Actor, wish: str | None, mode: Mode) -> str:
    """A program that names no device gets one that stays the same for its account; a viewer's is new each time."""
    if wish:
        return wish
    if mode == "whep":
        return secrets.token_hex(8)
    return hashlib.sha256(actor.user_id.encode()).hexdigest()[:16]


async def take_seat(
    database: Database, actor: Actor, meeting_id: str, mode: Mode, device: str | None, unit_id: str | None
) -> Seat:
    """The site of the actor's unit, made when the actor may take part without one. Who may chair enters a planned
    meeting too: its first picture is there before it is opened. Raises Forbidden, NoSite, WrongState when the meeting
    does not run."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id)
        if not access.may_take_part(actor, "meeting.join"):
            raise Forbidden("meeting.join")
        sends = mode != "whep" and access.may_take_part(actor, "meeting.publish")
        if mode == "whip" and not sends:
            raise Forbidden("meeting.publish")
        early = access.meeting.state == "planned" and mode == "room" and access.may(actor, "meeting.chair")
        if access.meeting.state not in RUNNING and not early:
            raise WrongState(access.meeting.state, state=access.meeting.state)
        await _check_count(session, actor)
        site = await _site(session, actor, access, unit_id)
        await check_open_part(session, actor, access, site.unit_id)
        publisher = await _own_publisher(session, actor, meeting_id, site.id, device_of(actor, device, mode))
        return Seat(new_id("ses"), publisher, site.id, sends)


async def _check_count(session: AsyncSession, actor: Actor) -> None:
    """One account can't fill the relay."""
    own = select(func.count()).where(MediaSession.user_id == actor.user_id, MediaSession.ended_wall.is_(None))
    if (await session.scalar(own) or 0) >= MAX_SESSIONS:
        raise TooManySessions(str(MAX_SESSIONS))


async def _own_publisher(session: AsyncSession, actor: Actor, meeting_id: str, site_id: str, device: str) -> str:
    """Publishers are shown to everybody in the room, and a new session takes the old one's place and track: under the
    device of another account nobody takes it, he gets one of his own."""
    publisher = f"{site_id}.{device}"
    others = select(MediaSession.id).where(
        MediaSession.meeting_id == meeting_id,
        MediaSession.publisher == publisher,
        MediaSession.user_id != actor.user_id,
    )
    if await session.scalar(others.limit(1)) is None:
        return publisher
    return f"{site_id}.{hashlib.sha256(f'{actor.user_id}.{device}'.encode()).hexdigest()[:16]}"


async def _site(session: AsyncSession, actor: Actor, access: Access, unit_id: str | None) -> Site:
    meeting = access.meeting
    if unit_id is not None:
        path = await tree.path_of(session, unit_id)
        # For another unit only who may act there, or who runs this meeting, takes the seat.
        if not actor.may("meeting.join", Place(path)) and not access.may(actor, "meeting.chair"):
            raise NoSite(unit_id)
    wanted = unit_id or actor.home
    own = {wanted, *(grant.unit_id for grant in actor.grants)}
    rows = await session.scalars(select(Site).where(Site.meeting_id == meeting.id, Site.unit_id.in_(own)))
    sites = {site.unit_id: site for site in rows}
    if wanted in sites:
        return sites[wanted]
    if unit_id is None:
        for grant in actor.grants:
            if grant.unit_id in sites:
                return sites[grant.unit_id]
    if wanted is None:
        raise NoSite
    # A superior who sits in (全程监会) brings his own unit's site.
    site = Site(id=new_id("sit"), meeting_id=meeting.id, unit_id=wanted, main=False)
    session.add(site)
    await session.flush()
    return site


async def check_open_part(session: AsyncSession, actor: Actor, access: Access, unit_id: str) -> None:
    """While a restricted part runs, those without the right wait outside: a villager at home too, and who takes the
    village's seat from elsewhere. The village's own terminals stand in the room where it is held, and record it.
    Raises RestrictedPart."""
    if unit_id == access.meeting.unit_id and _in_the_room(actor, access):
        return
    if any(end == ENDLESS for _, end in await hidden_spans(session, actor, access)):
        raise RestrictedPart


def _in_the_room(actor: Actor, access: Access) -> bool:
    own = access.meeting.unit_id
    return any(grant.role == "terminal" and grant.unit_id == own for grant in actor.grants)


async def waits_outside(session: AsyncSession, actor: Actor, access: Access) -> bool:
    """Whether a restricted part runs that is not for this actor: until it ends he hears no names either."""
    if access.meeting.state not in RUNNING or _in_the_room(actor, access):
        return False
    return any(end == ENDLESS for _, end in await hidden_spans(session, actor, access))


def outside_of(actor: Actor, access: Access, items: Sequence[AgendaItem]) -> bool:
    """The same of items that were read already."""
    if access.meeting.state not in RUNNING or _in_the_room(actor, access):
        return False
    return any(
        item.start_ns is not None and item.end_ns is None and not sees_item(actor, access.part_of(item).path, item)
        for item in items
    )


async def restricted_part_runs(session: AsyncSession, meeting_id: str) -> bool:
    """For whomever: asked often, and the answer is nearly always no."""
    running = select(AgendaItem.id).where(
        AgendaItem.meeting_id == meeting_id,
        AgendaItem.access_class != "open",
        AgendaItem.start_ns.is_not(None),
        AgendaItem.end_ns.is_(None),
    )
    return await session.scalar(running.limit(1)) is not None


async def shut_out(database: Database, meeting_id: str) -> list[str]:
    """Open sessions of those who may not be at the part that runs now."""
    found: list[str] = []
    async with database.reading() as session:
        rows = await session.execute(
            select(MediaSession, User, Site)
            .join(User, User.id == MediaSession.user_id)
            .outerjoin(Site, Site.id == MediaSession.site_id)
            .where(MediaSession.meeting_id == meeting_id, MediaSession.ended_wall.is_(None))
        )
        for row, user, site in rows.all():
            actor = await load_actor(session, user)
            try:
                access = await access_to(session, actor, meeting_id)
                await check_open_part(session, actor, access, site.unit_id if site else "")
            except (RestrictedPart, NotFound):
                found.append(row.id)
    return found


async def session_began(database: Database, actor: Actor, meeting_id: str, seat: Seat, mode: Mode, epoch: str) -> None:
    now = time.time_ns()
    async with database.writing() as session:
        # Locked, so that an opening at the same moment sees the row, or this sees the opening.
        access = await access_to(session, actor, meeting_id, lock=True)
        meeting = access.meeting
        site = await session.get(Site, seat.site_id)
        # A restricted part may have begun while the relay was asked.
        await check_open_part(session, actor, access, site.unit_id if site else "")
        row = MediaSession(
            id=seat.session,
            meeting_id=meeting_id,
            user_id=actor.user_id,
            site_id=seat.site_id,
            mode=mode,
            publisher=seat.publisher,
            relay_epoch=epoch,
            sign_in=actor.token_hash or None,
            started_wall=now,
        )
        session.add(row)
        await session.flush()
        if mode == "whep":
            return
        if meeting.state != "planned":  # those who are early come to the meeting when it is opened
            await _come(session, meeting, row, actor.name, meeting.origin().meeting_now())


async def all_come(session: AsyncSession, meeting: Meeting) -> None:
    """Those whose devices were there before the opening come with it."""
    early = await session.execute(
        select(MediaSession, User.name)
        .join(User, User.id == MediaSession.user_id)
        .where(MediaSession.meeting_id == meeting.id, MediaSession.ended_wall.is_(None), MediaSession.mode != "whep")
        .order_by(MediaSession.started_wall)
    )
    for row, name in early.all():
        await _come(session, meeting, row, name, 0)


async def _come(session: AsyncSession, meeting: Meeting, row: MediaSession, name: str, at_ns: int) -> None:
    session.add(
        Presence(
            id=f"prs_{row.id.removeprefix('ses_')}",
            meeting_id=meeting.id,
            user_id=row.user_id,
            site_id=row.site_id,
            known_by="device",
            start_ns=at_ns,
        )
    )
    await session.flush()
    statement = {
        "user": row.user_id,
        "name": name,
        "publisher": row.publisher,
        "site": row.site_id,
        "at_ms": at_ns // MS,
        "known_by": "device",
    }
    await note(session, meeting.id, "person-in", statement)


async def own_session(database: Database, actor: Actor, meeting_id: str, session_id: str) -> MediaSession:
    """Somebody else's session is as unknown as one that never was."""
    async with database.reading() as session:
        row = await session.get(MediaSession, session_id)
        if row is None or row.meeting_id != meeting_id or row.user_id != actor.user_id:
            raise NotFound(f"session {session_id}")
        return row


async def may_be_over(database: Database, row: MediaSession) -> bool:
    """Whether a session that has ended already may be closed once more: its meeting's end took it down, and a page
    that closes it then does nothing wrong."""
    async with database.reading() as session:
        state = await session.scalar(select(Meeting.state).where(Meeting.id == row.meeting_id))
        return state in ("ended", "cancelled")


async def session_ended(database: Database, session_id: str, cause: str) -> str | None:
    """The meeting's id when the row was ended now; None when it was before."""
    async with database.writing() as session:
        row = await session.get(MediaSession, session_id, with_for_update=True)
        if row is None or row.ended_wall is not None:
            return None
        await _end(session, row, cause)
        return row.meeting_id


async def _end(session: AsyncSession, row: MediaSession, cause: str) -> None:
    row.ended_wall, row.ended_cause = time.time_ns(), cause
    presence = await session.get(Presence, f"prs_{row.id.removeprefix('ses_')}")
    meeting = await session.get(Meeting, row.meeting_id)
    if presence is None or meeting is None:
        return
    at_ns = meeting.origin().meeting_now() if meeting.end_ns is None else meeting.end_ns
    if presence.end_ns is None:
        presence.end_ns = max(presence.start_ns, at_ns)
    await session.flush()
    statement = {"user": row.user_id, "publisher": row.publisher, "at_ms": at_ns // MS, "cause": cause}
    await note(session, row.meeting_id, "person-out", statement)


async def end_strays(database: Database, epoch: str, living: Collection[str]) -> set[str]:
    """End rows of sessions that the relay does not have: of another epoch, or gone while nobody listened. Gives the
    meetings."""
    async with database.reading() as session:
        rows = await session.execute(
            select(MediaSession, Meeting, Presence.start_ns)
            .join(Meeting, Meeting.id == MediaSession.meeting_id)
            .outerjoin(Presence, Presence.id == "prs_" + func.substr(MediaSession.id, 5))
            .where(MediaSession.ended_wall.is_(None))
        )
        strays = [
            row
            for row, meeting, start_ns in rows
            if row.relay_epoch != epoch or (row.id not in living and not _just_opened(row, meeting, start_ns))
        ]
    touched: set[str] = set()
    for stray in strays:
        meeting_id = await session_ended(database, stray.id, "relay" if stray.relay_epoch != epoch else "silent")
        if meeting_id is not None:
            touched.add(meeting_id)
    return touched


def _just_opened(row: MediaSession, meeting: Meeting, start_ns: int | None) -> bool:
    """By meeting time where it runs: a clock that was stepped makes a session neither old nor young."""
    if start_ns is not None:
        return meeting.origin().meeting_now() - start_ns < JUST_OPENED_NS
    return abs(time.time_ns() - row.started_wall) < JUST_OPENED_NS


async def ended_sessions(database: Database, living: Collection[str]) -> list[str]:
    """Those of the relay's sessions whose rows have ended."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(MediaSession.id).where(MediaSession.id.in_(living), MediaSession.ended_wall.is_not(None))
        )
        return list(rows)


@dataclass(frozen=True, slots=True)
class Here:
    """Devices with an open session, in the order in which they came, and whose each session is."""

    people: list[PersonHere]
    publishers: dict[str, str]  # by session


async def people_here(session: AsyncSession, meeting: Meeting, publishing: dict[str, list[str]]) -> Here:
    """`publishing` is what the relay hears from each publisher."""
    rows = await session.execute(
        select(MediaSession.id, MediaSession.publisher, MediaSession.started_wall, Site.unit_id, User.name)
        .join(User, User.id == MediaSession.user_id)
        .outerjoin(Site, Site.id == MediaSession.site_id)
        .where(MediaSession.meeting_id == meeting.id, MediaSession.ended_wall.is_(None), MediaSession.mode != "whep")
        .order_by(MediaSession.started_wall, MediaSession.id)
    )
    found = list(rows.all())
    units = {unit_id for _, _, _, unit_id, _ in found if unit_id}
    refs = await tree.refs(session, units, meeting.opened_on)
    above = await tree.above(session, units, meeting.opened_on)
    here: dict[str, PersonHere] = {}
    for _, publisher, started_wall, unit_id, name in found:
        since = max(0, started_wall - (meeting.opened_wall or started_wall)) // MS
        here[publisher] = PersonHere(
            publisher=publisher,
            name=name,
            unit=refs.get(unit_id) if unit_id else None,
            within=above.get(unit_id) if unit_id else None,
            since_ms=min(since, here[publisher].since_ms) if publisher in here else since,
            publishing=sorted(publishing.get(publisher, [])),
        )
    return Here(list(here.values()), {session_id: publisher for session_id, publisher, _, _, _ in found})
