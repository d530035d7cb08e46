"""A village meeting's archive as the recorder leaves it, made without a camera: a picture track in segments of 2 s and
a sound track in segments of 4 s, sealed by the ritual, in rows and on their chain, with a checkpoint each minute."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.database import Database
from storage.keys import Signer
from storage.sealing import SealingFile
from storage.statements import segment_statement
from storage.tables import Base, Meeting, Recording, Segment, Track, Unit, UnitAttributes, User

MEETING, RECORDING = "mtg_bench", "rec_bench"
SECOND = 10**9
WALL = 1_790_000_000 * SECOND


@dataclass(frozen=True, slots=True)
class Kind:
    """A track: its segments' length, and what they weigh."""

    kind: str
    codec: str
    length_s: int
    kbps: int

    @property
    def segment_bytes(self) -> int:
        return self.kbps * 125 * self.length_s


KINDS = (Kind("camera", "h264", 2, 1000), Kind("microphone", "opus", 4, 48))


async def make(database: Database, spool: Path, signer: Signer, seconds: int) -> int:
    """Gives the bytes of film and sound. The recording is closed."""
    film = random.Random(20260101).randbytes(max(each.segment_bytes for each in KINDS))
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "recording", RECORDING)
        await ledger.open_chain(session, "hub", "hub_bench")
        await _add(session, list(_rows(chain, seconds)))
        await ledger.append(session, chain, "opened", {"meeting": MEETING})
    written = 0
    for minute in range(0, seconds, 60):
        async with database.writing() as session:
            for kind in KINDS:
                for start in range(minute, min(minute + 60, seconds), kind.length_s):
                    segment = _seal(spool, kind, start, film)
                    session.add(segment)
                    await session.flush()
                    await ledger.append(session, chain, "segment", segment_statement(segment))
                    await ledger.append(session, chain, "stored", _stored(segment))
                    written += segment.bytes
            await ledger.checkpoint(session, chain, signer)
    async with database.writing() as session:
        await ledger.append(session, chain, "closed", {"start_ns": 0, "end_ns": seconds * SECOND})
        await ledger.close_chain(session, chain, signer)
        (await session.get_one(Recording, RECORDING)).state = "closed"
    return written


def _rows(chain: str, seconds: int) -> Iterator[Base]:
    yield Unit(id="unt_bench", level="village")
    yield UnitAttributes(id="una_bench", unit_id="unt_bench", name="石桥村", from_on="2020-01-01")
    yield User(id="usr_bench", username="bench", name="书记", created_wall=WALL)
    yield Meeting(
        id=MEETING, title="村民代表会议", kind="representatives", unit_id="unt_bench", state="ended",
        created_wall=WALL, created_by="usr_bench", opened_wall=WALL, opened_monotonic=1, opened_boot="b",
        opened_on="2026-09-21", end_ns=seconds * SECOND,
    )  # fmt: skip
    yield Recording(id=RECORDING, meeting_id=MEETING, chain_id=chain, state="recording", end_ns=seconds * SECOND)
    for each in KINDS:
        yield Track(
            id=f"trk_{each.kind}", recording_id=RECORDING, publisher="s.device", kind=each.kind, codec=each.codec,
            name=each.kind,
        )  # fmt: skip


async def _add(session: AsyncSession, rows: list[Base]) -> None:
    """In this order: tables without relationships are flushed in any."""
    for row in rows:
        session.add(row)
        await session.flush()


def _seal(spool: Path, kind: Kind, start: int, film: bytes) -> Segment:
    """Its own bytes: the second in front of the same film."""
    number = start // kind.length_s + 1
    file = SealingFile(spool, f"{RECORDING}/trk_{kind.kind}/{number}")
    file.write(start.to_bytes(8, "big") + film[8 : kind.segment_bytes])
    sealed = file.seal(f"{RECORDING}/trk_{kind.kind}/{number:06d}.mp4")
    return Segment(
        id=f"seg_{kind.kind}_{number}", recording_id=RECORDING, track_id=f"trk_{kind.kind}", number=number,
        name=sealed.name, relay_epoch="e", source_id="s", first_index=start * 100, last_index=start * 100 + 99,
        start_ns=start * SECOND, end_ns=(start + kind.length_s) * SECOND, frames=25 * kind.length_s, fillers=0,
        bytes=sealed.bytes, head_bytes=700, width=1280, height=720, sha256=sealed.sha256, sm3=sealed.sm3,
        sealed_wall=WALL + start * SECOND,
    )  # fmt: skip


def _stored(segment: Segment) -> dict[str, object]:
    return {
        "segment": segment.id, "sha256": segment.sha256, "bucket": "huilu", "key": segment.name, "version": "v1",
        "locked_until": "2027-12-01T00:00:00.000000Z",
    }  # fmt: skip
