"""The acts on SQLite and PostgreSQL alike: a meeting, its decision, sessions, sign-in, lists; and two at once."""

import asyncio
import time
from pathlib import Path

from sqlalchemy import func, select, update

from api.acts import (
    agenda,
    decisions,
    feedback,
    looks,
    meeting_views,
    meetings,
    recording_views,
    roster,
    sign_in,
    sittings,
    votes,
)
from api.acts.actor import Actor, load_actor
from api.acts.meeting_access import access_to
from api.acts.sealed_secret import SealedSecrets
from api.acts.second_factor import SecondFactors
from api.acts.seed import ensure_admin, seed_demo
from api.acts.sessions import Seat, end_strays, people_here, session_began, take_seat
from api.acts.sign_in import Caller
from api.domain.second_factor import read_rule
from api.errors.accounts import TooManyGuesses, WrongPassword
from api.errors.meetings import WrongState
from api.records.meetings import NewItem, NewMeeting, NewVote
from storage.database import Database
from storage.keys import Signer
from storage.ledger import close_chain
from storage.tables import Decision, Entry, Guess, Meeting, Recording, SignIn, User

HUB = "hub_x"


async def who(database: Database, username: str) -> Actor:
    async with database.reading() as session:
        return await load_actor(session, (await session.scalars(select(User).where(User.username == username))).one())


async def test_a_meeting_on_both_databases(database: Database, signer: Signer) -> None:
    await ensure_admin(database, "a password")
    await seed_demo(database)
    secretary, inspector = await who(database, "shuji"), await who(database, "ducha")
    assert secretary.home is not None
    new = NewMeeting(title="会", kind="representatives_meeting", unit=secretary.home,
                     items=[NewItem(title="道路", matter="b1", decision="new")])  # fmt: skip
    meeting_id = await meetings.plan(database, secretary, new)
    persons = [entry.person.id for entry in await roster.roster_of(database, secretary, meeting_id, 1)]
    for person in persons[:11]:
        await roster.tick(database, secretary, meeting_id, person, True)
    turned = await meetings.open_meeting(database, secretary, meeting_id)
    assert turned.recording_id
    # Two devices at once: the chain has no fork and no hole.
    seats = await asyncio.gather(
        *(take_seat(database, secretary, meeting_id, "room", f"device{n:02d}", None) for n in range(4))
    )

    async def begin(seat: Seat) -> None:
        await session_began(database, secretary, meeting_id, seat, "room", "epoch")

    await asyncio.gather(*(begin(seat) for seat in seats))
    async with database.reading() as session:
        meeting = await session.get(Meeting, meeting_id)
        assert meeting is not None
        here = (await people_here(session, meeting, {seats[0].publisher: ["camera"]})).people
    assert [person.publishing for person in here if person.publisher == seats[0].publisher] == [["camera"]]
    assert len(here) == 4
    assert await end_strays(database, "another epoch", set()) == {meeting_id}

    async with database.reading() as session:
        access = await access_to(session, secretary, meeting_id)
        item = (await meeting_views.view(session, secretary, access)).items[0]
    await agenda.start_item(database, secretary, meeting_id, item.id)
    vote = NewVote(way="named", in_favour=8, against=2, abstained=1)
    await votes.record_vote(database, secretary, meeting_id, item.id, vote)
    await meetings.take_break(database, secretary, meeting_id, "喝水")
    await meetings.resume(database, secretary, meeting_id)
    ends = [meetings.end_meeting(database, secretary, meeting_id) for _ in range(2)]
    results = await asyncio.gather(*ends, return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, Exception)] == [WrongState]
    async with database.writing() as session:
        recording = (await session.scalars(select(Recording).with_for_update())).one()
        await close_chain(session, recording.chain_id, signer)
        recording.state = "closed"
    assert await sittings.meetings_to_seal(database) == [meeting_id]
    assert len(await sittings.seal_sittings(database, meeting_id)) == 1
    await looks.write_looks(database, HUB, inspector.user_id, turned.recording_id, "s", [(0, 5)])
    listed = await decisions.list_decisions(database, inspector, None, "道路", "B")
    seen = await decisions.decision(database, inspector, listed[0].id)
    assert (seen.outcome, seen.votes[0].due, seen.votes[0].present, seen.proper) == ("resolved", 15, 11, False)
    # A hole counts from a second on, which this meeting hardly lasts.
    codes = {reason.code for reason in seen.improper_reasons} - {"vote-coverage"}
    assert codes == {"order", "coverage", "supervisor", "confirmed"}
    assert (
        await recording_views.recording_view(database, inspector, turned.recording_id, Path("none"))
    ).checkpoint is not None
    again = await meetings.reopen(database, secretary, meeting_id)
    assert again.recording_id not in (None, turned.recording_id)
    assert (await feedback.send(database, secretary, "/", "好")).answer is None
    async with database.reading() as session:
        sequence = select(Entry.seq).where(Entry.chain_id == recording.chain_id).order_by(Entry.seq)
        numbers = (await session.scalars(sequence)).all()
        assert await session.scalar(select(func.count()).select_from(Decision)) == 1
    assert numbers == list(range(1, len(numbers) + 1))


async def test_sign_in_on_both_databases(database: Database) -> None:
    await ensure_admin(database, "a password")
    factors = SecondFactors(read_rule("offered"), SealedSecrets(bytes(32)), HUB)
    caller = Caller("10.0.0.1", page=True)
    wrong = [sign_in.sign_in(database, factors, "admin", "wrong", caller) for _ in range(7)]
    results = await asyncio.gather(*wrong, return_exceptions=True)
    assert {type(result) for result in results} <= {WrongPassword, TooManyGuesses}
    async with database.writing() as session:
        await session.execute(update(Guess).values(blocked_until_wall=0))
    tokens = await sign_in.sign_in(database, factors, "admin", "a password", caller)
    actor = await sign_in.recognise(database, tokens.cookie, "cookie")
    # From within a running meeting neither idleness nor the sign-in's own end closes it.
    async with database.writing() as session:
        await session.execute(update(SignIn).values(seen_wall=1, expires_wall=time.time_ns() + sign_in.SECOND))
    await sign_in.touch(database, actor, in_meeting=True)
    renewed = await sign_in.recognise(database, tokens.cookie, "cookie")
    assert renewed.user_id == actor.user_id
    async with database.reading() as session:
        ends = (await session.scalars(select(SignIn.expires_wall).where(SignIn.carrier == "cookie"))).one()
    assert ends > time.time_ns() + 3000 * sign_in.SECOND
