"""Who is here: rows and what the relay hears, told to each page as far as it shows them, once a second at most."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.sessions import people_here
from api.domain.meeting import RUNNING
from api.live.channel import Channel
from api.live.lines import Line, Lines, told
from api.live.people import Window, change, page, whole
from api.live.rooms import Rooms
from api.live.turns import Turns
from api.records.meetings import PeoplePage, PersonHere
from storage.database import Database
from storage.tables import Meeting, Site

PAUSE_S = 1.0
MAX_NAMES = 5_000
WORST_FIRST: tuple[Line, ...] = ("lost", "weak", "good")
KEPT_GONE = 600  # of those who fell silent, the latest


class Attendance:
    def __init__(
        self,
        database: Database,
        rooms: Rooms,
        inside: Callable[[str], Awaitable[list[Channel]]],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._inside = inside
        self.lines = Lines()  # by what the relay measures
        self._turns = Turns(self._tell, spawn, PAUSE_S)
        self._gone: dict[str, dict[str, PersonHere]] = {}  # by meeting: who fell silent and was given up
        self._here: dict[str, dict[str, PersonHere]] = {}  # by session, as last read
        self._lines_told: dict[str, dict[str, Any]] = {}
        self._sites: dict[str, tuple[str, str | None]] = {}  # unit, and its town

    def changed(self, meeting_id: str) -> None:
        self._turns.due(meeting_id)

    async def read(self, session: AsyncSession, meeting: Meeting) -> list[PersonHere]:
        """Everybody, without the state of their lines."""
        if meeting.state not in RUNNING:
            return []
        here = await people_here(session, meeting, self._rooms.publishing(meeting.id))
        by_publisher = {person.publisher: person for person in here.people}
        self._here[meeting.id] = {name: by_publisher[publisher] for name, publisher in here.publishers.items()}
        return here.people

    async def page(self, meeting_id: str, window: Window) -> PeoplePage:
        """For a program, or a page without a channel."""
        async with self._database.reading() as session:
            meeting = await session.get(Meeting, meeting_id)
            people = await self.read(session, meeting) if meeting is not None else []
        rows, found = page(people, window)
        return PeoplePage(people=rows, total=len(people), found=found)

    async def look(self, channel: Channel, window: Window) -> dict[str, Any]:
        """A page shows other rows from now on."""
        async with self._database.reading() as session:
            meeting = await session.get(Meeting, channel.meeting_id)
            people = await self.read(session, meeting) if meeting is not None else []
        seen = self._with_lines(channel.meeting_id, people) if channel.chairs else people
        return whole(channel.told, window, *page(seen, window), len(people))

    async def _tell(self, meeting_id: str) -> None:
        if not self._rooms.channels(meeting_id):
            return
        async with self._database.reading() as session:
            meeting = await session.get(Meeting, meeting_id)
            if meeting is None or meeting.state not in RUNNING:
                self._forget(meeting_id)
                return
            people = await self.read(session, meeting)
        with_lines = self._with_lines(meeting_id, people)
        pages: dict[tuple[bool, Window], tuple[list[PersonHere], int]] = {}
        for channel in await self._inside(meeting_id):
            if channel.told.rows is None:
                continue  # its whole meeting is under way
            key = (channel.chairs, channel.told.window)
            if key not in pages:
                pages[key] = page(with_lines if channel.chairs else people, channel.told.window)
            message = change(channel.told, *pages[key], len(people))
            if message is not None:
                channel.put(message)
        self._tell_lines(meeting_id, with_lines)

    # -- lines

    def turned(self, meeting_id: str, session_id: str, state: str, cause: str) -> None:
        """What the relay says of a session: connected, silent, closed."""
        if state != "closed":
            self.lines.silent(session_id, state == "silent")
        else:
            self.lines.forget(session_id)
            person = self._here.get(meeting_id, {}).get(session_id)
            if person is not None and cause == "silent":
                gone = self._gone.setdefault(meeting_id, {})
                gone[person.publisher] = person.model_copy(update={"line": "lost", "publishing": []})
                if len(gone) > KEPT_GONE:
                    del gone[next(iter(gone))]
        self.changed(meeting_id)

    def _with_lines(self, meeting_id: str, people: list[PersonHere]) -> list[PersonHere]:
        """As who chairs sees them: with their lines, the lost and the weak ones first."""
        sessions = {person.publisher: name for name, person in self._here.get(meeting_id, {}).items()}
        gone = self._gone.get(meeting_id, {})
        for person in people:
            gone.pop(person.publisher, None)
        seen = [p.model_copy(update={"line": self.lines.of(sessions.get(p.publisher, ""))}) for p in people]
        return sorted([*seen, *gone.values()], key=lambda person: WORST_FIRST.index(person.line or "good"))

    def lines_of(self, meeting_id: str) -> dict[str, Any] | None:
        """As who chairs was last told."""
        return self._lines_told.get(meeting_id)

    def _tell_lines(self, meeting_id: str, people: list[PersonHere]) -> None:
        troubled = [
            (p.line, {"publisher": p.publisher, "name": p.unit.name if p.unit else p.name})
            for p in people
            if p.line in ("weak", "lost")
        ]
        message = told(troubled)
        if message == self._lines_told.get(meeting_id):
            return
        self._lines_told[meeting_id] = message
        for channel in self._rooms.channels(meeting_id):
            if channel.chairs:
                channel.put(message)

    def _forget(self, meeting_id: str) -> None:
        for known in (self._gone, self._here, self._lines_told):
            known.pop(meeting_id, None)

    # -- names for what a page is shown

    async def unit_of(self, publisher: str) -> tuple[str | None, str | None]:
        """The names of a publisher's unit and of its town: a page knows only the rows that it shows, and is shown
        others."""
        site_id = publisher.partition(".")[0]
        if site_id not in self._sites:
            async with self._database.reading() as session:
                site = await session.get(Site, site_id)
                if site is None:
                    return None, None
                if len(self._sites) >= MAX_NAMES:
                    self._sites.clear()
                unit = await tree.ref(session, site.unit_id)
                self._sites[site_id] = unit.name, (await tree.above(session, [unit.id])).get(unit.id)
        return self._sites[site_id]
