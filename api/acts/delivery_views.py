"""Deliveries as pages see them, their playlists, and where the bytes of a piece lie."""

import asyncio
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.meeting_access import Access
from api.acts.recording_access import playable, refused
from api.acts.recording_streams import Piece
from api.domain.day import SHANGHAI, utc_text
from api.errors.recordings import RestrictedPart
from api.errors.request import NotFound
from api.records.deliveries import DeliveryView
from recorder import delivered_copies as copies
from recorder.spans import Spans
from storage.database import Database
from storage.tables import Delivery, Site

MS = 1_000_000


async def delivery_view(
    session: AsyncSession, actor: Actor, access: Access, row: Delivery, derived: Path
) -> DeliveryView:
    site = await session.get(Site, row.site_id) if row.site_id else None
    unit = await tree.ref(session, site.unit_id, access.meeting.opened_on) if site else None
    zh, en = received_words(row)
    made = row.copy in ("rewrapped", "encoded")
    percent = None if row.copy or row.state == "receiving" else await asyncio.to_thread(copies.percent, derived, row)
    return DeliveryView(
        id=row.id, recording=row.recording_id, origin=row.origin, said_zh=zh, said_en=en, by=row.user_as,  # type: ignore[arg-type]  # the table's own words
        site=unit.name if unit else None, start_ms=row.start_ns // MS, end_ms=played_until(row) // MS,
        error_ms=row.clock.get("error_ms") if row.clock else None, place=row.place, taken_wall=_text(row.taken_wall),
        reason=row.reason, late=row.late, bytes=row.bytes, state=row.state, received_wall=_text(row.received_wall),  # type: ignore[arg-type]
        sha256=row.sha256, sm3=row.sm3, copy_kind=row.copy, copy_percent=percent,  # type: ignore[arg-type]
        playable=made and row.removed_wall is None,
        picture=row.picture, sound=row.sound, countersigned_as=row.countersigned_as,
        countersigned_wall=_text(row.countersigned_wall),
        may_countersign=row.state != "receiving" and row.countersigned_by is None and row.user_id != actor.user_id
        and access.may(actor, "delivery.countersign"),
    )  # fmt: skip


def played_until(row: Delivery) -> int:
    """Meeting time, ns: as its sender says, but no longer than it plays."""
    return row.end_ns if row.length_ns is None else min(row.end_ns, row.start_ns + row.length_ns)


def received_words(row: Delivery) -> tuple[str, str]:
    if row.received_wall is None:
        return ("来自设备，正在接收", "from the device, on its way") if row.origin == "device" else (
            "补录，正在接收", "handed in, on its way")  # fmt: skip
    at = datetime.fromtimestamp(row.received_wall // 1_000_000_000, SHANGHAI)
    if row.origin == "device":
        return f"来自设备，{at:%H:%M} 收到", f"from the device, received {at:%H:%M}"
    return f"补录，{at:%Y-%m-%d %H:%M} 收到", f"handed in, received {at:%Y-%m-%d %H:%M}"


def _text(wall: int | None) -> str | None:
    return None if wall is None else utc_text(wall)


async def of_recording(
    session: AsyncSession, actor: Actor, access: Access, recording_id: str, derived: Path, hidden: Spans
) -> list[DeliveryView]:
    """Without those that show nothing but what this actor is refused, and without those still on their way."""
    rows = await session.scalars(
        select(Delivery)
        .where(Delivery.recording_id == recording_id, Delivery.state != "receiving")
        .order_by(Delivery.start_ns, Delivery.id)
    )
    return [
        await delivery_view(session, actor, access, row, derived)
        for row in rows
        if not any(start <= row.start_ns and played_until(row) <= end for start, end in hidden)
    ]


async def playlist(database: Database, actor: Actor, derived: Path, recording_id: str, delivery_id: str) -> str:
    """The viewing copy's; pieces that this actor is refused keep their place as gaps."""
    async with database.reading() as session:
        row, hidden = await _row(session, actor, recording_id, delivery_id)
    index = await _index(derived, row)
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{index.longest_s}", "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD", f'#EXT-X-MAP:URI="{delivery_id}/0.mp4"',
    ]  # fmt: skip
    for number, each in enumerate(index.pieces, 1):
        if refused(hidden, row.start_ns + each.start_ns, row.start_ns + each.end_ns):
            lines.append("#EXT-X-GAP")
        lines += [f"#EXTINF:{(each.end_ns - each.start_ns) / 1e9:.6f},", f"{delivery_id}/{number}.mp4"]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


async def piece(
    database: Database, actor: Actor, derived: Path, recording_id: str, delivery_id: str, number: int
) -> tuple[Piece, tuple[int, int]]:
    """0 is the head. The file, and which of its bytes."""
    async with database.reading() as session:
        row, hidden = await _row(session, actor, recording_id, delivery_id)
    index = await _index(derived, row)
    if number > len(index.pieces):
        raise NotFound(f"piece {number} of {delivery_id}")
    at = index.pieces[number - 1] if number else None
    start, end = (row.start_ns + at.start_ns, row.start_ns + at.end_ns) if at else (row.start_ns, row.start_ns)
    if at is not None and refused(hidden, start, end):
        raise RestrictedPart(delivery_id)
    found = Piece(f"{row.id}-{number}", recording_id, derived, copies.name(row), index.bytes, start, end, at is None,
                  None, None)  # fmt: skip
    return found, (at.offset, at.length) if at else (0, index.head_bytes)


async def _row(session: AsyncSession, actor: Actor, recording_id: str, delivery_id: str) -> tuple[Delivery, Spans]:
    _, _, hidden = await playable(session, actor, recording_id)
    row = await session.get(Delivery, delivery_id)
    if row is None or row.recording_id != recording_id or row.copy not in ("rewrapped", "encoded"):
        raise NotFound(f"delivery {delivery_id}")
    return row, hidden


async def _index(derived: Path, row: Delivery) -> copies.Index:
    try:
        return await asyncio.to_thread(copies.read_index, derived, row)
    except OSError:
        raise NotFound(f"viewing copy of {row.id}") from None
