"""What an export shows of a recording whose media two persons let be deleted: the hub's entries that say so, each with
the way from it to a checkpoint's root, so that they prove themselves without the rest of the hub's chain."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import inclusion, ledger
from storage.canonical import canonical_bytes
from storage.chained import CheckpointRecord, EntryRecord
from storage.keys import Signer
from storage.tables import Deletion, Entry, Payload


async def sign(session: AsyncSession, recordings: list[str], signer: Signer) -> None:
    """A checkpoint over the entries of their deletions, where none has come yet. In a writing transaction."""
    for chain in (
        await session.scalars(select(Deletion.chain_id).where(Deletion.recording_id.in_(recordings)).distinct())
    ).all():
        await ledger.checkpoint(session, chain, signer)


async def lines(session: AsyncSession, recording: str) -> tuple[list[bytes], list[CheckpointRecord]]:
    """Of none, where nothing was ordered. The checkpoints are those that the lines rest on."""
    deletion = await session.get(Deletion, recording)
    if deletion is None:
        return [], []
    rows = await session.execute(
        select(Entry, Payload)
        .outerjoin(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
        .where(Entry.chain_id == deletion.chain_id, Entry.seq.in_((deletion.seq, deletion.done_seq)))
        .order_by(Entry.seq)
    )
    signed = await ledger.last_checkpoint(session, deletion.chain_id)
    if signed is None:
        return [], []
    hashes = await session.scalars(
        select(Entry.hash).where(Entry.chain_id == deletion.chain_id, Entry.seq <= signed.seq).order_by(Entry.seq)
    )
    leaves = [bytes.fromhex(each) for each in hashes]
    out = []
    for entry, payload in rows:
        if entry.seq > signed.seq:
            continue
        record = EntryRecord(
            entry.chain_id, entry.seq, entry.kind, entry.at, entry.payload_hash, entry.previous, entry.hash
        )
        out.append(
            canonical_bytes(
                {
                    "entry": record.chained_object(),
                    "hash": record.hash,
                    "payload": payload.payload if payload else None,
                    "salt": payload.salt if payload else None,
                    "checkpoint": signed.line(),
                    "path": [each.hex() for each in inclusion.path(leaves, entry.seq - 1)],
                }
            )
        )
    return out, [signed] if out else []
