"""What is sealed becomes rows: at once, or once there is a database. Its line to the database, the store's uploads.

Nothing is kept here of what was sealed without a database: the sidecars know it, and `Book.behind` has them read.
"""

import asyncio
import logging

from recorder.book import AWAY, LEFT_TO_SIDECARS, Book
from recorder.notes import FillerNote, RecordingNote, SegmentNote, TrackNote
from recorder.spool import Spool
from recorder.uploads import Uploads
from storage.database import Database
from storage.notary import Notary
from storage.objects import Objects, ObjectsConfig

log = logging.getLogger(__name__)

ROWS_S = 1.0


class Rows:
    def __init__(self, database_url: str, notary: Notary, spool: Spool, objects: ObjectsConfig) -> None:
        self.book: Book | None = None
        self.uploads: Uploads | None = None
        self.without = 0  # segments sealed since the start while there was no database yet
        self._url = database_url
        self._notary = notary
        self._spool = spool
        self._objects = Objects(objects)
        self._database: Database | None = None
        self._due = asyncio.Event()

    @property
    def waiting(self) -> int:
        return self.without if self.book is None else self.book.waiting

    async def connect(self) -> Book | None:
        """The book, as soon as there is a database."""
        if self.book is not None:
            return self.book
        try:
            self._database = await Database.open(self._url)
        except AWAY as error:
            log.warning("no database: %s", error)
            return None
        if self.without:
            log.warning("%d segments were sealed without a database; their sidecars are read again", self.without)
        self._notary.signer()  # one that can't be read is told now
        self.book = Book(self._database, self._notary)

        self.uploads = Uploads(self.book, self._spool, self._objects)
        return self.book

    def wake(self) -> None:
        self._due.set()

    def take_sealed(self, recording: RecordingNote, note: SegmentNote) -> None:
        if self.book is None:
            self.without += 1
            LEFT_TO_SIDECARS.inc()
            return
        self.book.add(recording, note)
        self.wake()

    def take_track(self, recording: RecordingNote, note: TrackNote) -> None:
        if self.book is not None:  # else its first segment brings it
            self.book.add_track(recording, note)
            self.wake()

    def take_filler(self, note: FillerNote) -> None:
        if self.book is not None:  # else it is made again at the end
            self.book.add_filler(note)
            self.wake()

    async def write(self, book: Book, uploads: Uploads) -> None:
        """Never ends by itself."""
        while True:
            await self._due.wait()
            self._due.clear()
            if await book.work_off():
                uploads.wake()
            # What comes within a second goes in one transaction.
            await asyncio.sleep(ROWS_S)
            if book.waiting:
                self.wake()

    async def close(self) -> None:
        if self.book is not None:
            await self.book.work_off()
        await self._objects.close()
        if self._database is not None:
            await self._database.close()
