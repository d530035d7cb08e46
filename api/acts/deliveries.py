"""A device's own copy and films handed in: begun, received piece by piece, sealed as what they are, countersigned.

They go to a chain of their own beside the recording's (kind `delivered`), which stays open: the recording's own chain
is closed with the meeting, and what the relay saw is never mixed with what came later.
"""

import asyncio
import hashlib
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.delivery_views import delivery_view, played_until, received_words
from api.acts.meeting_access import Access, access_of, access_to
from api.acts.meeting_views import hidden_spans
from api.acts.moments import read_moment
from api.acts.persons import same_person
from api.acts.secluded import secluded_from
from api.acts.spoken import spoken_as
from api.domain.day import day_of
from api.domain.workdays import last_day
from api.errors.recordings import NotRecorded, NotSealed, NotThere, OwnDelivery, RecordingDeleted, TwoFiles
from api.errors.request import BadRequest, Forbidden, NotFound, TooMuch
from api.records.deliveries import DeliveriesView, DeliveryProgress, DeliveryView, NewDelivery
from recorder.spans import Spans
from storage import receiving
from storage.chained import DELIVERY
from storage.clock import rfc3339
from storage.database import Database
from storage.errors import PieceDiffers
from storage.ids import new_id
from storage.ledger import append, last_checkpoint, open_chain
from storage.statements import delivery_statement, rests_on
from storage.tables import Deletion, Delivery, MediaSession, Meeting, Recording, Site

MS = 1_000_000
MAX_BYTES = 8 * 1024**3  # of one person for one meeting: 16 hours of a device's own copy
SUFFIXES = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv"}


