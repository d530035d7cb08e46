"""A village meeting whose camera and microphone have real film in them, and what the worker made of it."""

from sqlalchemy import select

from ops.sender.film import Film
from recorder.preview import Preview
from storage.clock import Origin
from storage.tables import Segment, Site, Stored
from tests.api.test_recordings import Archive
from tests.recorder import pieces
from tests.recorder.hub import Opened
from tests.recorder.pieces import Pieces, S

SECONDS = 26


class Filmed(Archive):
    """Its camera and microphone have real film in them."""

    microphone = ""

    async def play(self, film: Film, seconds: int = SECONDS) -> None:
        async with self.hub.database.reading() as session:
            site = (await session.scalars(select(Site.id).where(Site.meeting_id == self.meeting))).one()
        opened = Opened(self.meeting, self.recording, site, Origin.here_and_now())
        made = Pieces(self.hub.database, self.hub.config.spool, opened)
        self.camera, self.microphone = await made.track("camera"), await made.track("microphone", "opus")
        for at in range(0, seconds, 2):
            await made.add(self.camera, pieces.picture(film, at, 2), at * S, (at + 2) * S)
            await made.add(self.microphone, pieces.sound(film, at, 2), at * S, (at + 2) * S)
        await self.preview()

    async def preview(self) -> None:
        async def read(segment: Segment, stored: Stored | None) -> bytes:
            return (self.hub.config.spool / segment.name).read_bytes()

        await Preview(self.hub.database, read, self.hub.config.derived).turn()
