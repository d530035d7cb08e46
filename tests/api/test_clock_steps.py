"""The wall clock is stepped in a running meeting: nothing is ended by it, nobody stays for it, coverage goes on."""

import time

import pytest
from sqlalchemy import select

from api.acts import meetings
from api.acts.absence import absent_meetings
from api.acts.actor import Actor
from api.acts.seed import ensure_admin, seed_demo
from api.acts.sessions import end_strays, session_began, session_ended, take_seat
from api.domain.meeting import Patience
from api.live.meetings import SealedCache
from api.records.meetings import NewMeeting
from storage.database import Database
from storage.tables import MediaSession, Meeting
from tests.api.test_acts import who

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
TEN_MINUTES = Patience(600 * SECOND, 0)


class Clock:
    """The wall clock of this process; the monotonic one is left alone, as by a real step."""

    def __init__(self) -> None:
        self.ahead_ns = 0
        self._real = time.time_ns

    def __call__(self) -> int:
        return self._real() + self.ahead_ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stepped = Clock()
    monkeypatch.setattr(time, "time_ns", stepped)
    return stepped


async def opened(database: Database) -> tuple[Actor, str]:
    """A running meeting."""
    await ensure_admin(database, "a password")
    await seed_demo(database)
    secretary = await who(database, "shuji")
    assert secretary.home is not None
    new = NewMeeting(title="会", kind="two_committees", unit=secretary.home)
    meeting_id = await meetings.plan(database, secretary, new)
    await meetings.open_meeting(database, secretary, meeting_id)
    return secretary, meeting_id


async def older(database: Database, seconds: int) -> None:
    """What has happened happened so long ago."""
    async with database.writing() as session:
        row = (await session.scalars(select(Meeting))).one()
        assert row.opened_wall is not None
        assert row.opened_monotonic is not None
        row.opened_wall -= seconds * SECOND
        row.opened_monotonic -= seconds * SECOND


async def come(database: Database, secretary: Actor, meeting_id: str) -> str:
    seat = await take_seat(database, secretary, meeting_id, "room", "device01", None)
    await session_began(database, secretary, meeting_id, seat, "room", "epoch")
    return seat.session


async def test_a_step_ahead_ends_no_meeting_whose_device_went_a_moment_ago(database: Database, clock: Clock) -> None:
    secretary, meeting_id = await opened(database)
    await older(database, 1800)
    session_id = await come(database, secretary, meeting_id)
    await session_ended(database, session_id, "closed")
    clock.ahead_ns = HOUR
    assert await absent_meetings(database, TEN_MINUTES) == []
    await older(database, 660)
    assert await absent_meetings(database, TEN_MINUTES) != []  # when it is time it ends all the same


async def test_who_went_while_the_clock_was_ahead_went_when_he_went(database: Database, clock: Clock) -> None:
    secretary, meeting_id = await opened(database)
    session_id = await come(database, secretary, meeting_id)
    clock.ahead_ns = HOUR
    await session_ended(database, session_id, "closed")
    clock.ahead_ns = 0
    ((found, at_ns),) = await absent_meetings(database, Patience(0, 0))
    assert found == meeting_id
    assert 0 <= at_ns < 60 * SECOND


async def test_who_came_while_the_clock_was_ahead_and_is_gone_does_not_stay_an_hour(
    database: Database, clock: Clock
) -> None:
    secretary, meeting_id = await opened(database)
    clock.ahead_ns = HOUR
    await come(database, secretary, meeting_id)
    clock.ahead_ns = 0
    assert await end_strays(database, "epoch", set()) == set()  # it is just being opened
    await older(database, 10)
    assert await end_strays(database, "epoch", set()) == {meeting_id}


async def test_a_step_ahead_ends_no_session_that_is_just_being_opened(database: Database, clock: Clock) -> None:
    secretary, meeting_id = await opened(database)
    await come(database, secretary, meeting_id)
    clock.ahead_ns = HOUR
    assert await end_strays(database, "epoch", set()) == set()
    async with database.reading() as session:
        assert (await session.scalars(select(MediaSession.ended_wall))).one() is None


def test_coverage_is_told_on_when_the_clock_is_back(clock: Clock) -> None:
    cache = SealedCache()
    clock.ahead_ns = HOUR
    assert cache.is_new("rec_1", "seg_1", time.time_ns())
    clock.ahead_ns = 0
    assert cache.since("rec_1") < time.time_ns()
