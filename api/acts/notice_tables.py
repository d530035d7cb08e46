"""Tables hung with a notice: looked through, sealed and put up with it in one act.

They are given to everybody while it hangs, and to the village's desk afterwards.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import notices, tree
from api.acts.actor import Actor
from api.acts.archive import Archive
from api.acts.plans import seal
from api.acts.recording_streams import Piece
from api.domain import notice_tables
from api.domain.notice_tables import Attached
from api.domain.rights import Place
from api.errors.request import ApiError, NotFound
from storage import receiving
from storage.ids import new_id
from storage.sealing import remove_sealed
from storage.tables import NoticeTable, PublicNotice

FOLDER = "notices"
LOOK = "decision.look"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table as it is given."""

    piece: Piece
    title: str
    mime: str
    sha256: str


async def put_up(
    archive: Archive, actor: Actor, unit_id: str, notice: dict[str, Any], files: Sequence[tuple[str, bytes]]
) -> str:
    """The notice's id. Raises what `notices.put_up` does, TooManyTables, TableUnfit, BadAttachment, NoRoom."""
    async with archive.database.reading() as session:
        where = await _place(session, actor, unit_id, notice["matter"])
        actor.require(notices.WRITE, where)
    mimes = await asyncio.to_thread(notice_tables.check, files)
    size = sum(len(data) for _, data in files)
    await asyncio.to_thread(receiving.check_room, archive.spool, size, archive.limit)
    rows: list[NoticeTable] = []
    try:
        for number, ((title, data), mime) in enumerate(zip(files, mimes, strict=True), 1):
            rows.append(await _sealed(archive, actor, where, unit_id, number, title, mime, data))
        async with archive.database.writing() as session:
            return (await notices.put_up(session, archive.hub_id, actor, unit_id, **notice, tables=rows)).id
    except ApiError:  # it never hung; what else fails may have been written all the same (`recorder.plans`)
        for row in rows:
            await asyncio.to_thread(remove_sealed, archive.spool, row.name)
        raise


async def _sealed(
    archive: Archive, actor: Actor, where: Place, unit_id: str, number: int, title: str, mime: str, data: bytes
) -> NoticeTable:
    table_id = new_id("tbl")
    name = f"{FOLDER}/{unit_id}/{table_id}.{title.rpartition('.')[2].lower()}"
    sealed = await asyncio.to_thread(
        seal, archive.spool, name, data, {"table": table_id, "unit": unit_id, "mime": mime}
    )
    return NoticeTable(
        id=table_id, number=number, title=title, mime=mime, bytes=sealed.bytes, sha256=sealed.sha256, sm3=sealed.sm3,
        name=name, user_id=actor.user_id, user_as=actor.signs(notices.WRITE, where), received_wall=time.time_ns(),
        state="sealed",
    )  # fmt: skip


async def _place(session: AsyncSession, actor: Actor, unit_id: str, matter: str) -> Place:
    known = actor.catalogue.matter(matter)
    return Place(await tree.path_of(session, unit_id), known.category, known.item_class)


async def hanging(session: AsyncSession, spool: Path, units: Collection[str], file: str, today: str) -> Kept:
    """For everybody, by the file's name. Raises NotFound when it doesn't hang there today."""
    row = await session.get(NoticeTable, file.partition(".")[0])
    notice = await session.get(PublicNotice, row.notice_id) if row is not None else None
    if row is None or notice is None or notice.unit_id not in units or attached(row).file != file:
        raise NotFound(f"table {file}")
    objections = await notices.objected(session, [notice])
    if not notices.hangs(notice, objections[notice.id], today):
        raise NotFound(f"table {file}")
    return kept(spool, row)


async def of_desk(session: AsyncSession, spool: Path, actor: Actor, notice_id: str, table_id: str) -> Kept:
    """Also when its days are over, for whoever sees the desk's list. Raises NotFound."""
    row = await session.get(NoticeTable, table_id)
    notice = await session.get(PublicNotice, notice_id)
    if notice is None or not actor.subtrees(LOOK) & set(await tree.path_of(session, notice.unit_id)):
        raise NotFound(f"notice {notice_id}")
    if row is None or row.notice_id != notice_id:
        raise NotFound(f"table {table_id}")
    return kept(spool, row)


def kept(spool: Path, row: NoticeTable) -> Kept:
    piece = Piece(row.id, "", spool, row.name, row.bytes, 0, 0, False, row.name, row.version)
    return Kept(piece, row.title, row.mime, row.sha256)


def attached(row: NoticeTable) -> Attached:
    return Attached(row.name.rpartition("/")[2], row.title, row.bytes)