async def begin(database: Database, actor: Actor, spool: Path, limit: int, meeting_id: str, new: NewDelivery) -> str:
    """The delivery's id; the same again for a key that was begun. Raises NotThere, NotRecorded, TooMuch, TwoFiles,
    NoRoom."""
    _check(new)
    known = await _known(database, actor, meeting_id, new)
    if known is not None:
        return known
    await asyncio.to_thread(receiving.check_room, spool, new.bytes, limit)
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        meeting = access.meeting
        recording = await _recording(session, meeting, new.start_ms * MS, new.end_ms * MS)
        site, publisher = await _sender(session, actor, access, new)
        own = select(func.sum(Delivery.bytes)).where(
            Delivery.meeting_id == meeting_id, Delivery.user_id == actor.user_id
        )
        if int(await session.scalar(own) or 0) + new.bytes > MAX_BYTES:
            raise TooMuch(f"{MAX_BYTES} bytes")
        now = time.time_ns()
        row = Delivery(
            id=new_id("dlv"), meeting_id=meeting_id, recording_id=recording.id, origin=new.origin, key=new.key,
            user_id=actor.user_id, user_as=await _as(session, actor, access, new.origin), site_id=site,
            publisher=publisher, mime=new.mime, start_ns=new.start_ms * MS, end_ns=new.end_ms * MS,
            clock=new.clock.model_dump() if new.clock else None, place=new.place, taken_wall=_wall(new.taken_wall),
            reason=new.reason, bytes=new.bytes, pieces=new.pieces, state="receiving", begun_wall=now,
            late=new.origin == "handed-in" and day_of(now) > last_day(meeting.opened_on or day_of(now)), held=False,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row.id


async def piece(
    database: Database, actor: Actor, spool: Path, delivery_id: str, number: int, data: bytes, sha256: str
) -> None:
    async with database.reading() as session:
        row = await _own(session, actor, delivery_id)
        state, count, last = row.state, row.pieces, row.bytes - (row.pieces - 1) * receiving.PIECE_BYTES
    if not 0 <= number < count or len(data) != (receiving.PIECE_BYTES if number < count - 1 else last):
        raise BadRequest(fields=[{"field": "number", "code": "range", "message": f"{number} of {count}"}])
    if state == "receiving":  # else it has all of them
        await asyncio.to_thread(receiving.keep_piece, spool, delivery_id, number, data, sha256)


async def complete(database: Database, actor: Actor, spool: Path, delivery_id: str, list_sha256: str) -> None:
    """Seal it, then its row and its entry in one transaction; done again it changes nothing. Raises PieceDiffers when
    it isn't what the sender's list says: nothing is to be deleted on the device then."""
    async with database.reading() as session:
        row = await _own(session, actor, delivery_id)
        if row.state != "receiving":
            return
        name = f"{receiving.DELIVERED}/{row.recording_id}/{row.id}.{_suffix(row.mime)}"
        facts = {"delivery": row.id, "origin": row.origin, "recording": row.recording_id, "mime": row.mime}
        count = row.pieces
    sealed, listed = await asyncio.to_thread(receiving.seal, spool, delivery_id, count, name, facts)
    if listed != list_sha256:
        raise PieceDiffers("the list of pieces")
    async with database.writing() as session:
        row = await _own(session, actor, delivery_id)
        if row.state != "receiving":
            return
        row.state, row.name, row.received_wall = "sealed", name, time.time_ns()
        row.sha256, row.sm3, row.bytes = sealed.sha256, sealed.sm3, sealed.bytes
        await session.flush()
        chain = await open_chain(session, "delivered", row.recording_id)
        recording = await session.get(Recording, row.recording_id)
        ground = await last_checkpoint(session, recording.chain_id) if recording is not None else None
        more: dict[str, Any] = {"rests_on": [rests_on(ground)]} if ground is not None else {}
        await append(session, chain, DELIVERY, delivery_statement(row) | {"said": received_words(row)[0]} | more)
    await asyncio.to_thread(receiving.forget_pieces, spool, delivery_id)


async def countersign(database: Database, actor: Actor, delivery_id: str) -> str:
    """The supervisor has looked at it and stands for it; the meeting's id."""
    async with database.writing() as session:
        row = await session.get(Delivery, delivery_id, with_for_update=True)
        if row is None:
            raise NotFound(f"delivery {delivery_id}")
        access = await access_of(session, row.meeting_id)
        if not access.seen_by(actor):
            raise NotFound(f"delivery {delivery_id}")
        said = await spoken_as(session, actor, "delivery.countersign", access)
        if _refused_whole(row, await _refused(session, actor, access, [row.recording_id])):
            raise NotFound(f"delivery {delivery_id}")
        if await same_person(session, actor, row.user_id, row.begun_wall):
            raise OwnDelivery(delivery_id)
        if row.state == "receiving":
            raise NotSealed(delivery_id)
        if row.countersigned_by is None:
            row.countersigned_by, row.countersigned_as, row.countersigned_wall = actor.user_id, said, time.time_ns()
            await session.flush()
            chain = await open_chain(session, "delivered", row.recording_id)
            signed = {"delivery": row.id, "sha256": row.sha256, "by": actor.user_id, "as": said}
            await append(session, chain, "countersigned", signed | {"at": rfc3339(row.countersigned_wall)})
        return row.meeting_id


async def meeting_of(database: Database, delivery_id: str) -> str:
    async with database.reading() as session:
        return str(await session.scalar(select(Delivery.meeting_id).where(Delivery.id == delivery_id)))


async def list_deliveries(database: Database, actor: Actor, derived: Path, meeting_id: str) -> DeliveriesView:
    """Those who may look at the recording see all but what shows nothing that they may see; others their own."""
    async with database.reading() as session:
        access = await access_to(session, actor, meeting_id)
        query = select(Delivery).where(Delivery.meeting_id == meeting_id).order_by(Delivery.start_ns, Delivery.id)
        if not access.may_in_one(actor, "recording.look"):
            query = query.where(Delivery.user_id == actor.user_id)
        rows = (await session.scalars(query)).all()
        refused = await _refused(session, actor, access, {row.recording_id for row in rows})
        rows = [row for row in rows if row.user_id == actor.user_id or not _refused_whole(row, refused)]
        opened = access.meeting.opened_on
        return DeliveriesView(
            deliveries=[await delivery_view(session, actor, access, row, derived) for row in rows],
            may_hand_in=bool(opened and access.meeting.recorded and access.may(actor, "delivery.hand-in")),
            until_on=last_day(opened) if opened else None,
        )


async def _refused(
    session: AsyncSession, actor: Actor, access: Access, recordings: Collection[str]
) -> dict[str, Spans]:
    """By recording, meeting time that this actor may neither see nor hear."""
    hidden = await hidden_spans(session, actor, access)
    secluded = await secluded_from(session, actor, recordings)
    return {each: hidden + secluded.get(each, []) for each in recordings}


def _refused_whole(row: Delivery, refused: Mapping[str, Spans]) -> bool:
    return any(start <= row.start_ns and played_until(row) <= end for start, end in refused[row.recording_id])


async def progress(database: Database, actor: Actor, spool: Path, derived: Path, delivery_id: str) -> DeliveryProgress:
    async with database.reading() as session:
        row = await _own(session, actor, delivery_id)
        access = await access_to(session, actor, row.meeting_id)
        view: DeliveryView = await delivery_view(session, actor, access, row, derived)
    have = await asyncio.to_thread(receiving.pieces, spool, delivery_id) if view.state == "receiving" else {}
    return DeliveryProgress(delivery=view, have=sorted(have))


def _check(new: NewDelivery) -> None:
    fields = []
    if new.end_ms <= new.start_ms:
        fields.append({"field": "end_ms", "code": "range", "message": "not after start_ms"})
    if new.pieces != -(-new.bytes // receiving.PIECE_BYTES):
        fields.append({"field": "pieces", "code": "range", "message": f"pieces of {receiving.PIECE_BYTES} bytes"})
    needed = ("device", "clock") if new.origin == "device" else ("place", "taken_wall", "reason")
    fields += [{"field": each, "code": "missing", "message": "needed"} for each in needed if getattr(new, each) is None]
    if fields:
        raise BadRequest(fields=fields)


def _wall(text: str | None) -> int | None:
    moment = read_moment(text, "taken_wall")
    return None if moment is None else int(moment.timestamp()) * 1_000_000_000


def _suffix(mime: str) -> str:
    return SUFFIXES.get(mime.partition(";")[0].strip().lower(), "bin")


async def _known(database: Database, actor: Actor, meeting_id: str, new: NewDelivery) -> str | None:
    async with database.reading() as session:
        row = await session.scalar(
            select(Delivery).where(
                Delivery.meeting_id == meeting_id, Delivery.user_id == actor.user_id, Delivery.key == new.key
            )
        )
        if row is not None and (row.bytes, row.mime, row.origin) != (new.bytes, new.mime, new.origin):
            raise TwoFiles(new.key)
        return None if row is None else row.id


async def _recording(session: AsyncSession, meeting: Meeting, start_ns: int, end_ns: int) -> Recording:
    """The part of the meeting's recording that the file has most of; the last one where it has of none."""
    parts = (
        await session.scalars(select(Recording).where(Recording.meeting_id == meeting.id).order_by(Recording.part))
    ).all()
    if not parts:
        raise NotRecorded(meeting.id)

    def shared(part: Recording) -> int:
        return max(0, min(end_ns, end_ns if part.end_ns is None else part.end_ns) - max(start_ns, part.start_ns))

    found = max(parts, key=lambda part: (shared(part), part.part))
    if await session.get(Deletion, found.id) is not None:
        raise RecordingDeleted(found.id)
    return found


async def _sender(
    session: AsyncSession, actor: Actor, access: Access, new: NewDelivery
) -> tuple[str | None, str | None]:
    """The site and the publisher it counts for."""
    if new.origin == "device":
        names = {new.device, hashlib.sha256(f"{actor.user_id}.{new.device}".encode()).hexdigest()[:16]}
        rows = await session.scalars(
            select(MediaSession)
            .where(
                MediaSession.meeting_id == access.meeting.id,
                MediaSession.user_id == actor.user_id,
                MediaSession.mode != "whep",
            )
            .order_by(MediaSession.started_wall.desc())
        )
        for row in rows:
            if row.publisher.rpartition(".")[2] in names:
                return row.site_id, row.publisher
        raise NotThere(new.device or "")
    if not access.may(actor, "delivery.hand-in"):
        raise Forbidden("delivery.hand-in")
    site = await session.scalar(select(Site.id).where(Site.meeting_id == access.meeting.id, Site.main.is_(True)))
    return site, None


async def _as(session: AsyncSession, actor: Actor, access: Access, origin: str) -> str:
    return actor.name if origin == "device" else await spoken_as(session, actor, "delivery.hand-in", access)


async def _own(session: AsyncSession, actor: Actor, delivery_id: str) -> Delivery:
    """Somebody else's is as unknown as one that never was."""
    row = await session.get(Delivery, delivery_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound(f"delivery {delivery_id}")
    return row
